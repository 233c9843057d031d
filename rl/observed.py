"""Observations and actions that come from outside, held against Gymnasium's spaces."""

import weakref
from functools import reduce
from operator import and_
from reprlib import repr as shortened

import jax
import numpy as np
from gymnasium import spaces

from .misfits import misfit
from .spaces import ends, gathered, lifted, narrow


def amiss(space, obs):
    """What is wrong with one observation of an environment, its kind or its numbers; None for nothing."""
    told = misfit(space, obs)
    if told is None:
        one = jax.tree.map(lambda x: x[None], gathered(space, [obs]))
        told = (outside(space, one) or (None, None))[1]
    return told


def outside(space, observations):
    """Where observations [T, N, ...] first leave the space: ((t, n), what is there), or None.

    Numbers of a Box that rounding to its dtype puts beyond a bound are inside.

    >>> outside(spaces.Box(0, 1, (2,)), np.array([[[0.0, 1.0], [np.nan, 0.0]]]))
    ((0, 1), 'nan')
    """
    if isinstance(space, spaces.Dict):
        found = [outside(part, observations[name]) for name, part in space.spaces.items()]
        return min((f for f in found if f is not None), default=None)
    if isinstance(space, spaces.Tuple):
        found = [outside(part, observations[i]) for i, part in enumerate(space.spaces)]
        return min((f for f in found if f is not None), default=None)
    low, high = _bounds(space)
    good = (observations >= low) & (observations <= high)  # nan is not
    if good.all():
        return None
    at = tuple(np.argwhere(~good)[0].tolist())
    return (at[0], at[1]), str(observations[at])


def inside(space, observations):
    """Whether observations [T, N, ...] are in the space, [T, N]: `outside`, to be compiled."""
    if isinstance(space, spaces.Dict | spaces.Tuple):
        parts = space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces)
        return reduce(and_, (inside(part, observations[key]) for key, part in parts))
    low, high = (lifted(np.asarray(bound), observations) for bound in _bounds(space))
    if observations.dtype.kind in "iu":
        ends = np.iinfo(observations.dtype)
        low, high = (np.clip(bound, ends.min, ends.max).astype(ends.dtype) for bound in (low, high))
    good = (observations >= low) & (observations <= high)  # nan is not
    return good.reshape(*good.shape[:2], -1).all(-1)


_BOUNDS = {}  # id of a space -> (weak reference to it, its bounds)


def _bounds(space):
    """The lowest and the highest that each number may be; infinity is no number that can be seen.

    Nor is what 32 bits cannot hold, with which JAX computes.
    """
    if (found := _BOUNDS.get(id(space))) is None:
        number = id(space)
        found = weakref.ref(space, lambda _: _BOUNDS.pop(number, None)), _reckoned(space)
        _BOUNDS[number] = found
    return found[1]


def _reckoned(space):
    """The same, worked out."""
    if isinstance(space, spaces.Box):
        if space.dtype.kind not in "iuf":
            return space.low, space.high
        low, high = (np.clip(x, *ends(narrow(space.dtype))) for x in (space.low, space.high))
        if space.dtype.kind != "f":
            return low, high
        kind = np.finfo(space.dtype)
        with np.errstate(over="ignore"):
            slack = [np.where(np.isfinite(x), 8 * kind.eps * np.abs(x), 0) for x in (space.low, space.high)]
        return (low - slack[0]).astype(space.dtype), (high + slack[1]).astype(space.dtype)
    if isinstance(space, spaces.Discrete):
        return space.start, space.start + space.n - 1
    if isinstance(space, spaces.MultiDiscrete):
        return space.start, space.start + space.nvec - 1
    return 0, 1


def one(function, space, obs):
    """One observation of a user as a batch of one, in the shape and dtype of the space; or a sentence."""
    batch = jax.tree.map(lambda x: x[None], _exactly(space, obs, function))
    found = outside(space, jax.tree.map(lambda x: x[None], batch))
    if found is not None:
        raise ValueError(f"{function}: obs must be in {space}; got {found[1]}.")
    return batch


def _exactly(space, obs, function, name="obs"):
    """One observation in the shape and dtype of the space, whatever its numbers; or a sentence."""
    if isinstance(space, spaces.Dict | spaces.Tuple):
        parts = dict(space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces))
        try:
            there = set(obs) if isinstance(space, spaces.Dict) else set(range(len(obs)))
        except TypeError:
            there = None
        if there != set(parts) or isinstance(obs, dict) != isinstance(space, spaces.Dict):
            kind = "a dict of" if isinstance(space, spaces.Dict) else "a tuple of"
            names = ", ".join(map(str, parts))
            raise ValueError(f"{function}: {name} must be {kind} {names}; got {shortened(obs)}.")
        found = {key: _exactly(part, obs[key], function, f"{name}[{key!r}]") for key, part in parts.items()}
        return found if isinstance(space, spaces.Dict) else tuple(found.values())
    try:
        array = np.asarray(obs)
    except ValueError:  # ragged rows
        array = np.array(None)
    floats = isinstance(space, spaces.Box) and space.dtype.kind == "f"
    kinds = "iuf" if floats else "iub" if isinstance(space, spaces.MultiBinary) else "iu"
    if array.dtype.kind not in kinds:
        told = shortened(obs) if array.dtype.kind in "OUS" else array.dtype
        raise TypeError(f"{function}: {name} must be {'numbers' if floats else 'integers'}; got {told}.")
    shape = space.shape or ()
    if array.shape != shape:
        batch = array.ndim == len(shape) + 1 and array.shape[1:] == shape
        fix = f" Fix: one at a time, {function}(obs[i])." if batch else ""
        raise ValueError(f"{function}: {name} must have shape {shape}; got {array.shape}.{fix}")
    cast = array.astype(space.dtype)
    if not floats and (cast != array).any():
        raise ValueError(f"{function}: {name} must be in {space}; got {array[cast != array].ravel()[0]}.")
    return cast


def legal(function, space, mask):
    """The legal actions of a user as a batch of one, [1, A] booleans; None for None."""
    if mask is None:
        return None
    counts = choices(space)
    if counts is None:
        raise ValueError(f"{function}: legal must be None where actions are not counted; got it for {space}.")
    row = np.asarray(mask)
    if row.shape != (sum(counts),) or not (row.dtype == bool or (row.dtype.kind in "iu" and _bits(row))):
        told = shortened(row.tolist())
        raise ValueError(f"{function}: legal must be {sum(counts)} booleans; got {told}.")
    row = row.astype(bool)
    if not all(part.any() for part in np.split(row, np.cumsum(counts)[:-1])):
        raise ValueError(f"{function}: legal must leave a legal action; got none.")
    return row[None]


def _bits(row):
    return np.isin(row, (0, 1)).all()


def choices(space):
    """How many actions each choice of a counted space has; None for a Box.

    >>> choices(spaces.Discrete(3)), choices(spaces.MultiBinary(2)), choices(spaces.Box(0, 1))
    ([3], [2, 2], None)
    """
    if isinstance(space, spaces.Discrete):
        return [int(space.n)]
    if isinstance(space, spaces.MultiBinary):
        return [2] * int(np.prod(space.shape))
    return np.ravel(space.nvec).tolist() if isinstance(space, spaces.MultiDiscrete) else None


def actions(space, batch):
    """Actions of a batch as the space itself would draw them: of its dtype, numpy's int64 where counted.

    >>> actions(spaces.Discrete(3), np.array([2, 0], np.int32))[0]
    np.int64(2)
    """
    return np.asarray(batch).astype(space.dtype, copy=False)
