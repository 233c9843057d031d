"""flint.arb: a ball, a middle and a radius, that contains the true number, at flint.ctx.prec bits.

A result contains the results of all numbers in its operands. Where a ball straddles a kink, a pole or the
edge of a domain there is none that helps: ValueError. A ball of radius 0 at a kink takes its convention.
a, b: balls, floats or ints; t: |a|.
"""

from .base import Numbers, order

MONOTONE = "exp expm1 log log1p sqrt asin acos atan sinh tanh asinh acosh atanh erf erfc"
OTHERS = "sin cos tan cosh"


class Balls(Numbers):
    """flint.arb."""

    kind = "arb"
    takes = frozenset({"float"})

    def __init__(self):
        import flint

        self.arb, self.acb = flint.arb, flint.acb
        for name in MONOTONE.split():
            setattr(self, name, self._monotone(getattr(flint.arb, name)))
        for name in OTHERS.split():
            setattr(self, name, self._finite(getattr(flint.arb, name)))

    def _finite(self, function):
        """function of balls; ValueError where flint can say nothing of the result."""

        def finite(*operands):
            balls = [self.arb(x) for x in operands]
            y = function(*balls)
            if not y.is_finite():
                shown = ", ".join(map(str, balls))
                raise ValueError(f"the ball {shown} is too wide or reaches out of the domain")
            return y

        return finite

    def _monotone(self, function):
        """A function at a ball: flint's answer, and the hull of both ends where that is none."""

        def hull(a):
            y = function(a)
            return y if y.is_finite() else function(a.lower()).union(function(a.upper()))

        return self._finite(hull)

    def _even(self, function):
        """A function at a ball that is monotone in |a|: the hull of both ends of |a|."""

        def hull(a):
            return function(a) if a.is_exact() else function(a.abs_lower()).union(function(a.abs_upper()))

        return self._finite(hull)

    def whole(self, n, *operands):
        """n."""
        return self.arb(n)

    def infinity(self, *operands):
        """Infinity."""
        return self.arb.pos_inf()

    def nan(self, *operands):
        """Not a number."""
        return self.arb.nan()

    def above(self, a, b):
        """True where all of a is above all of b, False where nothing is."""
        if a > b or a <= b:
            return a > b
        raise ValueError(f"the ball {a} is neither above {b} nor not: it straddles a kink")

    def equal(self, a, b):
        """True where a and b are one point, False where they do not touch."""
        a, b = self.arb(a), self.arb(b)
        if a == b or not a.overlaps(b):
            return a == b
        raise ValueError(f"the ball {a} may be {b} or not: it straddles a kink")

    def at_least(self, a, b):
        """True where all of a is at least all of b, False where nothing is."""
        if a >= b or a < b:
            return a >= b
        raise ValueError(f"the ball {a} is neither at least {b} nor below it: it straddles a kink")

    def undecided(self, a):
        """Raises ValueError."""
        raise ValueError(f"the ball {a} straddles a kink")

    def floor(self, a):
        """The largest whole number <= a."""
        low, high = a.lower().floor(), a.upper().floor()
        if low == high:
            return low
        raise ValueError(f"the ball {a} straddles a whole number")

    def quotient(self, a, b):
        """a / b."""
        if b == 0:
            raise ZeroDivisionError("a division by zero")
        return self._finite(lambda a, b: a / b)(a, b)

    def reciprocal(self, a, b):
        """1 / b."""
        return self.quotient(1, b)

    def power(self, a, b):
        """a ** b; flint's complex power knows whole exponents of balls around 0."""
        if a == 0 and b < 0:
            raise ZeroDivisionError("a division by zero")
        return self._finite(lambda a, b: (self.acb(a) ** b).real if b.is_integer() else a**b)(a, b)

    def cbrt(self, a):
        """The real cube root."""
        return 0 if a == 0 else self.sign(a) * self._monotone(lambda t: t.root(3))(abs(self.arb(a)))

    def sigmoid(self, a):
        """1 / (1 + exp(-a))."""
        return self._monotone(lambda a: 1 / (1 + (-a).exp()))(a)

    def softplus(self, a):
        """log(1 + exp(a))."""
        return self._monotone(lambda a: a.exp().log1p())(a)

    def sech2(self, a):
        """1 / cosh(a)**2, the slope of tanh."""
        return self._even(lambda t: t.sech() * t.sech())(a)

    def bell(self, a):
        """2 / sqrt(pi) * exp(-a**2), the slope of erf."""
        return self._even(lambda t: 2 / self.arb.pi().sqrt() * (-t * t).exp())(a)

    def normal_cdf(self, a):
        """The probability that a standard normal number is below a."""
        return self._monotone(lambda a: (-a / self.arb(2).sqrt()).erfc() / 2)(a)

    def normal_pdf(self, a):
        """exp(-a**2 / 2) / sqrt(2 * pi), the slope of normal_cdf."""
        return self._even(lambda t: (-t * t / 2).exp() / (2 * self.arb.pi()).sqrt())(a)

    def slant(self, a):
        """sqrt(1 + a**2)."""
        return self._even(lambda t: (1 + t * t).sqrt())(a)

    def square(self, a):
        """a**2, never below 0."""
        return self._even(lambda t: t * t)(a)

    def arc(self, a):
        """1 / sqrt(1 - a**2), infinite at -1 and 1."""
        if abs(self.arb(a)) == 1:
            return self.infinity()
        return self._even(lambda t: 1 / ((1 - t) * (1 + t)).sqrt())(a)

    def hypot(self, a, b):
        """sqrt(a**2 + b**2)."""
        self._not_around_the_origin(a, b)
        return self.sqrt(self.square(a) + self.square(b))

    def cosine(self, a, b):
        """a / hypot(a, b); one half at (0, 0)."""
        return self.half() if a == 0 and b == 0 else self.quotient(a, self.hypot(a, b))

    def norm(self, numbers):
        """The length of a list of numbers."""
        return self.sqrt(sum(self.square(x) for x in numbers))

    def atan2(self, a, b):
        """The angle of the point (b, a), from -pi to pi."""
        self._not_around_the_origin(a, b)
        if not (b > 0 or a > 0 or a < 0 or a == 0):
            raise ValueError(f"the ball {a} straddles the cut between the angles -pi and pi")
        return self._finite(self.arb.atan2)(a, b)

    def _not_around_the_origin(self, a, b):
        if self.arb(a).contains(0) and self.arb(b).contains(0) and not a == b == 0:
            raise ValueError(f"the balls {a} and {b} straddle the origin")

    def lgamma(self, a):
        """log |gamma(a)|."""
        return self._finite(lambda a: a.lgamma() if a > 0 else self.acb(a).lgamma().real)(a)

    def digamma(self, a):
        """The slope of lgamma, increasing between two poles."""
        return self._between_poles(a)(self.arb.digamma)(a)

    def polygamma(self, n, a):
        """The n-th derivative of digamma(a)."""
        return self._between_poles(a)(lambda a: self.acb(a).polygamma(order(n)).real)(a)

    def _between_poles(self, a):
        return self._monotone if a > 0 else self._finite
