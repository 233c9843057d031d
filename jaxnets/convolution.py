"""Convolution on arrays: one small kernel that slides over time, or over images, and meets every place alike.

t, y, x: cells in time or of an image; u, v: taps of the kernel; i, o: input and output channel; g: group.
The formulas are given for one dimension, and hold for each of two. The layers are in conv.py.
"""

import math

import jax.numpy as jnp
from jax import lax

from . import checks, window_checks, windows
from .fast import convolution as fast

LAYOUTS = {1: ("NWC", "WIO", "NWC"), 2: ("NHWC", "HWIO", "NHWC")}


def correlate(inputs, kernel, bias=None, strides=1, padding="VALID", dilation=1, groups=1):
    """Cross-correlation, which deep learning calls convolution: the kernel slides as it is.

        correlate(inputs)[t][o] =
            bias[o] + sum_ui padded[t * strides + u * dilation][g * I + i] * kernel[u][i][o]
        g = floor(o * groups / O), where the kernel has I in and O out channels

    inputs: [..., time, in] or [..., height, width, in]; kernel: [width, in / groups, out] or [height, width,
    in / groups, out]; bias: [out] or None. strides, dilation: cells from window to window and from tap to
    tap, one number or one for each dimension. groups: each sees in / groups inputs, and makes out / groups
    outputs. padding: "VALID" (none), "SAME" (zeros, a window for every strides-th cell, an odd zero at the
    end), "REFLECT", "SYMMETRIC", "EDGE" or "WRAP" (as many cells, filled as in `pad`), or pairs (low, high)
    of zeros. Returns [..., time, out] or [..., height, width, out].
    Raises ValueError for shapes that do not meet and for windows that do not fit.
    Source: Goodfellow et al. 2016, eq. 9.6 and 9.8, without their offset of 1.

    >>> correlate(jnp.array([[1.0], [2.0], [4.0]]), jnp.array([[[10.0]], [[1.0]]])).tolist()
    [[12.0], [24.0]]
    """
    return _correlate("correlate", inputs, kernel, bias, strides, padding, dilation, groups)


def convolve(inputs, kernel, bias=None, strides=1, padding="VALID", dilation=1, groups=1):
    """Convolution as mathematics has it: the kernel is turned around, so that kernel and inputs may change
    places.

        convolve(inputs)[t][o] =
            bias[o] + sum_ui padded[t * strides + (U - 1 - u) * dilation][g * I + i] * kernel[u][i][o]
        g = floor(o * groups / O), where the kernel has U taps, I in and O out channels

    inputs, kernel, bias, strides, padding, dilation, groups: as in `correlate`, which is the same for a
    kernel that is its own mirror image. Returns [..., time, out] or [..., height, width, out].
    Raises ValueError as `correlate` does. Source: Goodfellow et al. 2016, eq. 9.5.

    >>> convolve(jnp.array([[1.0], [2.0], [4.0]]), jnp.array([[[10.0]], [[1.0]]])).tolist()
    [[21.0], [42.0]]
    """
    kernel = checks.numbers("convolve", "kernel", kernel)
    turned = lax.rev(kernel, tuple(range(kernel.ndim - 2)))
    return _correlate("convolve", inputs, turned, bias, strides, padding, dilation, groups)


def conv_transpose(inputs, kernel, bias=None, strides=1, padding="VALID", dilation=1, transpose_kernel=False):
    """Transposed convolution: every input cell stamps the kernel, times its number, onto a larger output.

        conv_transpose(inputs)[t][o] = bias[o] + sum_ui spread[t + u * dilation][i] * kernel[u][i][o]
        spread: inputs with strides - 1 zeros between neighbours, then padded with zeros

    inputs: [..., time, in] or [..., height, width, in]; kernel: [width, in, out] or [height, width, in, out];
    bias: [out] or None. strides: how many output cells an input cell moves its stamp. padding: "VALID" (all
    stamps whole), "SAME" (strides output cells for each input cell), or pairs (low, high) of zeros beside the
    spread inputs; "VALID" is (K - 1, K - 1) with K = (k - 1) * dilation + 1, and PyTorch's padding p is (K -
    1 - p, K - 1 - p). transpose_kernel=True takes the kernel of the `correlate` that goes the other way,
    [width, out, in], and turns it around: then this is the gradient of that `correlate` for its inputs, where
    they have the size returned here ("SAME" with strides 2 makes 5 cells of 9 and of 10, but 10 cells of 5).
    Returns [..., time, out] or [..., height, width, out]. Raises ValueError for shapes that do not meet.
    Source: Dumoulin and Visin 2016, chapter 4, arXiv:1603.07285, with the padding of jax.lax.conv_transpose.

    >>> conv_transpose(jnp.array([[1.0], [2.0]]), jnp.array([[[10.0]], [[1.0]]]), strides=2).tolist()
    [[1.0], [10.0], [2.0], [20.0]]
    """
    more = strides, padding, dilation, transpose_kernel
    return _transposed("conv_transpose", inputs, kernel, bias, *more)


def pad(inputs, padding, mode="CONSTANT"):
    """Cells around the cells that are there: zeros, or what a mirror would show.

        pad(inputs)[t][i] = inputs[source(t - low)][i], 0 where mode CONSTANT has no source
        source(j) = j for 0 <= j < n, and outside of it
            REFLECT: -j or 2 * (n - 1) - j (the edge is the mirror)
            SYMMETRIC: -j - 1 or 2 * n - 1 - j (the mirror stands behind the edge)
            EDGE: 0 or n - 1
            WRAP: j mod n

    inputs: [..., time, channels] or [..., height, width, channels], n cells in a dimension; padding: a pair
    (low, high) for each dimension of cells; mode: "CONSTANT" (zeros), "REFLECT", "SYMMETRIC", "EDGE" or
    "WRAP". Returns inputs with low and high more cells in each dimension. Raises ValueError for
    an unknown mode, and where a mirror would have to show more than there is. Source: the modes of numpy.pad.

    >>> pad(jnp.array([[1], [2], [3]]), [(2, 0)], mode="REFLECT").tolist()
    [[3], [2], [1], [2], [3]]
    """
    inputs = checks.array("pad", "inputs", inputs)
    rank = window_checks.rank_of("pad", inputs.shape, padding)
    pairs = window_checks.padding_of("pad", padding, rank, ())
    window_checks.known_mode("pad", mode)
    window_checks.mirror_fits("pad", mode, inputs.shape[-rank - 1 : -1], pairs)
    windows.hold("pad", inputs.shape, pairs)
    return _padded(inputs, pairs, mode)


def _padded(inputs, pairs, mode):
    unpadded = ((0, 0),) * (inputs.ndim - len(pairs) - 1)
    return jnp.pad(inputs, (*unpadded, *pairs, (0, 0)), mode=mode.lower())


def _floats(function, inputs, kernel):
    """Both as arrays of floats of one type, which XLA asks for."""
    inputs, kernel = checks.numbers(function, "inputs", inputs), checks.numbers(function, "kernel", kernel)
    dtype = jnp.promote_types(inputs.dtype, kernel.dtype)
    return inputs.astype(dtype), kernel.astype(dtype)


def _batch(inputs, rank):
    """[N, ...cells, channels], and the axes in front that N stands for."""
    lead = inputs.shape[: -rank - 1]
    return inputs.reshape(math.prod(lead), *inputs.shape[-rank - 1 :]), lead


def _finished(function, outputs, lead, bias, kernel, out):
    """The outputs with their axes in front again, and the bias added."""
    outputs = outputs.reshape(*lead, *outputs.shape[1:])
    if bias is None:
        return outputs
    bias = checks.numbers(function, "bias", bias)
    if bias.shape != (out,):
        raise ValueError(
            f"{function}: bias must be ({out},) to meet kernel {kernel.shape}; got {bias.shape}."
        )
    return outputs + bias.reshape((1,) * (outputs.ndim - 1) + bias.shape)


def _correlate(function, inputs, kernel, bias, strides, padding, dilation, groups):
    inputs, kernel = _floats(function, inputs, kernel)
    rank, out = window_checks.meeting(function, inputs.shape, kernel.shape, groups)
    sizes = inputs.shape[-rank - 1 : -1]
    found = windows.slide(function, sizes, kernel.shape[:rank], strides, padding, dilation)
    window_checks.mirror_fits(function, found.mode, sizes, found.pairs)
    windows.outputs(function, sizes, found)
    windows.hold(function, inputs.shape, found.pairs)
    batch, lead = _batch(inputs, rank)
    pairs = found.pairs
    if found.mode in window_checks.MIRRORS:
        batch, pairs = _padded(batch, pairs, found.mode), ((0, 0),) * rank
    outputs = fast.correlate(batch, kernel, found.strides, pairs, found.dilation, groups)
    return _finished(function, outputs, lead, bias, kernel, out)


def _transposed(function, inputs, kernel, bias, strides, padding, dilation, transpose_kernel):
    inputs, kernel = _floats(function, inputs, kernel)
    window_checks.boolean(function, "transpose_kernel", transpose_kernel)
    rank, out = window_checks.meeting(function, inputs.shape, kernel.shape, transpose_kernel=transpose_kernel)
    window = kernel.shape[:rank]
    found = windows.transposed(function, inputs.shape, window, strides, padding, dilation, out)
    batch, lead = _batch(inputs, rank)
    outputs = lax.conv_transpose(
        batch, kernel, found.strides, found.pairs, found.dilation, LAYOUTS[rank], transpose_kernel
    )
    return _finished(function, outputs, lead, bias, kernel, out)
