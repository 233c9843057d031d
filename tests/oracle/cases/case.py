"""What a case is, and what the files of cases are written with."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

JAX = "https://github.com/jax-ml/jax/"
VJP: dict[str, Any] = dict(guilty="custom_vjp_call", modes=("rev",))
JVP: dict[str, Any] = dict(guilty="custom_jvp_call")


@dataclass(frozen=True, eq=False)
class Case:
    """A function at a point whose gradient is known to be right or wrong.

    make: () -> (f, args), or (f, args, functions) where the rules of those functions are declared to be the
    truth; its name is the name of the case, its docstring the reason. source: the public thread it was made
    after, or "". proof: a twin of f on numbers of 80 digits, or a `Gradient`. guilty: the primitive whose
    rule is to blame. modes, order: of the derivative in question. x64: whether JAX's 64 bits are on. kink:
    whether the point is a corner of f. roundings: how many of them honest arithmetic may make. needs: a
    library that is not among the project's own.
    """

    make: Callable
    label: str
    source: str = ""
    kind: str = ""
    proof: Any = None
    guilty: str = ""
    modes: tuple = ("rev", "fwd")
    order: int = 1
    x64: bool = False
    kink: bool = False
    roundings: int = 16
    needs: str = ""

    @property
    def name(self):
        """What it is called."""
        return self.make.__name__.replace("_", " ")

    @property
    def why(self):
        """What the derivative is, and what a wrong rule makes of it."""
        return inspect.getdoc(self.make)

    @property
    def installed(self):
        """Whether the libraries that it needs are there."""
        return not self.needs or find_spec(self.needs) is not None

    def made(self):
        """(f, args, declared functions), to be called with JAX's precision as x64 says."""
        f, args, *declared = self.make()
        return f, tuple(args), tuple(*declared)


def wrong(source="", **facts):
    """Makes a function that builds f and its arguments a wrong case."""
    return lambda make: Case(make, "wrong", source, **facts)


def right(source="", **facts):
    """Makes a function that builds f and its arguments a right case."""
    return lambda make: Case(make, "right", source, **facts)


def array(numbers, dtype=None):
    """Numbers as an array of JAX, in its present precision."""
    return jnp.asarray(numbers, dtype)


def normal(*shape, seed=0):
    """Standard normal numbers of a shape, always the same for a seed."""
    return np.random.RandomState(seed).randn(*shape)


def is_float(x):
    """Whether something is an array of real or complex floats."""
    return hasattr(x, "dtype") and jnp.issubdtype(x.dtype, jnp.inexact)


def of_floats(f, args):
    """f as a function of its float arrays alone that returns its float arrays, and those of args.

    >>> g, xs = of_floats(lambda x, n: {"y": x**n, "n": n}, (jnp.ones(2), jnp.array(3)))
    >>> len(xs), len(g(*xs))
    (1, 1)
    """
    leaves, tree = jax.tree.flatten(args)
    places = [k for k, x in enumerate(leaves) if is_float(x)]
    return lambda *floats: outputs(f, leaves, tree, places, floats), [leaves[k] for k in places]


def outputs(f, leaves, tree, places, floats):
    """The float outputs of f where some leaves of its arguments are replaced."""
    given = list(leaves)
    for k, x in zip(places, floats, strict=True):
        given[k] = x
    return [y for y in jax.tree.leaves(f(*jax.tree.unflatten(tree, given))) if is_float(y)]
