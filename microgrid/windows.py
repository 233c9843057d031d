"""Windows that slide over cells: how much is padded, how many windows there are, which cells each one sees.

n: cells in a dimension, k: cells of the window, s: stride, d: dilation, low, high: padded cells.
"""

from typing import Any, NamedTuple

from . import checks
from .window_checks import MIRRORS, PADDINGS, PLAIN, ZEROS, for_each, other_rank, padding_of, shape_of, some


def reach(k, d):
    """The cells between the first that a window sees and the last, both counted."""
    return (k - 1) * d + 1


def same(n, k, s, d):
    """(low, high) so that there is a window for every s-th cell; an odd cell goes to the end, as in XLA."""
    missing = max(((n - 1) // s) * s + reach(k, d) - n, 0)
    return missing // 2, missing - missing // 2


class Slide(NamedTuple):
    """How windows slide: one number, or pair, for each dimension; mode: how the padded cells are filled."""

    window: tuple
    strides: tuple
    dilation: tuple
    padding: Any
    mode: str

    def outputs(self, function, sizes):
        """How many windows there are in each dimension of so many cells."""
        reaches = tuple(map(reach, self.window, self.dilation))
        padded = tuple(low + n + high for n, (low, high) in zip(sizes, self.padding, strict=True))
        if any(r > n for r, n in zip(reaches, padded, strict=True)):
            counted = ", dilation counted" if max(self.dilation) > 1 else ""
            raise ValueError(
                f"{function}: the window must fit into the padded input; got a window of {reaches} "
                f"cells{counted}, over {padded} cells. Fix: padding='SAME', or a smaller window."
            )
        return tuple((n - r) // s + 1 for n, r, s in zip(padded, reaches, self.strides, strict=True))

    def cells(self, function, sizes):
        """For each dimension, for each window: the pairs (tap, cell) where a tap u meets a cell of the input;
        a tap that meets a zero of the padding is left out."""
        mirror_fits(function, self.mode, sizes, self.padding)
        counts = self.outputs(function, sizes)
        hold(function, sizes, self.padding, copies=4)
        return [
            [
                [
                    (u, cell)
                    for u in range(k)
                    if (cell := source(t * s + u * d - low, n, self.mode)) is not None
                ]
                for t in range(count)
            ]
            for count, n, k, s, d, (low, _) in zip(
                counts, sizes, self.window, self.strides, self.dilation, self.padding, strict=True
            )
        ]


def slide(function, sizes, window, strides, padding, dilation=1, names=PADDINGS):
    """The `Slide` of checked arguments; sizes: the cells of the input in each dimension."""
    rank = len(window)
    strides = for_each(function, "strides", strides, rank)
    dilation = for_each(function, "dilation", dilation, rank)
    padding = padding_of(function, padding, rank, names)
    mode = padding if padding in MIRRORS else ZEROS
    if padding == "VALID":
        padding = ((0, 0),) * rank
    elif isinstance(padding, str):
        padding = tuple(map(same, sizes, window, strides, dilation))
    return Slide(window, strides, dilation, padding, mode)


def pooled(function, given, window_shape, strides, padding):
    """The `Slide` of a pooling window over inputs of a shape; every window sees a cell that is there."""
    window = shape_of(function, window_shape)
    if len(given) != len(window) + 1 or 0 in given:
        fix = other_rank(function, given, len(window))
        raise ValueError(
            f"{function}: inputs must have {some(len(window), 'dimension')} of cells and one of channels to "
            f"meet window_shape {window}, none of them empty; got {given}.{fix}"
        )
    found = slide(function, given[:-1], window, window if strides is None else strides, padding, 1, PLAIN)
    if any(max(pair) >= k for pair, k in zip(found.padding, window, strict=True)):
        raise ValueError(
            f"{function}: padding must be narrower than window_shape {window}, or a window would see "
            f"nothing; got {found.padding}."
        )
    return found


def source(j, n, mode):
    """The cell of the input whose number stands at j, which may be outside of 0..n-1; None for a zero."""
    if 0 <= j < n:
        return j
    if mode == "REFLECT":
        return -j if j < 0 else 2 * (n - 1) - j
    if mode == "SYMMETRIC":
        return -j - 1 if j < 0 else 2 * n - 1 - j
    if mode == "EDGE":
        return 0 if j < 0 else n - 1
    return j % n if mode == "WRAP" else None


def hold(function, given, padding, copies=1):
    """Padded cells that this machine can hold, of inputs of a shape that may end in channels."""
    padded = [low + n + high for n, (low, high) in zip(given, padding, strict=False)]
    checks.fits(function, "the padded input", *padded, *given[len(padding) :], copies=copies)


def mirror_fits(function, mode, sizes, padding):
    """A mirror shows what is there once: not more cells than the input has."""
    for n, pair in zip(sizes, padding, strict=True):
        most = {"REFLECT": n - 1, "SYMMETRIC": n, "WRAP": n}.get(mode)
        if most is not None and max(pair) > most:
            raise ValueError(
                f"{function}: {mode} padding must be at most {some(most, 'cell')} beside {some(n, 'cell')}; "
                f"got {pair} for {tuple(sizes)} cells. Fix: a smaller window, or EDGE padding."
            )


def transposed(function, window, strides, padding, dilation):
    """The `Slide` of a transposed convolution, over inputs with strides - 1 zeros between neighbours."""
    rank = len(window)
    strides = for_each(function, "strides", strides, rank)
    dilation = for_each(function, "dilation", dilation, rank)
    padding = padding_of(function, padding, rank, PLAIN)
    reaches = tuple(map(reach, window, dilation))
    if padding == "VALID":
        padding = tuple((r - 1, max(r, s) - 1) for r, s in zip(reaches, strides, strict=True))
    elif padding == "SAME":
        lows = [r - 1 if s >= r else (r + s - 1) // 2 for r, s in zip(reaches, strides, strict=True)]
        padding = tuple((low, r + s - 2 - low) for low, r, s in zip(lows, reaches, strides, strict=True))
    return Slide(window, strides, dilation, padding, ZEROS)
