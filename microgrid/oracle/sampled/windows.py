"""Reads of what looks at windows: reductions over them, and convolutions.

at: [n] flat coordinates of output o. n: coordinates, k: taps of a window, m: windows that one number is in.
"""

import math

import numpy as np

from .. import compat
from ..fields import Field, packed, unpacked
from ..rules import RULES
from ..rules.products import dot
from .registry import Reads, axes_of, flat_of, reads
from .sums import total

ALONE = dict(window_dimensions=None, window_strides=(1, 1), padding=((0, 0), (0, 0)),
             base_dilation=(1, 1), window_dilation=(1, 1))  # fmt: skip


def grid(columns):
    """Arrays [n, a], [n, b], ... as [n, a, 1, ...], [n, 1, b, ...], ..."""
    count = len(columns)
    return [
        column.reshape(len(column), *(column.shape[1] if j == k else 1 for j in range(count)))
        for k, column in enumerate(columns)
    ]


def taps(index, window, strides, lows, base, dilation):
    """For each axis [n, taps] of what window `index` looks at along it, -1 in holes of a dilated array."""
    found = []
    for i, size, stride, low, hole, step in zip(index, window, strides, lows, base, dilation, strict=True):
        whole, part = np.divmod(i[:, None] * stride + np.arange(size) * step - low, hole)
        found.append(np.where(part == 0, whole, -1))
    return found


def viewed(index, shape, p):
    """[n, k] flat positions of what windows look at, -1 outside. index: which window, along each axis."""
    ones = (1,) * len(shape)
    lows = [low for low, _ in p["padding"]]
    base, dilation = p.get("base_dilation") or ones, p.get("window_dilation") or ones
    columns = grid(taps(index, p["window_dimensions"], p["window_strides"], lows, base, dilation))
    return flat_of(columns, shape).reshape(len(index[0]), -1)


@reads("reduce_window_sum", "reduce_window_max", "reduce_window_min")
def _reduce_window(equation, slots, at, o):
    index = axes_of(at, equation.outvars[0].aval.shape)
    found = viewed(index, slots[0].shape, equation.params)
    name = equation.primitive.name
    small = equation.replace(
        params={**equation.params, **ALONE, "window_dimensions": (1, found.shape[1])},
    )
    fill = {"reduce_window_sum": 0.0, "reduce_window_max": -math.inf, "reduce_window_min": math.inf}[name]
    return Reads(
        [found],
        lambda replay, arrays: RULES[name](replay, small, *arrays).moved(lambda ids: ids[:, 0]),
        fill,
    )


def winners(numbers, positions, p):
    """[...] the position that each window selects, the first in a tie; positions: [..., k]."""
    sign = 1 if "ge" in str(p["select_prim"]) else -1
    seen = np.where(positions < 0, -np.inf, sign * numbers.astype(np.float64)[positions])
    return np.take_along_axis(positions, np.argmax(seen, axis=-1)[..., None], axis=-1)[..., 0]


@reads("select_and_gather_add")
def _select_and_gather_add(equation, slots, at, o):
    index, p = axes_of(at, equation.outvars[0].aval.shape), equation.params
    found = winners(slots[1].flat, viewed(index, slots[1].shape, p), p)
    return Reads([found, None], lambda replay, arrays: arrays[0])


@reads("select_and_scatter_add")
def _select_and_scatter_add(equation, slots, at, o):
    source, operand = slots
    p, shape = equation.params, operand.shape
    columns, lows = [], [low for low, _ in p["padding"]]
    sizes = zip(p["window_dimensions"], p["window_strides"], lows, source.shape, strict=True)
    for i, (size, stride, low, many) in zip(axes_of(at, shape), sizes, strict=True):
        last = (i + low)[:, None] // stride - np.arange(-(-size // stride))
        inside = (last >= 0) & (last < many) & (last * stride - low + size > i[:, None])
        columns.append(np.where(inside, last, -1))
    columns = [np.broadcast_to(column, np.broadcast_shapes(*(c.shape for c in grid(columns))))
               for column in grid(columns)]  # fmt: skip
    which = flat_of(columns, source.shape).reshape(len(at), -1)
    index = [column.reshape(-1) for column in columns]
    chosen = winners(operand.flat, viewed(index, shape, p), p).reshape(which.shape)
    found = np.where(chosen == at[:, None], which, -1)
    return Reads([found, None], lambda replay, arrays: total(replay, arrays[0], source.dtype))


@reads("conv_general_dilated")
def _conv(equation, slots, at, o):
    p, (x, kernel) = equation.params, slots
    x_spec, kernel_spec, out_spec = compat.conv_layout(equation)
    index = axes_of(at, equation.outvars[0].aval.shape)
    batch, feature, place = index[out_spec[0]], index[out_spec[1]], [index[axis] for axis in out_spec[2:]]
    features, channels, *window = (kernel.shape[axis] for axis in kernel_spec)
    groups, batches = p["feature_group_count"], p["batch_group_count"]
    many = x.shape[x_spec[0]] // batches
    n = batch + feature // (features // batches) * many
    first = feature // (features // groups) * channels if groups > 1 else np.zeros_like(feature)
    lows = [low for low, _ in p["padding"]]
    seen = taps(place, window, p["window_strides"], lows, p["lhs_dilation"], p["rhs_dilation"])
    columns = [n[:, None], first[:, None] + np.arange(channels), *seen]
    of_x = _laid(grid(columns), x_spec, x.shape).reshape(len(at), -1)
    inside = np.zeros((len(at), 1), int)
    columns = [feature[:, None], *(inside + np.arange(size) for size in (channels, *window))]
    of_kernel = _laid(grid(columns), kernel_spec, kernel.shape).reshape(len(at), -1)
    dtype, numbers = equation.outvars[0].aval.dtype, (((1,), (1,)), ((0,), (0,)))

    def make(replay, arrays):
        a, b = (array if array.floats else replay.as_floats(array) for array in arrays)
        return unpacked(dtype, dot(Field(replay.tape, dtype), packed(a), packed(b), numbers))

    return Reads([of_x, of_kernel], make)


def _laid(columns, spec, shape):
    """Flat positions of indices that come as batch, features, places. spec: the axis of each of them."""
    index = [columns[spec.index(axis)] for axis in range(len(shape))]
    return flat_of(np.broadcast_arrays(*index), shape)
