"""Cross-correlation whose gradients are fast inside a compiled loop on CPU.

Inside a loop XLA:CPU runs the two gradients that lax derives from a convolution 4 to 200 times slower than the
convolution itself: their dimension numbers are none that its fast kernels know. A convolution is linear in
either argument, so there is nothing to invent: the two tangents are written in forms whose transposes, which
lax derives as it always does, are ordinary convolutions and matrix products on arrays that lie as those
kernels want them. Being linear forms and no `custom_vjp`, they leave forward mode, `vmap` and higher orders
alone.

n: example, i: input channel, o: output channel, g: group, s: cell of the output.
"""

import functools
from itertools import product

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_derivatives import SymbolicZero

_MOST_PRODUCTS = 32  # of one gradient; a larger window is left to a convolution
_ROWS = 32  # of a matrix product, so that few channels do not make it a product of vectors


@functools.partial(jax.custom_jvp, nondiff_argnums=(2, 3, 4, 5))
def correlate(inputs, kernel, strides, padding, dilation, groups):
    """Cross-correlation in one or two dimensions.

    inputs: [n, *spatial, i]; kernel: [*window, i / groups, o]; strides, dilation: a tuple of ints, one for each
    dimension; padding: a tuple of pairs (low, high), cells of zeros; groups: an int. Returns [n, *cells, o].
    """
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


@functools.partial(correlate.defjvp, symbolic_zeros=True)
def _tangent(strides, padding, dilation, groups, primals, tangents):
    inputs, kernel = primals
    options = (strides, padding, dilation, groups)
    outputs = correlate(inputs, kernel, *options)
    terms = []
    for tangent, fixed, form, stock in (
        (tangents[0], kernel, _of_inputs, lambda t, k: correlate(t, k, *options)),
        (tangents[1], inputs, _of_kernel, lambda t, x: correlate(x, t, *options)),
    ):
        if isinstance(tangent, SymbolicZero):
            continue
        fast = form(inputs, kernel, *options) if inputs.dtype in (jnp.float32, jnp.float64) else None
        terms.append(
            lax.platform_dependent(tangent, fixed, cpu=fast, default=stock) if fast else stock(tangent, fixed)
        )
    return outputs, functools.reduce(lax.add, terms) if terms else SymbolicZero(jax.typeof(outputs))


def _laid_out(array, axes):
    """The array with its axes in another order, and in memory too: XLA would rather read it backwards."""
    return lax.optimization_barrier(lax.transpose(array, axes))


def _of_inputs(inputs, kernel, strides, padding, dilation, groups):
    """The function (tangent of inputs, kernel) -> tangent of outputs. Its transpose by lax is a convolution with the
    mirrored kernel, whose channels have changed places; None where lax's own form is as good."""
    if groups > 1:
        return None
    spatial = tuple(range(len(strides)))
    i, o = len(strides), len(strides) + 1
    numbers = ("NHWC", "HWOI", "NHWC") if inputs.ndim == 4 else ("NWC", "WOI", "NWC")

    def form(tangent, kernel):
        mirrored = lax.optimization_barrier(lax.transpose(lax.rev(kernel, spatial), (*spatial, o, i)))
        outputs = lax.conv_general_dilated(
            tangent,
            lax.rev(mirrored, spatial),  # the transpose takes this back
            (1,) * len(strides),
            padding,
            rhs_dilation=dilation,
            dimension_numbers=numbers,
        )
        starts = (0,) * outputs.ndim
        return lax.slice(outputs, starts, outputs.shape, (1, *strides, 1))

    return form


def _of_kernel(inputs, kernel, strides, padding, dilation, groups):
    """The function (tangent of kernel, inputs) -> tangent of outputs. Its transpose by lax is a few matrix products."""
    window, (features, out) = kernel.shape[:-2], kernel.shape[-2:]
    dims = range(len(window))
    taps = list(product(*map(range, window)))
    together = max(1, min(len(taps), _ROWS // features))
    if -(-len(taps) // together) > _MOST_PRODUCTS:
        return None
    last = len(window) + 1

    def form(tangent, inputs):
        rows = lax.transpose(inputs, (last, 0, *range(1, last)))  # [i, n, *spatial]
        rows = lax.pad(rows, jnp.zeros((), rows.dtype), [(0, 0, 0), (0, 0, 0), *((*p, 0) for p in padding)])
        rows = lax.optimization_barrier(rows)
        cells = [(rows.shape[2 + d] - dilation[d] * (window[d] - 1) - 1) // strides[d] + 1 for d in dims]
        examples = rows.shape[1]

        def shifted(tap):
            start = [tap[d] * dilation[d] for d in dims]
            stop = [start[d] + (cells[d] - 1) * strides[d] + 1 for d in dims]
            cut = lax.slice(rows, (0, 0, *start), (*rows.shape[:2], *stop), (1, 1, *strides))
            return cut.reshape(groups, features, -1)

        kernels = tangent.reshape(len(taps), features, groups, out // groups)
        outputs = 0
        for first in range(0, len(taps), together):
            some = taps[first : first + together]
            columns = lax.optimization_barrier(jnp.concatenate([shifted(tap) for tap in some], 1))
            part = kernels[first : first + together].reshape(-1, groups, out // groups)
            if groups == 1:
                outputs += lax.dot_general(columns[0], part[:, 0], (((0,), (0,)), ((), ())))
            else:
                product = lax.dot_general(columns, part, (((1,), (0,)), ((0,), (1,))))  # [g, s, o / g]
                outputs += lax.transpose(product, (1, 0, 2))
        return outputs.reshape(examples, *cells, out)

    return form
