"""Cross-correlation whose gradients are fast inside a compiled loop on CPU.

Inside a loop XLA:CPU runs the gradients that lax derives from a convolution 4 to 200 times slower than the
convolution: no fast kernel knows their dimension numbers. A convolution is linear in either argument, so
there is nothing to invent: the two tangents are written in forms whose transposes, which lax derives as it
always does, are ordinary convolutions and matrix products of arrays that lie in memory as those want them.
Linear forms, not a `custom_vjp`: forward mode, `vmap` and higher orders are as they were.

n: example, i: input channel, o: output channel, tap: cell of the window, S: cells of all outputs.
"""

import functools
import math
from itertools import product

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_derivatives import SymbolicZero

from .. import sharding

_MOST_TAPS = 32  # that are written out one by one
_ROWS = 32  # of a matrix product, so that few channels do not make it a product of vectors
_LARGE = 2**22  # bytes that no cache near a core holds
_BOTH_LAST = (((1,), (1,)), ((), ()))


def correlate(inputs, kernel, strides, padding, dilation, groups):
    """Cross-correlation in one or two dimensions.

    inputs: [n, *spatial, i]; kernel: [*window, i / groups, o]; strides, dilation: a tuple of ints, one for
    each dimension; padding: a tuple of pairs (low, high), cells of zeros; groups: an int. Returns
    [n, *cells, o].
    """
    return _correlate(inputs, kernel, strides, padding, dilation, groups)


@functools.partial(jax.custom_jvp, nondiff_argnums=(2, 3, 4, 5))
def _correlate(inputs, kernel, *options):
    if _written_out(inputs, kernel) and kernel.shape[-2] == 1 and options[-1] == inputs.shape[-1] > 1:
        return lax.platform_dependent(
            inputs,
            kernel,
            cpu=lambda inputs, kernel: _depthwise(inputs, kernel, *options),
            default=lambda inputs, kernel: _by_lax(inputs, kernel, *options),
        )
    return _by_lax(inputs, kernel, *options)


@functools.partial(_correlate.defjvp, symbolic_zeros=True)
def _tangent(strides, padding, dilation, groups, primals, tangents):
    (inputs, kernel), (by_inputs, by_kernel) = primals, tangents
    options = (strides, padding, dilation, groups)
    outputs, terms = _correlate(inputs, kernel, *options), []
    if not isinstance(by_inputs, SymbolicZero):
        form = _form_of_inputs(inputs, kernel, *options)
        terms.append(_chosen(form, lambda t, k: _by_lax(t, k, *options), by_inputs, kernel))
    if not isinstance(by_kernel, SymbolicZero):
        form = _on_each_device(_form_of_kernel(inputs, kernel, *options))
        terms.append(_chosen(form, lambda t, x: _by_lax(x, t, *options), by_kernel, inputs))
    return outputs, functools.reduce(lax.add, terms) if terms else SymbolicZero(jax.typeof(outputs))


def _chosen(form, stock, tangent, fixed):
    """A linear map of the tangent: in our form on CPU where there is one, in that of lax elsewhere."""
    if form is None:
        return stock(tangent, fixed)
    return lax.platform_dependent(tangent, fixed, cpu=form, default=stock)


def _on_each_device(form):
    """The form of a kernel's tangent where devices share a batch: XLA would gather it, as rows of its
    matrices are examples and cells at once."""
    return form and sharding.on_each_device(form, 1)


def _by_lax(inputs, kernel, strides, padding, dilation, groups):
    numbers = ("NHWC", "HWIO", "NHWC") if inputs.ndim == 4 else ("NWC", "WIO", "NWC")
    return lax.conv_general_dilated(
        inputs,
        kernel,
        strides,
        padding,
        rhs_dilation=dilation,
        dimension_numbers=numbers,
        feature_group_count=groups,
    )


def _written_out(inputs, kernel):
    """Whether our forms are for these arrays; lax keeps half precision and large windows."""
    return inputs.dtype in (jnp.float32, jnp.float64) and math.prod(kernel.shape[:-2]) <= _MOST_TAPS


def _taps(array, first, window, strides, padding, dilation):
    """What each tap sees of an array whose spatial axes start at `first`; `cells` take their place."""
    last = first + len(window)
    nothing = [(0, 0, 0)]
    config = nothing * first + [(*pair, 0) for pair in padding] + nothing * (array.ndim - last)
    padded = lax.optimization_barrier(lax.pad(array, jnp.zeros((), array.dtype), config))
    before, spatial, after = padded.shape[:first], padded.shape[first:last], padded.shape[last:]
    dims = list(zip(window, strides, dilation, strict=True))
    cells = [(size - d * (w - 1) - 1) // s + 1 for size, (w, s, d) in zip(spatial, dims, strict=True)]
    steps = (1,) * first + tuple(strides) + (1,) * len(after)
    for tap in product(*map(range, window)):
        start = [t * d for t, d in zip(tap, dilation, strict=True)]
        stop = [a + (count - 1) * s + 1 for a, count, s in zip(start, cells, strides, strict=True)]
        yield lax.slice(padded, (0,) * first + (*start,) + (0,) * len(after), (*before, *stop, *after), steps)


def _depthwise(inputs, kernel, strides, padding, dilation, groups):
    """One group a channel: products cell by cell, as no matrix product is left."""
    *window, _, out = kernel.shape
    kernels = kernel.reshape(-1, *(1,) * (inputs.ndim - 1), groups, out // groups)
    taps = _taps(inputs, 1, window, strides, padding, dilation)
    total = functools.reduce(lax.add, (tap[..., None] * kernels[t] for t, tap in enumerate(taps)))
    return total.reshape(*total.shape[:-2], out)


def _form_of_inputs(inputs, kernel, strides, padding, dilation, groups):
    """The linear function (tangent of inputs, kernel) -> tangent of outputs; None for lax's own."""
    *window, features, out = kernel.shape
    if inputs.dtype not in (jnp.float32, jnp.float64) or features == 1 < groups:
        return None
    if groups == 1 and (max(strides) == 1 < math.prod(window) or not _written_out(inputs, kernel)):
        return functools.partial(_mirrored, strides=strides, padding=padding, dilation=dilation)
    if not _written_out(inputs, kernel):
        return None

    def product_of_columns(tangent, kernel):
        """The transpose: one product by the kernel, whose terms each tap adds where it has looked."""
        taps = list(_taps(tangent, 1, window, strides, padding, dilation))
        cells = taps[0].shape[:-1]
        columns = jnp.stack(taps, -2).reshape(-1, len(taps), groups, features)
        kernels = kernel.reshape(len(taps), features, groups, out // groups)
        columns = lax.transpose(columns, (2, 0, 1, 3)).reshape(groups, -1, len(taps) * features)
        kernels = lax.transpose(kernels, (2, 3, 0, 1)).reshape(groups, -1, len(taps) * features)
        columns, kernels = lax.optimization_barrier(columns), lax.optimization_barrier(kernels)
        if groups == 1:
            return lax.dot_general(columns[0], kernels[0], _BOTH_LAST).reshape(*cells, out)
        outputs = lax.dot_general(columns, kernels, (((2,), (2,)), ((0,), (0,))))
        return lax.transpose(outputs, (1, 0, 2)).reshape(*cells, out)

    return product_of_columns


def _mirrored(tangent, kernel, strides, padding, dilation):
    """The transpose: a convolution with the mirrored kernel, whose channels have changed places.

    Strides would dilate what it reads, and no fast kernel knows that; cells left out afterwards are zeros put
    in by hand.
    """
    spatial = tuple(range(len(strides)))
    i, o = len(strides), len(strides) + 1
    numbers = ("NHWC", "HWOI", "NHWC") if tangent.ndim == 4 else ("NWC", "WOI", "NWC")
    mirrored = lax.optimization_barrier(lax.transpose(lax.rev(kernel, spatial), (*spatial, o, i)))
    outputs = lax.conv_general_dilated(
        tangent,
        lax.rev(mirrored, spatial),  # which the transpose takes back
        (1,) * len(strides),
        padding,
        rhs_dilation=dilation,
        dimension_numbers=numbers,
    )
    return lax.slice(outputs, (0,) * outputs.ndim, outputs.shape, (1, *strides, 1))


def _form_of_kernel(inputs, kernel, strides, padding, dilation, groups):
    """The linear function (tangent of kernel, inputs) -> tangent of outputs; None for lax's own."""
    *window, features, out = kernel.shape
    last = inputs.ndim - 1
    if not _written_out(inputs, kernel):
        if groups == 1 and inputs.dtype in (jnp.float32, jnp.float64):
            return functools.partial(_turned, strides=strides, padding=padding, dilation=dilation)
        return None
    columns = math.prod(kernel.shape[:-1]) * math.prod(inputs.shape[:-1]) * inputs.dtype.itemsize
    if len(window) == 2 and groups == strides[0] == 1 and window[0] * features >= _ROWS and columns > _LARGE:
        return functools.partial(_line_by_line, strides=strides, padding=padding, dilation=dilation)

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
    taps = list(_taps(rows, axis, window, strides, padding, dilation))
    seen = [tap.reshape(groups, rows.shape[0] // groups, -1) for tap in taps]
    together = max(1, _ROWS // seen[0].shape[1])
    bundles = (seen[first : first + together] for first in range(0, len(seen), together))
    columns = [lax.optimization_barrier(jnp.concatenate(bundle, 1)) for bundle in bundles]
    return columns, taps[0].shape[1:]


def _lines(rows, groups, window, strides, padding, dilation):
    """The same for [i, *spatial, n] with stride 1 along the first dimension: the taps of a line of the window
    beside each other in one array, of which each line sees one piece."""
    beside = (1, *window[1:]), (1, *strides[1:]), padding, (1, *dilation[1:])
    taps = list(_taps(rows, 1, *beside))
    _, lines, *line = taps[0].shape
    seen = jnp.concatenate([tap.reshape(groups, rows.shape[0] // groups, -1) for tap in taps], 1)
    seen = lax.optimization_barrier(seen)
    count, size = lines - dilation[0] * (window[0] - 1), math.prod(line)
    starts = [t * dilation[0] * size for t in range(window[0])]
    pieces = [lax.slice_in_dim(seen, start, start + count * size, axis=2) for start in starts]
    return [lax.optimization_barrier(piece) for piece in pieces], (count, *line)


def _line_by_line(tangent, inputs, strides, padding, dilation):
    """The transpose: the products of `product_of_rows`, a line of the image after another.

    All that the taps have seen is several times the image; of one line it stays near the core. A line is
    copied once more on the way back, as the copies of all lines would be written to memory and read again.
    """
    rows, columns, features, out = tangent.shape
    config = [(*padding[0], 0), (0, 0, 0), (*padding[1], 0), (0, 0, 0)]
    padded = lax.transpose(inputs, (1, 3, 2, 0))
    padded = lax.optimization_barrier(lax.pad(padded, jnp.zeros((), inputs.dtype), config))
    reach = dilation[0] * (rows - 1)
    count, last = padded.shape[0] - reach, padded.shape[2] - dilation[1] * (columns - 1)
    kernels = [tangent[:, v].reshape(rows * features, out) for v in range(columns)]

    @functools.partial(jax.checkpoint, prevent_cse=False)
    def line(kernels, padded, k):
        seen = lax.dynamic_slice_in_dim(padded, k, reach + 1)
        seen = lax.optimization_barrier(lax.slice_in_dim(seen, 0, reach + 1, dilation[0]))
        terms = []
        for v, kernel in enumerate(kernels):
            start = v * dilation[1]
            tap = lax.slice_in_dim(seen, start, start + last, strides[1], axis=2)
            tap = lax.optimization_barrier(tap.reshape(rows * features, -1))
            terms.append(lax.dot_general(tap, kernel, (((0,), (0,)), ((), ()))))
        return functools.reduce(lax.add, terms)

    _, outputs = lax.scan(lambda _, k: (None, line(kernels, padded, k)), None, jnp.arange(count))
    outputs = lax.optimization_barrier(outputs.reshape(count, -1, inputs.shape[0], out))
    return lax.transpose(outputs, (2, 0, 1, 3))


def _turned(tangent, inputs, strides, padding, dilation):
    """The transpose: a convolution over examples in place of channels."""
    numbers = ("CHWN", "IHWO", "HWNC") if inputs.ndim == 4 else ("CWN", "IWO", "WNC")
    last = inputs.ndim - 1
    spatial = tuple(range(1, last))
    rows = lax.optimization_barrier(lax.transpose(inputs, (last, *spatial, 0)))
    outputs = lax.conv_general_dilated(
        rows,
        lax.transpose(tangent, (last - 1, *range(last - 1), last)),
        strides,
        padding,
        rhs_dilation=dilation,
        dimension_numbers=numbers,
    )
    return lax.transpose(lax.optimization_barrier(outputs), (last - 1, *range(last - 1), last))
