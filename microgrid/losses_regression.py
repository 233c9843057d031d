"""Losses for numbers that are measured or counted: robust ones, and Poisson's.

A loss is the mean of its terms; reduction="sum" adds them up, reduction="none" returns them. n: an output of
an example, e: its error.
"""

from . import checks
from .losses import NAMES, _elementwise
from .operations import exp, expm1, log1p, minimum, sinh, where, xlogy
from .ranges import count, together


def huber(predictions, targets, reduction="mean", delta=1.0):
    """Huber loss: squared for small errors, absolute for large ones, so that an outlier pulls no harder.

        huber(predictions, targets) = mean_n e[n]**2 / 2 if |e[n]| <= delta else delta * (|e[n]| - delta / 2),
            e[n] = predictions[n] - targets[n]

    predictions, targets: nested lists of one shape, any real numbers; delta: a number > 0, in units of them.
    reduction="none" returns the terms, >= 0, in the same nesting. Raises ValueError for unequal shapes or a
    delta that is not above 0. Source: Huber 1964, section 4.

    >>> huber([1.0, 4.0], [0.0, 0.0], reduction="none")
    [0.5, 3.5]
    """
    delta = checks.positive("huber", "delta", delta)

    def term(p, t):
        together("huber", p, t, delta)
        e = p - t
        return where(abs(e) <= delta, e * e / 2, delta * (abs(e) - delta / 2))

    return _elementwise("huber", ("predictions", "targets"), predictions, targets, reduction, term)


def log_cosh(predictions, targets, reduction="mean"):
    """Log-cosh: half the square of a small error, the size of a large one less log(2), and smooth between.

        log_cosh(predictions, targets) = mean_n log(cosh(predictions[n] - targets[n]))

    predictions, targets: nested lists of one shape, any real numbers. reduction="none" returns the terms, >=
    0, in the same nesting. No digit is lost next to 0, and nothing overflows. Raises ValueError for unequal
    shapes. Source: Green 1990, IEEE Trans. Med. Imaging 9, section III.

    >>> log_cosh([2**-40, 1000.0], [0.0, 0.0], reduction="none") == [2**-81, 999.3068528194401]
    True
    """

    def term(p, t):
        size = abs(p - t)
        half = sinh(minimum(size, 2) / 2)  # cosh(e) = 1 + 2 * sinh(e / 2)**2; from 1 on it is not chosen
        return where(size < 1, log1p(2 * (half * half)), size + log1p(expm1(-2 * size) / 2))

    return _elementwise("log_cosh", ("predictions", "targets"), predictions, targets, reduction, term)


def poisson(predictions, targets, reduction="mean"):
    """Poisson loss: the surprise of a count under a predicted rate, without the part that no rate changes.

        poisson(predictions, targets) = mean_n predictions[n] - targets[n] * log(predictions[n])

    predictions: nested lists of rates >= 0; targets: the same shape, counts >= 0. reduction="none" returns
    the terms in the same nesting. 0 * log(0) is 0; a rate of 0 for something that happened costs infinity
    (Keras adds 1e-7). Raises ValueError for unequal shapes or negative numbers. Source: Bishop 2006, section
    4.3.6; Nelder and Wedderburn 1972.

    >>> poisson([1.0, 0.0], [3.0, 0.0])
    0.5
    """

    def term(p, t):
        p = count("poisson", "predictions", p, "log_poisson of the scores")
        return p - xlogy(count("poisson", "targets", t), p)

    return _elementwise("poisson", NAMES, predictions, targets, reduction, term)


def log_poisson(logits, labels, reduction="mean"):
    """Poisson loss of exp(logits): any score becomes a rate above 0.

        log_poisson(logits, labels) = mean_n exp(logits[n]) - labels[n] * logits[n]

    logits: nested lists, any real numbers; labels: the same shape, counts >= 0. reduction="none" returns the
    terms in the same nesting. Raises ValueError for unequal shapes or negative labels. Source: Nelder and
    Wedderburn 1972.

    >>> log_poisson([0.0, 0.0], [3.0, 0.0])
    1.0
    """

    def term(z, t):
        return exp(z) - count("log_poisson", "labels", t) * z

    return _elementwise("log_poisson", ("logits", "labels"), logits, labels, reduction, term)
