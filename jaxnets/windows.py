"""Windows that slide over arrays: how much is padded, and how many windows there are.

n: cells in a dimension, k: cells of the window, s: stride, d: dilation, low, high: padded cells.
"""

from typing import Any, NamedTuple

from jax import lax

from . import checks
from .window_checks import MIRRORS, PADDINGS, for_each, one_channel, padding_of, shape_of, some


class Slide(NamedTuple):
    """How windows slide, checked: a tuple each, with a number or a pair for every dimension. mode: how the
    padded cells are filled."""

    window: tuple
    strides: tuple
    dilation: tuple
    pairs: Any
    mode: str = "CONSTANT"

    @property
    def reaches(self):
        """The cells from the first that a window sees to the last, both counted."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.window, self.dilation, strict=True))


def slide(function, sizes, window, strides, padding, dilation=1, names=PADDINGS):
    """The `Slide` of unchecked arguments over so many cells."""
    rank = len(window)
    strides = for_each(function, "strides", strides, rank)
    dilation = for_each(function, "dilation", dilation, rank)
    padding = padding_of(function, padding, rank, names)
    found = Slide(tuple(window), strides, dilation, padding, padding if padding in MIRRORS else "CONSTANT")
    if isinstance(padding, str):
        told = "VALID" if padding == "VALID" else "SAME"
        found = found._replace(pairs=tuple(lax.padtype_to_pads(sizes, found.reaches, strides, told)))
    return found


def outputs(function, sizes, found):
    """How many windows fit in each dimension."""
    padded = tuple(n + sum(pair) for n, pair in zip(sizes, found.pairs, strict=True))
    if any(n < r for n, r in zip(padded, found.reaches, strict=True)):
        counted = ", dilation counted" if max(found.dilation) > 1 else ""
        raise ValueError(
            f"{function}: the window must fit into the padded input; got a window of {found.reaches} "
            f"cells{counted}, over {padded} cells. Fix: padding='SAME', or a smaller window."
        )
    return tuple(1 + (n - r) // s for n, r, s in zip(padded, found.reaches, found.strides, strict=True))


def hold(function, given, pairs):
    """Refuses padded inputs that are too large for this machine; given: the shape of the inputs."""
    rank = len(pairs)
    sizes = zip(given[-rank - 1 : -1], pairs, strict=True)
    padded = (n + sum(pair) for n, pair in sizes)
    checks.fits(function, "the padded input", (*given[: -rank - 1], *padded, given[-1]))


def pooled(function, given, window_shape, strides, padding):
    """The `Slide` of a pooling window over inputs of a shape; every window sees a cell that is there."""
    window = shape_of(function, window_shape)
    rank = len(window)
    if len(given) <= rank or 0 in given[-rank - 1 :]:
        raise ValueError(
            f"{function}: inputs must have {some(rank, 'dimension')} of cells and one of channels to meet "
            f"window_shape {window}, none of them empty; got {given}.{one_channel(given, rank)}"
        )
    sizes = given[-rank - 1 : -1]
    found = slide(function, sizes, window, window if strides is None else strides, padding, 1, PADDINGS[:2])
    if any(max(pair) >= k for pair, k in zip(found.pairs, window, strict=True)):
        raise ValueError(
            f"{function}: padding must be narrower than window_shape {window}, or a window would see "
            f"nothing; got {found.pairs}."
        )
    outputs(function, sizes, found)
    hold(function, given, found.pairs)
    return found


def transposed(function, given, window, strides, padding, dilation, features):
    """The `Slide` of a transposed convolution to so many features; pairs may still be "VALID" or "SAME",
    which lax knows."""
    rank = len(window)
    sizes = given[-rank - 1 : -1]
    strides = for_each(function, "strides", strides, rank)
    dilation = for_each(function, "dilation", dilation, rank)
    padding = padding_of(function, padding, rank, PADDINGS[:2])
    found = Slide(tuple(window), strides, dilation, padding)
    spread = tuple((n - 1) * s + 1 for n, s in zip(sizes, strides, strict=True))
    most = tuple(n + max(r, s) for n, r, s in zip(spread, found.reaches, strides, strict=True))
    checks.fits(function, "the output", (*given[: -rank - 1], *most, features))
    if not isinstance(padding, str):
        hold(function, (*given[: -rank - 1], *spread, given[-1]), found.pairs)
        outputs(function, spread, found._replace(strides=(1,) * rank))
    return found
