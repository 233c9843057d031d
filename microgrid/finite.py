"""Whether a number is finite, and which operation began with one that is not."""

import cmath
import math

from .derivatives import RULES

DECLARED_INFINITIES = {"xlogy", "xlog1my"}  # rows whose value may be infinite at finite operands
FUSED = {"total", "dot", "norm", "largest", "logsumexp", "softmax"}


def finite(x):
    """True for a finite number, of any number system.

    >>> finite(1.0), finite(float("inf")), finite(2**5000)
    (True, False, True)
    """
    if isinstance(x, float):
        return math.isfinite(x)
    if hasattr(x, "is_finite"):  # Decimal, arb
        return x.is_finite()
    if isinstance(x, complex):
        return cmath.isfinite(x)
    if hasattr(x, "data"):
        return finite(x.data)
    return x - x == 0


def beginning(values):
    """The first Value that is not finite by mistake, among Values in the order of the graph; None for none.

    An infinity is no mistake that was given, or that a row declares (the cost of a certain mistake), or that
    a program came to by itself.
    """
    for value in values:
        numbers = [parent.data for parent in value._parents]
        if finite(value.data) or not all(map(finite, numbers)):
            if not _nan(value.data) or any(map(_nan, numbers)):
                continue
        ours = value._rule in FUSED | RULES.keys() - DECLARED_INFINITIES
        if _nan(value.data) or (numbers and ours):
            return value
    return None


def _nan(x):
    if hasattr(x, "is_nan"):
        return x.is_nan()
    return _nan(x.data) if hasattr(x, "data") else x != x
