"""What every formula asks of its arguments: each check raises one sentence, or returns nothing.

An array is a number, a Value, or a list of arrays of one shape.
"""

import math
import reprlib
from difflib import get_close_matches
from operator import index
from typing import Any

from .kinds import TRACED, Operations
from .systems import number
from .value import plain

MOST = 2**31 - 1  # what XLA counts cells with: a size beyond it is a slip


def shown(x):
    """An object as it is written, in one short line."""
    try:
        text = " ".join(reprlib.repr(x).split())
    except ValueError:  # a whole number of thousands of digits, which Python does not write
        return f"one of {x.bit_length()} bits"
    return text if len(text) <= 200 else f"{text[:197]}..."


def near(name, names):
    """The fix for a name that is nearly one of those that are known: other letters, or only their first."""
    if not isinstance(name, str):
        return ""
    known = {other.casefold(): other for other in names}
    folded = name.casefold()
    close = get_close_matches(folded, known, 1, 0.9) or get_close_matches(folded, known, 2, 0.75)
    short = [x for x in names if "".join(word[:1] for word in x.split("_")) == folded]
    found = [known[word] for word in close] or short[:1]
    return f" Fix: {' or '.join(map(repr, found))}." if found else ""


def why(error):
    """The first line of what another's code raised, for a sentence."""
    first = " ".join(str(error).strip().splitlines()[:1])
    plainly = first and isinstance(error, TypeError | ValueError)
    return first if plainly else f"{type(error).__name__} {first}".strip()


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
    if isinstance(array, Operations) or number(array) is not None or not nested(array):
        return function(array)
    return [each(function, row) for row in array]


def operand(function, argument, x):
    """x, if it is a number or a Value: what a formula of one number takes."""
    if isinstance(x, Operations) or number(x) is not None:
        return x
    raise TypeError(f"{function}: {argument} must be a number or a Value; got {shown(x)}.")


def known(x):
    """False for a traced number, which has no value to check yet; a check of values lets it pass."""
    return getattr(x, "level", 0) != TRACED


def _in_range(function, argument, value, rule, holds, kind="a number"):
    """value, if it is a number that the rule holds for."""
    plainly = None if isinstance(value, Operations) else number(value)
    if isinstance(plainly, bool) or (plainly is None and not isinstance(value, Operations)):
        raise TypeError(f"{function}: {argument} must be {kind}; got {shown(value)}.")
    if known(value) and not holds(plain(value)):
        large = isinstance(plainly, int) and abs(plainly) > 2**1023  # which no float holds
        told = plainly if large else float(plain(value))
        raise ValueError(f"{function}: {argument} must be {rule}; got {told}.")


def non_negative(function, argument, value, kind="a number"):
    """A size, rate or learning rate: a finite number >= 0."""
    _in_range(function, argument, value, "a finite number >= 0", lambda x: 0 <= x < math.inf, kind)


def positive(function, argument, value):
    """What something is divided by: a finite number > 0."""
    _in_range(function, argument, value, "a finite number > 0", lambda x: 0 < x < math.inf)


def finite(function, argument, value):
    """A number that is neither infinite nor nan."""
    _in_range(function, argument, value, "a finite number", lambda x: -math.inf < x < math.inf)


def ordered(function, **bounds):
    """Two bounds by name, the lower one first."""
    (low, least), (high, most) = bounds.items()
    if known(least) and known(most) and plain(least) > plain(most):
        raise ValueError(f"{function}: {low} must be at most {high}; got {plain(least)} and {plain(most)}.")


def share(function, argument, value):
    """A weight between nothing and all, both included: in [0, 1]."""
    _in_range(function, argument, value, "in [0, 1]", lambda x: 0 <= x <= 1)


def flag(function, argument, value):
    """A choice of two, no number and no word."""
    if not isinstance(value, bool):
        raise TypeError(f"{function}: {argument} must be True or False; got {shown(value)}.")


def fraction(function, argument, value):
    """A probability that may be 0 but never 1, or a decay: in [0, 1)."""
    _in_range(function, argument, value, "in [0, 1)", lambda x: 0 <= x < 1)


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


def reduction(function, value):
    """How terms become one loss."""
    if value not in ("mean", "sum", "none"):
        raise ValueError(f"{function}: reduction must be 'mean', 'sum' or 'none'; got {shown(value)}.")


def same_shape(function, names, first, second):
    """Two arrays of one shape: (3,) against (3, 1) would pair every number with every other."""
    a, b = shape(first, f"{function}: {names[0]}"), shape(second, f"{function}: {names[1]}")
    if a != b:
        fix = ""
        if a == (*b, 1):
            fix = f" Fix: {names[1]}[:, None]."
        elif (*a, 1) == b:
            fix = f" Fix: {names[0]}[:, None]."
        raise ValueError(
            f"{function}: {names[0]} and {names[1]} must have the same shape; got {a} and {b}.{fix}"
        )


def features(layer, argument, given, count):
    """The shape of one example that ends in the features of a layer."""
    if given[-1:] != (count,):
        raise ValueError(
            f"{layer}: {argument} must end in {count} features; got the shape {given} of one example."
        )


def not_empty(function, argument, array):
    """At least one element: the mean of nothing is not a number."""
    given = shape(array, f"{function}: {argument}")
    if math.prod(given) == 0:
        raise ValueError(f"{function}: {argument} must not be empty; got shape {given}.")
