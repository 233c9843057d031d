"""Losses that compare rows of arrays: two distributions, two directions.

Every loss is the mean of its terms; reduction="sum" adds them up, reduction="none" returns them. N: row, C:
column.
"""

import jax.numpy as jnp

from . import checks, ranges, stable
from .losses import _pair, _reduce, _rows
from .precision import rounded_once


@rounded_once
def kl_divergence(predictions, targets, reduction="mean"):
    """Kullback-Leibler divergence of predictions from targets, exact: 0 * log(0) is 0, nothing is clipped.

        kl_divergence(predictions, targets) =
            mean_n sum_c targets[n][c] * (log(targets[n][c]) - log(predictions[n][c]))

    predictions: [..., C], rows in [0, 1] that sum to 1; targets: rows [..., C] or integer labels [...].
    reduction="none" returns one term a row, >= 0. The mean is over rows (PyTorch's "mean" divides by N * C).
    Raises ValueError where targets fit neither shape or are negative, a prediction is outside [0, 1] or a
    label out of range; traced ones are not looked at. Source: Bishop 2006, eq. 1.113.

    >>> float(kl_divergence(jnp.array([[0.25, 0.75]]), jnp.array([[1.0, 0.0]])))
    1.3862943611198906
    """
    checks.reduction("kl_divergence", reduction)
    predictions, targets = _rows("kl_divergence", ("predictions", "targets"), predictions, targets)
    ranges.probabilities("kl_divergence", "predictions", predictions, ranges.SCORES["softmax"])
    ranges.counts("kl_divergence", "targets", targets)
    terms = stable.xlogy(targets, targets) - stable.xlogy(targets, predictions)
    return _reduce(jnp.sum(terms, axis=-1), reduction)


@rounded_once
def cosine_distance(predictions, targets, reduction="mean"):
    """Cosine distance: what is lost where only the direction of a row counts.

        cosine_distance(predictions, targets) =
            mean_n 1 - sum_c predictions[n][c] * targets[n][c] / (|predictions[n]| * |targets[n]|)

    predictions, targets: [..., C], any real numbers. reduction="none" returns one term a row, in [0, 2]. Rows
    that are nearly parallel keep the digits of their distance. A row of zeros has no direction: its distance
    is 1, its slope 0. Raises ValueError for unequal shapes. (Keras' CosineSimilarity is this less 1.)
    Source: Salton and McGill 1983, section 4.1.

    >>> x, y = jnp.array([[3.0, 4.0], [1.0, 0.0]]), jnp.array([[6.0, 8.0], [0.0, 2.0]])
    >>> cosine_distance(x, y, reduction="none").tolist()
    [0.0, 1.0]
    """
    checks.reduction("cosine_distance", reduction)
    predictions, targets = _pair("cosine_distance", ("predictions", "targets"), predictions, targets)
    checks.last_axis("cosine_distance", "predictions", predictions)
    (u, some), (v, too) = _direction(predictions), _direction(targets)
    half = jnp.sum((u - v) ** 2, axis=-1) / 2  # 1 - cos without a difference of nearly equal numbers
    return _reduce(jnp.where(some & too, half, 1), reduction)


def _direction(x):
    """Rows of length 1, and where there were any."""
    size = jnp.max(jnp.abs(x), axis=-1, keepdims=True)
    some = size != 0  # nan is some
    x = jnp.where(some, x, 1) * stable.scale(size)
    return x / jnp.sqrt(jnp.sum(x * x, axis=-1, keepdims=True)), some[..., 0]
