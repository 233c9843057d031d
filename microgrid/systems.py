"""Number systems: what exp, log, tanh, ... mean for each kind of number.

`functions(number)` returns the functions of a number's kind: floats (and ints) use the math module, Fractions
stay exact and refuse what is not rational, mpmath numbers work at mpmath's precision, and any class that
carries the operations of derivatives.py as methods (a Value inside a Value) uses its own. Third-party modules
are imported only once one of their numbers has come.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any


class Numbers:
    """Functions that every number system has, written with its own exp, log and log1p.

    a, b: numbers of the system. Each form below keeps its digits where the textbook form loses them.
    """

    kind = "number"
    exp: Callable[[Any], Any]
    log: Callable[[Any], Any]
    log1p: Callable[[Any], Any]

    def sign(self, a):
        """1, 0 or -1."""
        return (a > 0) - (a < 0)

    def share(self, mine, other, y):
        """The slope of a maximum: 1 for its winner, 0 for its loser, one half of y's system in a tie."""
        return 1 if mine else 0 if other else (y - y + 1) / 2

    def reciprocal(self, a, b):
        """1 / b in the system of a: for a Fraction 1 / 3 is no float, for an mpmath number not 53 bits."""
        return 1 / b

    def power(self, a, b):
        """a ** b, real: Python's own answer for a negative a and a fractional b is complex."""
        y = a**b
        if isinstance(y, complex):
            raise ValueError("a negative number has no real power that is not whole")
        return y

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

    def log0(self, a):
        """log(a), and -infinity at 0: what a certain mistake costs."""
        return -math.inf if a == 0 else self.log(a)

    def quotient0(self, a, b):
        """a / b, where 0 / 0 is 0 and a / 0 is infinite: the slope of a * log(b)."""
        if b != 0:
            return a / b
        return 0 if a == 0 else math.inf if a > 0 else -math.inf

    def xlogy(self, a, b):
        """a * log(b), with 0 * log(0) = 0."""
        return 0 if a == 0 else a * self.log0(b)

    def xlog1my(self, a, b):
        """a * log(1 - b), with 0 * log(0) = 0; log1p keeps the digits of a small b."""
        return 0 if a == 0 else a * (-math.inf if b == 1 else self.log1p(-b))


class Floats(Numbers):
    """float and int, through the math module."""

    kind = "float"
    exp, expm1, log, log1p = math.exp, math.expm1, math.log, math.log1p
    sqrt, sin, cos, tanh = math.sqrt, math.sin, math.cos, math.tanh


class Fractions(Numbers):
    """Fraction: exact, and therefore rational operations only."""

    kind = "Fraction"

    def reciprocal(self, a, b):
        """1 / b, exactly."""
        return 1 / (b if isinstance(b, float) else Fraction(b))

    def __getattr__(self, name):
        raise TypeError(f"{name}: a Fraction has no exact {name}; give a float or an mpmath number.")


class Mpmath(Numbers):
    """mpmath.mpf at the precision that mpmath is set to."""

    kind = "mpf"

    def __init__(self):
        import mpmath

        for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh"):
            setattr(self, name, getattr(mpmath, name))
        self._number = mpmath.mpf

    def reciprocal(self, a, b):
        """1 / b at mpmath's precision."""
        return 1 / self._number(b)


class Methods(Numbers):
    """Numbers that carry the operations as methods, such as a Value in a Value."""

    kind = "number with methods"

    def reciprocal(self, a, b):
        """1 / b, in the system of the number that a holds."""
        return 1 / b if hasattr(b, "operation") else functions(a.data).reciprocal(a.data, b)

    def __getattr__(self, name):
        return lambda *operands: getattr(operands[0], name)(*operands[1:])


_SYSTEMS = {float: Floats(), Fraction: Fractions()}
_SYSTEMS[int] = _SYSTEMS[bool] = _SYSTEMS[float]


def functions(number):
    """The number system of a number.

    number: float, int, Fraction, mpmath.mpf, or an object with the operations as methods.
    Raises TypeError for anything else.

    >>> functions(2.0).exp(0.0), functions(Fraction(1, 3)).sign(Fraction(1, 3))
    (1.0, 1)
    """
    kind = type(number)
    system = _SYSTEMS.get(kind)
    if system is None:
        system = _SYSTEMS[kind] = _find(kind)
    return system


def number(x):
    """x as a plain number: numpy's scalars become Python's, which neither wrap nor warn; None for no number.

    >>> number(3), number(Fraction(1, 2)), number("3"), number([3])
    (3, Fraction(1, 2), None, None)
    """
    if type(x) is float or type(x) is int:
        return x
    if getattr(x, "shape", None) == () and hasattr(x, "item"):
        return None if type(x).__name__ == "MaskedConstant" else number(x.item())
    try:
        functions(x)
    except TypeError:
        return None
    return x


def _find(kind):
    for base in kind.__mro__:
        if base in _SYSTEMS:
            return _SYSTEMS[base]
    if kind.__module__.partition(".")[0] == "mpmath":
        return Mpmath()
    if hasattr(kind, "operation"):
        return Methods()
    raise TypeError(f"Value: a number must be a float, int, Fraction or mpmath number; got {kind.__name__}.")
