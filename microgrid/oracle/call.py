"""What `check_grads` may be called with: a mistake is told in one sentence."""

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.core import Tracer

from . import exact, floats
from .custom_rules import surrogates
from .custom_rules.surrogates import one_line

MODES = ("fwd", "rev")
LONG = {np.dtype(np.longdouble): "float64", np.dtype(np.clongdouble): "complex128"}  # and what is nearest
LONG = {kind: near for kind, near in LONG.items() if kind != np.dtype(near)}  # on some machines they are one
WIDE = ("float64", "complex128", "int64", "uint64")
ENGINES = {"exact": exact, "float64": floats}


@dataclass(frozen=True)
class Call:
    """How to check. engine: a module that walks; declared: functions whose rules are the truth; sample: how
    many coordinates of each equation, None for all."""

    order: int
    modes: tuple
    seed: int
    engine: Any
    declared: list
    sample: int | None

    @property
    def attempts(self):
        """(engine, bits) one after the other, for what the one before leaves open."""
        exactly = [(exact, bits) for bits in exact.PRECISIONS]
        return [(floats, exact.BITS), *exactly] if self.engine is floats else exactly


def check_pair(caller, f, args):
    """TypeError or ValueError where f is no function, or args no tuple of arguments that JAX takes."""
    if not callable(f):
        raise TypeError(f"{caller}: f must be a function of arrays; got {one_line(f)}.")
    if not isinstance(args, tuple | list):
        raise TypeError(f"{caller}: args must be a tuple of arguments; got {type(args).__name__}. Fix: (x,).")
    try:
        leaves = jax.tree_util.tree_flatten_with_path(tuple(args))[0]
    except ValueError as error:
        told = str(error).split(";")[0].removesuffix(".")
        raise TypeError(
            f"{caller}: args must be pytrees; {told}. Fix: dicts with keys of one type."
        ) from None
    except (RecursionError, SystemError):  # as JAX's own code says it
        raise TypeError(
            f"{caller}: args must be pytrees; got one that holds itself, or is nested too deeply. Fix: "
            "arrays, in lists or dicts."
        ) from None
    for path, leaf in leaves:
        _check_leaf(caller, f"args{jax.tree_util.keystr(path)}", leaf)


def _check_leaf(caller, path, leaf):
    if isinstance(leaf, Tracer):
        raise TypeError(
            f"{caller}: args must be numbers; {path} is traced by jit, vmap or grad. Fix: call {caller} "
            "outside of them."
        )
    if isinstance(leaf, jax.Array) and leaf.is_deleted():
        raise ValueError(
            f"{caller}: args must be arrays that are there; {path} was deleted, as jit does with what is "
            "donated to it. Fix: jnp.copy of it before, or no donate_argnums."
        )
    if isinstance(leaf, jax.Array) and str(leaf.dtype) in WIDE and not jax.config.read("jax_enable_x64"):
        raise TypeError(
            f"{caller}: args must be of types that JAX has now; {path} is {leaf.dtype}, made while it had 64 "
            'bits. Fix: jax.config.update("jax_enable_x64", True), or np.asarray(x).'
        )
    if isinstance(leaf, np.ma.MaskedArray):
        raise TypeError(
            f"{caller}: args must be arrays without a mask; {path} is a masked array. Fix: x.filled(0), and "
            "the mask as an argument of its own."
        )
    kind = leaf.dtype if isinstance(leaf, np.ndarray | np.generic) else None
    if kind in LONG:
        raise TypeError(
            f"{caller}: args must be of types that JAX has; {path} is {kind}. Fix: np.{LONG[kind]}(x)."
        )


def call(caller, order, modes, seed, engine, surrogate, sample, raises):
    """The `Call`, or TypeError or ValueError of a caller."""
    if not _whole(order) or order not in (1, 2):
        raise ValueError(f"{caller}: order must be 1 or 2; got {one_line(order)}.")
    if not _whole(seed) or seed < 0:
        raise ValueError(f"{caller}: seed must be an integer of at least 0; got {one_line(seed)}.")
    if not isinstance(raises, bool | np.bool_):
        raise TypeError(f"{caller}: raises must be True or False; got {one_line(raises)}.")
    if not isinstance(engine, str) or engine not in ENGINES:
        raise ValueError(f"{caller}: engine must be 'exact' or 'float64'; got {one_line(engine)}.")
    count, kinds = _sample(caller, sample, engine), _modes(caller, modes)
    return Call(order, kinds, int(seed), ENGINES[engine], surrogates.declared(caller, surrogate), count)


def _modes(caller, modes):
    given = (modes,) if isinstance(modes, str) else modes
    known = isinstance(given, tuple | list | set) and all(isinstance(m, str) and m in MODES for m in given)
    if not known or not given:
        came = one_line(modes)
        raise ValueError(f"{caller}: modes must be of 'fwd' and 'rev', one or both; got {came}.")
    return tuple(given)


def _sample(caller, sample, engine):
    if sample is None:
        return None
    if engine != "exact":
        raise ValueError(f"{caller}: sample= takes no engine; got {engine!r}. Fix: leave engine out.")
    if not _whole(sample):
        raise TypeError(f"{caller}: sample must be a whole number; got {one_line(sample)}. Fix: sample=32.")
    if sample < 1:
        raise ValueError(f"{caller}: sample must be at least 1; got {sample}. Fix: sample=32.")
    return int(sample)


def _whole(x):
    return isinstance(x, int | np.integer) and not isinstance(x, bool)
