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

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_derivatives import SymbolicZero

from .. import sharding
from .columns import product_of_windows, sees_few
from .kernel_slopes import form_of_kernel
from .taps import taps as taps_of, written_out

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
    form = _form_of_outputs(inputs, kernel, *options)
    return _chosen(form, lambda x, k: _by_lax(x, k, *options), inputs, kernel)


@functools.partial(_correlate.defjvp, symbolic_zeros=True)
def _tangent(strides, padding, dilation, groups, primals, tangents):
    (inputs, kernel), (by_inputs, by_kernel) = primals, tangents
    options = (strides, padding, dilation, groups)
    outputs, terms = _correlate(inputs, kernel, *options), []
    if not isinstance(by_inputs, SymbolicZero):
        form = _form_of_inputs(inputs, kernel, *options)
        terms.append(_chosen(form, lambda t, k: _by_lax(t, k, *options), by_inputs, kernel))
    if not isinstance(by_kernel, SymbolicZero):
        form = _on_each_device(form_of_kernel(inputs, kernel, *options))
        terms.append(_chosen(form, lambda t, x: _by_lax(x, t, *options), by_kernel, inputs))
    return outputs, functools.reduce(lax.add, terms) if terms else SymbolicZero(jax.typeof(outputs))


def _chosen(form, stock, *arrays):
    """What a form says of arrays: ours on CPU where there is one, that of lax elsewhere."""
    if form is None:
        return stock(*arrays)
    return lax.platform_dependent(*arrays, cpu=form, default=stock)


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


def _form_of_outputs(inputs, kernel, strides, padding, dilation, groups):
    """The function (inputs, kernel) -> outputs; None for lax's own."""
    options = (strides, padding, dilation)
    if written_out(inputs, kernel) and kernel.shape[-2] == 1 and groups == inputs.shape[-1] > 1:
        return lambda inputs, kernel: _depthwise(inputs, kernel, *options, groups)
    if sees_few(inputs, kernel, groups):
        return sharding.on_each_device(lambda inputs, kernel: product_of_windows(inputs, kernel, *options), 0)
    return None


def _depthwise(inputs, kernel, strides, padding, dilation, groups):
    """One group a channel: products cell by cell, as no matrix product is left."""
    *window, _, out = kernel.shape
    kernels = kernel.reshape(-1, *(1,) * (inputs.ndim - 1), groups, out // groups)
    taps = taps_of(inputs, 1, window, strides, padding, dilation)
    total = functools.reduce(lax.add, (tap[..., None] * kernels[t] for t, tap in enumerate(taps)))
    return total.reshape(*total.shape[:-2], out)


def _form_of_inputs(inputs, kernel, strides, padding, dilation, groups):
    """The linear function (tangent of inputs, kernel) -> tangent of outputs; None for lax's own."""
    *window, features, out = kernel.shape
    if inputs.dtype not in (jnp.float32, jnp.float64) or features == 1 < groups:
        return None
    if groups == 1 and (max(strides) == 1 < math.prod(window) or not written_out(inputs, kernel)):
        return functools.partial(_mirrored, strides=strides, padding=padding, dilation=dilation)
    if not written_out(inputs, kernel):
        return None

    def product_of_columns(tangent, kernel):
        """The transpose: one product by the kernel, whose terms each tap adds where it has looked."""
        taps = list(taps_of(tangent, 1, window, strides, padding, dilation))
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
