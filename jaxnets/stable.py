"""Functions of arrays, with the slopes of all orders, where XLA or the textbook's form loses digits.

Measured on CPU with jax 0.10.2, in ULPs of float64: lax.erfc 320 off at 24, log1p 128 between -0.45 and -0.3,
tanh 6 near 1; exp, erf, pow and lax.logistic are within 2. x: [...], floats of any size; a: |x|.
"""

from functools import wraps
from math import factorial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

SQRT_TWO_PI = 2.5066282746310002
FAR, FAR_SHORT = 64, 16  # normal_pdf is 0 from 39 on, and from 15 on in types shorter than float64
# (a + 1) * R(a) as a polynomial in u = (a - 4) / (a + 4), where R(a) = (1 - normal_cdf(a)) / normal_pdf(a):
# Mills' ratio, a Chebyshev series summed in 60 digits. The short one is for float32.
MILLS = (
    1.1832619145678034, -0.2423996705218074, 0.035091880234748005, 0.07169048120136096,
    -0.0807080096790523, 0.04495912907942534, -0.01253910362039814, -0.0007159509389343426,
    0.001741848773732585, -0.00023670148962287867, -0.00022021557569575163, 5.3265639600963697e-05,
    3.4158814331838304e-05, -8.601886632345369e-06, -6.553354455258487e-06, 1.010149243523867e-06,
    1.3907627079853225e-06, 1.063398047097877e-08, -2.8692999652122816e-07, -5.844326186466464e-08,
    5.0778441223622434e-08, 2.2205063937463925e-08, -6.562440237066926e-09, -4.779664949172993e-09,
    4.4802333823089844e-10, 4.934984427672993e-10,
)  # fmt: skip
MILLS_SHORT = (
    1.183261905003296, -0.24239965322841212, 0.035092579442418156, 0.0716899901274411,
    -0.0807163453792018, 0.04496313583061264, -0.012502345564494057, -0.0007300993390324564,
    0.0016668794578253972, -0.00021194549193020052, -0.00014561313280773365, 3.150467452294298e-05,
)  # fmt: skip


COSH = tuple(2 / factorial(2 * k + 2) for k in range(10))  # (cosh(a) - 1) / (a**2 / 2), in a**2


def with_slope(slope) -> Any:
    """Decorates a function of one array with its slope, a function of x and y = function(x)."""

    def decorate(function):
        smooth = jax.custom_jvp(function)

        @smooth.defjvp
        def jvp(primals, tangents):
            (x,), (dx,) = primals, tangents
            y = smooth(x)
            return y, dx * slope(x, y)

        return wraps(function)(lambda x: smooth(x))

    return decorate


def _mirrored(x) -> Any:
    return sigmoid(-x)


@with_slope(lambda x, y: y * _mirrored(x))  # y * (1 - y) would be 140 ULP off at x = 5, and 0 from x = 37
def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return lax.logistic(x)


def _sech2(x):
    decay = jnp.exp(-2 * jnp.abs(x))
    return 4 * decay / (1 + decay) ** 2  # 1 - y * y would be 0 from x = 19


@with_slope(lambda x, y: _sech2(x))
def tanh(x):
    """Hyperbolic tangent."""
    if x.dtype != jnp.float64:
        return jnp.tanh(x)
    # XLA's float64 tanh is 6 ULP off near +-1 on CPU; 2 / (exp(2x) + 1) is small there, so its error is too.
    tail = 1 - 2 / (jnp.exp(2 * jnp.abs(x)) + 1)
    return jnp.where(jnp.abs(x) < 0.55, jnp.tanh(x), jnp.sign(x) * tail)


@with_slope(lambda x, y: sigmoid(x))
def softplus(x):
    """log(1 + exp(x))."""
    return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


@with_slope(lambda x, y: tanh(x))
def log_cosh(x):
    """log(cosh(x)), 0 to the last digit near 0, and |x| - log(2) far out."""
    a = jnp.abs(x)
    square = jnp.minimum(a, 1) ** 2
    near = jnp.log1p(square / 2 * _horner(COSH, square))
    return jnp.where(a < 1, near, (a - 0.6931471805599453) + jnp.log1p(jnp.exp(-2 * a)))


@with_slope(lambda x, y: jnp.exp(x))  # JAX takes y + 1, which is 0 from x = -37 on
def expm1(x):
    """exp(x) - 1."""
    return jnp.expm1(x)


def sigmoid_power(x, power):
    """sigmoid(x)**power: its slope is no 0 * infinity where the sigmoid is 0 and the power below 1."""
    return _sigmoid_power(x, power)


@jax.custom_jvp
def _sigmoid_power(x, power):
    return sigmoid(x) ** power


@_sigmoid_power.defjvp
def _sigmoid_power_jvp(primals, tangents):
    (x, power), (dx, dpower) = primals, tangents
    y = _sigmoid_power(x, power)
    return y, dx * (power * sigmoid(-x) * y) - dpower * (softplus(-x) * y)


@with_slope(lambda x, y: 1 / ((1 + jnp.abs(x)) * (1 + jnp.abs(x))))
def softsign(x):
    """x / (1 + |x|)."""
    x = jnp.clip(x, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)  # infinity through itself is no number
    return x / (1 + jnp.abs(x))


@with_slope(lambda x, y: -x * y)
def normal_pdf(x):
    """exp(-x**2 / 2) / sqrt(2 * pi): x in two parts, as exp would show the rounding of x**2."""
    bits = jnp.finfo(x.dtype)
    a = jnp.minimum(jnp.abs(x), FAR if x.dtype == jnp.float64 else FAR_SHORT)
    high = lax.reduce_precision(a, bits.nexp, bits.nmant // 2 - 1)
    low = a - high
    most = jnp.exp(-high * high / 2) / SQRT_TWO_PI
    return most * (1 + jnp.expm1(-low * (high + low / 2)))  # of a product of two exp XLA makes one


@with_slope(lambda x, y: normal_pdf(x))
def normal_cdf(x):
    """The probability that a standard normal number is below x; small ones have all their digits."""
    a = jnp.minimum(jnp.abs(x), 64)
    u = (a - 4) / (a + 4)
    ratio = _horner(MILLS if x.dtype == jnp.float64 else MILLS_SHORT, u) / (a + 1)
    tail = normal_pdf(a) * ratio
    return jnp.where(x > 0, 1 - tail, tail)


def _horner(coefficients, x):
    y = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        y = y * x + coefficient
    return y


def xlogy(x, y):
    """x * log(y), with 0 * log(0) = 0 and its slopes there 0."""
    return x * jnp.log(jnp.where((x == 0) & (y == 0), 1, y))


def xlog1my(x, y):
    """x * log(1 - y), with 0 * log(0) = 0. log1p for small y keeps the digits that 1 - y would round away;
    above 1/4 it is log, because log1p of jax 0.10 on CPU is up to 128 ULP off between -0.45 and -0.3."""
    y = jnp.where((x == 0) & (y == 1), 0, y)
    small = y < 0.25
    return x * jnp.where(small, jnp.log1p(-jnp.where(small, y, 0)), jnp.log(1 - jnp.where(small, 0, y)))


def softmax_parts(x):
    """log softmax, softmax and 1 - softmax along the last axis, the last without the cancellation at a
    dominant class; and where the largest is."""
    positions = lax.broadcasted_iota(jnp.int32, x.shape, x.ndim - 1)
    top = positions == jnp.argmax(x, axis=-1, keepdims=True)
    # the score at `top`, not max(x): of several largest ones max shares its slope, and only one is left out
    shifted = x - jnp.sum(jnp.where(top, x, 0), axis=-1, keepdims=True)
    powers = jnp.exp(shifted)
    rest = jnp.sum(jnp.where(top, 0, powers), axis=-1, keepdims=True)
    probabilities = powers / (1 + rest)
    complements = jnp.where(top, rest / (1 + rest), 1 - probabilities)
    return shifted - jnp.log1p(rest), probabilities, complements, top


def lead(x):
    """How far each number is above the soft maximum of all others, x[i] - log(sum of exp(x[j]), j not i),
    along
    the last axis: softmax(x)[i] is sigmoid(lead(x)[i]), and 1 - softmax(x)[i] is sigmoid(-lead(x)[i])."""
    positions = lax.broadcasted_iota(jnp.int32, x.shape, x.ndim - 1)
    top = positions == jnp.argmax(x, axis=-1, keepdims=True)
    gaps = jnp.where(top, 0, x - jnp.sum(jnp.where(top, x, 0), axis=-1, keepdims=True))
    powers = jnp.where(top, 0, jnp.exp(gaps))
    behind = jax.nn.logsumexp(jnp.where(top, -jnp.inf, gaps), axis=-1, keepdims=True)
    rest = jnp.sum(powers, axis=-1, keepdims=True)
    return jnp.where(top, -behind, gaps - jnp.log1p(jnp.where(top, 0, rest - powers)))


def log_softmax(x):
    """x - log(sum(exp(x))) along the last axis."""
    return _log_softmax(x)


@jax.custom_jvp
def _log_softmax(x):
    return softmax_parts(x)[0]


@_log_softmax.defjvp
def _log_softmax_jvp(primals, tangents):
    # d y[i] = (1 - p[i]) d x[i] - sum of p[j] d x[j] over the others: nothing large is subtracted from
    # itself.
    (x,), (dx,) = primals, tangents
    y, probabilities, complements, top = softmax_parts(x)
    moved = probabilities * dx
    rest = jnp.sum(jnp.where(top, 0, moved), axis=-1, keepdims=True)
    largest = jnp.sum(jnp.where(top, moved, 0), axis=-1, keepdims=True)
    others = jnp.where(top, rest, (rest - moved) + largest)
    return y, complements * dx - others
