"""Whether the replay computes what JAX computes: nothing passes by a rule of ours that is wrong."""

import jax.numpy as jnp
import numpy as np

from . import compat
from .answer import FLUSHED

REACH = 4  # times the bound of rounding


def misread(replay, steps, outputs, values, bounds):
    """The sentence about the first equation whose replay gives another value than JAX, or None.

    replay, steps: a run; outputs: its arrays, and values: what JAX returned for them; bounds: [size] how far
    rounding may move each scalar. It is looked for only where an output is another number, beyond rounding
    and half of the digits of its type. Where each equation alone has JAX's value, the two merely went
    different ways at a choice, and that is judged elsewhere.
    """
    pairs = zip(outputs, values, strict=True)
    if not any(_apart(replay.numbers(x), y, _reach(x, bounds)) for x, y in pairs if x.floats):
        return None
    return next(_those_of(replay, steps), None)


def _those_of(replay, steps):
    for step in steps:
        if step.inside:
            yield from _those_of(replay, step.inside)
        elif any(array.floats for array in step.outputs):
            given = [replay.numbers(array) for array in step.inputs]
            if any(map(_flushed, given)):
                continue
            theirs = compat.evaluate(step.equation, given)
            for array, numbers in zip(step.outputs, theirs, strict=True):
                if array.floats and (at := _apart(replay.numbers(array), numbers)):
                    ours, jax = at
                    yield (
                        f"replay computes {step.equation.primitive.name} as {ours:.9g} where JAX has "
                        f"{jax:.9g} ({compat.source(step.equation)}): one of the two is wrong. Fix: report "
                        "it, here or there."
                    )


def _flushed(numbers):
    """Whether one of some numbers is so small that JAX takes it for 0."""
    if not compat.is_float(numbers.dtype):
        return False
    return bool(((numbers != 0) & (np.abs(numbers) < jnp.finfo(numbers.dtype).tiny)).any())


def _reach(array, bounds):
    ids = [part for part in (array.ids, array.imaginary) if part is not None]
    return REACH * sum(bounds[part] for part in ids)


def _apart(ours, theirs, reach=0.0):
    """(ours, theirs) where two arrays are furthest apart, by more than a reach and half of the digits of the
    largest number; None where they are not."""
    kind = np.complex128 if np.iscomplexobj(ours) else np.float64
    finfo = jnp.finfo(ours.dtype)
    half, floor = float(finfo.eps) ** 0.5, FLUSHED * float(finfo.tiny)
    one, other = np.ravel(ours.astype(kind)), np.ravel(np.asarray(theirs).astype(kind))
    with np.errstate(all="ignore"):
        off = np.where(np.isfinite(one) & np.isfinite(other), np.abs(one - other), 0.0)
        least = floor + half * np.max(np.abs(other), initial=0.0, where=np.isfinite(other))
        off = np.where(off > np.maximum(np.ravel(reach), least), off, 0.0)
    if not off.any():
        return None
    at = int(np.argmax(off))
    return one[at], other[at]
