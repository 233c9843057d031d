"""Convolution: one small kernel that slides over time, or over an image, and meets every place alike.

t, y, x: cells in time or of an image; u, v: taps of the kernel; i, o: input and output channel; g: group.
The formulas are given for one dimension, and hold for each of two. The layers are in conv.py.
"""

from . import window_checks, windows
from .checks import each, read, shape
from .operations import dot


def correlate(inputs, kernel, bias=None, strides=1, padding="VALID", dilation=1, groups=1):
    """Cross-correlation, which deep learning calls convolution: the kernel slides as it is.

        correlate(inputs)[t][o] =
            bias[o] + sum_ui padded[t * strides + u * dilation][g * I + i] * kernel[u][i][o]
        g = floor(o * groups / O), where the kernel has I in and O out channels

    inputs: [time][in] or [height][width][in] of one example; kernel: [width][in / groups][out] or
    [height][width][in / groups][out]; bias: [out] or None. strides, dilation: cells from window to window
    and from tap to tap, one number or one for each dimension. groups: each sees in / groups inputs, and
    makes out / groups outputs. padding: "VALID" (none), "SAME" (zeros, a window for every strides-th cell, an
    odd zero at the end), "REFLECT", "SYMMETRIC", "EDGE" or "WRAP" (as many cells, filled as in `pad`),
    or pairs (low, high) of zeros. Returns [time][out] or [height][width][out].
    Raises ValueError for shapes that do not meet and for windows that do not fit.
    Source: Goodfellow et al. 2016, eq. 9.6 and 9.8, without their offset of 1.

    >>> correlate([[1.0], [2.0], [4.0]], [[[10.0]], [[1.0]]])
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
    kernel that is its own mirror image. Returns [time][out] or [height][width][out].
    Raises ValueError as `correlate` does. Source: Goodfellow et al. 2016, eq. 9.5.

    >>> convolve([[1.0], [2.0], [4.0]], [[[10.0]], [[1.0]]])
    [[21.0], [42.0]]
    """
    turned = _turned(kernel, len(shape(kernel, "convolve: kernel")) - 2)
    return _correlate("convolve", inputs, turned, bias, strides, padding, dilation, groups)


def conv_transpose(inputs, kernel, bias=None, strides=1, padding="VALID", dilation=1, transpose_kernel=False):
    """Transposed convolution: every input cell stamps the kernel, times its number, onto a larger output.

        conv_transpose(inputs)[t][o] = bias[o] + sum_ui spread[t + u * dilation][i] * kernel[u][i][o]
        spread: inputs with strides - 1 zeros between neighbours, then padded with zeros

    inputs: [time][in] or [height][width][in] of one example; kernel: [width][in][out] or
    [height][width][in][out]; bias: [out] or None. strides: how many output cells an input cell moves its
    stamp. padding: "VALID" (all stamps whole), "SAME" (strides output cells for each input cell), or pairs
    (low, high) of zeros beside the spread inputs; "VALID" is (K - 1, K - 1) with K = (k - 1) * dilation + 1,
    and PyTorch's padding p is (K - 1 - p, K - 1 - p). transpose_kernel=True takes the kernel of the
    `correlate` that goes the other way, [width][out][in], and turns it around: then this is the gradient
    of that `correlate` for its inputs, where they have the size returned here ("SAME" with strides 2 makes 5
    cells of 9 and of 10, but 10 cells of 5). Returns [time][out] or [height][width][out].
    Raises ValueError for shapes that do not meet. Source: Dumoulin and Visin 2016, chapter 4,
    arXiv:1603.07285, with the padding of jax.lax.conv_transpose.

    >>> conv_transpose([[1.0], [2.0]], [[[10.0]], [[1.0]]], strides=2)
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

    inputs: [time][channels] or [height][width][channels] of one example, n cells in a dimension; padding: a
    pair (low, high) for each dimension of cells; mode: "CONSTANT" (zeros), "REFLECT", "SYMMETRIC", "EDGE" or
    "WRAP". Returns inputs with low and high more cells in each dimension. Raises ValueError for
    an unknown mode, and where a mirror would have to show more than there is. Source: the modes of numpy.pad.

    >>> pad([[1], [2], [3]], [(2, 0)]), pad([[1], [2], [3]], [(2, 0)], mode="REFLECT")
    ([[0], [0], [1], [2], [3]], [[3], [2], [1], [2], [3]])
    """
    given = shape(inputs, "pad: inputs")
    window_checks.cells_given("pad", given)
    pairs = window_checks.pairs("pad", padding, len(given) - 1)
    window_checks.known_mode("pad", mode)
    windows.mirror_fits("pad", mode, given[:-1], pairs)
    windows.hold("pad", given, pairs)
    return _padded(read(inputs), pairs, mode)


def _padded(inputs, pairs, mode):
    if not pairs:
        return list(inputs)
    (low, high), n, zeros = pairs[0], len(inputs), each(lambda _: 0, inputs[0])
    sources = [windows.source(j, n, mode) for j in range(-low, n + high)]
    return [_padded(zeros if j is None else inputs[j], pairs[1:], mode) for j in sources]


def _turned(kernel, rank):
    """The kernel with its taps in reverse order."""
    return kernel if rank < 1 else [_turned(row, rank - 1) for row in kernel[::-1]]


def _swapped(kernel, rank):
    """The kernel with input and output channels exchanged."""
    return (
        [_swapped(row, rank - 1) for row in kernel]
        if rank
        else [list(row) for row in zip(*kernel, strict=True)]
    )


def _correlate(function, inputs, kernel, bias, strides, padding, dilation, groups):
    given, kernel_shape = shape(inputs, f"{function}: inputs"), shape(kernel, f"{function}: kernel")
    told = None if bias is None else shape(bias, f"{function}: bias")
    window = window_checks.meeting(function, given, kernel_shape, told, groups)
    slide = windows.slide(function, given[:-1], window, strides, padding, dilation)
    return _outputs(inputs, kernel, bias, groups, slide.cells(function, given[:-1]))


def _transposed(function, inputs, kernel, bias, strides, padding, dilation, transpose_kernel):
    given, kernel_shape = shape(inputs, f"{function}: inputs"), shape(kernel, f"{function}: kernel")
    window_checks.boolean(function, "transpose_kernel", transpose_kernel)
    biased = None if bias is None else shape(bias, f"{function}: bias")
    window = window_checks.meeting(function, given, kernel_shape, biased, swapped=transpose_kernel)
    slide = windows.transposed(function, window, strides, padding, dilation)
    spread = [(n - 1) * s + 1 for n, s in zip(given[:-1], slide.strides, strict=True)]
    seen = slide._replace(strides=(1,) * len(window)).cells(function, spread)
    stamped = [
        [[(u, cell // s) for u, cell in place if cell % s == 0] for place in places]
        for places, s in zip(seen, slide.strides, strict=True)
    ]
    if transpose_kernel:
        kernel = _swapped(_turned(kernel, len(window)), len(window))
    return _outputs(inputs, kernel, bias, 1, stamped)


def _outputs(inputs, kernel, bias, groups, seen):
    """The outputs at all places; seen: for each dimension, for each place, its pairs (tap, cell)."""
    if len(seen) == 1:  # time is an image of one row
        return _outputs([inputs], [kernel], bias, groups, [[[(0, 0)]], *seen])[0]
    return [[_neurons(inputs, kernel, bias, groups, row, column) for column in seen[1]] for row in seen[0]]


def _neurons(inputs, kernel, bias, groups, row, column):
    """The outputs at one place: neurons whose synapses are the taps (u, v) on the cells (y, x)."""
    taps = [kernel[u][v] for u, _ in row for v, _ in column]
    cells = [inputs[y][x] for _, y in row for _, x in column]
    size, count = len(kernel[0][0]), len(kernel[0][0][0])
    outputs = []
    for o in range(count):
        first = o * groups // count * size
        weights = [weights[o] for tap in taps for weights in tap]
        numbers = [number for cell in cells for number in cell[first : first + size]]
        outputs.append(dot(weights, numbers, 0 if bias is None else bias[o]))
    return outputs
