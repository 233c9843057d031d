"""Losses for numbers that are measured or counted, on arrays: robust ones, and Poisson's.

Every loss is the mean of its terms; reduction="sum" adds them up, reduction="none" returns them.
"""

import jax.numpy as jnp

from . import checks, ranges, stable
from .losses import _pair, _reduce
from .precision import rounded_once


@rounded_once
def huber(predictions, targets, reduction="mean", delta=1.0):
    """Huber loss: a squared error whose slope is clipped at delta.

        huber(predictions, targets) = mean_n e[n]**2 / 2 if |e[n]| <= delta else delta * (|e[n]| - delta / 2),
            e[n] = predictions[n] - targets[n]

    predictions, targets: [...] of one shape, any real numbers; delta: a number > 0, in units of them.
    reduction="none" returns the terms [...], >= 0. Raises ValueError for unequal shapes or a delta that is
    not above 0. Source: Huber 1964, section 4.

    >>> huber(jnp.array([1.0, 4.0]), jnp.array([0.0, 0.0]), reduction="none").tolist()
    [0.5, 3.5]
    """
    delta = checks.positive("huber", "delta", delta)
    checks.reduction("huber", reduction)
    predictions, targets = _pair("huber", ("predictions", "targets"), predictions, targets)
    error = jnp.abs(predictions - targets)
    inside = error <= delta
    near = jnp.where(inside, error, 0)  # its slope meets no infinite error
    return _reduce(jnp.where(inside, near * near / 2, delta * (error - delta / 2)), reduction)


@rounded_once
def log_cosh(predictions, targets, reduction="mean"):
    """Log-cosh: a smooth Huber loss without a parameter.

        log_cosh(predictions, targets) = mean_n log(cosh(predictions[n] - targets[n]))

    predictions, targets: [...] of one shape, any real numbers. reduction="none" returns the terms [...], >=
    0. No digit is lost next to 0, where log(cosh(e)) is 0 from 1e-8 on, and nothing overflows. Raises
    ValueError for unequal shapes. Source: Green 1990, IEEE Trans. Med. Imaging 9, section III.

    >>> terms = log_cosh(jnp.array([2**-40, 1000.0]), jnp.zeros(2), reduction="none")
    >>> terms.tolist() == [2**-81, 999.3068528194401]
    True
    """
    checks.reduction("log_cosh", reduction)
    predictions, targets = _pair("log_cosh", ("predictions", "targets"), predictions, targets)
    return _reduce(stable.log_cosh(predictions - targets), reduction)


@rounded_once
def poisson(predictions, targets, reduction="mean"):
    """Poisson loss of rates, exact: 0 * log(0) is 0, and a rate of 0 for what happened costs infinity.

        poisson(predictions, targets) = mean_n predictions[n] - targets[n] * log(predictions[n])

    predictions: [...], rates >= 0; targets: [...] of the same shape, counts >= 0. reduction="none" returns
    the terms [...]. (Keras adds 1e-7 to the rate.) Raises ValueError for unequal shapes or negative numbers;
    traced ones are not looked at. For scores take `log_poisson`. Source: Bishop 2006, section 4.3.6; Nelder
    and Wedderburn 1972.

    >>> float(poisson(jnp.array([1.0, 0.0]), jnp.array([3.0, 0.0])))
    0.5
    """
    checks.reduction("poisson", reduction)
    predictions, targets = _pair("poisson", ("predictions", "targets"), predictions, targets)
    ranges.counts("poisson", "predictions", predictions, "log_poisson of the scores")
    ranges.counts("poisson", "targets", targets)
    return _reduce(predictions - stable.xlogy(targets, predictions), reduction)


@rounded_once
def log_poisson(logits, labels, reduction="mean"):
    """Poisson loss of exp(logits), for a net that ends in plain scores.

        log_poisson(logits, labels) = mean_n exp(logits[n]) - labels[n] * logits[n]

    logits: [...], any real numbers; labels: [...] of the same shape, counts >= 0. reduction="none" returns
    the terms [...]. Raises ValueError for unequal shapes or negative labels; traced ones are not looked at.
    Source: Nelder and Wedderburn 1972.

    >>> float(log_poisson(jnp.array([0.0, 0.0]), jnp.array([3.0, 0.0])))
    1.0
    """
    checks.reduction("log_poisson", reduction)
    logits, labels = _pair("log_poisson", ("logits", "labels"), logits, labels)
    ranges.counts("log_poisson", "labels", labels)
    return _reduce(jnp.exp(logits) - labels * logits, reduction)
