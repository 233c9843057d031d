"""What every formula asks of its arguments: each check raises one sentence, or returns nothing.

An array is a number, a Value, or a list of arrays of one shape.
"""

import math
from numbers import Real

from .value import Value, is_number


def shape(array) -> tuple[int, ...]:
    """The shape of nested lists: () for a number, and the same words as an array's shape otherwise.

    >>> shape([[1, 2, 3], [4, 5, 6]])
    (2, 3)
    """
    if isinstance(array, Value) or is_number(array):
        return ()
    if isinstance(array, str) or not hasattr(array, "__len__"):
        raise TypeError(f"microgrid: an array must be nested lists of numbers; got {array!r}.")
    inner = {shape(row) for row in array}
    if len(inner) > 1:
        raise ValueError(f"microgrid: rows of an array must have one shape; got {sorted(inner)}.")
    return (len(array), *(inner.pop() if inner else ()))


def flatten(array):
    """All numbers of nested lists, in order.

    >>> flatten([[1, 2], [3, 4]])
    [1, 2, 3, 4]
    """
    if isinstance(array, Value) or is_number(array):
        return [array]
    return [x for row in array for x in flatten(row)]


def non_negative(function, argument, value):
    """A size, rate or learning rate: a finite number >= 0."""
    if isinstance(value, Real) and not 0 <= float(value) < math.inf:
        raise ValueError(f"{function}: {argument} must be a finite number >= 0; got {float(value)}.")


def fraction(function, argument, value):
    """A probability that may be 0 but never 1, or a decay: in [0, 1)."""
    if isinstance(value, Real) and not 0 <= float(value) < 1:
        raise ValueError(f"{function}: {argument} must be in [0, 1); got {float(value)}.")


def reduction(function, value):
    """How terms become one loss."""
    if value not in ("mean", "sum", "none"):
        raise ValueError(f"{function}: reduction must be 'mean', 'sum' or 'none'; got {value!r}.")


def same_shape(function, names, first, second):
    """Two arrays of one shape: (3,) against (3, 1) would pair every number with every other."""
    a, b = shape(first), shape(second)
    if a != b:
        fix = ""
        if a == (*b, 1):
            fix = f" Fix: {names[1]}[:, None]."
        elif (*a, 1) == b:
            fix = f" Fix: {names[0]}[:, None]."
        raise ValueError(
            f"{function}: {names[0]} and {names[1]} must have the same shape; got {a} and {b}.{fix}"
        )


def not_empty(function, argument, array):
    """At least one element: the mean of nothing is not a number."""
    if math.prod(shape(array)) == 0:
        raise ValueError(f"{function}: {argument} must not be empty; got shape {shape(array)}.")
