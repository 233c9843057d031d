"""Whether a number is finite, and which operation began with one that is not."""

import cmath
import math

from .derivatives import RULES

DECLARED_INFINITIES = {"xlogy", "xlog1my"}  # rows whose value may be infinite at finite operands
MADE_BY = {"total", "dot", "norm", "logsumexp"} | RULES.keys() - DECLARED_INFINITIES


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

    nan is a mistake of the first operation that makes it, or of who gave it. Infinity is one if an operation
    made it of finite numbers, unless its row declares it (the cost of a certain mistake) or it is a program.
    """
    for value in values:
        numbers = [parent.data for parent in value._parents]
        if _nan(value.data):
            mistake = not any(map(_nan, numbers))
        else:
            made = value._rule in MADE_BY and all(map(finite, numbers))
            mistake = made and not finite(value.data)
        if mistake:
            return value
    return None


def _nan(x):
    if hasattr(x, "is_nan"):
        return x.is_nan()
    return _nan(x.data) if hasattr(x, "data") else x != x
