"""How many windows fit, and how far a stack of them looks: its receptive field.

n: cells in a dimension, l: layer, k: cells of the window, s: stride, d: dilation, low, high: padded cells.
"""

from functools import partial
from typing import Any, NamedTuple

from flax import nnx

from . import checks
from .window_checks import for_each, is_whole, mirror_fits, shape_of
from .windows import outputs, slide

CELLWISE = ("BatchNorm", "Dropout", "LayerNorm", "Linear", "PReLU", "RMSNorm")  # look at one cell at a time


def output_size(size, window_shape, strides=1, padding="VALID", dilation=1):
    """How many windows fit.

        output_size(n) = floor((n + low + high - (k - 1) * d - 1) / s) + 1

    size: cells of the input, one number or one for each dimension; window_shape: k, alike; strides: s;
    dilation: d; padding: a name or pairs (low, high). Returns a number, or a tuple, as size is.
    Raises ValueError where no window fits. Source: Dumoulin and Visin 2016, relationship 15,
    arXiv:1603.07285.

    >>> output_size(28, 3), output_size((28, 28), (3, 3), strides=2, padding="SAME")
    (26, (14, 14))
    """
    rank = len(size) if isinstance(size, list | tuple) else 1
    sizes = for_each("output_size", "size", size, rank)
    window = for_each("output_size", "window_shape", window_shape, rank)
    sliding = slide("output_size", sizes, window, strides, padding, dilation)
    mirror_fits("output_size", sliding.mode, sizes, sliding.pairs)
    counts = outputs("output_size", sizes, sliding)
    return counts if isinstance(size, list | tuple) else counts[0]


class ReceptiveField(NamedTuple):
    """Output cell t sees the input cells start + t * stride up to start + t * stride + size - 1, in each
    dimension; those below 0 or beyond the end are padding."""

    size: tuple
    stride: tuple
    start: tuple


def receptive_field(layers, input_shape=None):
    """What one output cell of a stack sees of the input: how many cells, from where, and how far its
    neighbour's are away.

        size = 1 + sum_l (k[l] - 1) * d[l] * stride[l],  stride[l] = s[1] * ... * s[l - 1]
        start = -sum_l low[l] * stride[l]

    layers: layers with a window_shape, functions and layers that look at one cell at a time (BatchNorm is
    taken as it infers), nnx.Conv and what an nnx.Sequential holds, or tuples
    (window_shape, strides, padding, dilation), of which the first is enough. input_shape: cells of the input
    in each dimension; needed where strides meet a padding that depends on it.
    Returns a `ReceptiveField`, a tuple for each dimension; with dilation there may be holes in it.
    Raises ValueError for a layer that sees everything, such as Flatten. Source: Araujo et al. 2019, eq. 2
    and 5, distill.pub/2019/computing-receptive-fields.

    >>> receptive_field([(3,), (2, 2), (3, 1, "SAME")])
    ReceptiveField(size=(8,), stride=(2,), start=(-2,))
    """
    if not isinstance(layers, list | tuple):
        fix = " Fix: its layers, net.layers." if hasattr(layers, "layers") else ""
        raise TypeError(f"receptive_field: layers must be a list of layers; got {checks.shown(layers)}.{fix}")
    found = [
        spec
        for i, layer in enumerate(layers)
        for part in _parts(layer)
        if (spec := _spec(i, part)) is not None
    ]
    ranks = sorted({len(window) for window, *_ in found})
    if len(ranks) != 1:
        raise ValueError(f"receptive_field: layers must hold windows of one rank; got {ranks or 'none'}.")
    rank = ranks[0]
    sizes = None if input_shape is None else for_each("receptive_field", "input_shape", input_shape, rank)
    slides = []
    for window, strides, padding, dilation in found:
        one = slide("receptive_field", sizes or (1000,) * rank, window, strides, padding, dilation)
        if sizes is None and isinstance(padding, str) and padding != "VALID" and max(one.strides) > 1:
            raise ValueError(
                f"receptive_field: {padding} with strides {one.strides} pads by the size of its input; got "
                f"no input_shape. Fix: input_shape={(28,) * rank}, say."
            )
        sizes = sizes and outputs("receptive_field", sizes, one)
        slides.append(one)
    return ReceptiveField(*zip(*(_seen(slides, axis) for axis in range(rank)), strict=True))


def _seen(slides, axis):
    """(size, stride, start) in one dimension, from the output cell back to the input."""
    size, stride, start = 1, 1, 0
    for one in reversed(slides):
        s = one.strides[axis]
        size = (size - 1) * s + one.reaches[axis]
        stride, start = stride * s, start * s - one.pairs[axis][0]
    return size, stride, start


def _parts(layer):
    """The layers that Flax holds in a row, or the layer itself."""
    if isinstance(layer, nnx.Sequential):
        return [part for inner in layer.layers for part in _parts(inner)]
    return [layer]


def _flax(layer):
    """What a convolution of Flax says of its window."""
    window, pads = layer.kernel_size, layer.padding
    window = (window,) if isinstance(window, int) else tuple(window)
    rank = len(window)
    strides, dilation, spread = (
        1 if x is None else x for x in (layer.strides, layer.kernel_dilation, layer.input_dilation)
    )
    if isinstance(pads, str):
        known = pads in ("SAME", "VALID")
    else:
        pads = [pads] * rank if isinstance(pads, int) else pads
        pads, known = [(pad, pad) if isinstance(pad, int) else tuple(pad) for pad in pads], True
    if not known or spread not in (1, (1,) * rank, [1] * rank):
        raise ValueError(
            f"receptive_field: an nnx.Conv must pad by 'SAME', 'VALID' or numbers, with input_dilation 1; "
            f"got {checks.shown(layer.padding)} and {checks.shown(layer.input_dilation)}."
        )
    return shape_of("receptive_field", window), strides, pads, dilation


def _pool(layer):
    """The window that functools.partial gave a pooling function; Flax moves by 1 unless told."""
    told = layer.keywords
    window, strides = told["window_shape"], told.get("strides")
    if strides is None:
        strides = window if layer.func.__module__.startswith("jaxnets.") else 1
    return shape_of("receptive_field", window), strides, told.get("padding", "VALID"), 1


def _spec(i, layer: Any) -> Any:
    """(window_shape, strides, padding, dilation) of a layer, or None where it looks at one cell."""
    if isinstance(layer, list | tuple) and 1 <= len(layer) <= 4:
        window, *rest = layer
        window = (window,) if is_whole(window, 1) else window
        return shape_of("receptive_field", window), *rest, *(1, "VALID", 1)[len(rest) :]
    name = getattr(layer, "__name__", type(layer).__name__)
    if isinstance(layer, nnx.Conv):
        return _flax(layer)
    if isinstance(layer, partial) and "window_shape" in layer.keywords:
        return _pool(layer)
    if hasattr(layer, "window_shape") and not hasattr(layer, "transpose_kernel"):
        return tuple(getattr(layer, x, 1) for x in ("window_shape", "strides", "padding", "dilation"))
    module = any(kind.__name__ == "Module" for kind in type(layer).__mro__)  # of any library
    if type(layer).__name__ in CELLWISE or (callable(layer) and not module and not isinstance(layer, type)):
        return None
    left = (
        "it out, and the layers after it"
        if hasattr(layer, "transpose_kernel")
        else "out what comes after the windows"
    )
    raise ValueError(
        f"receptive_field: layer {i} must slide a window or look at one cell at a time; got "
        f"{name}. Fix: leave {left}."
    )
