"""What is known of balls of flint, and of plain numbers, which stand for what is exactly so."""

import math

import jax.numpy as jnp
import numpy as np

from .rounding import smallest

SMALL = 2.0**-24  # relative to the other end of an interval, what is 0


def finite(x):
    """Whether a ball, or a number for what is exactly so, is finite."""
    return math.isfinite(x) if isinstance(x, int | float) else x.is_finite()


def radius(x):
    """The radius of a finite ball, 0 of any other, and of a number for what is exactly so."""
    return float(x.rad()) if hasattr(x, "rad") and x.is_finite() else 0.0


def vague(difference, most):
    """Whether a difference of balls says nothing: it is not finite, or is known to less than it may be."""
    return not finite(difference) or (hasattr(difference, "rad") and float(difference.rad()) > most)


def least(x):
    """The least size of what a ball holds, or of a number for what is exactly so."""
    return float(abs(x).lower()) if hasattr(x, "lower") else abs(float(x))


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


def rounded(numbers, bounds, others):
    """Balls around [n] numbers, as wide as their bounds; where these are not finite the others, or if those
    are not either, the numbers."""
    import flint

    rows = zip(numbers.tolist(), bounds.tolist(), others, np.isfinite(numbers + bounds), strict=True)
    return [
        flint.arb(x, bound) if here else (other if finite(other) else flint.arb(x))
        for x, bound, other, here in rows
    ]


def joined(x, y):
    """What holds two balls: one of them where it does, as a union is a little wider."""
    return x if x.contains(y) else y if y.contains(x) else x.union(y)


def wider(hull, limit):
    """What holds a ball and the hull there is, or the one of them that is finite."""
    if hull is None or not finite(limit) or not finite(hull):
        return limit if hull is None or finite(limit) else hull
    return joined(limit, limit * 0 + hull)


def apart(xs, ys):
    """Which of two lists of balls, or of numbers for what is exactly so, are proven to be different numbers,
    or are not finite: a list of booleans."""
    import flint

    zero, made = flint.arb(0), []
    for x, y in zip(xs, ys, strict=True):
        difference = x - y
        if isinstance(difference, int | float):
            made.append(difference != 0)
        else:
            made.append(not (difference.contains(zero) and difference.is_finite()))
    return made


def disagree(truths, theirs, slack):
    """[n] whether numbers, balls or [n] float64, are proven to differ, or one of them is not finite."""
    if isinstance(truths, list):
        return np.array(apart(truths, theirs), bool)
    return ~(np.abs(truths - theirs) <= slack)


def hidden(x, y, dtype):
    """Whether two balls are one number to the digits of a dtype."""
    least = max(float(jnp.finfo(dtype).eps) / 2 * abs(float(x)), smallest(dtype))
    return finite(x - y) and abs(float(x - y)) <= least


def interval(low, high):
    """Two ends as text, with the digits that it takes to tell them apart. An end beside 0 is one: the radius
    of a ball has 30 bits.

    >>> interval(-5.6e-9, 1.0), interval(3.14159265, 3.14159269)
    ('[0, 1]', '[3.14159265, 3.14159269]')
    """
    largest = max(abs(low), abs(high))
    low, high = (0.0 if abs(x) <= SMALL * largest else x for x in (low, high))
    texts = ([f"{x:.{digits}g}" for x in (low, high)] for digits in range(6, 18))
    return f"[{', '.join(next((pair for pair in texts if pair[0] != pair[1]), [repr(low), repr(high)]))}]"


def distances(xs, ys):
    """[n] how far apart the middles of balls, or numbers, are; nan where one is not finite."""
    return np.array([distance(x, y) for x, y in zip(xs, ys, strict=True)])


def distance(x, y):
    """How far apart the middles of two balls, or numbers, are; nan where one is not finite."""
    return abs(float(x - y))
