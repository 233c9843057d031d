"""Activations that bend smoothly: the relatives of relu and the sigmoid that are differentiable at 0 too.

x: the weighted sum, a number or a Value.
"""

from decimal import Context, Decimal, localcontext

from . import checks, operations
from .operations import expm1, maximum, minimum, normal_cdf, sign, tanh, where
from .ranges import together
from .value import plain

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
SQRT_TWO_OVER_PI = 0.7978845608028654
SQRT_EIGHT_OVER_PI, CUBIC = Decimal("1.59576912160573071175978423974"), Decimal("0.044715")
DIGITS, SHUT = Context(prec=40), 25.0  # the gate of gelu's tanh form is shut or open
# In the place of an infinity: its product with a gate that is shut, or an open one's slope, is no number.
LOWEST, HIGHEST = -(10**30), 10**30


def elu(x, alpha=1.0):
    """Exponential linear unit: relu with a floor at -alpha, reached softly.

        elu(x) = x if x > 0 else alpha * (exp(x) - 1)
        elu'(x) = 1 if x > 0 else alpha * exp(x)

    x: any real number; alpha: a number >= 0. Returns a number > -alpha. At 0 the slope is alpha. Raises
    ValueError for a negative alpha. Source: Clevert, Unterthiner and Hochreiter 2016, eq. 15.

    >>> elu(2.0), elu(-1e-20)
    (2.0, -1e-20)
    """
    alpha = checks.non_negative("elu", "alpha", alpha)
    x = checks.operand("elu", "x", x)
    together("elu", x, alpha)
    return _elu(x, alpha)


def _elu(x, alpha):
    return where(x > 0, x, alpha * expm1(minimum(x, 1)))  # what is cut off at 1 is not chosen


def selu(x):
    """Scaled elu: keeps the mean at 0 and the variance at 1 from layer to layer.

        selu(x) = scale * (x if x > 0 else alpha * (exp(x) - 1))
        selu'(x) = scale * (1 if x > 0 else alpha * exp(x))

    x: any real number; scale = 1.0507009873554805, alpha = 1.6732632423543772. Returns a number above
    -1.7581. At 0 the slope is scale * alpha. Source: Klambauer et al. 2017, eq. 2.

    >>> selu(1.0), selu(0.0)
    (1.0507009873554805, 0.0)
    """
    x = checks.operand("selu", "x", x)
    together("selu", x, SELU_SCALE)
    return SELU_SCALE * _elu(x, SELU_ALPHA)


def celu(x, alpha=1.0):
    """Continuously differentiable elu: the slope at 0 is 1 for every alpha.

        celu(x) = x if x > 0 else alpha * (exp(x / alpha) - 1)
        celu'(x) = 1 if x > 0 else exp(x / alpha)

    x: any real number; alpha: a number > 0. Returns a number > -alpha. Raises ValueError for an alpha that is
    not above 0. Source: Barron 2017, eq. 2, arXiv:1704.07483.

    >>> celu(2.0, alpha=0.5), celu(-1e-20, alpha=0.5)
    (2.0, -1e-20)
    """
    alpha = checks.positive("celu", "alpha", alpha)
    x = checks.operand("celu", "x", x)
    return where(x > 0, x, alpha * expm1(minimum(x, alpha) / alpha))


def gelu(x, approximate=False):
    """Gaussian error linear unit: the input times the probability that a normal number is below it.

        gelu(x) = x * Phi(x), Phi(x) = (1 + erf(x / sqrt(2))) / 2
        gelu(x, approximate=True) = x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2

    x: any real number; approximate: False (as PyTorch and Keras; jax.nn.gelu says True). Returns a number
    >= -0.17. Exact to the last digits in the left tail, where 1 + erf is 0 from -8.3 on. Raises TypeError for
    an approximate that is neither True nor False. Source: Hendrycks and Gimpel 2016, section 2.

    >>> gelu(0.0), round(gelu(1.0), 4), round(gelu(1.0, approximate=True), 4)
    (0.0, 0.8413, 0.8412)
    """
    if not isinstance(approximate, bool):
        raise TypeError(f"gelu: approximate must be True or False; got {checks.shown(approximate)}.")
    x = checks.operand("gelu", "x", x)
    if approximate:  # (1 + tanh(u)) / 2 is sigmoid(2 * u), which keeps its digits where tanh is nearly -1
        near = minimum(x, HIGHEST)
        score = 2 * SQRT_TWO_OVER_PI * (near + 0.044715 * (near * near * near))
        gate = operations.sigmoid(score)
        gate = gate + gate * (_rounded(x, score) * operations.sigmoid(-score))
    else:
        gate = normal_cdf(minimum(x, HIGHEST))
    return maximum(x, LOWEST) * gate


def _rounded(x, score):
    """What rounding took from the score of gelu, a constant: its slope puts it back into the gate, which
    would show it a hundred times as large. 0 for other numbers than floats, and those not known yet."""
    if not checks.known(x) or type(number := plain(x)) is not float or not abs(number) < SHUT:
        return 0
    with localcontext(DIGITS):
        exact = Decimal(number)
        return float(SQRT_EIGHT_OVER_PI * (exact + CUBIC * exact**3) - Decimal(plain(score)))


def silu(x):
    """Sigmoid linear unit, also called swish: the input times its sigmoid.

        silu(x) = x / (1 + exp(-x))
        silu'(x) = sigmoid(x) * (1 + x * sigmoid(-x))

    x: any real number. Returns a number >= -0.28. Source: Elfwing, Uchibe and Doya 2018, eq. 6;
    Ramachandran, Zoph and Le 2017.

    >>> silu(0.0), round(silu(1.0), 4)
    (0.0, 0.7311)
    """
    x = checks.operand("silu", "x", x)
    return maximum(x, LOWEST) * operations.sigmoid(minimum(x, HIGHEST))


def softplus(x):
    """Softplus: relu with its corner rounded off.

        softplus(x) = log(1 + exp(x))
        softplus'(x) = sigmoid(x)

    x: any real number. Returns a number >= 0. Source: Dugas et al. 2001, eq. 4.

    >>> softplus(0.0), softplus(1000.0)
    (0.6931471805599453, 1000.0)
    """
    return operations.softplus(checks.operand("softplus", "x", x))


def softsign(x):
    """Softsign: like tanh, but it nears -1 and 1 slowly.

        softsign(x) = x / (1 + |x|)
        softsign'(x) = 1 / (1 + |x|)**2

    x: any real number. Returns a number in [-1, 1]. Source: Glorot and Bengio 2010, section 3.

    >>> softsign(-1.0), softsign(3.0)
    (-0.5, 0.75)
    """
    size = abs(x := checks.operand("softsign", "x", x))
    # From 1 on a distance from the limit: the quotient's slope would be a difference of nearly equal terms.
    return where(size < 1, x / (1 + size), sign(x) * (1 - 1 / (1 + size)))


def mish(x):
    """Mish: the input times the tanh of its softplus.

        mish(x) = x * tanh(log(1 + exp(x)))
        mish'(x) = tanh(softplus(x)) + x * sigmoid(x) / cosh(softplus(x))**2

    x: any real number. Returns a number >= -0.31. Source: Misra 2020, eq. 1, arXiv:1908.08681.

    >>> mish(0.0), round(mish(1.0), 4)
    (0.0, 0.8651)
    """
    x = checks.operand("mish", "x", x)
    return maximum(x, LOWEST) * tanh(operations.softplus(minimum(x, HIGHEST)))


def log_sigmoid(x):
    """Log-sigmoid: the logarithm of a probability, straight from its score.

        log_sigmoid(x) = -log(1 + exp(-x))
        log_sigmoid'(x) = sigmoid(-x)

    x: any real number. Returns a number <= 0. Source: Bishop 2006, eq. 4.59.

    >>> log_sigmoid(0.0), log_sigmoid(-1000.0)
    (-0.6931471805599453, -1000.0)
    """
    return -operations.softplus(-checks.operand("log_sigmoid", "x", x))
