"""Targets as they count in a loss: smoothed, and weighted by class."""

from . import checks
from .checks import flatten, shape
from .kinds import Operations


def smoothed(targets, smoothing, classes):
    """Target rows of which a share is given to all classes alike."""
    if not isinstance(smoothing, Operations) and smoothing == 0:
        return targets  # as they are, exact numbers too
    return [[(1 - smoothing) * t + smoothing / classes for t in target] for target in targets]


def class_weights(function, values, classes):
    """One number >= 0 for each class."""
    if isinstance(values, dict):  # as Keras has it
        raise TypeError(
            f"{function}: class_weight must be nested lists of real numbers; got {checks.shown(values)}. "
            f"Fix: a list of one weight for each class."
        )
    if (given := shape(values, f"{function}: class_weight")) != (classes,):
        raise ValueError(
            f"{function}: class_weight must have one number for each of {classes} classes; got shape {given}."
        )
    for weight in flatten(values):
        checks.non_negative(function, "class_weight", weight)
    return flatten(values)
