"""What every number system has: functions and slopes written with the system's own exp, log, sqrt, ...

a, b: numbers of the system, or ints; y: the value of an operation. Each form below keeps its digits where the
textbook form loses them. A system that has something better says so in its own file.
"""

import math


def order(n):
    """n, if it is the number of times that something can be differentiated."""
    if n < 0 or n != int(n):
        raise ValueError(f"the order must be a whole number >= 0; got {n}")
    return int(n)


class Numbers:
    """A number system: what exp, log, larger, ... mean for one kind of number.

    kind: what its numbers are called; takes: the kinds that become its numbers without rounding; lacks: the
        sentence for a function that it does not have.
    """

    kind = "number"
    takes: frozenset[str] = frozenset()
    lacks = "no number system here has a {name}; see derivatives.py"

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        raise TypeError(f"{name}: {self.lacks.format(name=name)}.")

    def takes_in(self, other):
        """True if numbers of the other system become numbers of this one without rounding."""
        return other is self or other.kind in self.takes

    def infinity(self, *operands):
        """Infinity in the system where the operands meet: the slope of sqrt at 0."""
        return math.inf

    def nan(self, *operands):
        """Not a number, in the system where the operands meet: the slope where there is none."""
        return math.nan

    def whole(self, n, *operands):
        """n, an int or float, in the system where the operands meet: so a third of it has all its digits."""
        return n

    def half(self, *operands):
        """One half, in the system where the operands meet."""
        return self.whole(1, *operands) / 2

    def equal(self, a, b):
        """True where a == b; raises ValueError where that is not known."""
        return a == b

    def above(self, a, b):
        """True where a > b; raises ValueError where that is not known."""
        return a > b

    def at_least(self, a, b):
        """True where a >= b; raises ValueError where that is not known."""
        return a >= b

    def undecided(self, a):
        """What is left when a > 0, a == 0 and a < 0 are all false: nan, which stays nan."""
        return a

    def sign(self, a):
        """1, 0 or -1."""
        return 1 if self.above(a, 0) else -1 if self.above(0, a) else 0 if a == 0 else a

    def larger(self, a, b):
        """The larger number; nan if one of them is."""
        return a if self.above(a, b) or a != a else b

    def smaller(self, a, b):
        """The smaller number; nan if one of them is."""
        return a if self.above(b, a) or a != a else b

    def wins(self, a, b):
        """The slope of larger(a, b) for a: 1 where it is larger, 0 where b is, one half in a tie."""
        return 1 if self.above(a, b) else 0 if self.above(b, a) else self.half(a, b)

    def reciprocal(self, a, b):
        """1 / b in the system of a: for a Fraction 1 / 3 is no float, for an mpmath number not 53 bits."""
        return 1 / b

    def quotient(self, a, b):
        """a / b, of two ints too."""
        return (self.whole(a, a, b) if type(a) is int else a) / b

    def quotient0(self, a, b):
        """a / b, where 0 / 0 is 0 and a / 0 is infinite: a slope may be."""
        if b == 0:
            return 0 if a == 0 else self.sign(a) * self.infinity(a, b)
        return self.quotient(a, b)

    def power(self, a, b):
        """a ** b, real: Python's own answer for a negative a and a fractional b is complex."""
        y = a**b
        if isinstance(y, complex):
            raise ValueError("a negative number has no real power that is not whole")
        return y

    def power0(self, a, b):
        """a ** b, infinite at 0 for a negative b and where it overflows: a slope may be."""
        try:
            return self.power(a, b)
        except (ZeroDivisionError, OverflowError):
            return -self.infinity(a, b) if a < 0 and b % 2 == 1 else self.infinity(a, b)

    def log0(self, a):
        """log(a), and -infinity at 0: what a certain mistake costs."""
        return -self.infinity(a) if a == 0 else self.log(a)

    def log_or_nan(self, a):
        """log(a), and nan for a negative a: its whole powers exist, but none beside them."""
        return self.log(a) if a > 0 else self.nan(a)

    def xlogy(self, a, b):
        """a * log(b), with 0 * log(0) = 0."""
        return 0 if a == 0 else a * self.log0(b)

    def xlog1my(self, a, b):
        """a * log(1 - b), with 0 * log(0) = 0; log1p keeps the digits of a small b."""
        return 0 if a == 0 else a * (-self.infinity(a, b) if b == 1 else self.log1p(-b))

    def sigmoid(self, a):
        """1 / (1 + exp(-a)), without overflow for a < 0."""
        e = self.exp(-abs(a))
        return (1 if a >= 0 else e) / (1 + e)

    def softplus(self, a):
        """log(1 + exp(a)), without overflow for a > 0."""
        return (a if a > 0 else 0) + self.log1p(self.exp(-abs(a)))

    def sech2(self, a):
        """1 / cosh(a)**2; 1 - tanh(a)**2 would be 0 from 19 on, and cosh overflows at 711."""
        e = self.exp(-2 * abs(a))
        return 4 * e / ((1 + e) * (1 + e))

    def slant(self, a):
        """sqrt(1 + a**2), without overflow."""
        return self.hypot(1, a)

    def arc(self, a):
        """1 / sqrt(1 - a**2), infinite at -1 and 1: next to them 1 - a and 1 + a are exact, a**2 is not."""
        return self.quotient0(1, self.sqrt(1 - a) * self.sqrt(1 + a))

    def cosine(self, a, b):
        """a / hypot(a, b), the cosine of an angle, without overflow; one half at (0, 0)."""
        size = self.larger(abs(a), abs(b))
        return self.half(a, b) if size == 0 else a / size / self.hypot(a / size, b / size)

    def turn(self, a, b):
        """a / (a**2 + b**2), the slope of an angle, without overflow; nan at (0, 0)."""
        size = self.hypot(a, b)
        return self.nan(a, b) if size == 0 else self.cosine(a, b) / size

    def norm(self, numbers):
        """The length of a list of numbers, without overflow."""
        size = 0
        for x in numbers:
            size = self.larger(abs(x), size)
        if size == 0:
            return size
        squares = 0
        for x in numbers:
            squares += (x / size) * (x / size)
        return size * self.sqrt(squares)
