"""Distances between numbers in ULPs, units in the last place, and how far rounding alone may go.

>>> ulps(1.0, 1.0 + 2**-52)
1.0
>>> ulps(float("nan"), float("nan"))
inf
"""

import math

from ..kinds import Operations
from ..methods import with_operations

# XLA on CPU flushes results below 2**-1022 to 0; up to 16 times that (a flushed factor) is no difference.
FLUSHED = 2.0**-1018


def ulps(x, y, scale=0.0):
    """The distance of two floats in ULPs of the larger one, or of `scale` where that is larger still.

    0 for equal infinities and where both are flushed to 0 by XLA; infinity where one is nan (nan equals
    nothing, not even nan) or only one is infinite.
    """
    if x == y:
        return 0.0
    if not (math.isfinite(x) and math.isfinite(y)):
        return math.inf
    if abs(x) <= FLUSHED and abs(y) <= FLUSHED:
        return 0.0
    return abs(x - y) / math.ulp(max(abs(x), abs(y), scale))


def worst(expected, got, scales):
    """The largest distance in ULPs between two flat lists of numbers, in units of each one's scale."""
    if len(expected) != len(got):
        return math.inf
    distances = (ulps(float(x), float(y), s.scale) for x, y, s in zip(expected, got, scales, strict=True))
    return max(distances, default=0.0)


@with_operations
class Conditioned(Operations):
    """A float with the scale of its rounding error: it says how far two honest programs may be apart.

        scale(y) = max(|y|, sum_i |d y / d x[i]| * scale(x[i])),  0 for an input

    One rounding of an intermediate result of size s moves y by slope * s * 2**-53; the scale follows the
    largest of them to the end. A well-conditioned formula has scale |y|, so its ULPs are the ordinary ones;
    after a cancellation, 1e16 - 1e16 + 1 say, the scale remembers the 1e16 in whose units the digits were
    lost.
    """

    __slots__ = ("data", "scale")

    def __init__(self, data, scale=0.0):
        self.data, self.scale = float(data), scale

    @staticmethod
    def operation(y, parents, slopes, rule):
        pushed = sum(abs(slope) * x.scale for x, slope in zip(parents, slopes, strict=True) if x.scale)
        return Conditioned(y, max(abs(y), pushed))

    def __bool__(self):
        return bool(self.data or self.scale)  # a 0 that others cancelled to is not certainly 0

    def __repr__(self):
        return f"Conditioned({self.data}, scale={self.scale})"
