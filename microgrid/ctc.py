"""Connectionist temporal classification: a loss for labels that come in order, without saying when.

t: time step, c: class, s: place in the labels with a blank before, between and after them.
"""

from itertools import pairwise
from operator import index

from . import checks
from .activations_rows import _surprise
from .checks import flatten, shape
from .losses import _reduce
from .operations import logsumexp


def ctc_loss(logits, labels, reduction="mean", logit_lengths=None, blank=0):
    """CTC loss: the surprise of a sequence of labels, over all the ways to spread them over the time steps.

        ctc_loss(logits, labels) = mean_n -log(sum over paths that read labels[n] of prod_t p[n][t][path[t]]),
            p[n][t] = softmax(logits[n][t])

    A path has one class for each time step; it reads what is left when repeats are merged and blanks taken
    out. logits: [N][T][C], any real numbers; labels: [N][L] integers from 0 to C - 1, shorter rows filled up
    with blanks at the end; logit_lengths: [N] integers, the time steps that count, or None for all; blank:
    the class that is no label. The mean is over examples (PyTorch also divides by the lengths of the labels).
    reduction="none" returns one term an example, >= 0. Raises ValueError for other shapes, labels out of
    range, a blank between labels, and labels that need more time steps (one each, and one between equal
    neighbours). Source: Graves et al. 2006, eq. 6 to 8.

    >>> round(ctc_loss([[[0.0, 0.0], [0.0, 0.0]]], [[1]]), 6)
    0.287682
    """
    checks.reduction("ctc_loss", reduction)
    given, rows = shape(logits, "ctc_loss: logits"), shape(labels, "ctc_loss: labels")
    if len(given) != 3 or 0 in given:
        raise ValueError(
            f"ctc_loss: logits must be [examples, time, classes], none empty; got shape {given}."
        )
    if len(rows) != 2 or rows[0] != given[0]:
        raise ValueError(f"ctc_loss: labels must be {given[0]} rows of labels, [N, L]; got shape {rows}.")
    examples, steps, classes = given
    blank = _blank(blank, classes)
    logit_lengths = [steps] * examples if logit_lengths is None else logit_lengths
    if (asked := shape(logit_lengths, "ctc_loss: logit_lengths")) != (examples,):
        raise ValueError(
            f"ctc_loss: logit_lengths must have one length for each of {examples} examples; "
            f"got shape {asked}."
        )
    lengths = flatten(logit_lengths)
    for length in lengths:
        if not (_whole(length) and 1 <= length <= steps):
            raise ValueError(f"ctc_loss: logit_lengths must be whole numbers in 1..{steps}; got {length}.")
    terms = []
    for row, z, length in zip(labels, checks.read(logits), lengths, strict=True):
        read = _labels(flatten(row), blank, classes)
        needed = len(read) + sum(a == b for a, b in pairwise(read))
        if needed > length:
            of = " of logit_lengths" if length < steps else ""
            fix = f"logit_lengths of {needed} or more" if needed <= steps else "shorter labels, or more steps"
            raise ValueError(
                f"ctc_loss: labels must fit into the time steps{of}; "
                f"got labels that need {needed} and {length} steps. Fix: {fix}."
            )
        terms.append(-_log_likelihood(z[:length], read, blank))
    return _reduce(terms, reduction, (examples,))


def _blank(blank, classes):
    try:
        if not isinstance(blank, bool) and 0 <= index(blank) < classes:
            return index(blank)
    except TypeError:  # arrays have an __index__, and no index
        pass
    raise ValueError(f"ctc_loss: blank must be a class in 0..{classes - 1}; got {checks.shown(blank)}.")


def _whole(x):
    return isinstance(x, int) and not isinstance(x, bool)


def _labels(row, blank, classes):
    """The labels of a row, without the blanks that fill it up."""
    for label in row:
        if not (_whole(label) and 0 <= label < classes):
            raise ValueError(f"ctc_loss: labels must be whole numbers in 0..{classes - 1}; got {label}.")
    read = [label for label in row if label != blank]
    if list(row[: len(read)]) != read:
        raise ValueError(f"ctc_loss: labels must have blanks ({blank}) at the end only; got {list(row)}.")
    return read


def _log_likelihood(logits, labels, blank):
    """log of the summed probability of all paths that read the labels: forward variables, in logarithms.

    forward[s]: of all paths up to now that have come to place s; absent where there are none.
    """
    places = [blank] + [c for label in labels for c in (label, blank)]
    forward = {s: -_surprise(logits[0], c) for s, c in enumerate(places[:2])}
    for z in logits[1:]:
        following = {}
        for s, c in enumerate(places):
            skips = (
                s >= 2 and c != blank and c != places[s - 2]
            )  # a blank may be left out between unequal ones
            before = [forward[r] for r in (s, s - 1, s - 2)[: 3 if skips else 2] if r in forward]
            if before:
                following[s] = logsumexp(before) - _surprise(z, c)
        forward = following
    return logsumexp([forward[s] for s in (len(places) - 1, len(places) - 2) if s in forward])
