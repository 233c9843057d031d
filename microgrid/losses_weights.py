"""Weights for examples: what makes one count more than another in a loss.

n: example.
"""

from . import checks
from .checks import flatten, shape
from .losses import _reduce


def sample_weighted(terms, sample_weight, reduction="mean"):
    """A loss in which some examples count more: its terms, weighed one example at a time.

        sample_weighted(terms, sample_weight) = mean_n sample_weight[n] * terms[n]

    terms: [N][...], what a loss returns for reduction="none"; sample_weight: [N] numbers >= 0. The mean is
    over all terms, N of them or more, not over the sum of the weights (as Keras): a weight of 2 is an example
    that came twice. Raises ValueError for other shapes or a negative weight. Source: Shimodaira 2000, eq. 2.

    >>> sample_weighted([1.0, 4.0], [2.0, 0.5])
    2.0
    """
    checks.reduction("sample_weighted", reduction)
    checks.not_empty("sample_weighted", "terms", terms)
    a, b = shape(terms), shape(sample_weight, "sample_weighted: sample_weight")
    if len(b) != 1 or b != a[:1]:
        raise ValueError(
            f"sample_weighted: sample_weight must have one number for each example of terms {a}; "
            f"got shape {b}."
        )
    weights = [checks.non_negative("sample_weighted", "sample_weight", w) for w in flatten(sample_weight)]
    weighted = [w * x for w, row in zip(weights, terms, strict=True) for x in flatten(row)]
    return _reduce(weighted, reduction, a)
