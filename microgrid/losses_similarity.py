"""Losses that compare rows: two distributions, two directions.

A loss is the mean of its terms; reduction="sum" adds them up, reduction="none" returns them. n: row, c: its
column.
"""

from . import checks
from .checks import shape
from .losses import _reduce, _rows, _rowwise
from .operations import norm, total, where, xlogy
from .ranges import SCORES, count, probability


def kl_divergence(predictions, targets, reduction="mean"):
    """Kullback-Leibler divergence: the surprise that is left over when predictions stand in for targets.

        kl_divergence(predictions, targets) =
            mean_n sum_c targets[n][c] * (log(targets[n][c]) - log(predictions[n][c]))

    predictions: [N][C], rows of numbers in [0, 1] that sum to 1; targets: rows [N][C] or integer labels [N].
    reduction="none" returns one term a row, >= 0. The mean is over rows (PyTorch's "mean" divides by N * C).
    0 * log(0) is 0, nothing is clipped. Raises ValueError where targets fit neither shape or are negative, a
    prediction is outside [0, 1] or a label out of range. Source: Bishop 2006, eq. 1.113.

    >>> kl_divergence([[0.25, 0.75]], [[1.0, 0.0]])
    1.3862943611198906
    """

    def term(row, target):
        row = [probability("kl_divergence", "predictions", p, SCORES["softmax"]) for p in row]
        target = [count("kl_divergence", "targets", t) for t in target]
        return total([xlogy(t, t) - xlogy(t, p) for p, t in zip(row, target, strict=True)])

    return _rowwise("kl_divergence", ("predictions", "targets"), predictions, targets, reduction, term)


def cosine_distance(predictions, targets, reduction="mean"):
    """Cosine distance: 0 for rows of one direction, 1 for a right angle, 2 for opposite ones.

        cosine_distance(predictions, targets) =
            mean_n 1 - sum_c predictions[n][c] * targets[n][c] / (|predictions[n]| * |targets[n]|)

    predictions, targets: [N][C], any real numbers. reduction="none" returns one term a row, in [0, 2]. Rows
    that are nearly parallel keep the digits of their distance. A row of zeros has no direction: its distance
    is 1, its slope 0. Raises ValueError for unequal shapes. (Keras' CosineSimilarity is this less 1.)
    Source: Salton and McGill 1983, section 4.1.

    >>> cosine_distance([[3.0, 4.0], [1.0, 0.0]], [[6.0, 8.0], [0.0, 2.0]], reduction="none")
    [0.0, 1.0]
    """

    def term(row, target):
        lengths = [norm(row), norm(target)]
        u, v = ([x / where(d == 0, 1, d) for x in xs] for xs, d in zip((row, target), lengths, strict=True))
        half = total([(a - b) * (a - b) for a, b in zip(u, v, strict=True)]) / 2
        return where(lengths[0] == 0, 1, where(lengths[1] == 0, 1, half))

    return _vectors("cosine_distance", ("predictions", "targets"), predictions, targets, reduction, term)


def _vectors(function, names, first, second, reduction, term):
    """The loss whose terms are term(row, target row), for rows of any numbers."""
    checks.reduction(function, reduction)
    checks.same_shape(function, names, first, second)
    checks.not_empty(function, names[0], first)
    if not (a := shape(first)):
        raise ValueError(f"{function}: {names[0]} must end in one number for each class; got shape ().")
    pairs = zip(_rows(first, a[-1]), _rows(second, a[-1]), strict=True)
    return _reduce([term(row, target) for row, target in pairs], reduction, a[:-1])
