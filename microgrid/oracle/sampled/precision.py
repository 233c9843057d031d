"""Whether float64 tells what is true of one equation, and balls of as many digits as that takes."""

import numpy as np

from .. import exact, width
from ..judgement import leaf_of

FLUSHED = 1e-300  # float64 says nothing about numbers below
SHARP = 1e-6  # what float64 leaves open beyond this share of the largest number is decided in balls


def settled(answer):
    """Whether float64 is sharp enough for an answer."""
    return sharp(answer.slack, answer.floats)


def sharp(slack, truths):
    """Whether numbers are known to a small share of the largest one."""
    if not np.isfinite(truths).all() or not np.isfinite(slack).all():
        return False
    return bool(np.max(slack, initial=0.0) <= SHARP * np.max(np.abs(truths), initial=0.0) + FLUSHED)


def sharpened(make, mode):
    """(answers, their leaves, whether balls leave open what is true), with as many digits as are needed.

    make: what makes the answers in balls, and for each which of its truths are those near the point, whose
    balls may be wide.
    """
    for bits in [bits for bits in exact.PRECISIONS if bits >= exact.bits()]:
        with exact.precision(bits):
            answers, beside = make()
            leaves = [leaf_of(answer, mode) for answer in answers]
            for answer, mask in zip(answers, beside, strict=True):
                answer.around = answer.around | mask
            vague, lost = (any(map(test, answers)) for test in (width.vague, width.lost))
        if not vague:
            break
    return answers, leaves, lost


def unknown(answer):
    """[n] what the balls of an answer leave open."""
    differences = [x - y for x, y in zip(answer.truths, answer.theirs, strict=True)]
    return np.array([0.0 if isinstance(d, int | float) else float(d.rad()) for d in differences])
