"""Losses for classes other than cross-entropy, on arrays: margins, and focal losses.

Every loss is the mean of its terms; reduction="sum" adds them up, reduction="none" returns them. N: example,
C: class.
"""

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from . import checks, ranges, stable
from .losses import _pair, _reduce, _rows
from .precision import rounded_once


@rounded_once
def hinge(logits, labels, reduction="mean"):
    """Hinge loss: pushes scores to their side of the margin, and no further.

        hinge(logits, labels) = mean_n max(0, 1 - labels[n] * logits[n])

    logits: [...], any real numbers; labels: [...] of the same shape, -1 or 1 (Keras turns 0 into -1; here 0
    is an error, but a traced label is not looked at). reduction="none" returns the terms [...], >= 0. Right
    at the margin the slope is half of that inside. Raises ValueError for unequal shapes or other labels.
    Source: Cortes and Vapnik 1995, eq. 23; Bishop 2006, eq. 7.44.

    >>> hinge(jnp.array([0.5, 3.0]), jnp.array([1, 1]), reduction="none").tolist()
    [0.5, 0.0]
    """
    return _reduce(_gap("hinge", logits, labels, reduction), reduction)


@rounded_once
def squared_hinge(logits, labels, reduction="mean"):
    """Squared hinge loss: a hinge without a corner.

        squared_hinge(logits, labels) = mean_n max(0, 1 - labels[n] * logits[n])**2

    logits: [...], any real numbers; labels: [...] of the same shape, -1 or 1. reduction="none" returns the
    terms [...], >= 0. Raises ValueError for unequal shapes or other labels; a traced label is not looked at.
    Source: Bishop 2006, section 7.1.2; Chang, Hsieh and Lin 2008, eq. 3.

    >>> squared_hinge(jnp.array([0.5, 3.0]), jnp.array([1, 1]), reduction="none").tolist()
    [0.25, 0.0]
    """
    return _reduce(_gap("squared_hinge", logits, labels, reduction) ** 2, reduction)


def _gap(function, logits, labels, reduction):
    """How far scores are from where nothing is lost."""
    checks.reduction(function, reduction)
    logits, labels = _pair(function, ("logits", "labels"), logits, labels)
    if not isinstance(labels, Tracer):
        others = (host := np.asarray(labels))[(host != -1) & (host != 1)]
        if others.size:
            raise ValueError(
                f"{function}: labels must be -1 or 1; got {float(others[0])}. "
                f"Fix: 2 * labels - 1 for 0 and 1."
            )
    return jnp.maximum(0, 1 - labels * logits)


@rounded_once
def sigmoid_focal(logits, labels, reduction="mean", gamma=2.0, alpha=None):
    """Focal loss of sigmoid(logits), for few objects in front of much background.

        sigmoid_focal(logits, labels) = mean_n
            labels[n] * alpha * (1 - p[n])**gamma * -log(p[n])
            + (1 - labels[n]) * (1 - alpha) * p[n]**gamma * -log(1 - p[n]),  p = sigmoid(logits)

    logits: [...], any real numbers; labels: [...] of the same shape, in [0, 1]; gamma: >= 0, 0 is the
    cross-entropy; alpha: in [0, 1], the weight of the label 1, or None: both sides count 1. reduction="none"
    returns the terms [...], >= 0. Raises ValueError for unequal shapes, a negative gamma, and labels outside
    [0, 1] (traced ones are not looked at) or an alpha outside [0, 1]. Source: Lin et al. 2017, eq. 5.

    >>> float(sigmoid_focal(jnp.array([0.0]), jnp.array([1.0]))) == 0.6931471805599453 / 4
    True
    """
    gamma = checks.non_negative("sigmoid_focal", "gamma", gamma)
    if alpha is not None:
        checks.share("sigmoid_focal", "alpha", alpha)
    checks.reduction("sigmoid_focal", reduction)
    logits, labels = _pair("sigmoid_focal", ("logits", "labels"), logits, labels)
    ranges.probabilities("sigmoid_focal", "labels", labels)
    yes, no = (1, 1) if alpha is None else (alpha, 1 - alpha)
    missed, alarmed = _focal(logits, gamma), _focal(-logits, gamma)
    terms = stable.counted(labels, yes * missed) + stable.counted(1 - labels, no * alarmed)
    return _reduce(terms, reduction)


@rounded_once
def softmax_focal(logits, labels, reduction="mean", gamma=2.0):
    """Focal loss of softmax(logits), for classes of very different sizes.

        softmax_focal(logits, labels) =
            mean_n sum_c labels[n][c] * (1 - p[n][c])**gamma * -log(p[n][c]),  p[n] = softmax(logits[n])

    logits: [..., C], any real numbers; labels: rows [..., C] or integer labels [...]; gamma: >= 0, 0 is the
    cross-entropy. reduction="none" returns one term a row, >= 0. Raises ValueError where labels fit neither
    shape or one is out of range (a traced label is not looked at), and for a negative gamma.
    Source: Lin et al. 2017, section 3.

    >>> float(softmax_focal(jnp.array([[0.0, 0.0]]), jnp.array([1]))) == 0.6931471805599453 / 4
    True
    """
    gamma = checks.non_negative("softmax_focal", "gamma", gamma)
    checks.reduction("softmax_focal", reduction)
    logits, labels = _rows("softmax_focal", ("logits", "labels"), logits, labels)
    if logits.shape[-1] < 2:
        raise ValueError(f"softmax_focal: logits must have at least 2 classes; got shape {logits.shape}.")
    terms = stable.counted(labels, _focal(stable.lead(logits), gamma))
    return _reduce(jnp.sum(terms, axis=-1), reduction)


def _focal(scores, gamma):
    """What scores lose that should be high."""
    return stable.focal(scores, jnp.asarray(gamma, scores.dtype))
