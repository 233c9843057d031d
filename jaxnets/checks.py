"""What every formula asks of its arguments: each check raises one sentence, or returns nothing, or what the
formula goes on with, an array or a number.

A traced value has a shape and a type, and no numbers yet: what is asked of numbers passes it unread.
"""

import math
import os
from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from .telling import near as near, raised, shown, told, why as why

MOST = 2**31 - 1  # what XLA counts cells with


def array(function, argument, x) -> jax.Array:
    """x as an array of real numbers; one that is an array already, traced too, stays as it is."""
    try:
        if isinstance(x, str):
            raise TypeError  # which JAX would read as the name of a type
        result = jnp.asarray(x)
        if _whole(x) and (np.asarray(x).astype(result.dtype) != x).any():
            raise OverflowError  # without 64 bits JAX wraps them
        if any(jnp.issubdtype(result.dtype, kind) for kind in (jnp.floating, jnp.integer, jnp.bool_)):
            return result
    except OverflowError:
        rule = f"must fit into {jnp.result_type(int)}; got {told(x)}."
        raise ValueError(f"{function}: {argument} {rule}") from None
    except (TypeError, ValueError):
        pass
    except Exception as error:  # what is no array itself may raise anything when asked for one
        raise TypeError(
            f"{function}: {argument} must be an array of real numbers; {raised(x, error)}"
        ) from error
    raise TypeError(f"{function}: {argument} must be an array of real numbers; got {told(x)}.")


def on_host(x):
    """x as an array of numpy, which compares whole numbers of less than 8 bits with no others: they get 8."""
    array = np.asarray(x)
    narrow = array.dtype.kind == "V" and jnp.issubdtype(array.dtype, jnp.integer)
    return array.astype(np.int8) if narrow else array


def numbers(function, argument, x):
    """`array`, as floats: integers, booleans and uint8 images are cast, floats stay as they are."""
    x = array(function, argument, x)
    if jnp.issubdtype(x.dtype, jnp.floating) and x.dtype.itemsize < 2:  # JAX mixes them with no other type
        raise TypeError(
            f"{function}: {argument} must have floats of 16 bits or more; got {x.dtype}. "
            f"Fix: {argument}.astype(jnp.float32)."
        )
    return x if jnp.issubdtype(x.dtype, jnp.floating) else x.astype(jnp.result_type(float))


def _held(value):
    """What a parameter of a module holds; any other value itself."""
    convert = getattr(value, "__jax_array__", None)
    return value if convert is None else convert()


def _whole(x):
    """True for whole numbers of numpy."""
    return isinstance(x, np.ndarray | np.generic) and x.dtype.kind in "iu"


def number(function, argument, value) -> Any:
    """One real number."""
    return _usable(value, _read(function, argument, value))


def _usable(value, x) -> Any:
    """A number that was read as the float x, as formulas take it: whole ones of Python and numpy as floats,
    for XLA has none above MOST without 64 bits."""
    return x if isinstance(value, int) or _whole(value) else value


def _read(function, argument, value, kind="a number"):
    """A real number as a float; 0, which every rule allows, for a traced one."""
    held = _held(value)
    if isinstance(held, Tracer):
        return 0.0
    try:
        if isinstance(held, int) and not isinstance(held, bool):
            return float(held)
        host = np.asarray(held)
        real = host.dtype.kind in "iu" or jnp.issubdtype(host.dtype, jnp.floating)
        if host.ndim == 0 and real:
            return float(host)
    except OverflowError:
        return math.inf if held > 0 else -math.inf
    except (TypeError, ValueError):
        pass
    except Exception as error:
        raise TypeError(f"{function}: {argument} must be {kind}; {raised(value, error)}") from error
    raise TypeError(f"{function}: {argument} must be {kind}; got {told(value)}.")


def non_negative(function, argument, value, kind="a number") -> Any:
    """A size, rate or learning rate: a finite number >= 0."""
    if not 0 <= (x := _read(function, argument, value, kind)) < math.inf:
        raise ValueError(f"{function}: {argument} must be a finite number >= 0; got {x}.")
    return _usable(value, x)


def positive(function, argument, value) -> Any:
    """What something is divided by: a finite number > 0; a traced one is not looked at."""
    x = _read(function, argument, value)
    if not (0 < x < math.inf or isinstance(_held(value), Tracer)):
        raise ValueError(f"{function}: {argument} must be a finite number > 0; got {x}.")
    return _usable(value, x)


def finite(function, argument, value) -> Any:
    """A number that is neither infinite nor nan."""
    if not math.isfinite(x := _read(function, argument, value)):
        raise ValueError(f"{function}: {argument} must be a finite number; got {x}.")
    return _usable(value, x)


def ordered(function, **bounds):
    """Two bounds by name, the lower one first."""
    (low, least), (high, most) = bounds.items()
    if not (isinstance(least, Tracer) or isinstance(most, Tracer)) and least > most:
        raise ValueError(f"{function}: {low} must be at most {high}; got {least} and {most}.")


def share(function, argument, value):
    """A weight between nothing and all, both included: in [0, 1]."""
    if not 0 <= (x := _read(function, argument, value)) <= 1:
        raise ValueError(f"{function}: {argument} must be in [0, 1]; got {x}.")


def countable(function, argument, *values):
    """Whole numbers that XLA can count cells with; sizes that `jax.export` leaves open pass unread."""
    if (largest := max(_known(values), default=0)) > MOST:
        raise ValueError(f"{function}: {argument} must be at most {MOST}; got {shown(largest)}.")


def fits(function, argument, shape, dtype: Any = "float32", copies=1):
    """The shape of an array that XLA can count the cells of, and that this machine can hold, as often as the
    function does at a time."""
    countable(function, f"an axis of {argument}", *shape)
    if math.prod(_known(shape)) * np.dtype(dtype).itemsize * copies > (memory := _memory()):
        raise ValueError(
            f"{function}: {argument} must fit into the {memory / 2**30:.0f} GiB of memory; "
            f"got shape {tuple(shape)}."
        )


def _known(sizes):
    """The sizes that are numbers already, and not only names such as the batch "b" of an export."""
    return [size for size in sizes if isinstance(size, int | np.integer)]


@cache
def _memory():
    """The bytes of memory of this machine; where they cannot be asked for, more than any has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 2**60


def flag(function, argument, value):
    """A choice of two, no number and no word."""
    if not isinstance(value, bool):
        raise TypeError(f"{function}: {argument} must be True or False; got {told(value)}.")


def fraction(function, argument, value):
    """A probability that may be 0 but never 1, or a decay: in [0, 1)."""
    if not 0 <= (x := _read(function, argument, value)) < 1:
        raise ValueError(f"{function}: {argument} must be in [0, 1); got {x}.")


def reduction(function, value):
    """How terms become one loss."""
    if not isinstance(value, str) or value not in ("mean", "sum", "none"):
        raise ValueError(f"{function}: reduction must be 'mean', 'sum' or 'none'; got {shown(value)}.")


def same_shape(function, names, first, second, fixable=True):
    """Two arrays of one shape: (3,) against (3, 1) would broadcast to (3, 3) and train on nonsense."""
    a, b = first.shape, second.shape
    if a != b:
        axis = ":, None" if min(len(a), len(b)) == 1 else "..., None"
        short = [name for name, x, y in ((names[1], a, b), (names[0], b, a)) if x == (*y, 1)]
        fix = f" Fix: {short[0]}[{axis}]." if short and fixable else ""
        raise ValueError(
            f"{function}: {names[0]} and {names[1]} must have the same shape; got {a} and {b}.{fix}"
        )


def not_empty(function, argument, array):
    """At least one element: the mean of nothing is not a number."""
    if np.size(array) == 0:
        raise ValueError(f"{function}: {argument} must not be empty; got shape {np.shape(array)}.")


def last_axis(function, argument, array):
    """One number for each class along the last axis: a lone number has none."""
    if array.ndim == 0:
        raise ValueError(f"{function}: {argument} must end in one number for each class; got shape ().")


def features(layer, argument, array, count):
    """One number for each feature of a layer along the last axis."""
    if array.shape[-1:] != (count,):
        given = array.shape[min(1, array.ndim - 1) :]
        fix = " Fix: put the features last." if given[:1] == (count,) else ""
        fix = " Fix: Flatten() in front of it." if len(given) > 1 and math.prod(given) == count else fix
        told = f"{count} feature{'s' * (count != 1)}"
        raise ValueError(
            f"{layer}: {argument} must end in {told}; got the shape {given} of one example.{fix}"
        )


def labels(function, argument, array, classes):
    """Labels that name one of the classes: another one would be a row without a 1."""
    if not isinstance(array, Tracer):
        outside = (host := on_host(array))[(host < 0) | (host >= classes)]
        if outside.size:
            raise ValueError(f"{function}: {argument} must be in 0..{classes - 1}; got {outside[0]}.")


def folder(function, path):
    """The absolute path of a folder, which need not be there."""
    if not isinstance(path, str | os.PathLike) or not str(path):
        raise TypeError(f"{function}: path must be the path of a folder; got {told(path)}.")
    return Path(os.path.abspath(path))


def rngs(function, value):
    """A Flax collection of random streams, not a seed."""
    from flax import nnx

    if not isinstance(value, nnx.Rngs):
        raise TypeError(f"{function}: rngs must be an nnx.Rngs; got {told(value)}. Fix: rngs=nnx.Rngs(0).")
