"""Fraction: exact, and therefore rational operations only."""

import math
from fractions import Fraction

from .base import Numbers


class Fractions(Numbers):
    """Fraction."""

    kind = "Fraction"
    lacks = "a Fraction has no exact {name}; give a float or an mpmath number"

    def infinity(self, *operands):
        """Raises ValueError: there is none."""
        raise ValueError("no Fraction is infinite")

    def whole(self, n, *operands):
        """n / 1."""
        return Fraction(n)

    def reciprocal(self, a, b):
        """1 / b, exactly."""
        return 1 / Fraction(b)

    def power(self, a, b):
        """a ** b for a whole b, exactly."""
        if b % 1 != 0:
            raise ValueError("a Fraction has an exact power only where the exponent is whole; give floats")
        return Fraction(a) ** int(b)

    def floor(self, a):
        """The largest whole number <= a."""
        return math.floor(a)

    def log_or_nan(self, a):
        """Raises TypeError: the slope of a power for its exponent is not rational."""
        raise TypeError(
            "pow: a Fraction has no exact slope for its exponent; give the exponent as a plain number."
        )
