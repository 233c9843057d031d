"""Products of matrices, and convolutions as such."""

import numpy as np

from .. import compat
from ..fields import Field, packed, unpacked
from .movement import padded
from .registry import rule


@rule("dot_general")
def _dot_general(replay, equation, a, b):
    if not (a.floats or b.floats):
        return replay.concrete(equation, (a, b))[0]
    a, b = (array if array.floats else replay.as_floats(array) for array in (a, b))
    dtype = equation.outvars[0].aval.dtype
    field = Field(replay.tape, dtype)
    return unpacked(dtype, dot(field, packed(a), packed(b), equation.params["dimension_numbers"]))


def dot(field, a, b, numbers):
    """Ids of dot_general of two arrays of ids."""
    (a_sum, b_sum), (a_batch, b_batch) = numbers
    a_free = [k for k in range(a.ndim) if k not in (*a_sum, *a_batch)]
    b_free = [k for k in range(b.ndim) if k not in (*b_sum, *b_batch)]
    batch = [a.shape[k] for k in a_batch]
    terms = int(np.prod([a.shape[k] for k in a_sum], dtype=int))
    rows, columns = [a.shape[k] for k in a_free], [b.shape[k] for k in b_free]
    left = a.transpose(*a_batch, *a_free, *a_sum).reshape(_size(batch), _size(rows), terms)
    right = b.transpose(*b_batch, *b_sum, *b_free).reshape(_size(batch), terms, _size(columns))
    return field.whole(field.dot(left, right)).reshape((*batch, *rows, *columns))


def _size(shape):
    return int(np.prod(shape, dtype=int))


@rule("conv_general_dilated")
def _conv(replay, equation, x, kernel):
    p = equation.params
    x, kernel = (array if array.floats else replay.as_floats(array) for array in (x, kernel))
    x_spec, kernel_spec, out_spec = compat.conv_layout(equation)
    dtype = equation.outvars[0].aval.dtype
    field = Field(replay.tape, dtype)
    zero, groups = field.number(0.0), p["feature_group_count"]
    inputs, taps = (
        packed(x).transpose(x_spec),
        packed(kernel).transpose(kernel_spec),
    )  # [N, C, ...], [O, I, ...]
    inputs = padded(inputs, zero, [(0, 0, 0)] * 2 + [(0, 0, d - 1) for d in p["lhs_dilation"]])
    inputs = padded(inputs, zero, [(0, 0, 0)] * 2 + [(low, high, 0) for low, high in p["padding"]])
    taps = padded(taps, zero, [(0, 0, 0)] * 2 + [(0, 0, d - 1) for d in p["rhs_dilation"]])
    dilation = p["rhs_dilation"]
    window = taps.shape[2:]
    if any(size > most for size, most in zip(window, inputs.shape[2:], strict=True)):
        return unpacked(dtype, field.full(equation.outvars[0].aval.shape))
    views = np.lib.stride_tricks.sliding_window_view(inputs, window, tuple(range(2, inputs.ndim)))
    space = len(window)
    strides = (slice(None),) * 2 + tuple(slice(None, None, s) for s in p["window_strides"])
    views = views[strides]  # [N, C, positions..., taps...]
    every = (Ellipsis, *(slice(None, None, d) for d in dilation))
    views, taps = views[every], taps[every]
    if p["batch_group_count"] > 1:
        made = _batch_groups(field, views, taps, p["batch_group_count"], space)
    else:
        made = _groups(field, views, taps, groups, space)
    return unpacked(dtype, field.whole(made).transpose(np.argsort(out_spec)))


def _groups(field, views, taps, groups, space):
    """[N, O, positions...] of windows [N, C, positions..., taps...] and kernels [O, C / groups, taps...]."""
    n, positions = len(views), views.shape[2 : 2 + space]
    features = taps.shape[0]
    windows = np.moveaxis(views, 1, 1 + space)  # [N, positions..., C, taps...]
    windows = windows.reshape(_size((n, *positions)), groups, -1).transpose(1, 0, 2)
    kernels = taps.reshape(groups, features // groups, -1).transpose(0, 2, 1)
    made = field.dot(windows, kernels)  # [groups, N * positions, O / groups]
    made = made.transpose(1, 0, 2).reshape((n, *positions, features))
    return np.moveaxis(made, -1, 1)


def _batch_groups(field, views, taps, groups, space):
    """Each group of the batch meets its own share of the kernels; their results are side by side."""
    n, features = views.shape[0] // groups, taps.shape[0] // groups
    made = [
        _groups(field, views[k * n : (k + 1) * n], taps[k * features : (k + 1) * features], 1, space)
        for k in range(groups)
    ]
    return np.concatenate(made, axis=1)


@rule("ragged_dot_general")
def _ragged_dot_general(replay, equation, a, b, sizes):
    """dot_general where each group of positions along an axis of `a` meets, or makes, a matrix of its own."""
    numbers = equation.params["ragged_dot_dimension_numbers"]
    (a_sum, b_sum), (a_batch, b_batch) = numbers.dot_dimension_numbers
    (axis,), dtype = numbers.lhs_ragged_dimensions, equation.outvars[0].aval.dtype
    field, x, y = Field(replay.tape, dtype), packed(a), packed(b)
    if axis in a_batch:
        return unpacked(dtype, dot(field, x, y, numbers.dot_dimension_numbers))
    free = [k for k in range(x.ndim) if k not in (*a_sum, *a_batch)]
    among = list(a_sum) if axis in a_sum else free
    where = _members(np.asarray(sizes.given), x.shape, axis, [*a_batch, *among[: among.index(axis)]])
    groups = [np.where(mask, x, field.number(0.0)) for mask in where]
    if axis in a_sum:
        made = [dot(field, one, y, numbers.dot_dimension_numbers) for one in groups]
        return unpacked(dtype, np.stack(made))
    (group,) = numbers.rhs_group_dimensions
    b_sum, b_batch = ([k - (k > group) for k in axes] for axes in (b_sum, b_batch))
    pairs = zip(groups, np.moveaxis(y, group, 0), strict=True)
    made = [dot(field, one, other, ((a_sum, b_sum), (a_batch, b_batch))) for one, other in pairs]
    return unpacked(dtype, field.total(np.stack(made, axis=-1)))


def _members(sizes, shape, axis, before):
    """[groups, ...] which positions along an axis of an array are in each group. sizes: [groups], or with the
    axes `before` in front."""
    ends = np.cumsum(sizes, axis=-1)[..., None]
    at = np.arange(shape[axis])
    mask = np.moveaxis((ends - sizes[..., None] <= at) & (at < ends), -2, 0)  # [groups, before..., positions]
    axes = [*before, axis] if sizes.ndim > 1 else [axis]
    mask = mask.transpose(0, *(1 + np.argsort(axes)))
    return mask.reshape(-1, *(shape[k] if k in axes else 1 for k in range(len(shape))))
