"""The four losses of the cheat sheet on arrays, and the two that take scores (logits) for probabilities.

Every loss is the mean of its terms; reduction="sum" adds them up, reduction="none" returns them.
N: example, C: class.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from . import checks, ranges, stable
from .precision import rounded_once


def _pair(function, names, first, second):
    """Both arguments as float arrays of one shape, not empty."""
    first, second = checks.numbers(function, names[0], first), checks.numbers(function, names[1], second)
    checks.same_shape(function, names, first, second)
    checks.not_empty(function, names[0], first)
    return first, second


def _rows(function, names, first, second):
    """Rows [..., C] and targets of the same shape; integer labels [...] become one-hot rows."""
    first, second = checks.numbers(function, names[0], first), checks.array(function, names[1], second)
    checks.last_axis(function, names[0], first)
    labelled = second.shape == first.shape[:-1] and not jnp.issubdtype(second.dtype, jnp.floating)
    if not labelled and second.shape != first.shape:
        floats = second.shape == first.shape[:-1]
        raise ValueError(
            f"{function}: {names[1]} must be integer labels {first.shape[:-1]} or rows {first.shape} "
            f"to meet {names[0]} {first.shape}; got {second.shape}{' of floats' if floats else ''}."
        )
    checks.not_empty(function, names[0], first)
    if labelled:
        checks.labels(function, names[1], second, first.shape[-1])
        second = jax.nn.one_hot(second.astype(int), first.shape[-1], dtype=first.dtype)
    return first, checks.numbers(function, names[1], second)


def _reduce(terms, reduction, size=None):
    """What becomes of the terms; size: what a mean divides by, if that is not their number."""
    if reduction == "none":
        return terms
    if reduction == "mean" and size is not None:
        return jnp.sum(terms) / jnp.where(size > 0, size, 1)
    return jnp.mean(terms) if reduction == "mean" else jnp.sum(terms)


def _counted(function, targets, smoothing, class_weight):
    """Target rows as they count in the sum: smoothed and weighted; and what a mean divides their terms by."""
    checks.fraction(function, "label_smoothing", smoothing)
    classes = targets.shape[-1]
    counted = (1 - smoothing) * targets + smoothing / classes
    if class_weight is None:
        return counted, None
    told = f"{function}: class_weight must have one number for each of {classes} classes; got"
    if isinstance(class_weight, dict):  # as Keras has it
        raise TypeError(f"{told} {checks.told(class_weight)}. Fix: a list of one weight for each class.")
    weights = checks.numbers(function, "class_weight", class_weight)
    if weights.shape != (classes,):
        raise ValueError(f"{told} shape {weights.shape}.")
    _weights_are_fit(function, "class_weight", class_weight)
    weights = weights.astype(targets.dtype).reshape((1,) * (targets.ndim - 1) + weights.shape)
    return counted * weights, jnp.sum(targets * weights)


def _weight_of_classes(function, outputs, targets, class_weight):
    """What the mean of a loss with class weights divides by: the sum of those of the targets."""
    _, rows = _rows(function, ("outputs", "targets"), outputs, targets)
    return _counted(function, rows, 0, class_weight)[1]


def _weights_are_fit(function, argument, weights):
    """Numbers >= 0 and finite; traced ones are not looked at. Given as they came: inside a trace a list of
    numbers becomes a traced array."""
    if not any(isinstance(weight, Tracer) for weight in jax.tree.leaves(weights)):
        for weight in np.asarray(weights):
            checks.non_negative(function, argument, weight)


@rounded_once
def mean_squared_error(predictions, targets, reduction="mean"):
    """Mean squared error, for regression.

        mean_squared_error(predictions, targets) = mean_n (predictions[n] - targets[n])**2

    predictions, targets: [...] of one shape, any real numbers. The mean is over outputs too; reduction="none"
    returns the squares [...]. Raises ValueError for unequal shapes. Source: Goodfellow et al. 2016, eq. 5.4.

    >>> float(mean_squared_error(jnp.array([1.0, 4.0]), jnp.array([1.0, 2.0])))
    2.0
    """
    checks.reduction("mean_squared_error", reduction)
    predictions, targets = _pair("mean_squared_error", ("predictions", "targets"), predictions, targets)
    return _reduce((predictions - targets) ** 2, reduction)


@rounded_once
def mean_absolute_error(predictions, targets, reduction="mean"):
    """Mean absolute error, for regression with outliers.

        mean_absolute_error(predictions, targets) = mean_n |predictions[n] - targets[n]|

    predictions, targets: [...] of one shape, any real numbers. The slope is 0 where both are equal. The mean
    is over outputs too; reduction="none" returns the distances [...]. Raises ValueError for unequal shapes.
    Source: Bishop 2006, eq. 1.91 with q = 1.

    >>> float(mean_absolute_error(jnp.array([1.0, 4.0]), jnp.array([1.0, 2.0])))
    1.0
    """
    checks.reduction("mean_absolute_error", reduction)
    predictions, targets = _pair("mean_absolute_error", ("predictions", "targets"), predictions, targets)
    error = predictions - targets
    return _reduce(error * jnp.sign(error), reduction)


@rounded_once
def binary_cross_entropy(predictions, targets, reduction="mean"):
    """Binary cross-entropy of probabilities, exact: 0 * log(0) is 0, and a certain mistake costs infinity.

        binary_cross_entropy(predictions, targets) =
            mean_n -(targets[n] * log(predictions[n]) + (1 - targets[n]) * log(1 - predictions[n]))

    predictions, targets: [...] of one shape, in [0, 1]. The mean is over outputs too; reduction="none"
    returns the terms [...], >= 0. Raises ValueError for unequal shapes or numbers outside [0, 1]; traced ones
    are not looked at. Nothing is clipped (Keras clips at 1e-7, PyTorch clamps the log at -100); for scores
    take `sigmoid_binary_cross_entropy`.
    Source: Bishop 2006, eq. 4.90.

    >>> float(binary_cross_entropy(jnp.array([0.5, 1.0]), jnp.array([1.0, 1.0]), reduction="sum"))
    0.6931471805599453
    """
    checks.reduction("binary_cross_entropy", reduction)
    predictions, targets = _pair("binary_cross_entropy", ("predictions", "targets"), predictions, targets)
    ranges.probabilities("binary_cross_entropy", "predictions", predictions, ranges.SCORES["sigmoid"])
    ranges.probabilities("binary_cross_entropy", "targets", targets)
    return _reduce(
        -(stable.xlogy(targets, predictions) + stable.xlog1my(1 - targets, predictions)), reduction
    )


@rounded_once
def categorical_cross_entropy(predictions, targets, reduction="mean", label_smoothing=0.0, class_weight=None):
    """Categorical cross-entropy of probabilities, exact: 0 * log(0) is 0, a certain mistake costs infinity.

        categorical_cross_entropy(predictions, targets) = mean_n -sum_c targets[n][c] * log(predictions[n][c])

    predictions: [..., C], rows in [0, 1] that sum to 1; targets: rows [..., C] or integer labels [...].
    reduction="none" returns one term a row, >= 0. Raises ValueError where targets fit neither shape, a
    prediction is outside [0, 1] or a label out of range; traced ones, inside `jax.jit`, are not looked at:
    a label out of range costs 0. Nothing is clipped; for scores take `softmax_cross_entropy`.
    label_smoothing s, in [0, 1): targets[n][c] becomes (1 - s) * targets[n][c] + s / C. class_weight: [C]
    numbers >= 0 that the targets are multiplied by; the mean then divides by
    sum_n sum_c class_weight[c] * targets[n][c], not smoothed (as PyTorch does for labels; for rows it divides
    by their number), and is 0 where that is 0.
    Source: Bishop 2006, eq. 4.108.

    >>> float(categorical_cross_entropy(jnp.array([[0.25, 0.75]]), jnp.array([0])))
    1.3862943611198906
    """
    checks.reduction("categorical_cross_entropy", reduction)
    names = ("predictions", "targets")
    predictions, targets = _rows("categorical_cross_entropy", names, predictions, targets)
    ranges.probabilities("categorical_cross_entropy", "predictions", predictions, ranges.SCORES["softmax"])
    counted, size = _counted("categorical_cross_entropy", targets, label_smoothing, class_weight)
    return _reduce(-jnp.sum(stable.xlogy(counted, predictions), axis=-1), reduction, size)


@rounded_once
def sigmoid_binary_cross_entropy(logits, labels, reduction="mean"):
    """Binary cross-entropy of sigmoid(logits), without ever leaving the scores: no digit is lost at +-1e4.

        sigmoid_binary_cross_entropy(logits, labels) =
            mean_n labels[n] * log(1 + exp(-logits[n])) + (1 - labels[n]) * log(1 + exp(logits[n]))

    logits: [...], any real numbers; labels: [...] of the same shape, in [0, 1]. reduction="none" returns the
    terms [...], >= 0. Raises ValueError for unequal shapes or labels outside [0, 1]; traced ones are not
    looked at. Source: Bishop 2006, eq. 4.90 with 4.59.

    >>> float(sigmoid_binary_cross_entropy(jnp.array([0.0]), jnp.array([1.0])))
    0.6931471805599453
    """
    checks.reduction("sigmoid_binary_cross_entropy", reduction)
    logits, labels = _pair("sigmoid_binary_cross_entropy", ("logits", "labels"), logits, labels)
    ranges.probabilities("sigmoid_binary_cross_entropy", "labels", labels)
    missed, alarmed = stable.softplus(-logits), stable.softplus(logits)
    return _reduce(stable.counted(labels, missed) + stable.counted(1 - labels, alarmed), reduction)


@rounded_once
def softmax_cross_entropy(logits, labels, reduction="mean", label_smoothing=0.0, class_weight=None):
    """Categorical cross-entropy of softmax(logits), without ever leaving the scores.

        softmax_cross_entropy(logits, labels) =
            mean_n sum_c labels[n][c] * log(sum_j exp(logits[n][j] - logits[n][c]))

    logits: [..., C], any real numbers; labels: rows [..., C] or integer labels [...]. reduction="none"
    returns one term a row, >= 0. Raises ValueError where labels fit neither shape or a label is out of range;
    a traced label, inside `jax.jit`, is not looked at: out of range it costs 0. label_smoothing and
    class_weight act as in `categorical_cross_entropy`.
    Source: Bishop 2006, eq. 4.108 with 4.62; Szegedy et al. 2016, section 7.

    >>> float(softmax_cross_entropy(jnp.array([[0.0, 0.0]]), jnp.array([1])))
    0.6931471805599453
    """
    checks.reduction("softmax_cross_entropy", reduction)
    logits, labels = _rows("softmax_cross_entropy", ("logits", "labels"), logits, labels)
    counted, size = _counted("softmax_cross_entropy", labels, label_smoothing, class_weight)
    terms = jnp.where(counted == 0, 0, counted * stable.log_softmax(logits))
    return _reduce(-jnp.sum(terms, axis=-1), reduction, size)
