"""Sums, products and extremes along axes, and running ones."""

import numpy as np

from ..arrays import Array, Unsupported
from . import complexes
from .choices import larger
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
    axes = equation.params["axes"]
    imaginary = None if x.imaginary is None else replay.tape.total(last(x.imaginary, axes), x.dtype)
    return Array(x.dtype, replay.tape.total(last(x.ids, axes), x.dtype), imaginary)


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
        best[where] = replay.joined(winners)
    return best


@rule("reduce_max", "reduce_min")
def _extreme(replay, equation, x):
    if not x.floats:
        return replay.concrete(equation, (x,))[0]
    sign = 1 if equation.primitive.name == "reduce_max" else -1
    return Array(x.dtype, extreme(replay, last(x.ids, equation.params["axes"]), sign))


@rule("reduce_prod")
def _product(replay, equation, x):
    if not x.floats:
        return replay.concrete(equation, (x,))[0]
    if x.imaginary is not None:
        raise Unsupported("replay multiplies up real numbers only.", equation)
    return Array(x.dtype, product(replay, last(x.ids, equation.params["axes"]), x.dtype))


def product(replay, ids, dtype):
    """Ids of the products along the last axis, of halves of halves."""
    if ids.shape[-1] == 0:
        return np.full(ids.shape[:-1], replay.tape.constants(1.0))
    while (size := ids.shape[-1]) > 1:
        half = size // 2
        made = replay.tape.apply("mul", ids[..., :half], ids[..., half : 2 * half], dtype=dtype)
        ids = np.concatenate([made, ids[..., 2 * half :]], axis=-1)
    return ids[..., 0]


def _running(replay, equation, x, step):
    """Running results along an axis: step(before, next) -> ids."""
    axis = equation.params["axis"]
    ids = np.moveaxis(x.ids, axis, 0)
    ids = ids[::-1] if equation.params["reverse"] else ids
    made = list(ids[:1])
    for k in range(1, len(ids)):
        made.append(step(made[-1], ids[k]))
    made = np.stack(made) if made else ids
    made = made[::-1] if equation.params["reverse"] else made
    return Array(x.dtype, np.moveaxis(made, 0, axis))


@rule("cumsum", "cumprod", "cummax", "cummin")
def _cumulative(replay, equation, x):
    if not x.floats:
        return replay.concrete(equation, (x,))[0]
    name = equation.primitive.name
    if x.imaginary is not None:
        return complexes.cumulative(replay, equation, x)
    if name in ("cummax", "cummin"):
        sign = 1 if name == "cummax" else -1
        return _running(replay, equation, x, lambda a, b: larger(replay, a, b, sign))
    op = "add" if name == "cumsum" else "mul"
    return _running(replay, equation, x, lambda a, b: replay.tape.apply(op, a, b, dtype=x.dtype))


@rule("cumlogsumexp")
def _cumlogsumexp(replay, equation, x):
    tape = replay.tape

    def step(a, b):
        shift = tape.constants(np.maximum(np.maximum(tape.run[a], tape.run[b]), -1e300))
        powers = [tape.apply("exp", tape.apply("sub", ids, shift)) for ids in (a, b)]
        return tape.apply("add", shift, tape.apply("log", tape.apply("add", *powers)), dtype=x.dtype)

    return _running(replay, equation, x, step)
