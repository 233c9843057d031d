"""mpmath.mpf and mpmath.mpc, at the precision that mpmath is set to."""

from functools import wraps

from .base import Numbers, order
from .complexes import Holomorphic

FUNCTIONS = (
    "exp expm1 log log1p sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc digamma"
)
REAL_FUNCTIONS = "atan2 hypot floor"


class _Mpmath(Numbers):
    """What both have in common."""

    names = FUNCTIONS

    def __init__(self):
        import mpmath

        self.mpmath = mpmath
        for name in self.names.split():
            setattr(self, name, self._checked(getattr(mpmath, name)))

    def _checked(self, function):
        """function, with ValueError where mpmath answers with an infinity, or with mpc for mpf."""

        @wraps(function)
        def checked(*operands):
            y = function(*operands)
            if self.kind == "mpf" and isinstance(y, self.mpmath.mpc):
                raise ValueError("the operand is outside the real domain")
            if not self.mpmath.isfinite(y) and all(map(self.mpmath.isfinite, operands)):
                raise ValueError("the result is not finite")
            return y

        return checked

    def whole(self, n, *operands):
        """n."""
        return self.mpmath.mpf(n)

    def infinity(self, *operands):
        """Infinity."""
        return self.mpmath.inf

    def nan(self, *operands):
        """Not a number."""
        return self.mpmath.nan

    def reciprocal(self, a, b):
        """1 / b."""
        return self.mpmath.mpf(1) / b

    def polygamma(self, n, a):
        """The n-th derivative of digamma(a)."""
        return self.mpmath.psi(order(n), a)

    def bell(self, a):
        """2 / sqrt(pi) * exp(-a**2), the slope of erf; exp would show the rounding of a**2."""
        return 2 / self.mpmath.sqrt(self.mpmath.pi) * self.mpmath.exp(-self.mpmath.fmul(a, a, exact=True))

    def normal_cdf(self, a):
        """The probability that a standard normal number is below a; far out erfc shows the rounding of its
        operand."""
        with self.mpmath.extraprec(self._square_bits(a)):
            y = self.erfc(-a / self.mpmath.sqrt(2)) / 2
        return +y

    def normal_pdf(self, a):
        """exp(-a**2 / 2) / sqrt(2 * pi), the slope of normal_cdf."""
        with self.mpmath.extraprec(self._square_bits(a)):
            y = self.bell(a / self.mpmath.sqrt(2)) / self.mpmath.sqrt(2) / 2
        return +y

    def _square_bits(self, a):
        """The bits before the point of a**2, and some to spare."""
        return 20 + 2 * min(200, max(0, int(self.mpmath.mag(a)) if a != 0 and self.mpmath.isfinite(a) else 0))


class Reals(_Mpmath):
    """mpmath.mpf."""

    kind = "mpf"
    takes = frozenset({"float"})
    names = f"{FUNCTIONS} {REAL_FUNCTIONS}"

    def power(self, a, b):
        """a ** b."""
        if a == 0 and b < 0:
            raise ZeroDivisionError("a division by zero")
        return self._checked(lambda a, b: self.mpmath.mpf(a) ** b)(a, b)

    def cbrt(self, a):
        """The real cube root."""
        return self.sign(a) * self.mpmath.cbrt(abs(a))

    def lgamma(self, a):
        """log |gamma(a)|."""
        return self.mpmath.re(self.mpmath.loggamma(a))


class ComplexNumbers(Holomorphic, _Mpmath):
    """mpmath.mpc."""

    kind = "mpc"
    takes = frozenset({"float", "complex", "mpf"})

    def lgamma(self, a):
        """log gamma(a), the principal value."""
        return self.mpmath.loggamma(a)
