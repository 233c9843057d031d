"""What computes like a number: the base class Operations, and `apply`, one row on whatever operands.

a, b, c: operands, y: the value.
"""

import math
import re
from collections.abc import Callable
from decimal import InvalidOperation, Overflow
from functools import cache
from typing import Any

from .derivatives import RULES
from .systems import any_number, common, functions
from .telling import shown

TRACED = math.inf  # the level of numbers that only record what is done with them
SEEN: set = {float, int}  # the kinds of numbers that Values have held; beyond these two, checks are needed


class Operations:
    """A number to compute with. It compares and converts as its data does, and has no hash: data may change.

    level: where two kinds meet, the one with the higher level wins, and the other is a constant for it. So
        the gradient of a gradient never takes the outer variable for the inner one.

    `with_operations` adds the rows of the table; a subclass says in the static method
    `operation(y, parents, slopes, rule)` what the result of one is.
    """

    __slots__ = ()
    __hash__ = None  # pyright: ignore[reportAssignmentType]
    __array_ufunc__ = None  # numpy leaves `array * value` to us: a TypeError, no array of objects
    level: float = 1
    data: Any
    operation: Any
    held: Callable[..., Any]
    __add__: Callable[..., Any]
    __radd__: Callable[..., Any]
    __sub__: Callable[..., Any]
    __rsub__: Callable[..., Any]
    __mul__: Callable[..., Any]
    __rmul__: Callable[..., Any]
    __truediv__: Callable[..., Any]
    __rtruediv__: Callable[..., Any]
    __pow__: Callable[..., Any]
    __rpow__: Callable[..., Any]
    __neg__: Callable[..., Any]
    __abs__: Callable[..., Any]

    def __pos__(self):
        return self

    def __float__(self):
        return float(self.data)

    def __int__(self):
        return int(self.data)

    def __complex__(self):
        return complex(self.data)

    def __round__(self, digits=None):
        return round(self.data, digits)

    def __bool__(self):
        return not self == 0

    def __format__(self, specification):
        return format(self.data, specification) if specification else str(self)

    def __eq__(self, other):
        a, b = self.data, self._number(other)
        return a == b if type(a) is float else functions(a).equal(a, b)

    def __ne__(self, other):
        return not self == other

    def __gt__(self, other):
        a, b = self.data, self._number(other)
        return a > b if type(a) is float else functions(a).above(a, b)

    def __ge__(self, other):
        a, b = self.data, self._number(other)
        return a >= b if type(a) is float else functions(a).at_least(a, b)

    def __lt__(self, other):
        a, b = self.data, self._number(other)
        return a < b if type(a) is float else functions(a).above(b, a)

    def __le__(self, other):
        a, b = self.data, self._number(other)
        return a <= b if type(a) is float else functions(a).at_least(b, a)

    @classmethod
    def _number(cls, other):
        if isinstance(other, Operations) and other.level == TRACED:
            raise TypeError(
                "trace: a Value that a traced function compares with must be one of its arguments."
            )
        return other.data if isinstance(other, cls) else other

    @classmethod
    def holds(cls, x):
        """True for a number of this level, False for what is a constant here."""
        return isinstance(x, Operations) and x.level == cls.level

    @classmethod
    def apply(cls, name, operands):
        """The row `name` on operands, at least one of this kind; all others are constants."""
        rule, (value, slopes) = RULES[name], _compiled(name)
        tracked = [i for i, x in enumerate(operands) if cls.holds(x)]
        numbers = [x.data if i in tracked else any_number(x) for i, x in enumerate(operands)]
        system = system_of(name, numbers, operands)
        try:
            y = value(system, *numbers)
            y = system.whole(y, *numbers) if type(y) in (int, float) else y
            parents = tuple(operands[i] for i in tracked)
            return cls.operation(
                y, parents, tuple(slopes[i](system, *numbers, y) for i in tracked), rule.name
            )
        except (ArithmeticError, TypeError, ValueError) as error:
            raise no_result(name, numbers, error) from None


def kind_of(operands) -> Any:
    """The kind of the highest level among operands, or None if all are plain numbers.

    >>> kind_of([1.0, 2.0]) is None
    True
    """
    kind = None
    for x in operands:
        if isinstance(x, Operations) and (kind is None or x.level > kind.level):
            kind = type(x)
    return kind


def apply(name, *operands):
    """The row `name` of the table on numbers, Values and whatever else carries the operations.

    >>> apply("maximum", 2.0, 3.0)
    3.0
    """
    kind = kind_of(operands)
    if kind is not None:
        return kind.apply(name, operands)
    numbers = [any_number(x) for x in operands]
    system = system_of(name, numbers, operands)
    try:
        y = _compiled(name)[0](system, *numbers)
        return system.whole(y, *numbers) if type(y) is int else y
    except (ArithmeticError, TypeError, ValueError) as error:
        raise no_result(name, operands, error) from None


def no_result(name, operands, error):
    """The error of an operation without a result: which one, on what, and why."""
    if str(error).startswith(f"{name}: "):
        return error  # it says so already
    shown = ", ".join(str(operand) for operand in operands)
    reasons = {
        ZeroDivisionError: "a division by zero",
        Overflow: "it is too large",
        InvalidOperation: "undefined",
    }
    reason = next((text for kind, text in reasons.items() if isinstance(error, kind)), str(error).rstrip("."))
    if isinstance(error, TypeError) and any(isinstance(x, complex) for x in operands):
        reason = "it is not holomorphic, so no complex number has a slope there"
    return type(error)(f"{name}: no result for ({shown}): {reason}.")


def system_of(name, numbers, operands):
    """The number system in which these numbers meet."""
    if any(x is None for x in numbers):
        wrong = next(x for x, plain in zip(operands, numbers, strict=True) if plain is None)
        raise TypeError(f"{name}: an operand must be a number or a Value; got {shown(wrong)}.")
    return common(name, *numbers)


def in_system(text):
    """A cell of a row as Python: exp(a) is the exp of the operand's own number system, functions.exp(a)."""
    return re.sub(r"(?<![\w.])([a-z]\w*)\(", lambda m: m[0] if m[1] == "abs" else f"functions.{m[1]}(", text)


@cache
def _compiled(name):
    """A row as functions: value(functions, a, ...), and for each operand slope(functions, a, ..., y)."""
    rule = RULES[name]
    operands = ", ".join(rule.operands)
    value = eval(f"lambda functions, {operands}: {in_system(rule.value)}")
    slopes = [eval(f"lambda functions, {operands}, y: {in_system(slope)}") for slope in rule.slopes]
    return value, slopes
