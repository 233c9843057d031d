"""Sums, products and extremes along axes, and running ones."""

from functools import partial

import numpy as np

from ..arrays import Array
from ..fields import Field, packed, unpacked
from .choices import larger, real_only
from .registry import rule


def last(ids, axes):
    """ids with the reduced axes made one, the last."""
    axes = tuple(axis % ids.ndim for axis in axes)
    kept = [axis for axis in range(ids.ndim) if axis not in axes]
    moved = ids.transpose(*kept, *axes)
    return moved.reshape(*(ids.shape[axis] for axis in kept), -1)


@rule("reduce_sum", "reduce_and", "reduce_or", "reduce_xor")
def _sum(replay, equation, x):
    if not x.floats:
        return replay.concrete(equation, (x,))[0]
    ids = last(packed(x), equation.params["axes"])
    return unpacked(x.dtype, Field(replay.tape, x.dtype).total(ids))


def extreme(replay, ids, sign):
    """Ids of the largest (sign 1) or smallest (-1) along the last axis; in a tie all winners' mean."""
    numbers = sign * replay.ranked(ids)
    at = np.argmax(numbers, axis=-1)[..., None]
    best = np.take_along_axis(ids, at, -1)
    doubt = replay.tied(ids, np.broadcast_to(best, ids.shape))
    best = np.array(best[..., 0])
    if doubt is None:
        return best
    for where in map(tuple, np.argwhere(doubt.any(axis=-1)).tolist()):
        winners = np.unique(np.append(ids[where][doubt[where]], best[where]))
        best[where] = _joined(replay, winners)
    return best


def _joined(replay, ids):
    """The id of the mean of equal scalars, or of their hull."""
    tape, made = replay.tape, ids[:1]
    if replay.hull:
        for k in range(1, len(ids)):
            made = tape.apply("hull", made, ids[k : k + 1])
    elif len(ids) > 1:
        made = tape.apply("truediv", tape.total(ids[None]), tape.constants(float(len(ids))))
        tape.run[made] = tape.run[ids[0]]  # the mean of equals, rounded three times, is another
    return made[0]


@rule("reduce_max", "reduce_min")
def _extreme(replay, equation, x):
    if not x.floats:
        return replay.concrete(equation, (x,))[0]
    real_only(equation, x)
    sign = 1 if equation.primitive.name == "reduce_max" else -1
    return Array(x.dtype, extreme(replay, last(x.ids, equation.params["axes"]), sign))


@rule("reduce_prod")
def _product(replay, equation, x):
    if not x.floats:
        return replay.concrete(equation, (x,))[0]
    ids = last(packed(x), equation.params["axes"])
    return unpacked(x.dtype, product(Field(replay.tape, x.dtype), ids))


def product(field, ids):
    """Ids of the products along the last axis, of halves of halves."""
    if ids.shape[-1] == 0:
        return field.full(ids.shape[:-1], 1.0)
    while (size := ids.shape[-1]) > 1:
        half = size // 2
        made = field.apply("mul", ids[..., :half], ids[..., half : 2 * half])
        ids = np.concatenate([made, ids[..., 2 * half :]], axis=-1)
    return ids[..., 0]


def _running(replay, equation, x, step):
    """Running results along an axis: step(before, next) -> ids."""
    axis = equation.params["axis"]
    ids = np.moveaxis(packed(x), axis, 0)
    ids = ids[::-1] if equation.params["reverse"] else ids
    made = list(ids[:1])
    for k in range(1, len(ids)):
        made.append(step(made[-1], ids[k]))
    made = np.stack(made) if made else ids
    made = made[::-1] if equation.params["reverse"] else made
    return unpacked(x.dtype, np.moveaxis(made, 0, axis))


@rule("cumsum", "cumprod", "cummax", "cummin")
def _cumulative(replay, equation, x):
    if not x.floats:
        return replay.concrete(equation, (x,))[0]
    name = equation.primitive.name
    if name in ("cummax", "cummin"):
        real_only(equation, x)
        sign = 1 if name == "cummax" else -1
        return _running(replay, equation, x, lambda a, b: larger(replay, a, b, sign))
    op, field = "add" if name == "cumsum" else "mul", Field(replay.tape, x.dtype)
    return _running(replay, equation, x, lambda a, b: field.apply(op, a, b))


@rule("cumlogsumexp")
def _cumlogsumexp(replay, equation, x):
    real_only(equation, x)
    tape, apply = replay.tape, partial(replay.tape.apply, dtype=x.dtype)

    def step(a, b):
        shift = tape.constants(np.maximum(np.maximum(tape.run[a], tape.run[b]), -1e300))
        powers = [apply("exp", apply("sub", ids, shift)) for ids in (a, b)]
        return apply("add", shift, apply("log", apply("add", *powers)))

    return _running(replay, equation, x, step)
