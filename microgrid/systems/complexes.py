"""complex, through the cmath module: holomorphic functions only.

Complex numbers have no order, and functions that are not holomorphic no derivative: both raise TypeError.
a, b: complex numbers, floats or ints.
"""

import cmath
import math

from .base import Numbers


class Holomorphic(Numbers):
    """What complex numbers have in common."""

    lacks = "a complex number has no {name} here; give a real number"

    def above(self, a, b):
        """Raises TypeError: complex numbers have no order."""
        raise TypeError("above: a complex number is neither above nor below another; give a real number.")

    def sign(self, a):
        """Raises TypeError: complex numbers have no sign."""
        raise TypeError("sign: a complex number has no sign; give a real number.")

    def quotient0(self, a, b):
        """a / b; no infinity of a complex number has a sign, so a / 0 is an error."""
        return self.quotient(a, b)

    def power(self, a, b):
        """a ** b, the principal value."""
        return a**b

    def power0(self, a, b):
        """a ** b."""
        return self.power(a, b)

    def log_or_nan(self, a):
        """log(a), the principal value."""
        return self.log(a)

    def sigmoid(self, a):
        """1 / (1 + exp(-a)), without overflow for a real part < 0."""
        e = self.exp(a if a.real < 0 else -a)
        return (e if a.real < 0 else 1) / (1 + e)

    def softplus(self, a):
        """log(1 + exp(a)), the principal value."""
        return self.log1p(self.exp(a))

    def sech2(self, a):
        """1 / cosh(a)**2, without overflow."""
        e = self.exp(2 * a if a.real < 0 else -2 * a)
        return 4 * e / ((1 + e) * (1 + e))

    def slant(self, a):
        """sqrt(1 + a**2), of the branch cuts of asinh and atan."""
        return self.sqrt(1 + a * a)


class Complexes(Holomorphic):
    """complex."""

    kind = "complex"
    takes = frozenset({"float"})
    exp, log, sqrt, sin, cos, tan = cmath.exp, cmath.log, cmath.sqrt, cmath.sin, cmath.cos, cmath.tan
    asin, acos, atan, sinh, cosh = cmath.asin, cmath.acos, cmath.atan, cmath.sinh, cmath.cosh
    tanh, asinh, acosh, atanh = cmath.tanh, cmath.asinh, cmath.acosh, cmath.atanh

    def expm1(self, a):
        """exp(a) - 1, with the digits of a small a."""
        a = complex(a)
        half = math.sin(a.imag / 2)
        real = math.expm1(a.real) * math.cos(a.imag) - 2 * half * half
        return complex(real, math.exp(a.real) * math.sin(a.imag))

    def log1p(self, a):
        """log(1 + a), the principal value, with the digits of a small a."""
        a = complex(a)
        if abs(a) > 0.5:
            return cmath.log(1 + a)
        size = math.log1p(a.real * (2 + a.real) + a.imag * a.imag) / 2
        return complex(size, math.atan2(a.imag, 1 + a.real))
