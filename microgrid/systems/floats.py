"""float and int, through the math module."""

import math

from . import gammas
from .base import Numbers

TWO_OVER_SQRT_PI = 1.1283791670955126
SPLIT = 2.0**27 + 1  # a product with it cuts a float in two of 26 bits, whose squares are exact (Dekker 1971)


class Floats(Numbers):
    """float and int."""

    kind = "float"
    exp, expm1, log, log1p = math.exp, math.expm1, math.log, math.log1p
    sqrt, cbrt, hypot = math.sqrt, math.cbrt, math.hypot
    sin, cos, tan, asin, acos, atan = math.sin, math.cos, math.tan, math.asin, math.acos, math.atan
    atan2, sinh, cosh, tanh = math.atan2, math.sinh, math.cosh, math.tanh
    asinh, acosh, atanh = math.asinh, math.acosh, math.atanh
    erf, erfc = math.erf, math.erfc
    lgamma, digamma = staticmethod(gammas.lgamma), staticmethod(gammas.digamma)
    polygamma = staticmethod(gammas.polygamma)

    def floor(self, a):
        """The largest whole number <= a, a float of a float."""
        return type(a)(math.floor(a)) if math.isfinite(a) else a

    def norm(self, numbers):
        """The length of a list of numbers, without overflow."""
        return math.hypot(*numbers)

    def bell(self, a):
        """2 / sqrt(pi) * exp(-a**2), the slope of erf."""
        a = min(abs(a), 30.0)  # the bell is 0 from 28 on
        # exp would show the rounding of a**2, so a is cut in two.
        high = a * SPLIT - (a * SPLIT - a)
        return TWO_OVER_SQRT_PI * math.exp(-high * high) * math.exp((high - a) * (high + a))
