"""How the outputs of a convolution change with its kernel, in forms whose transposes are fast on CPU.

The transpose is the kernel's slope: for each tap what it has seen, times the slopes of the outputs.
i: input channel, o: output channel, tap: cell of the window, S: cells of all outputs.
"""

import functools
import math

import jax.numpy as jnp
from jax import lax

from .. import compiler
from .columns import product_of_windows, sees_few
from .taps import padded, taps as taps_of, written_out

_ROWS = 32  # of a matrix product, so that few channels do not make it a product of vectors


def form_of_kernel(inputs, kernel, strides, padding, dilation, groups):
    """The linear function (tangent of kernel, inputs) -> tangent of outputs; None for lax's own."""
    *window, features, out = kernel.shape
    last = inputs.ndim - 1
    if inputs.dtype not in (jnp.float32, jnp.float64):
        return None
    if sees_few(inputs, kernel, groups):
        return lambda tangent, inputs: product_of_windows(inputs, tangent, strides, padding, dilation)
    if groups == 1 and (compiler.convolves_by_eigen() or not written_out(inputs, kernel)):
        return functools.partial(_turned, strides=strides, padding=padding, dilation=dilation)
    if not written_out(inputs, kernel):
        return None

    def product_of_rows(tangent, inputs):
        """The transpose: for each tap what it has seen, [i, S], times the slopes [S, o].

        Cells of one example lie apart, and copies of few cells at a time are slow; so where the taps are more
        than the slopes, the examples come last, and the slopes are turned instead.
        """
        spatial = tuple(range(1, last))
        turn = math.prod(window) * features >= out
        rows = lax.transpose(inputs, (last, *spatial, 0) if turn else (last, 0, *spatial))
        options = (window, strides, padding, dilation)
        if turn and strides[0] == 1:
            columns, cells = _lines(rows, groups, *options)
        else:
            columns, cells = _bundles(rows, 1 if turn else 2, groups, *options)
        kernels, first, terms = tangent.reshape(-1, groups, out // groups), 0, []
        for seen in columns:
            part = kernels[first : first + seen.shape[1]]
            first += seen.shape[1]
            if groups == 1:
                terms.append(lax.dot_general(seen[0], part[:, 0], (((0,), (0,)), ((), ()))))
            else:
                outputs = lax.dot_general(seen, part, (((1,), (0,)), ((0,), (1,))))
                terms.append(lax.transpose(outputs, (1, 0, 2)))
        outputs = functools.reduce(lax.add, terms).reshape(*cells, out)
        if turn:
            outputs = lax.transpose(lax.optimization_barrier(outputs), (last - 1, *range(last - 1), last))
        return outputs

    return product_of_rows


def _bundles(rows, axis, groups, window, strides, padding, dilation):
    """What the taps have seen, a few of them in one array [g, taps * i / g, S]; and the shape of S."""
    taps = list(taps_of(rows, axis, window, strides, padding, dilation))
    seen = [tap.reshape(groups, rows.shape[0] // groups, -1) for tap in taps]
    together = max(1, _ROWS // seen[0].shape[1])
    bundles = (seen[first : first + together] for first in range(0, len(seen), together))
    columns = [lax.optimization_barrier(jnp.concatenate(bundle, 1)) for bundle in bundles]
    return columns, taps[0].shape[1:]


def _lines(rows, groups, window, strides, padding, dilation):
    """The same for [i, *spatial, n] with stride 1 along the first dimension: the taps of a line of the window
    beside each other in one array, of which each line sees one piece."""
    beside = (1, *window[1:]), (1, *strides[1:]), padding, (1, *dilation[1:])
    taps = list(taps_of(rows, 1, *beside))
    _, lines, *line = taps[0].shape
    seen = jnp.concatenate([tap.reshape(groups, rows.shape[0] // groups, -1) for tap in taps], 1)
    seen = lax.optimization_barrier(seen)
    count, size = lines - dilation[0] * (window[0] - 1), math.prod(line)
    starts = [t * dilation[0] * size for t in range(window[0])]
    pieces = [lax.slice_in_dim(seen, start, start + count * size, axis=2) for start in starts]
    return [lax.optimization_barrier(piece) for piece in pieces], (count, *line)


def _turned(tangent, inputs, strides, padding, dilation):
    """The transpose: a convolution over examples in place of channels."""
    numbers = ("CHWN", "IHWO", "HWNC") if inputs.ndim == 4 else ("CWN", "IWO", "WNC")
    last = inputs.ndim - 1
    spatial = tuple(range(1, last))
    rows = lax.optimization_barrier(lax.transpose(inputs, (last, *spatial, 0)))
    reach = [d * (w - 1) for d, w in zip(dilation, tangent.shape, strict=False)]
    if any(low + high > r for (low, high), r in zip(padding, reach, strict=True)):
        # outputs are more than inputs: XLA would take these for the kernel, which is 25 times as slow
        rows, padding = padded(rows, 1, padding), [(0, 0)] * len(spatial)
    outputs = lax.conv_general_dilated(
        rows,
        lax.transpose(tangent, (last - 1, *range(last - 1), last)),
        strides,
        padding,
        rhs_dilation=dilation,
        dimension_numbers=numbers,
    )
    return lax.transpose(lax.optimization_barrier(outputs), (last - 1, *range(last - 1), last))
