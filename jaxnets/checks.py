"""What every formula asks of its arguments: each check raises one sentence, or returns nothing."""

import math
from numbers import Real

import numpy as np


def non_negative(function, argument, value):
    """A size, rate or learning rate: a finite number >= 0. Traced values and schedules pass unread."""
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
    """Two arrays of one shape: (3,) against (3, 1) would broadcast to (3, 3) and train on nonsense."""
    if first.shape != second.shape:
        fix = ""
        if first.shape == (*second.shape, 1):
            fix = f" Fix: {names[1]}[:, None]."
        elif (*first.shape, 1) == second.shape:
            fix = f" Fix: {names[0]}[:, None]."
        raise ValueError(
            f"{function}: {names[0]} and {names[1]} must have the same shape; "
            f"got {first.shape} and {second.shape}.{fix}"
        )


def not_empty(function, argument, array):
    """At least one element: the mean of nothing is not a number."""
    if np.size(array) == 0:
        raise ValueError(f"{function}: {argument} must not be empty; got shape {np.shape(array)}.")
