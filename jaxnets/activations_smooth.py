"""Activations that bend smoothly, on arrays, with values and slopes that keep their digits in both tails.

Every function is elementwise and keeps the shape of x.
"""

import jax.numpy as jnp

from . import checks, gates, stable

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def elu(x, alpha=1.0):
    """Exponential linear unit: the negative side levels off at -alpha.

        elu(x) = x if x > 0 else alpha * (exp(x) - 1)
        elu'(x) = 1 if x > 0 else alpha * exp(x)

    x: [...], any real number; alpha: a number >= 0. Returns [...] > -alpha. At 0 the slope is alpha. Raises
    ValueError for a negative alpha. Source: Clevert, Unterthiner and Hochreiter 2016, eq. 15.

    >>> float(elu(2.0)), float(elu(-1e-20))
    (2.0, -1e-20)
    """
    alpha = checks.non_negative("elu", "alpha", alpha)
    x = checks.numbers("elu", "x", x)
    return jnp.where(x > 0, x, alpha * stable.expm1(jnp.where(x > 0, 0, x)))


def selu(x):
    """Scaled elu: with LeCun's initial kernels, activations keep mean 0 and variance 1.

        selu(x) = scale * (x if x > 0 else alpha * (exp(x) - 1))
        selu'(x) = scale * (1 if x > 0 else alpha * exp(x))

    x: [...], any real number; scale = 1.0507009873554805, alpha = 1.6732632423543772. Returns [...] above
    -1.7581. At 0 the slope is scale * alpha. Source: Klambauer et al. 2017, eq. 2.

    >>> float(selu(1.0)), float(selu(0.0))
    (1.0507009873554805, 0.0)
    """
    return SELU_SCALE * elu(checks.numbers("selu", "x", x), SELU_ALPHA)


def celu(x, alpha=1.0):
    """Continuously differentiable elu: no corner at 0, whatever alpha is.

        celu(x) = x if x > 0 else alpha * (exp(x / alpha) - 1)
        celu'(x) = 1 if x > 0 else exp(x / alpha)

    x: [...], any real number; alpha: a number > 0. Returns [...] > -alpha. Raises ValueError for an alpha
    that is not above 0. Source: Barron 2017, eq. 2, arXiv:1704.07483.

    >>> float(celu(2.0, alpha=0.5)), float(celu(-1e-20, alpha=0.5))
    (2.0, -1e-20)
    """
    alpha = checks.positive("celu", "alpha", alpha)
    x = checks.numbers("celu", "x", x)
    # Next to 0 x / alpha would be 0; and a divisor that is one number is none, but multiplied with 1 / alpha.
    bent = ~(x >= -(alpha * jnp.finfo(x.dtype).tiny))  # nan too
    share = jnp.where(bent, x, 0) / jnp.where(bent, alpha, 1)
    return jnp.where(bent, alpha * stable.expm1(share), x)


def gelu(x, approximate=False):
    """Gaussian error linear unit: every input weighed by the probability that a normal number is below it.

        gelu(x) = x * Phi(x), Phi(x) = (1 + erf(x / sqrt(2))) / 2
        gelu(x, approximate=True) = x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2

    x: [...], any real number; approximate: False (as PyTorch and Keras; jax.nn.gelu says True). Returns [...]
    >= -0.17. Exact to the last digits in the left tail, where jax.nn.gelu loses hundreds of them, down to 16
    times the smallest normal number: to -12.9 in float32.
    Raises TypeError for an approximate that is neither True nor False.
    Source: Hendrycks and Gimpel 2016, section 2.

    >>> float(gelu(0.0)), round(float(gelu(1.0)), 4), round(float(gelu(1.0, approximate=True)), 4)
    (0.0, 0.8413, 0.8412)
    """
    if not isinstance(approximate, bool):
        raise TypeError(f"gelu: approximate must be True or False; got {checks.shown(approximate)}.")
    x = checks.numbers("gelu", "x", x)
    return gates.tanh_gelu(x) if approximate else gates.gelu(x)


def silu(x):
    """Sigmoid linear unit, also called swish: a gate that the input opens for itself.

        silu(x) = x / (1 + exp(-x))
        silu'(x) = sigmoid(x) * (1 + x * sigmoid(-x))

    x: [...], any real number. Returns [...] >= -0.28. Source: Elfwing, Uchibe and Doya 2018, eq. 6;
    Ramachandran, Zoph and Le 2017.

    >>> float(silu(0.0)), round(float(silu(1.0)), 4)
    (0.0, 0.7311)
    """
    return gates.silu(checks.numbers("silu", "x", x))


def softplus(x):
    """Softplus: a relu without a corner.

        softplus(x) = log(1 + exp(x))
        softplus'(x) = sigmoid(x)

    x: [...], any real number. Returns [...] >= 0. Source: Dugas et al. 2001, eq. 4.

    >>> float(softplus(0.0)), float(softplus(1000.0))
    (0.6931471805599453, 1000.0)
    """
    return stable.softplus(checks.numbers("softplus", "x", x))


def softsign(x):
    """Softsign: saturates as tanh does, but polynomially.

        softsign(x) = x / (1 + |x|)
        softsign'(x) = 1 / (1 + |x|)**2

    x: [...], any real number. Returns [...] in [-1, 1]. Source: Glorot and Bengio 2010, section 3.

    >>> float(softsign(-1.0)), float(softsign(3.0))
    (-0.5, 0.75)
    """
    return stable.softsign(checks.numbers("softsign", "x", x))


def mish(x):
    """Mish: a gate as silu's, a little steeper.

        mish(x) = x * tanh(log(1 + exp(x)))
        mish'(x) = tanh(softplus(x)) + x * sigmoid(x) / cosh(softplus(x))**2

    x: [...], any real number. Returns [...] >= -0.31. Source: Misra 2020, eq. 1, arXiv:1908.08681.

    >>> float(mish(0.0)), round(float(mish(1.0)), 4)
    (0.0, 0.8651)
    """
    return gates.mish(checks.numbers("mish", "x", x))


def log_sigmoid(x):
    """Log-sigmoid: the log-probability of a yes.

        log_sigmoid(x) = -log(1 + exp(-x))
        log_sigmoid'(x) = sigmoid(-x)

    x: [...], any real number. Returns [...] <= 0. Source: Bishop 2006, eq. 4.59.

    >>> float(log_sigmoid(0.0)), float(log_sigmoid(-1000.0))
    (-0.6931471805599453, -1000.0)
    """
    return -stable.softplus(-checks.numbers("log_sigmoid", "x", x))
