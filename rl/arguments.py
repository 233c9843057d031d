"""What formulas ask of arguments that may be traced: arrays of one shape, and numbers in their range.

A traced value has a shape and a type, and no numbers yet: what is asked of numbers passes it unread.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from . import checks, inputs


def floats(function, name, x) -> jax.Array:
    """An array of floats: integers and booleans are cast, floats keep their type."""
    array = inputs.jax_numbers(function, name, x)
    return array if jnp.issubdtype(array.dtype, jnp.floating) else array.astype(float)


def blocks(function, axes, **arguments) -> list[jax.Array]:
    """Arrays of floats of one shape with the given axes, none of them empty."""
    arrays = [floats(function, *both) for both in arguments.items()]
    checks.same_shape(function, tuple(arguments), arrays, axes)
    return arrays


def alike(function, **arguments) -> list[jax.Array]:
    """Arrays of floats of one shape, whatever its axes, and not empty."""
    arrays, names = [floats(function, *both) for both in arguments.items()], list(arguments)
    shapes = [array.shape for array in arrays]
    if len(set(shapes)) > 1:
        raise ValueError(
            f"{function}: {', '.join(names[:-1])} and {names[-1]} must share one shape; "
            f"got {', '.join(map(str, shapes[:-1]))} and {shapes[-1]}."
        )
    if 0 in shapes[0]:
        raise ValueError(f"{function}: {names[0]} must not be empty; got shape {shapes[0]}.")
    return arrays


def _ranged(function, name, value, rule, holds):
    """One number that the rule holds for."""
    if isinstance(value, Tracer):
        return
    try:
        host = np.asarray(value)
    except ValueError:  # ragged lists
        host = np.zeros(0)
    if host.shape != () or host.dtype.kind not in "iuf":
        raise TypeError(f"{function}: {name} must be a number; got {inputs.shown(value)}.")
    if not holds(float(host)):
        raise ValueError(f"{function}: {name} must be {rule}; got {float(host)}.")


def share(function, name, value):
    """A weight between nothing and all, both included: in [0, 1]."""
    _ranged(function, name, value, "in [0, 1]", lambda x: 0 <= x <= 1)


def positive(function, name, value):
    """A finite number > 0."""
    _ranged(function, name, value, "a finite number > 0", lambda x: 0 < x < math.inf)


def bound(function, name, value):
    """What numbers are cut off at: > 0, and infinity cuts nothing off."""
    _ranged(function, name, value, "> 0", lambda x: x > 0)


def _each(function, name, x, rule, holds):
    """An array whose entries the rule holds for."""
    if isinstance(x, Tracer):
        return
    host = np.asarray(x)
    good = holds(host)
    if not good.all():
        raise ValueError(f"{function}: {name} must be {rule}; got {float(host[~good].flat[0])}.")


def shares(function, name, x):
    """Entries between nothing and all, both included: in [0, 1]."""
    _each(function, name, x, "in [0, 1]", lambda x: (x >= 0) & (x <= 1))


def bits(function, name, x):
    """Entries that say yes or no."""
    _each(function, name, x, "0 or 1", lambda x: (x == 0) | (x == 1))


def amounts(function, name, x):
    """Entries >= 0, infinity too; nan passes, for which its own episode is to answer."""
    _each(function, name, x, ">= 0", lambda x: ~(x < 0))


def distributions(function, name, x):
    """Entries >= 0 that sum to 1 over the last axis, but for what half precision rounds off."""
    amounts(function, name, x)
    if isinstance(x, Tracer):
        return
    sums = np.asarray(x).astype(float).sum(-1)
    off = ~(np.abs(sums - 1) <= 2**-7)
    if off.any():
        raise ValueError(f"{function}: {name} must sum to 1; got {float(sums[off].flat[0])}.")


def reduction(function, value):
    """How terms become one loss."""
    if not isinstance(value, str) or value not in ("mean", "sum", "none"):
        raise ValueError(f"{function}: reduction must be 'mean', 'sum' or 'none'; got {value!r}.")


def reduced(terms, how):
    """What becomes of the terms of a loss."""
    return terms if how == "none" else jnp.mean(terms) if how == "mean" else jnp.sum(terms)
