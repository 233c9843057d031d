"""The four losses of the cheat sheet, and the two that take scores (logits) for probabilities.

A loss is the mean of its terms; reduction="sum" adds them up, as the cheat sheets do, reduction="none"
returns them. n: example, c: class, p: prediction, t: target, z: score.
"""

import math

from . import checks
from .activations_rows import _surprise
from .checks import flatten, known, shape
from .kinds import Operations
from .operations import sign, softplus, total, where, xlog1my, xlogy
from .ranges import SCORES, class_weights, probability
from .value import plain

NAMES = ("predictions", "targets")


def _reduce(terms, reduction, shape):
    """The terms in nested lists of a shape, or what becomes of them."""
    if reduction == "none":
        return _nest(iter(terms), shape)
    return total(terms) / len(terms) if reduction == "mean" else total(terms)


def _elementwise(function, names, first, second, reduction, term):
    """The loss whose terms are term(p, t) for each pair of numbers; "none" keeps the nesting of the first."""
    checks.reduction(function, reduction)
    checks.same_shape(function, names, first, second)
    checks.not_empty(function, names[0], first)
    terms = [term(p, t) for p, t in zip(flatten(first), flatten(second), strict=True)]
    return _reduce(terms, reduction, shape(first))


def _nest(numbers, dimensions):
    """Nested lists of the given shape, filled from an iterator."""
    if not dimensions:
        return next(numbers)
    return [_nest(numbers, dimensions[1:]) for _ in range(dimensions[0])]


def _rowwise(function, names, first, second, reduction, term, smoothing=0.0, class_weight=None):
    """The loss whose terms are term(row, target row); an integer label c is the row with 1 at c. A mean under
    class weights divides by those of the targets."""
    checks.reduction(function, reduction)
    a, b = shape(first, f"{function}: {names[0]}"), shape(second, f"{function}: {names[1]}")
    if not a:
        raise ValueError(f"{function}: {names[0]} must end in one number for each class; got shape ().")
    whole = b == a[:-1] and all(isinstance(label, int) for label in flatten(second))
    if not whole and b != a:
        floats = " of floats" if b == a[:-1] else ""
        raise ValueError(
            f"{function}: {names[1]} must be integer labels {a[:-1]} or rows {a} "
            f"to meet {names[0]} {a}; got {b}{floats}."
        )
    checks.not_empty(function, names[0], first)
    classes = a[-1]
    if whole:
        targets = [_one_hot(function, names[1], label, classes) for label in flatten(second)]
    else:
        targets = _rows(second, classes)
    smoothing = checks.fraction(function, "label_smoothing", smoothing)
    weights = None if class_weight is None else class_weights(function, class_weight, classes)
    counted = _smoothed(targets, smoothing, classes)
    if weights:
        counted = [[w * t for w, t in zip(weights, target, strict=True)] for target in counted]
    terms = [term(row, target) for row, target in zip(_rows(first, classes), counted, strict=True)]
    if not weights or reduction != "mean":
        return _reduce(terms, reduction, a[:-1])
    size = total([w * t for target in targets for w, t in zip(weights, target, strict=True)])
    return total(terms) / where(size > 0, size, 1)


def _smoothed(targets, smoothing, classes):
    """Target rows of which a share is given to all classes alike."""
    if not isinstance(smoothing, Operations) and smoothing == 0:
        return targets  # as they are, exact numbers too
    return [[(1 - smoothing) * t + smoothing / classes for t in target] for target in targets]


def _rows(array, classes):
    """The numbers of nested lists, one list for each row of the last axis."""
    numbers = flatten(array)
    return [numbers[i : i + classes] for i in range(0, len(numbers), classes)]


def _one_hot(function, name, label, classes):
    if not 0 <= label < classes:
        raise ValueError(f"{function}: {name} must be in 0..{classes - 1}; got {label}.")
    return [1 if c == label else 0 for c in range(classes)]


def _counted(weight, term):
    """weight * term, and 0 where the weight is 0 and the term infinite: what does not count costs nothing."""
    if known(weight) and known(term):
        return 0 if plain(weight) == 0 and not plain(term) < math.inf else weight * term
    return where(weight != 0, weight * term, where(term < math.inf, weight * term, 0))


def mean_squared_error(predictions, targets, reduction="mean"):
    """Mean squared error: twice as far is four times as bad.

        mean_squared_error(predictions, targets) = mean_n (predictions[n] - targets[n])**2

    predictions, targets: nested lists of one shape, any real numbers; the mean is over outputs too.
    reduction="none" returns the squares in the same nesting. Raises ValueError for unequal shapes.
    Source: Goodfellow et al. 2016, eq. 5.4.

    >>> mean_squared_error([1.0, 4.0], [1.0, 2.0])
    2.0
    """
    return _elementwise(
        "mean_squared_error", NAMES, predictions, targets, reduction, lambda p, t: (p - t) ** 2
    )


def mean_absolute_error(predictions, targets, reduction="mean"):
    """Mean absolute error: twice as far is twice as bad.

        mean_absolute_error(predictions, targets) = mean_n |predictions[n] - targets[n]|

    predictions, targets: nested lists of one shape, any real numbers; the mean is over outputs too.
    reduction="none" returns the distances in the same nesting. The slope is 0 where both are equal: a hit
    pulls nowhere. Raises ValueError for unequal shapes. Source: Bishop 2006, eq. 1.91 with q = 1.

    >>> mean_absolute_error([1.0, 4.0], [1.0, 2.0])
    1.0
    """
    return _elementwise(
        "mean_absolute_error", NAMES, predictions, targets, reduction, lambda p, t: (p - t) * sign(p - t)
    )


def binary_cross_entropy(predictions, targets, reduction="mean"):
    """Binary cross-entropy: the surprise of a yes-or-no answer. A certain mistake costs infinity.

        binary_cross_entropy(predictions, targets) =
            mean_n -(targets[n] * log(predictions[n]) + (1 - targets[n]) * log(1 - predictions[n]))

    predictions, targets: nested lists of one shape, numbers in [0, 1]; the mean is over outputs too.
    reduction="none" returns the terms, >= 0, in the same nesting. 0 * log(0) is 0, nothing is clipped (Keras
    clips at 1e-7, PyTorch clamps the log at -100). Raises ValueError for unequal shapes or numbers outside
    [0, 1]. Source: Bishop 2006, eq. 4.90.

    >>> binary_cross_entropy([0.5, 1.0], [1.0, 1.0], reduction="sum")
    0.6931471805599453
    """

    def term(p, t):
        p = probability("binary_cross_entropy", "predictions", p, SCORES["sigmoid"])
        t = probability("binary_cross_entropy", "targets", t)
        return -(xlogy(t, p) + xlog1my(1 - t, p))

    return _elementwise("binary_cross_entropy", NAMES, predictions, targets, reduction, term)


def categorical_cross_entropy(predictions, targets, reduction="mean", label_smoothing=0.0, class_weight=None):
    """Categorical cross-entropy: the surprise of one answer among C. A certain mistake costs infinity.

        categorical_cross_entropy(predictions, targets) = mean_n -sum_c targets[n][c] * log(predictions[n][c])

    predictions: [N][C], rows of numbers in [0, 1] that sum to 1; targets: rows [N][C] or integer labels [N].
    reduction="none" returns one term a row, >= 0. 0 * log(0) is 0, nothing is clipped. label_smoothing s, in
    [0, 1): targets[n][c] becomes (1 - s) * targets[n][c] + s / C. class_weight: [C] numbers >= 0 that the
    targets are multiplied by; the mean then divides by sum_n sum_c class_weight[c] * targets[n][c], not
    smoothed (as PyTorch does for labels; for rows it divides by their number), and is 0 where that is 0.
    Raises ValueError where targets fit neither shape, a prediction, label, smoothing or weight is out of
    range. Source: Bishop 2006, eq. 4.108.

    >>> categorical_cross_entropy([[0.25, 0.75]], [0])
    1.3862943611198906
    """

    def term(row, target):
        row = [probability("categorical_cross_entropy", "predictions", p, SCORES["softmax"]) for p in row]
        return -total([xlogy(t, p) for p, t in zip(row, target, strict=True)])

    return _rowwise(
        "categorical_cross_entropy",
        NAMES,
        predictions,
        targets,
        reduction,
        term,
        label_smoothing,
        class_weight,
    )


def sigmoid_binary_cross_entropy(logits, labels, reduction="mean"):
    """Binary cross-entropy of sigmoid(logits): from score to loss in one step, where no digit is lost.

        sigmoid_binary_cross_entropy(logits, labels) =
            mean_n labels[n] * log(1 + exp(-logits[n])) + (1 - labels[n]) * log(1 + exp(logits[n]))

    logits: nested lists, any real numbers; labels: the same shape, numbers in [0, 1]. reduction="none"
    returns the terms, >= 0, in the same nesting. Raises ValueError for unequal shapes or labels outside
    [0, 1]. Source: Bishop 2006, eq. 4.90 with 4.59.

    >>> sigmoid_binary_cross_entropy([0.0], [1.0])
    0.6931471805599453
    """

    def term(z, t):
        t = probability("sigmoid_binary_cross_entropy", "labels", t)
        return _counted(t, softplus(-z)) + _counted(1 - t, softplus(z))

    return _elementwise("sigmoid_binary_cross_entropy", ("logits", "labels"), logits, labels, reduction, term)


def softmax_cross_entropy(logits, labels, reduction="mean", label_smoothing=0.0, class_weight=None):
    """Categorical cross-entropy of softmax(logits): how far other scores are above the true class's.

        softmax_cross_entropy(logits, labels) =
            mean_n sum_c labels[n][c] * log(sum_j exp(logits[n][j] - logits[n][c]))

    logits: [N][C], any real numbers; labels: rows [N][C] or integer labels [N]. reduction="none" returns one
    term a row, >= 0. label_smoothing and class_weight act as in `categorical_cross_entropy`. Raises
    ValueError where labels fit neither shape or one is out of range, and for a bad smoothing or weight.
    Source: Bishop 2006, eq. 4.108 with 4.62; Szegedy et al. 2016, section 7.

    >>> softmax_cross_entropy([[0.0, 0.0]], [1])
    0.6931471805599453
    """

    def weighted(t, z, c):
        if known(t) and t == 0:
            return 0
        return where(t != 0, t * _surprise(z, c), 0)

    return _rowwise(
        "softmax_cross_entropy",
        ("logits", "labels"),
        logits,
        labels,
        reduction,
        lambda z, target: total([weighted(t, z, c) for c, t in enumerate(target)]),
        label_smoothing,
        class_weight,
    )
