"""Activations of a whole row: what one number becomes depends on its neighbours.

x: the numbers of one example, i, j: their positions.
"""

import math

from . import checks
from .operations import logsumexp, sigmoid


def log_softmax(x):
    """Log-softmax: the logarithms of the probabilities that softmax makes of scores.

        log_softmax(x)[i] = x[i] - log(sum_j exp(x[j]))
        d log_softmax(x)[i] / d x[j] = (1 if i == j else 0) - softmax(x)[j]

    x: a list of C real numbers. Returns C numbers <= 0. A class that leads by 40 keeps the digits of its
    logarithm, about -1e-17. Raises ValueError for an empty list. Source: Bishop 2006, eq. 4.62.

    >>> log_softmax([0.0, 0.0])
    [-0.6931471805599453, -0.6931471805599453]
    """
    x = _row("log_softmax", x)
    return [-_surprise(x, i) for i in range(len(x))]


def _surprise(x, i):
    """How unlikely class i is: -log softmax(x)[i] of the scores x.

    The number itself is exp(0) = 1: as a plain number it takes no part in its own slope, which otherwise
    would be a probability near 1 minus 1. Where it is -infinity its probability is 0, and every other is
    infinitely far from it: only their own distances tell their slopes.
    """
    if _shut_out(x[i]):
        return logsumexp(x) - x[i]
    return logsumexp([0 if j == i else x[j] - x[i] for j in range(len(x))])


def _shut_out(x):
    """True for a score of -infinity."""
    return checks.known(x) and x == -math.inf


def glu(x):
    """Gated linear unit: one half of the numbers, each let through as far as its gate in the other half
    opens.

        glu(x)[i] = x[i] * sigmoid(x[F + i]), F = half the length of x

    x: a list of 2 F real numbers. Returns F numbers. Raises ValueError for an odd length.
    Source: Dauphin et al. 2017, eq. 1.

    >>> glu([4.0, 6.0, 0.0, 0.0])
    [2.0, 3.0]
    """
    x = _row("glu", x)
    if len(x) % 2:
        raise ValueError(f"glu: x must end in an even number of features, two halves; got shape ({len(x)},).")
    half = len(x) // 2
    return [a * sigmoid(gate) for a, gate in zip(x[:half], x[half:], strict=True)]


def _row(function, x):
    """The numbers of one example."""
    checks.not_empty(function, "x", x)
    if len(given := checks.shape(x)) != 1:
        fix = checks.one_at_a_time(given, 1, "x")
        raise ValueError(f"{function}: x must be the list of numbers of one example; got shape {given}.{fix}")
    return checks.flatten(x)
