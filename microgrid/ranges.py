"""What formulas ask of probabilities, counts, weights and settings, beyond that they are numbers.

A traced number passes unread, and nan is passed on.
"""

import math
from decimal import Decimal

from .checks import flatten, known, non_negative, shape, shown
from .systems import common
from .value import plain

SCORES = {  # the fix where scores were given for the probabilities that a function makes of them
    "sigmoid": "sigmoid first, or sigmoid_binary_cross_entropy of the scores",
    "softmax": "softmax first, or softmax_cross_entropy of the scores",
}


def probability(function, argument, x, fix=""):
    """x, a number from 0 to 1; fix: what to do with another."""
    return _within(function, argument, x, "in [0, 1]", 1, fix)


def count(function, argument, x, fix=""):
    """x, a number >= 0; fix: what to do with another."""
    return _within(function, argument, x, ">= 0", math.inf, fix)


def class_weights(function, values, classes):
    """One number >= 0 for each class."""
    told = f"{function}: class_weight must have one number for each of {classes} classes; got"
    if isinstance(values, dict):  # as Keras has it
        raise TypeError(f"{told} {shown(values)}. Fix: a list of one weight for each class.")
    if (given := shape(values, f"{function}: class_weight")) != (classes,):
        raise ValueError(f"{told} shape {given}.")
    return [non_negative(function, "class_weight", weight) for weight in flatten(values)]


def together(function, *numbers):
    """Numbers that Python's operators take together: they take no Decimal beside a float."""
    first = {type(x): x for x in map(plain, filter(known, numbers))}
    if Decimal in first and float in first:
        common(function, first[float], first[Decimal])


def _within(function, argument, x, rule, most, fix):
    if known(x) and (number := plain(x)) == number and not 0 <= number <= most:
        fix = f" Fix: {fix}." if fix else ""
        raise ValueError(f"{function}: {argument} must be {rule}; got {float(number)}.{fix}")
    return x
