"""What every formula asks of its arguments: each check raises one sentence, or returns nothing, or what the
formula goes on with, numpy's numbers as Python's: numpy's own wrap, or round to fewer digits.

An array is a number, a Value, or a list of arrays of one shape.
"""

import math
import os
from decimal import Decimal
from fractions import Fraction
from functools import cache
from operator import index, is_
from typing import Any

from .kinds import TRACED, Operations
from .systems import any_number, number
from .telling import near as near, one_at_a_time as one_at_a_time, shown, why as why
from .value import Value, plain

MOST = 2**31 - 1  # what XLA counts cells with: a size beyond it is a slip
USUAL = frozenset({float, int, bool, Fraction, Value})  # kinds of numbers that are known without a look
NUMBER_BYTES, LIST_BYTES = 32, 64  # of a number, and of a list, each with its place in a list


def nested(x):
    """True for what may hold numbers: lists, tuples and arrays, but no text, dicts or sets."""
    some = hasattr(x, "__len__") and hasattr(x, "__iter__") and getattr(x, "shape", None) != ()
    return some and not isinstance(x, str | bytes | dict | set)


def shape(array, told="microgrid: an array") -> tuple[int, ...]:
    """The shape of nested lists, as an array would say it: () for a number.

    told: who must be an array, for the sentence of the TypeError or ValueError of what is none.

    >>> shape([[1, 2, 3], [4, 5, 6]])
    (2, 3)
    """
    if type(array) is list and array and USUAL.issuperset(map(type, array)):
        return (len(array),)
    if isinstance(array, Operations) or number(array) is not None:
        return ()
    if not nested(array):
        raise TypeError(f"{told} must be nested lists of real numbers; got {shown(array)}.")
    inner = {shape(row, told) for row in array}
    if len(inner) > 1:
        raise ValueError(f"{told} must have rows of one shape; got {sorted(inner)}.")
    return (len(array), *(inner.pop() if inner else ()))


def flatten(array, told=None) -> list[Any]:
    """All numbers of nested lists, in order.

    told: who must hold real numbers, for the sentence of the TypeError of what is none.

    >>> flatten([[1, 2], [3, 4]])
    [1, 2, 3, 4]
    """
    if isinstance(array, Operations):
        return [array]
    if number(array) is None and nested(array):
        return [x for row in array for x in flatten(row, told)]
    if told and number(array) is None:
        raise TypeError(f"{told} must be nested lists of real numbers; got {shown(array)}.")
    return [plain(array)]


def each(function, array):
    """Nested lists of one shape with array, of function(x) for every number x.

    >>> each(abs, [[-1, 2], [3, -4]])
    [[1, 2], [3, 4]]
    """
    if isinstance(array, Operations):
        return function(array)
    if (plainly := any_number(array)) is not None:
        return function(plainly)
    return [each(function, row) for row in array] if nested(array) else function(array)


def read(array) -> Any:
    """array as formulas compute with it, lists of plain numbers and Values; itself where it is that already,
    or None.

    >>> read(((1, 2), 3.0))
    ((1, 2), 3.0)
    """
    if isinstance(array, list | tuple):
        if USUAL.issuperset(map(type, array)):
            return array
        rows = [read(row) for row in array]
        return array if all(map(is_, rows, array)) else rows
    if array is None or isinstance(array, Operations):
        return array
    if (plainly := any_number(array)) is not None:
        return plainly
    return [read(row) for row in array] if nested(array) else array


def operand(function, argument, x):
    """x, if it is a number or a Value: what a formula of one number takes."""
    if isinstance(x, Operations):
        return x
    if (plainly := number(x)) is None:
        raise TypeError(f"{function}: {argument} must be a number or a Value; got {shown(x)}.")
    if plainly != plainly and isinstance(plainly, Decimal):
        raise ValueError(f"{function}: {argument} must compare; got a Decimal nan. Fix: float('nan').")
    return plainly


def known(x):
    """False for a traced number, which has no value to check yet; a check of values lets it pass."""
    return getattr(x, "level", 0) != TRACED


def _in_range(function, argument, value, rule, holds, kind="a number") -> Any:
    """value as a plain number or a Value, if it is one that the rule holds for."""
    x: Any = value if isinstance(value, Operations) else number(value)
    if x is None or isinstance(x, bool):
        raise TypeError(f"{function}: {argument} must be {kind}; got {shown(value)}.")
    if known(x):
        plainly = plain(x)
        nan = plainly != plainly  # a Decimal that is none compares with nothing
        if nan or not holds(_float(plainly) if type(plainly) is int else plainly):
            raise ValueError(f"{function}: {argument} must be {rule}; got {_float(plainly)}.")
    return x


def _float(x):
    """A number as a float, infinite where none is large enough."""
    try:
        return float(x)
    except OverflowError:
        return math.inf if x > 0 else -math.inf


def non_negative(function, argument, value, kind="a number"):
    """A size, rate or learning rate: a finite number >= 0."""
    return _in_range(function, argument, value, "a finite number >= 0", lambda x: 0 <= x < math.inf, kind)


def positive(function, argument, value):
    """What something is divided by: a finite number > 0."""
    return _in_range(function, argument, value, "a finite number > 0", lambda x: 0 < x < math.inf)


def above_0(function, argument, value):
    """A bound, which may be infinite: a number > 0."""
    return _in_range(function, argument, value, "> 0", lambda x: x > 0)


def finite(function, argument, value):
    """A number that is neither infinite nor nan."""
    return _in_range(function, argument, value, "a finite number", lambda x: -math.inf < x < math.inf)


def ordered(function, **bounds):
    """Two bounds by name, the lower one first."""
    (low, least), (high, most) = bounds.items()
    if known(least) and known(most) and plain(least) > plain(most):
        raise ValueError(f"{function}: {low} must be at most {high}; got {plain(least)} and {plain(most)}.")


def share(function, argument, value):
    """A weight between nothing and all, both included: in [0, 1]."""
    return _in_range(function, argument, value, "in [0, 1]", lambda x: 0 <= x <= 1)


def flag(function, argument, value):
    """A choice of two, no number and no word."""
    if not isinstance(value, bool):
        raise TypeError(f"{function}: {argument} must be True or False; got {shown(value)}.")


def fraction(function, argument, value):
    """A probability that may be 0 but never 1, or a decay: in [0, 1)."""
    return _in_range(function, argument, value, "in [0, 1)", lambda x: 0 <= x < 1)


def whole(function, argument, value, least):
    """A whole number >= least, as an int."""
    try:
        if not isinstance(value, bool) and index(value) >= least:
            return index(value)
    except TypeError:  # classes and arrays have an __index__, and no index
        pass
    raise ValueError(f"{function}: {argument} must be a whole number >= {least}; got {shown(value)}.")


def countable(function, argument, *values):
    """Sizes that an array can have."""
    if (largest := max(values, default=0)) > MOST:
        raise ValueError(f"{function}: {argument} must be at most {MOST}; got {shown(largest)}.")


def fits(function, argument, *sizes, copies=1):
    """The shape of nested lists of numbers that this machine can hold, as often as the function does."""
    countable(function, f"an axis of {argument}", *sizes)
    cells = math.prod(sizes) * NUMBER_BYTES + math.prod(sizes[:-1]) * LIST_BYTES
    if cells * copies > (memory := _memory()):
        raise ValueError(
            f"{function}: {argument} must fit into the {memory / 2**30:.0f} GiB of memory; got shape {sizes}."
        )


@cache
def _memory():
    """The bytes of memory of this machine; where they cannot be asked for, more than any has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 2**60


def reduction(function, value):
    """How terms become one loss."""
    if not isinstance(value, str) or value not in ("mean", "sum", "none"):
        raise ValueError(f"{function}: reduction must be 'mean', 'sum' or 'none'; got {shown(value)}.")


def same_shape(function, names, first, second):
    """Two arrays of one shape: (3,) against (3, 1) would pair every number with every other."""
    a, b = shape(first, f"{function}: {names[0]}"), shape(second, f"{function}: {names[1]}")
    if a != b:
        axis = ":, None" if min(len(a), len(b)) == 1 else "..., None"
        short = [name for name, x, y in ((names[1], a, b), (names[0], b, a)) if x == (*y, 1)]
        fix = f" Fix: {short[0]}[{axis}]." if short else ""
        raise ValueError(
            f"{function}: {names[0]} and {names[1]} must have the same shape; got {a} and {b}.{fix}"
        )


def features(layer, argument, given, count):
    """The shape of one example that ends in the features of a layer."""
    if given[-1:] != (count,):
        fix = " Fix: put the features last." if given[:1] == (count,) else ""
        fix = " Fix: Flatten() in front of it." if len(given) > 1 and math.prod(given) == count else fix
        told = f"{count} feature{'s' * (count != 1)}"
        raise ValueError(
            f"{layer}: {argument} must end in {told}; got the shape {given} of one example.{fix}"
        )


def not_empty(function, argument, array):
    """At least one element: the mean of nothing is not a number."""
    given = shape(array, f"{function}: {argument}")
    if math.prod(given) == 0:
        raise ValueError(f"{function}: {argument} must not be empty; got shape {given}.")
