"""What losses ask of probabilities and counts, beyond that they are numbers.

Traced numbers pass unread, and nan is passed on.
"""

import numpy as np
from jax.core import Tracer

SCORES = {  # the fix where scores were given for the probabilities that a function makes of them
    "sigmoid": "sigmoid first, or sigmoid_binary_cross_entropy of the scores",
    "softmax": "softmax first, or softmax_cross_entropy of the scores",
}


def probabilities(function, argument, array, fix=""):
    """Numbers from 0 to 1; fix: what to do with others."""
    _within(function, argument, array, "in [0, 1]", 1, fix)


def counts(function, argument, array, fix=""):
    """Numbers >= 0; fix: what to do with others."""
    _within(function, argument, array, ">= 0", np.inf, fix)


def _within(function, argument, array, rule, most, fix):
    if not isinstance(array, Tracer):
        outside = (host := np.asarray(array))[(host < 0) | (host > most)]
        if outside.size:
            fix = f" Fix: {fix}." if fix else ""
            raise ValueError(f"{function}: {argument} must be {rule}; got {float(outside[0])}.{fix}")
