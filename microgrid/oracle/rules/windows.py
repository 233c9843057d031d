"""Reductions over sliding windows, and their transposes."""

import numpy as np

from ..arrays import Array, Unsupported
from ..fields import Field, packed, unpacked
from .choices import real_only
from .movement import padded
from .reductions import extreme
from .registry import rule


def windows(ids, value, p):
    """[positions..., taps] of an array of ids; p: the params of the reduction, value: the id outside."""
    ids = padded(ids, value, [(0, 0, d - 1) for d in p["base_dilation"]])
    ids = padded(ids, value, [(low, high, 0) for low, high in p["padding"]])
    dilation = p["window_dilation"]
    shape = tuple((size - 1) * d + 1 for size, d in zip(p["window_dimensions"], dilation, strict=True))
    views = np.lib.stride_tricks.sliding_window_view(ids, shape)
    views = views[tuple(slice(None, None, s) for s in p["window_strides"])]
    views = views[(Ellipsis, *(slice(None, None, d) for d in dilation))]
    return views.reshape(*views.shape[: ids.ndim], -1)


@rule("reduce_window_sum")
def _sums(replay, equation, x):
    if not x.floats:
        return replay.concrete(equation, (x,))[0]
    field = Field(replay.tape, x.dtype)
    return unpacked(x.dtype, field.total(windows(packed(x), field.number(0.0), equation.params)))


@rule("reduce_window_max", "reduce_window_min")
def _extremes(replay, equation, x):
    if not x.floats:
        return replay.concrete(equation, (x,))[0]
    real_only(equation, x)
    sign = 1 if equation.primitive.name == "reduce_window_max" else -1
    outside = int(replay.tape.constants(-sign * np.inf).flat[0])
    return Array(x.dtype, first_extreme(replay, windows(x.ids, outside, equation.params), sign))


def first_extreme(replay, ids, sign):
    """Ids of the extreme of each window: the first in a tie, as XLA has it, or the hull."""
    if replay.hull:
        return extreme(replay, ids, sign)
    at = np.argmax(sign * replay.ranked(ids), axis=-1)[..., None]
    best = np.take_along_axis(ids, at, -1)
    replay.tied(ids, np.broadcast_to(best, ids.shape))
    return best[..., 0]


@rule("select_and_gather_add")
def _select_and_gather_add(replay, equation, tangents, x):
    p = equation.params
    sign = 1 if "ge" in str(p["select_prim"]) else -1
    outside = int(replay.tape.constants(-sign * np.inf).flat[0])
    views = windows(x.ids, outside, p)
    at = np.argmax(sign * replay.ranked(views), axis=-1)[..., None]
    carried = windows(tangents.ids, replay.tape.zero(), p)
    return Array(tangents.dtype, np.take_along_axis(carried, at, -1)[..., 0])


@rule("select_and_scatter_add")
def _select_and_scatter_add(replay, equation, source, operand):
    p = equation.params
    sign = 1 if "ge" in str(p["select_prim"]) else -1
    ones = (1,) * len(operand.shape)
    p = dict(p, base_dilation=ones, window_dilation=ones)
    outside = int(replay.tape.constants(-sign * np.inf).flat[0])
    views = windows(operand.ids, outside, p)
    places = windows(np.arange(operand.ids.size).reshape(operand.shape), -1, p)
    at = np.argmax(sign * replay.ranked(views), axis=-1)[..., None]
    target = np.take_along_axis(places, at, -1)[..., 0].ravel()
    made = np.full(operand.ids.size, replay.tape.zero())
    order = np.argsort(target, kind="stable")
    target, ids = target[order], source.ids.ravel()[order]
    ends = np.flatnonzero(np.diff(target, append=-2)) + 1
    for first, end in zip(np.r_[0, ends[:-1]], ends, strict=True):
        made[target[first]] = replay.tape.total(ids[None, first:end], source.dtype)[0]
    return Array(operand.dtype, made.reshape(operand.shape))


@rule("reduce_window", "reduce", "reduce_p")
def _general(replay, equation, *arrays):
    raise Unsupported(
        f"replay has no rule for {equation.primitive.name} with a function of its own. "
        "Fix: use the reduction's own name, such as reduce_sum.",
        equation,
    )
