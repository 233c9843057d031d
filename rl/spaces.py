"""Gymnasium's spaces as what a network takes and what a policy draws from.

F: features, the numbers that a network is fed.
"""

import hashlib
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import spaces


def features(function, space):
    """F of an observation space, with what is not supported named.

    >>> features("PPO", spaces.Dict(place=spaces.Discrete(5), speed=spaces.Box(-1, 1, (2, 3))))
    11
    """
    if (count := _features(function, space)) == 0:
        raise ValueError(f"{function}: observations must hold one number at least; got {space}.")
    return count


def _features(function, space):
    if isinstance(space, spaces.Box):
        return prod(space.shape)
    if isinstance(space, spaces.Discrete):
        return int(space.n)
    if isinstance(space, spaces.MultiDiscrete):
        return int(space.nvec.sum())
    if isinstance(space, spaces.MultiBinary):
        return prod(space.shape)
    if isinstance(space, spaces.Dict):
        return sum(_features(function, part) for part in space.spaces.values())
    if isinstance(space, spaces.Tuple):
        return sum(_features(function, part) for part in space.spaces)
    raise ValueError(
        f"{function}: observations must be Box, Discrete, MultiDiscrete, MultiBinary, or Dict or Tuple of "
        f"those; got {type(space).__name__}. "
        "Fix: wrap the environment in gymnasium.wrappers.TransformObservation."
    )


def narrow(dtype):
    """What JAX makes of a dtype: numbers of 64 bits become 32.

    >>> narrow(np.dtype(np.float64))
    dtype('float32')
    """
    return np.dtype(f"{dtype.kind}4") if dtype.kind in "iuf" and dtype.itemsize == 8 else dtype


def ends(dtype):
    """The lowest and the highest number of a dtype."""
    kind: Any = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    return kind.min, kind.max


def check_numbers(function, label, space):
    """Raises where a space states numbers that do not fit into 32 bits; a Box without bounds states none."""
    if isinstance(space, spaces.Dict | spaces.Tuple):
        parts = space.spaces.values() if isinstance(space, spaces.Dict) else space.spaces
        for part in parts:
            check_numbers(function, label, part)
        return
    if isinstance(space, spaces.Discrete | spaces.MultiDiscrete):
        count = space.n if isinstance(space, spaces.Discrete) else space.nvec
        stated = np.stack([space.start, space.start + count - 1])
    elif isinstance(space, spaces.Box) and space.dtype.kind in "iuf":
        (least, most), near = ends(space.dtype), 0 if space.dtype.kind == "f" else 3  # of infinity as integer
        stated = np.stack([space.low, space.high])
        stated = stated[(stated > least + near) & (stated < most - near)]
    else:
        return
    least, most = ends(narrow(space.dtype))
    if ((stated < least) | (stated > most)).any():
        raise ValueError(
            f"{function}: {label} must be numbers of 32 bits, in [{least}, {most}]; got {space}."
        )


def fingerprint(space):
    """A text that two spaces share where all their numbers are equal: repr shortens long arrays and rounds.

    >>> fingerprint(spaces.Box(0, 1)) == fingerprint(spaces.Box(0, np.nextafter(np.float32(1), 0)))
    False
    """
    told = hashlib.sha256(f"{type(space).__name__} {space.shape} {space.dtype}".encode())
    if isinstance(space, spaces.Dict | spaces.Tuple):
        parts = space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces)
        told.update(repr([(name, fingerprint(part)) for name, part in parts]).encode())
    elif names := [name for name in ("low", "high", "n", "nvec", "start") if hasattr(space, name)]:
        for array in (np.asarray(getattr(space, name)) for name in names):
            told.update(f"{array.dtype} {array.shape}".encode() + array.tobytes())
    else:
        told.update(repr(space).encode())
    return told.hexdigest()


def lifted(x, like):
    """An array with axes of 1 in front, as many as another has: of [D] for [..., D].

    >>> lifted(np.zeros(3), np.ones((5, 4, 3))).shape
    (1, 1, 3)
    """
    return x.reshape((1,) * (like.ndim - x.ndim) + x.shape)


def encoded(space, obs, scale=False):
    """Observations [..., ...] as rows [..., F] of float32: numbers as they are, classes one-hot.

    scale: numbers between bounds are laid from -1 to 1; those without stay as they are.

    >>> encoded(spaces.Discrete(3, start=1), jnp.array([1, 3])).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    >>> box = spaces.Box(np.float32([0, -np.inf]), np.float32([4, 9]))
    >>> encoded(box, jnp.array([3.0, 7.0]), scale=True).tolist()
    [0.5, 7.0]
    """
    if isinstance(space, spaces.Box | spaces.MultiBinary):
        if scale and isinstance(space, spaces.Box):
            middle, half = _middle_and_half(space)
            obs = (obs - lifted(middle, obs)) / lifted(half, obs)
        return jnp.reshape(obs, (*obs.shape[: obs.ndim - len(space.shape)], -1)).astype(jnp.float32)
    if isinstance(space, spaces.Discrete):
        return jax.nn.one_hot(obs - space.start, int(space.n), dtype=jnp.float32)
    if isinstance(space, spaces.MultiDiscrete):
        flat = jnp.reshape(obs - space.start, (*obs.shape[: obs.ndim - space.nvec.ndim], -1))
        parts = (jax.nn.one_hot(flat[..., i], n) for i, n in enumerate(space.nvec.ravel().tolist()))
        return jnp.concatenate(list(parts), axis=-1)
    parts = space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces)
    return jnp.concatenate([encoded(part, obs[name], scale) for name, part in parts], axis=-1)


def _middle_and_half(space):
    """Middle and half width of each number of a Box; 0 and 1 where it has no bounds, or equal ones."""
    low, high = space.low.astype(np.float64), space.high.astype(np.float64)
    bounded = np.isfinite(low) & np.isfinite(high) & (low < high)
    with np.errstate(invalid="ignore"):
        return tuple(
            np.where(bounded, of, other).astype(np.float32)
            for of, other in ((low / 2 + high / 2, 0), (high / 2 - low / 2, 1))
        )


def example(space, count):
    """Zeros in the shape of `count` observations.

    >>> example(spaces.Discrete(3), 2).tolist()
    [0, 0]
    """
    if isinstance(space, spaces.Dict):
        return {name: example(part, count) for name, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(example(part, count) for part in space.spaces)
    return np.zeros((count, *space.shape), jax.dtypes.canonicalize_dtype(space.dtype))


def kept(obs):
    """An observation that stays as it is while its environment goes on: arrays are copied.

    >>> buffer = np.zeros(1)
    >>> one, buffer[0] = kept((buffer, 2)), 1.0
    >>> one
    (array([0.]), 2)
    """
    if isinstance(obs, np.ndarray):
        return obs.copy()
    if isinstance(obs, dict):
        return {name: kept(part) for name, part in obs.items()}
    return tuple(map(kept, obs)) if isinstance(obs, tuple) else obs


def gathered(space, observations):
    """A list of single observations as one batch of numpy arrays, in the shape of the space.

    >>> gathered(spaces.Tuple([spaces.Discrete(9), spaces.Box(0, 1)]), [(1, [0.5]), (2, [0.25])])
    (array([1, 2]), array([[0.5 ],
           [0.25]], dtype=float32))
    """
    if isinstance(space, spaces.Dict):
        return {name: gathered(part, [o[name] for o in observations]) for name, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(gathered(part, [o[i] for o in observations]) for i, part in enumerate(space.spaces))
    return np.array(observations, space.dtype)
