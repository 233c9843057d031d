"""Products of matrices, and convolutions as such."""

import numpy as np

from .. import compat
from ..arrays import Array
from . import complexes
from .movement import padded
from .registry import rule


@rule("dot_general")
def _dot_general(replay, equation, a, b):
    if not (a.floats or b.floats):
        return replay.concrete(equation, (a, b))[0]
    a, b = (array if array.floats else replay.as_floats(array) for array in (a, b))
    if a.imaginary is not None or b.imaginary is not None:
        return complexes.product(replay, equation, a, b)
    dtype = equation.outvars[0].aval.dtype
    return Array(dtype, dot(replay, a.ids, b.ids, equation.params["dimension_numbers"], dtype))


def dot(replay, a, b, numbers, dtype):
    """Ids of dot_general of two arrays of ids."""
    (a_sum, b_sum), (a_batch, b_batch) = numbers
    a_free = [k for k in range(a.ndim) if k not in (*a_sum, *a_batch)]
    b_free = [k for k in range(b.ndim) if k not in (*b_sum, *b_batch)]
    batch = [a.shape[k] for k in a_batch]
    terms = int(np.prod([a.shape[k] for k in a_sum], dtype=int))
    rows, columns = [a.shape[k] for k in a_free], [b.shape[k] for k in b_free]
    left = a.transpose(*a_batch, *a_free, *a_sum).reshape(_size(batch), _size(rows), terms)
    right = b.transpose(*b_batch, *b_sum, *b_free).reshape(_size(batch), terms, _size(columns))
    return products(replay, left, right, dtype).reshape((*batch, *rows, *columns))


def _size(shape):
    return int(np.prod(shape, dtype=int))


def products(replay, left, right, dtype):
    """Ids [b, m, p]; products of single numbers are no sums."""
    if left.shape[2] == 1:
        return replay.tape.apply("mul", left, right, dtype=dtype)
    return replay.tape.dot(left, right, dtype=dtype)


@rule("conv_general_dilated")
def _conv(replay, equation, x, kernel):
    p = equation.params
    x, kernel = (array if array.floats else replay.as_floats(array) for array in (x, kernel))
    x_spec, kernel_spec, out_spec = compat.conv_layout(equation)
    inputs, taps = x.ids.transpose(x_spec), kernel.ids.transpose(kernel_spec)  # [N, C, ...], [O, I, ...]
    zero, groups = replay.tape.zero(), p["feature_group_count"]
    inputs = padded(inputs, zero, [(0, 0, 0)] * 2 + [(0, 0, d - 1) for d in p["lhs_dilation"]])
    inputs = padded(inputs, zero, [(0, 0, 0)] * 2 + [(low, high, 0) for low, high in p["padding"]])
    taps = padded(taps, zero, [(0, 0, 0)] * 2 + [(0, 0, d - 1) for d in p["rhs_dilation"]])
    dilation = p["rhs_dilation"]
    window = taps.shape[2:]
    if any(size > most for size, most in zip(window, inputs.shape[2:], strict=True)):
        return Array(equation.outvars[0].aval.dtype, np.full(equation.outvars[0].aval.shape, zero))
    views = np.lib.stride_tricks.sliding_window_view(inputs, window, tuple(range(2, inputs.ndim)))
    space = len(window)
    strides = (slice(None),) * 2 + tuple(slice(None, None, s) for s in p["window_strides"])
    views = views[strides]  # [N, C, positions..., taps...]
    every = (Ellipsis, *(slice(None, None, d) for d in dilation))
    views, taps = views[every], taps[every]
    dtype = equation.outvars[0].aval.dtype
    if p["batch_group_count"] > 1:
        made = _batch_groups(replay, views, taps, p["batch_group_count"], space, dtype)
    else:
        made = _groups(replay, views, taps, groups, space, dtype)
    return Array(dtype, made.transpose(np.argsort(out_spec)))


def _groups(replay, views, taps, groups, space, dtype):
    """[N, O, positions...] of windows [N, C, positions..., taps...] and kernels [O, C / groups, taps...]."""
    n, positions = len(views), views.shape[2 : 2 + space]
    features = taps.shape[0]
    windows = np.moveaxis(views, 1, 1 + space)  # [N, positions..., C, taps...]
    windows = windows.reshape(_size((n, *positions)), groups, -1).transpose(1, 0, 2)
    kernels = taps.reshape(groups, features // groups, -1).transpose(0, 2, 1)
    made = products(replay, windows, kernels, dtype)  # [groups, N * positions, O / groups]
    made = made.transpose(1, 0, 2).reshape((n, *positions, features))
    return np.moveaxis(made, -1, 1)


def _batch_groups(replay, views, taps, groups, space, dtype):
    """Each group of the batch meets its own share of the kernels; their results are side by side."""
    n, features = views.shape[0] // groups, taps.shape[0] // groups
    made = [
        _groups(replay, views[k * n : (k + 1) * n], taps[k * features : (k + 1) * features], 1, space, dtype)
        for k in range(groups)
    ]
    return np.concatenate(made, axis=1)
