"""decimal.Decimal, at the precision of the decimal context.

Python gives exp, ln and sqrt; the rest are short series and formulas of those, with ten digits to spare.
a, b: Decimals; t: |a|. Source: Abramowitz and Stegun 1964, 4.1, 4.4, 4.5, 4.6.
"""

import decimal
from decimal import Decimal

from .base import Numbers
from .decimal_series import (
    arctangent,
    bell,
    erf_near_0,
    erfc_far_out,
    near_0,
    pi,
    rounded,
    series,
    sin_cos,
    spare,
)


class Decimals(Numbers):
    """decimal.Decimal."""

    kind = "Decimal"
    lacks = "a Decimal has no {name} here; give a float or an mpmath number"

    def infinity(self, *operands):
        """Infinity."""
        return Decimal("Infinity")

    def nan(self, *operands):
        """Not a number."""
        return Decimal("NaN")

    def whole(self, n, *operands):
        """n."""
        return Decimal(n)

    def reciprocal(self, a, b):
        """1 / b."""
        return Decimal(1) / b

    @rounded
    def power(self, a, b):
        """a ** b."""
        if a == 0 and b < 0:
            raise ZeroDivisionError("a division by zero")
        return a**b if b != 0 else Decimal(1)

    def floor(self, a):
        """The largest whole number <= a."""
        return a.to_integral_value(decimal.ROUND_FLOOR)

    @rounded
    def exp(self, a):
        """exp(a)."""
        return a.exp()

    @rounded
    def expm1(self, a):
        """exp(a) - 1."""
        return a.exp() - 1 if abs(a) > 1 else series(a, lambda term, k: term * a / (k + 1))

    @rounded
    def log(self, a):
        """log(a)."""
        if a == 0:
            raise ValueError("the operand is outside the domain")
        return a.ln()

    @rounded
    def log1p(self, a):
        """log(1 + a); near 0 it is 2 atanh(z) with z = a / (2 + a)."""
        if abs(a) > Decimal("0.5"):
            return self.log(1 + a)
        z = a / (2 + a)
        return 2 * series(z, lambda term, k: term * z * z * (2 * k - 1) / (2 * k + 1))

    @rounded
    def sqrt(self, a):
        """sqrt(a)."""
        return a.sqrt()

    @rounded
    def cbrt(self, a):
        """The real cube root."""
        return (abs(a) ** (1 / Decimal(3))).copy_sign(a)

    @rounded
    def sin(self, a):
        """sin(a)."""
        return sin_cos(a)[0]

    @rounded
    def cos(self, a):
        """cos(a)."""
        return sin_cos(a)[1]

    @rounded
    def tan(self, a):
        """tan(a)."""
        sin, cos = sin_cos(a)
        return sin / cos

    @rounded
    def asin(self, a):
        """asin(a)."""
        return self.atan2(a, ((1 - a) * (1 + a)).sqrt())

    @rounded
    def acos(self, a):
        """acos(a)."""
        return self.atan2(((1 - a) * (1 + a)).sqrt(), a)

    @rounded
    def atan(self, a):
        """atan(a): three times tan(u / 2) = t / (1 + sqrt(1 + t**2)) with t = tan(u), then the series."""
        if abs(a) > 1:
            return (pi() / 2).copy_sign(a) - self.atan(1 / a)
        t = a
        for _ in range(3):
            t = t / (1 + (1 + t * t).sqrt())
        return 8 * arctangent(t)

    @rounded
    def atan2(self, a, b):
        """The angle of the point (b, a), from -pi to pi."""
        if b == 0:
            return (pi() / 2).copy_sign(a) if a != 0 else a
        return self.atan(a / b) + (pi().copy_sign(a) if b < 0 else 0)

    @rounded
    def sinh(self, a):
        """sinh(a)."""
        return (self.expm1(a) - self.expm1(-a)) / 2

    @rounded
    def cosh(self, a):
        """cosh(a)."""
        return (a.exp() + (-a).exp()) / 2

    @rounded
    def tanh(self, a):
        """tanh(a)."""
        e = self.expm1(-2 * abs(a))
        return (e / (2 + e)).copy_sign(a)

    @rounded
    def asinh(self, a):
        """asinh(a)."""
        t = abs(a)
        return self.log1p(t + t * t / (1 + (1 + t * t).sqrt())).copy_sign(a)

    @rounded
    def acosh(self, a):
        """acosh(a)."""
        return self.log1p((a - 1) + ((a - 1) * (a + 1)).sqrt())

    @rounded
    def atanh(self, a):
        """atanh(a)."""
        t = abs(a)
        return (self.log1p(2 * t / (1 - t)) / 2).copy_sign(a)

    @rounded
    def hypot(self, a, b):
        """sqrt(a**2 + b**2)."""
        return (a * a + b * b).sqrt()

    @rounded
    def erf(self, a):
        """erf(a)."""
        t = abs(a)
        return (erf_near_0(t) if near_0(t) else Decimal(1)).copy_sign(a)

    @rounded
    def erfc(self, a):
        """1 - erf(a)."""
        if a < 0:
            return 1 + self.erf(-a)
        if not near_0(a):
            return erfc_far_out(a)
        with spare(int(a * a / 2)):
            return 1 - erf_near_0(a)

    @rounded
    def sech2(self, a):
        """1 / cosh(a)**2, the slope of tanh."""
        return super().sech2(a)

    @rounded
    def bell(self, a):
        """2 / sqrt(pi) * exp(-a**2), the slope of erf."""
        return bell(a)

    @rounded
    def normal_cdf(self, a):
        """The probability that a standard normal number is below a."""
        with spare(min(40, max(0, 2 * a.adjusted() + 2))):
            return self.erfc(-a / Decimal(2).sqrt()) / 2

    @rounded
    def normal_pdf(self, a):
        """exp(-a**2 / 2) / sqrt(2 * pi), the slope of normal_cdf."""
        with spare(min(40, max(0, 2 * a.adjusted() + 2))):
            return self.bell(a / Decimal(2).sqrt()) / Decimal(2).sqrt() / 2
