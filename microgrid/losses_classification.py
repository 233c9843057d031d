"""Losses for classes other than cross-entropy: margins, and focal losses that look at the hard examples.

A loss is the mean of its terms; reduction="sum" adds them up, reduction="none" returns them. n: example, c:
class, z: score, t: label.
"""

from . import checks
from .activations_rows import _shut_out
from .checks import known, shape
from .losses import _counted, _elementwise, _rowwise
from .operations import exp, logsumexp, maximum, minimum, softplus, total
from .ranges import probability
from .value import plain


def hinge(logits, labels, reduction="mean"):
    """Hinge loss: a score on the right side of the margin costs nothing.

        hinge(logits, labels) = mean_n max(0, 1 - labels[n] * logits[n])

    logits: nested lists, any real numbers; labels: the same shape, -1 or 1 (Keras turns 0 into -1; here 0 is
    an error). reduction="none" returns the terms, >= 0, in the same nesting. Right at the margin the slope is
    half of that inside. Raises ValueError for unequal shapes or other labels. Source: Cortes and Vapnik 1995,
    eq. 23; Bishop 2006, eq. 7.44.

    >>> hinge([0.5, 3.0], [1, 1], reduction="none")
    [0.5, 0]
    """
    return _margin("hinge", logits, labels, reduction, lambda gap: gap)


def squared_hinge(logits, labels, reduction="mean"):
    """Squared hinge loss: smooth at the margin, and harder on what lies far on the wrong side.

        squared_hinge(logits, labels) = mean_n max(0, 1 - labels[n] * logits[n])**2

    logits: nested lists, any real numbers; labels: the same shape, -1 or 1. reduction="none" returns the
    terms, >= 0, in the same nesting. Raises ValueError for unequal shapes or other labels. Source: Bishop
    2006, section 7.1.2; Chang, Hsieh and Lin 2008, eq. 3.

    >>> squared_hinge([0.5, 3.0], [1, 1], reduction="none")
    [0.25, 0]
    """
    return _margin("squared_hinge", logits, labels, reduction, lambda gap: gap * gap)


def _margin(function, logits, labels, reduction, term):
    """The loss whose terms are term(how far a score is from where nothing is lost)."""

    def gap(z, t):
        if known(t) and plain(t) not in (-1, 1):
            raise ValueError(
                f"{function}: labels must be -1 or 1; got {float(plain(t))}. Fix: 2 * labels - 1 for 0 and 1."
            )
        return term(maximum(0, 1 - t * z))

    return _elementwise(function, ("logits", "labels"), logits, labels, reduction, gap)


def sigmoid_focal(logits, labels, reduction="mean", gamma=2.0, alpha=None):
    """Focal loss of sigmoid(logits): binary cross-entropy that turns its back on what is already right.

        sigmoid_focal(logits, labels) = mean_n
            labels[n] * alpha * (1 - p[n])**gamma * -log(p[n])
            + (1 - labels[n]) * (1 - alpha) * p[n]**gamma * -log(1 - p[n]),  p = sigmoid(logits)

    logits: nested lists, any real numbers; labels: the same shape, numbers in [0, 1]; gamma: >= 0, 0 is the
    cross-entropy; alpha: in [0, 1], the weight of the label 1, or None: both sides count 1. reduction="none"
    returns the terms, >= 0, in the same nesting. Raises ValueError for unequal shapes, a negative gamma, and
    labels outside [0, 1] or an alpha outside [0, 1]. Source: Lin et al. 2017, eq. 5.

    >>> sigmoid_focal([0.0], [1.0]) == 0.6931471805599453 / 4
    True
    """
    gamma = checks.non_negative("sigmoid_focal", "gamma", gamma)
    if alpha is not None:
        alpha = checks.share("sigmoid_focal", "alpha", alpha)
    yes, no = (1, 1) if alpha is None else (alpha, 1 - alpha)

    def term(z, t):
        t = probability("sigmoid_focal", "labels", t)
        return _counted(t, yes * _focal(z, gamma)) + _counted(1 - t, no * _focal(-z, gamma))

    return _elementwise("sigmoid_focal", ("logits", "labels"), logits, labels, reduction, term)


def softmax_focal(logits, labels, reduction="mean", gamma=2.0):
    """Focal loss of softmax(logits): categorical cross-entropy that turns its back on what is already right.

        softmax_focal(logits, labels) =
            mean_n sum_c labels[n][c] * (1 - p[n][c])**gamma * -log(p[n][c]),  p[n] = softmax(logits[n])

    logits: [N][C], any real numbers; labels: rows [N][C] or integer labels [N]; gamma: >= 0, 0 is the
    cross-entropy. reduction="none" returns one term a row, >= 0. Raises ValueError where labels fit neither
    shape or one is out of range, and for a negative gamma. Source: Lin et al. 2017, section 3.

    >>> softmax_focal([[0.0, 0.0]], [1]) == 0.6931471805599453 / 4
    True
    """
    gamma = checks.non_negative("softmax_focal", "gamma", gamma)

    def term(z, target):
        if len(z) < 2:
            raise ValueError(
                f"softmax_focal: logits must have at least 2 classes; got shape {shape(logits)}."
            )
        # A class against the soft maximum of all others is a yes-or-no question.
        leads = [_lead(z, c) for c in range(len(z))]
        return total([_counted(t, _focal(lead, gamma)) for t, lead in zip(target, leads, strict=True)])

    return _rowwise("softmax_focal", ("logits", "labels"), logits, labels, reduction, term)


def _lead(z, c):
    """How far class c is above the soft maximum of all others."""
    if _shut_out(z[c]):
        return z[c] - logsumexp([z[j] for j in range(len(z)) if j != c])
    return -logsumexp([z[j] - z[c] for j in range(len(z)) if j != c])


def _focal(z, gamma):
    """(1 - sigmoid(z))**gamma * -log(sigmoid(z)). The power is an exponential: it has a slope where 1 -
    sigmoid(z) is 0 and gamma below 1, too. Further out than 1e4 it is 0 or 1, and 0 times infinity no number.
    """
    near = minimum(maximum(z, -1e4), 1e4)
    return exp(-gamma * softplus(near)) * softplus(-z)
