"""Connectionist temporal classification on arrays: a loss for labels in order, without alignment.

N: example, T: time step, C: class, L: label, S: place in the labels with a blank before, between and after
them.
"""

from itertools import pairwise
from operator import index

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer

from . import checks, stable
from .losses import _reduce
from .precision import rounded_once


@rounded_once
def ctc_loss(logits, labels, reduction="mean", logit_lengths=None, blank=0):
    """CTC loss, by the forward algorithm in logarithms, one scan over time for all examples together.

        ctc_loss(logits, labels) = mean_n -log(sum over paths that read labels[n] of prod_t p[n][t][path[t]]),
            p[n][t] = softmax(logits[n][t])

    A path has one class for each time step; it reads what is left when repeats are merged and blanks taken
    out. logits: [N, T, C], any real numbers; labels: [N, L] integers from 0 to C - 1, shorter rows filled up
    with blanks at the end; logit_lengths: [N] integers, the time steps that count, or None for all; blank:
    the class that is no label. The mean is over examples (PyTorch also divides by the lengths of the labels).
    reduction="none" returns one term an example, >= 0. Raises ValueError for other shapes, labels out of
    range, a blank between labels, and labels that need more time steps (one each, and one between equal
    neighbours); traced labels are not looked at: those that do not fit cost infinity, with a slope of 0.
    Source: Graves et al. 2006, eq. 6 to 8.

    >>> round(float(ctc_loss(jnp.zeros((1, 2, 2)), jnp.array([[1]]))), 6)
    0.287682
    """
    checks.reduction("ctc_loss", reduction)
    logits, labels = checks.numbers("ctc_loss", "logits", logits), checks.array("ctc_loss", "labels", labels)
    if logits.ndim != 3 or 0 in logits.shape:
        raise ValueError(
            f"ctc_loss: logits must be [examples, time, classes], none empty; got shape {logits.shape}."
        )
    examples, steps, classes = logits.shape
    if labels.ndim != 2 or labels.shape[0] != examples:
        raise ValueError(
            f"ctc_loss: labels must be {examples} rows of labels, [N, L]; got shape {labels.shape}."
        )
    blank = _blank(blank, classes)
    lengths = jnp.full(examples, steps) if logit_lengths is None else logit_lengths
    lengths = checks.array("ctc_loss", "logit_lengths", lengths)
    if lengths.shape != (examples,):
        raise ValueError(
            f"ctc_loss: logit_lengths must have one length for each of {examples} examples; "
            f"got shape {lengths.shape}."
        )
    _look("ctc_loss: labels", labels, lengths, steps, classes, blank)
    for name, numbers in (("labels", labels), ("logit_lengths", lengths)):
        if numbers.size and not jnp.issubdtype(numbers.dtype, jnp.integer):
            raise ValueError(f"ctc_loss: {name} must be whole numbers; got an array of {numbers.dtype}.")
    labels = labels.astype(int)
    losses = jax.vmap(lambda z, row, length: _loss(z, row, length, blank))
    return _reduce(losses(stable.log_softmax(logits), labels, lengths), reduction)


def _blank(blank, classes):
    try:
        if not isinstance(blank, bool) and 0 <= index(blank) < classes:
            return index(blank)
    except TypeError:  # arrays have an __index__, and no index
        pass
    raise ValueError(f"ctc_loss: blank must be a class in 0..{classes - 1}; got {checks.shown(blank)}.")


def _look(told, labels, lengths, steps, classes, blank):
    """What the numbers must be, where there are any yet. told: how to name the labels in an error."""
    if not isinstance(lengths, Tracer):
        for length in np.asarray(lengths).tolist():
            if not (isinstance(length, int) and 1 <= length <= steps):
                raise ValueError(
                    f"ctc_loss: logit_lengths must be whole numbers in 1..{steps}; got {length}."
                )
    if isinstance(labels, Tracer):
        return
    limits = [steps] * len(labels) if isinstance(lengths, Tracer) else lengths.tolist()
    for row, limit in zip(np.asarray(labels).tolist(), limits, strict=True):
        for label in row:
            if not (isinstance(label, int) and 0 <= label < classes):
                raise ValueError(f"{told} must be whole numbers in 0..{classes - 1}; got {label}.")
        read = [label for label in row if label != blank]
        if row[: len(read)] != read:
            raise ValueError(f"{told} must have blanks ({blank}) at the end only; got {row}.")
        needed = len(read) + sum(a == b for a, b in pairwise(read))
        if needed > limit:
            of = " of logit_lengths" if limit < steps else ""
            fix = f"logit_lengths of {needed} or more" if needed <= steps else "shorter labels, or more steps"
            raise ValueError(
                f"{told} must fit into the time steps{of}; "
                f"got labels that need {needed} and {limit} steps. Fix: {fix}."
            )


def _loss(log_probabilities, labels, length, blank):
    """The loss of one example, [T, C] and [L].

    forward[s]: the logarithm of the probability of all paths up to now that have come to place s, -inf where
    there are none.
    """
    places = jnp.stack([jnp.full_like(labels, blank), labels], axis=1).ravel()
    places = jnp.append(places, blank)
    emitted = log_probabilities[:, places]
    where = jnp.arange(places.size)
    skips = (places != blank) & (
        places != jnp.roll(places, 2)
    )  # a blank may be left out between unequal ones
    start = jnp.where(where < 2, emitted[0], -jnp.inf)

    def step(forward, now):
        t, emits = now
        one, two = (jnp.where(where >= k, jnp.roll(forward, k), -jnp.inf) for k in (1, 2))
        following = _log_sum(jnp.stack([forward, one, jnp.where(skips, two, -jnp.inf)])) + emits
        return jnp.where(t < length, following, forward), None

    forward, _ = lax.scan(step, start, (jnp.arange(1, len(emitted)), emitted[1:]))
    last = 2 * jnp.sum(labels != blank)
    return -_log_sum(jnp.where((where == last - 1) | (where == last), forward, -jnp.inf))


def _log_sum(x):
    """log(sum of exp(x)) along the first axis; where all is -inf it is that, and the slopes are 0.

    The largest is taken out of the sum, and what is left is small: log1p keeps the digits of a loss near 0.
    """
    some = jnp.any(x != -jnp.inf, axis=0)
    top = lax.broadcasted_iota(int, x.shape, 0) == jnp.argmax(x, axis=0)[None]
    largest = jnp.sum(jnp.where(top & some[None], x, 0), axis=0)
    rest = ~top & (x != -jnp.inf)
    powers = jnp.where(rest, jnp.exp(jnp.where(rest, x - largest[None], 0)), 0)
    return jnp.where(some, largest + jnp.log1p(jnp.sum(powers, axis=0)), -jnp.inf)
