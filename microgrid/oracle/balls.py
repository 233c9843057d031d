"""What is known of balls of flint, and of plain numbers, which stand for what is exactly so."""

import math


def finite(x):
    """Whether a ball, or a number for what is exactly so, is finite."""
    return math.isfinite(x) if isinstance(x, int | float) else x.is_finite()


def known(x, y):
    """The first of two balls or numbers, or where that is not finite the second."""
    return x if finite(x) else y


def differ(x, y, slack=0.0):
    """Whether two balls, or numbers for what is exactly so, are proven to be different numbers; further apart
    than a slack."""
    difference = x - y
    if isinstance(difference, int | float):
        return abs(difference) > slack
    near = difference.contains(0) or (slack > 0 and abs(float(difference)) <= slack)
    return difference.is_finite() and not near


def apart(xs, ys):
    """Which of two lists of balls, or of numbers for what is exactly so, are proven to be different numbers,
    or are not finite: a list of booleans."""
    import flint

    zero, made = flint.arb(0), []
    for x, y in zip(xs, ys, strict=True):
        difference = x - y
        if type(difference) is int:
            made.append(difference != 0)
        else:
            made.append(not (difference.contains(zero) and difference.is_finite()))
    return made
