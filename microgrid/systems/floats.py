"""float and int, through the math module."""

import math

from . import gammas
from .base import Numbers

TWO_OVER_SQRT_PI = 1.1283791670955126
SQRT_HALF, REST = 0.7071067811865476, -4.833646656726457e-17  # SQRT_HALF + REST is sqrt(1 / 2)
ONE_OVER_SQRT_TWO_PI = 0.3989422804014327  # 1 / sqrt(2 * pi)
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
        high, low = _halves(min(abs(a), 30.0))  # the bell is 0 from 28 on
        return TWO_OVER_SQRT_PI * math.exp(-high * high) * math.exp(-low * (2 * high + low))

    def normal_cdf(self, a):
        """The probability that a standard normal number is below a, erfc(-a / sqrt(2)) / 2: far out erfc
        would show the rounding of its operand a thousand times, so what was rounded away is put back by its
        slope.
        """
        t = max(-a, -40.0)  # it is 1 long before
        if t > 40:
            return 0.0
        z = t * SQRT_HALF
        (a_high, a_low), (high, low) = _halves(t), _halves(SQRT_HALF)
        rest = ((a_high * high - z) + a_high * low + a_low * high) + a_low * low + t * REST
        return (math.erfc(z) - self.bell(z) * rest) / 2

    def normal_pdf(self, a):
        """exp(-a**2 / 2) / sqrt(2 * pi), the slope of normal_cdf."""
        high, low = _halves(min(abs(a), 40.0))  # it is 0 from 39 on
        return ONE_OVER_SQRT_TWO_PI * math.exp(-high * high / 2) * math.exp(-low * (high + low / 2))


def _halves(a):
    """a as a sum of two floats of 26 bits, whose products are exact: exp would show the rounding of a**2."""
    high = a * SPLIT - (a * SPLIT - a)
    return high, a - high
