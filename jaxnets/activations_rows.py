"""Activations along the last axis: what one number becomes depends on its neighbours."""

from . import checks, stable
from .precision import rounded_once


@rounded_once
def log_softmax(x):
    """Log-softmax: log-probabilities, straight from scores.

        log_softmax(x)[i] = x[i] - log(sum_j exp(x[j]))
        d log_softmax(x)[i] / d x[j] = (1 if i == j else 0) - softmax(x)[j]

    x: [..., C], any real numbers. Returns [..., C] <= 0. A class that leads by 40 keeps the digits of its
    logarithm, about -1e-17, where jax.nn.log_softmax says 0. Raises ValueError for no scores.
    Source: Bishop 2006, eq. 4.62.

    >>> log_softmax(jnp.zeros(2)).tolist()
    [-0.6931471805599453, -0.6931471805599453]
    """
    return stable.log_softmax(_rows("log_softmax", x))


def glu(x):
    """Gated linear unit: the second half of the last axis gates the first.

        glu(x)[i] = x[i] * sigmoid(x[F + i]), F = half the length of x

    x: [..., 2 F], any real numbers. Returns [..., F]. Raises ValueError for an odd length.
    Source: Dauphin et al. 2017, eq. 1.

    >>> glu(jnp.array([4.0, 6.0, 0.0, 0.0])).tolist()
    [2.0, 3.0]
    """
    x = _rows("glu", x)
    if x.shape[-1] % 2:
        raise ValueError(f"glu: x must end in an even number of features, two halves; got shape {x.shape}.")
    half = x.shape[-1] // 2
    return x[..., :half] * stable.sigmoid(x[..., half:])


def _rows(function, x):
    """Rows [..., C] with at least one number."""
    x = checks.numbers(function, "x", x)
    checks.last_axis(function, "x", x)
    checks.not_empty(function, "x", x)
    return x
