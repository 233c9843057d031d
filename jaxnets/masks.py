"""What may attend to what: the mask of attention, looked at.

T: length of the queries, S: length of the keys, H: heads.
"""

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from . import checks


def allowed(function, mask, wanted, num_heads=None):
    """A mask of booleans that meets the scores [..., T, S], or with num_heads [..., H, T, S] as well.

    wanted: (..., T, S). T, H and what stands before them may be 1; axes in front may be left out. Returns the
    mask with all axes.
    """
    mask = checks.array(function, "mask", mask)
    heads = num_heads is not None and mask.ndim == len(wanted) + 1
    full = (*wanted[:-2], num_heads, *wanted[-2:]) if heads else wanted
    missing = len(full) - mask.ndim
    if not 0 <= missing <= len(full) - 2 or not _meets(mask.shape, full[missing:]):
        fix = ""
        if mask.shape == (*wanted[:-2], wanted[-1]):
            fix = " Fix: mask[..., None, :]."
        elif mask.ndim == len(wanted) + 1 and _meets(mask.shape, (*wanted[:-2], 1, *wanted[-2:])):
            fix = " Fix: mask[..., 0, :, :]."
        raise ValueError(
            f"{function}: mask must have the shape {wanted} of [query length, key length]; "
            f"got {mask.shape}.{fix}"
        )
    if mask.dtype != bool:
        came = f"numbers of type {mask.dtype}" if isinstance(mask, Tracer) else repr(np.asarray(mask).item(0))
        fix = " Fix: True for 1, False for 0." if mask.dtype.kind in "iu" else ""
        raise TypeError(
            f"{function}: mask must be True where a query may attend, else False; got {came}.{fix}"
        )
    return mask.reshape((1,) * missing + mask.shape)


def _meets(given, full):
    """Whether the last axis, of the keys, is as long as it should be, and each other one so long, or 1."""
    return given[-1] == full[-1] and all(n in (1, most) for n, most in zip(given, full, strict=True))


def with_past(allowed, wanted):
    """The mask, or None, and not what comes after a query."""
    axes = len(wanted) if allowed is None else allowed.ndim
    past = jnp.tri(*wanted[-2:], dtype=bool).reshape((1,) * (axes - 2) + wanted[-2:])
    return past if allowed is None else allowed & past


def used(allowed, wanted):
    """[..., T, 1], whether a query may attend to anything in any head; [..., S, 1], whether anything may
    attend to a key."""
    seen = jnp.any(allowed, axis=-3) if allowed.ndim > len(wanted) else allowed
    return (jnp.expand_dims(jnp.any(seen, axis=axis), -1) for axis in (-1, -2))
