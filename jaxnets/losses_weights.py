"""Weights for examples, on arrays: what makes one count more than another in a loss.

N: example.
"""

from . import checks
from .losses import _reduce, _weights_are_fit
from .precision import rounded_once


@rounded_once
def sample_weighted(terms, sample_weight, reduction="mean"):
    """A loss in which some examples count more; `NeuralNet.fit` weighs with it.

        sample_weighted(terms, sample_weight) = mean_n sample_weight[n] * terms[n]

    terms: [N, ...], what a loss returns for reduction="none"; sample_weight: [N] numbers >= 0. The mean is
    over all terms, not over the sum of the weights (as Keras): a weight of 2 is an example that came twice.
    Raises ValueError for other shapes or a negative weight. Source: Shimodaira 2000, eq. 2.

    >>> float(sample_weighted(jnp.array([1.0, 4.0]), jnp.array([2.0, 0.5])))
    2.0
    """
    checks.reduction("sample_weighted", reduction)
    terms = checks.numbers("sample_weighted", "terms", terms)
    weights = checks.numbers("sample_weighted", "sample_weight", sample_weight)
    checks.not_empty("sample_weighted", "terms", terms)
    if weights.ndim != 1 or weights.shape != terms.shape[:1]:
        raise ValueError(
            f"sample_weighted: sample_weight must have one number for each example of terms {terms.shape}; "
            f"got shape {weights.shape}."
        )
    _weights_are_fit("sample_weighted", "sample_weight", sample_weight)
    return _reduce(terms * weights.reshape(weights.shape + (1,) * (terms.ndim - 1)), reduction)
