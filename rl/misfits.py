"""What is wrong with the kind of an observation; told, too, in the processes that environments run in.

Nothing here loads JAX: those processes do without.
"""

from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import async_vector_env

ARRAYS = spaces.Box, spaces.MultiDiscrete, spaces.MultiBinary  # whose observations are arrays


class Misfit(Exception):
    """An observation that is none of its space: what it is instead, and the fix."""


def misfit(space, obs):
    """What is wrong with the kind of one observation, its shape, dtype or parts; None for nothing.

    >>> misfit(spaces.Box(0, 1, (2,)), np.zeros(2))
    'float64 (2,)'
    """
    if isinstance(space, ARRAYS):
        dtype, shape = getattr(obs, "dtype", None), getattr(obs, "shape", None)
        if dtype == space.dtype and shape == space.shape:
            return None
        return f"{type(obs).__name__} {obs!r}" if dtype is None else f"{dtype} {shape}"
    if isinstance(space, spaces.Discrete):
        whole = isinstance(obs, int | np.integer) or (
            isinstance(obs, np.ndarray) and obs.shape == () and obs.dtype.kind in "iu"
        )
        return None if whole else f"{type(obs).__name__} {obs!r}"
    parts = space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces)
    for name, part in parts:
        try:
            told = misfit(part, obs[name])
        except (KeyError, IndexError, TypeError):
            told = "nothing"
        if told is not None:
            return f"{told} at {name!r}"
    return None


def cast(space, obs):
    """The fix for an observation whose numbers are right and whose kind is not, "" for anything else.

    >>> cast(spaces.Box(0, 1, (2,)), [0.0, 1.0])
    'return np.array(obs, np.float32)'
    """
    if misfit(space, obs) is None:
        return ""
    if isinstance(space, spaces.Discrete):
        return "return int(obs)" if _whole(obs) else ""
    try:
        array = np.asarray(obs) if isinstance(space, ARRAYS) else None
    except (TypeError, ValueError):  # ragged rows
        return ""
    if array is None or array.shape != space.shape or array.dtype.kind not in "biuf":
        return ""
    kept = _keeps(array, space.dtype)
    if not hasattr(obs, "dtype"):
        return f"return np.array(obs, np.{space.dtype})" if kept else ""
    ways = [f"return obs.astype(np.{space.dtype})"] if kept else []
    if isinstance(space, spaces.Box) or (
        isinstance(space, spaces.MultiDiscrete) and array.dtype.kind in "iu"
    ):
        ways.append(f"a space with dtype=np.{array.dtype}")
    return ", or ".join(ways)


def _whole(obs):
    """Whether an observation is one number that int leaves as it is."""
    number = obs.item() if getattr(obs, "shape", None) == () else obs
    return isinstance(number, int) or (isinstance(number, float) and number.is_integer())


def _keeps(array, dtype):
    """Whether numbers stay as they are in another dtype, but for rounding to one of floats."""
    with np.errstate(invalid="ignore", over="ignore"):
        inside = array.astype(dtype)
    if dtype.kind == "f":
        return bool((np.isfinite(inside) == np.isfinite(array)).all())
    return bool((inside == array).all())


class Looking:
    """A message to a process of an AsyncVectorEnv, which then looks at observations before it casts them.

    In memory that is shared an observation takes the dtype of its space whatever it was, 300.7 becomes 44.
    """

    def __init__(self, message):
        self._message = message

    def __reduce__(self):
        return _looking, (self._message,)


def _looking(message):
    """The message, read in the process."""
    worker: Any = async_vector_env
    write = worker.write_to_shared_memory
    if write.__module__ != __name__:

        def looked_at(space, index, obs, shared):
            told = misfit(space, obs)
            if told is not None:
                raise Misfit(told, cast(space, obs))
            write(space, index, obs, shared)

        worker.write_to_shared_memory = looked_at
    return message
