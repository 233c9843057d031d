"""The four losses of the cheat sheet on arrays, and the two that take scores (logits) for probabilities.

Every loss is the mean of its terms; reduction="sum" adds them up, reduction="none" returns them.
N: example, C: class.
"""

import jax
import jax.numpy as jnp
from jax import lax

from . import checks
from .activations import _sigmoid


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
    if second.shape == first.shape[:-1] and not jnp.issubdtype(second.dtype, jnp.floating):
        checks.labels(function, names[1], second, first.shape[-1])
        second = jax.nn.one_hot(second.astype(int), first.shape[-1], dtype=first.dtype)
    if second.shape != first.shape:
        raise ValueError(
            f"{function}: {names[1]} must be integer labels {first.shape[:-1]} or rows {first.shape} "
            f"to meet {names[0]} {first.shape}; got {second.shape}."
        )
    checks.not_empty(function, names[0], first)
    return first, checks.numbers(function, names[1], second)


def _reduce(terms, reduction):
    if reduction == "none":
        return terms
    return jnp.mean(terms) if reduction == "mean" else jnp.sum(terms)


def _xlogy(x, y):
    """x * log(y), with 0 * log(0) = 0 and its slopes there 0."""
    return x * jnp.log(jnp.where((x == 0) & (y == 0), 1, y))


def _xlog1my(x, y):
    """x * log(1 - y), with 0 * log(0) = 0. log1p for small y keeps the digits that 1 - y would round away;
    above 1/4 it is log, because log1p of jax 0.10 on CPU is up to 128 ULP off between -0.45 and -0.3."""
    y = jnp.where((x == 0) & (y == 1), 0, y)
    small = y < 0.25
    return x * jnp.where(small, jnp.log1p(-jnp.where(small, y, 0)), jnp.log(1 - jnp.where(small, 0, y)))


@jax.custom_jvp
def _softplus(x):
    return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


@_softplus.defjvp
def _softplus_jvp(primals, tangents):
    (x,), (dx,) = primals, tangents
    return _softplus(x), dx * _sigmoid(x)


def _log_softmax_parts(x):
    """log softmax, softmax and 1 - softmax, the last without the cancellation at a dominant class."""
    shifted = x - jnp.max(x, axis=-1, keepdims=True)
    positions = lax.broadcasted_iota(jnp.int32, x.shape, x.ndim - 1)
    top = positions == jnp.argmax(x, axis=-1, keepdims=True)
    powers = jnp.exp(shifted)
    rest = jnp.sum(jnp.where(top, 0, powers), axis=-1, keepdims=True)
    probabilities = powers / (1 + rest)
    complements = jnp.where(top, rest / (1 + rest), 1 - probabilities)
    return shifted - jnp.log1p(rest), probabilities, complements, top


@jax.custom_jvp
def _log_softmax(x):
    return _log_softmax_parts(x)[0]


@_log_softmax.defjvp
def _log_softmax_jvp(primals, tangents):
    # d y[i] = (1 - p[i]) d x[i] - sum of p[j] d x[j] over the others: nothing large is subtracted from
    # itself.
    (x,), (dx,) = primals, tangents
    y, probabilities, complements, top = _log_softmax_parts(x)
    moved = probabilities * dx
    rest = jnp.sum(jnp.where(top, 0, moved), axis=-1, keepdims=True)
    largest = jnp.sum(jnp.where(top, moved, 0), axis=-1, keepdims=True)
    others = jnp.where(top, rest, (rest - moved) + largest)
    return y, complements * dx - others


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


def binary_cross_entropy(predictions, targets, reduction="mean"):
    """Binary cross-entropy of probabilities, exact: 0 * log(0) is 0, and a certain mistake costs infinity.

        binary_cross_entropy(predictions, targets) =
            mean_n -(targets[n] * log(predictions[n]) + (1 - targets[n]) * log(1 - predictions[n]))

    predictions, targets: [...] of one shape, in [0, 1]. The mean is over outputs too; reduction="none"
    returns the terms [...], >= 0. Raises ValueError for unequal shapes. Nothing is clipped (Keras
    clips at 1e-7, PyTorch clamps the log at -100); for scores take `sigmoid_binary_cross_entropy`.
    Source: Bishop 2006, eq. 4.90.

    >>> float(binary_cross_entropy(jnp.array([0.5, 1.0]), jnp.array([1.0, 1.0]), reduction="sum"))
    0.6931471805599453
    """
    checks.reduction("binary_cross_entropy", reduction)
    predictions, targets = _pair("binary_cross_entropy", ("predictions", "targets"), predictions, targets)
    return _reduce(-(_xlogy(targets, predictions) + _xlog1my(1 - targets, predictions)), reduction)


def categorical_cross_entropy(predictions, targets, reduction="mean"):
    """Categorical cross-entropy of probabilities, exact: 0 * log(0) is 0, a certain mistake costs infinity.

        categorical_cross_entropy(predictions, targets) = mean_n -sum_c targets[n][c] * log(predictions[n][c])

    predictions: [..., C], rows in [0, 1] that sum to 1; targets: rows [..., C] or integer labels [...].
    reduction="none" returns one term a row, >= 0. Raises ValueError where targets fit neither shape or a
    label is out of range; a traced label, inside `jax.jit`, is not looked at: out of range it costs 0.
    Nothing is clipped; for scores take `softmax_cross_entropy`. Source: Bishop 2006, eq. 4.108.

    >>> float(categorical_cross_entropy(jnp.array([[0.25, 0.75]]), jnp.array([0])))
    1.3862943611198906
    """
    checks.reduction("categorical_cross_entropy", reduction)
    names = ("predictions", "targets")
    predictions, targets = _rows("categorical_cross_entropy", names, predictions, targets)
    return _reduce(-jnp.sum(_xlogy(targets, predictions), axis=-1), reduction)


def sigmoid_binary_cross_entropy(logits, labels, reduction="mean"):
    """Binary cross-entropy of sigmoid(logits), without ever leaving the scores: no digit is lost at +-1e4.

        sigmoid_binary_cross_entropy(logits, labels) =
            mean_n labels[n] * log(1 + exp(-logits[n])) + (1 - labels[n]) * log(1 + exp(logits[n]))

    logits: [...], any real numbers; labels: [...] of the same shape, in [0, 1]. reduction="none" returns the
    terms [...], >= 0. Raises ValueError for unequal shapes. Source: Bishop 2006, eq. 4.90 with 4.59.

    >>> float(sigmoid_binary_cross_entropy(jnp.array([0.0]), jnp.array([1.0])))
    0.6931471805599453
    """
    checks.reduction("sigmoid_binary_cross_entropy", reduction)
    logits, labels = _pair("sigmoid_binary_cross_entropy", ("logits", "labels"), logits, labels)
    return _reduce(labels * _softplus(-logits) + (1 - labels) * _softplus(logits), reduction)


def softmax_cross_entropy(logits, labels, reduction="mean"):
    """Categorical cross-entropy of softmax(logits), without ever leaving the scores.

        softmax_cross_entropy(logits, labels) =
            mean_n sum_c labels[n][c] * log(sum_j exp(logits[n][j] - logits[n][c]))

    logits: [..., C], any real numbers; labels: rows [..., C] or integer labels [...]. reduction="none"
    returns one term a row, >= 0. Raises ValueError where labels fit neither shape or a label is out of range;
    a traced label, inside `jax.jit`, is not looked at: out of range it costs 0.
    Source: Bishop 2006, eq. 4.108 with 4.62.

    >>> float(softmax_cross_entropy(jnp.array([[0.0, 0.0]]), jnp.array([1])))
    0.6931471805599453
    """
    checks.reduction("softmax_cross_entropy", reduction)
    logits, labels = _rows("softmax_cross_entropy", ("logits", "labels"), logits, labels)
    log_probabilities = _log_softmax(logits)
    return _reduce(-jnp.sum(jnp.where(labels == 0, 0, labels * log_probabilities), axis=-1), reduction)
