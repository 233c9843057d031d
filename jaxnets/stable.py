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

from .precision import rounded_once

COSH = tuple(2 / factorial(2 * k + 2) for k in range(10))  # (cosh(a) - 1) / (a**2 / 2), in a**2


def with_slope(slope) -> Any:
    """Decorates a function of one array with its slope, a function of x and y = function(x).

    Half precision is computed in float32, value and slopes, for it has no digits to lose on the way."""

    def decorate(function):
        smooth = jax.custom_jvp(function)

        @smooth.defjvp
        def jvp(primals, tangents):
            (x,), (dx,) = primals, tangents
            y = smooth(x)
            return y, dx * slope(x, y)

        return wraps(function)(rounded_once(lambda x: smooth(x)))

    return decorate


def _tanh(x) -> Any:
    return tanh(x)


@with_slope(lambda x, y: -(y * _tanh(x / 2)))  # the product's own slope would be y less nearly y next to 0
def _logistic_pdf(x):
    return lax.logistic(x) * lax.logistic(-x)  # y * (1 - y) would be 140 ULP off at x = 5, and 0 from x = 37


@with_slope(lambda x, y: _logistic_pdf(x))
def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return lax.logistic(x)


@with_slope(lambda x, y: -2 * (_tanh(x) * y))
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


@jax.custom_jvp
def _sigmoid_power(x, power):
    """sigmoid(x)**power: its slope is no 0 * infinity where the sigmoid is 0 and the power below 1."""
    return sigmoid(x) ** power


@_sigmoid_power.defjvp
def _sigmoid_power_jvp(primals, tangents):
    (x, power), (dx, dpower) = primals, tangents
    y = _sigmoid_power(x, power)
    return y, dx * (power * sigmoid(-x) * y) - dpower * (softplus(-x) * y)


@jax.custom_jvp
def focal(x, power):
    """sigmoid(-x)**power * softplus(-x), 0 at infinity, and its slope at -infinity that of -x."""
    return _sigmoid_power(-x, power) * softplus(-x)


@focal.defjvp
def _focal_jvp(primals, tangents):
    (x, power), (dx, dpower) = primals, tangents
    near = jnp.clip(x, -1e4, 1e4)  # 0 times infinity is no number, and from 746 on nothing changes
    share = _sigmoid_power(-near, power)
    slope = share * (power * (sigmoid(near) * softplus(-near)) + sigmoid(-near))
    return focal(x, power), -dx * slope - dpower * (softplus(near) * (share * softplus(-near)))


@with_slope(lambda x, y: -2 * jnp.sign(x) * (y / (1 + jnp.abs(x))))
def _softsign_slope(x):
    part = 1 / (1 + jnp.abs(x))
    return part * part  # the square of the divisor would overflow


@with_slope(lambda x, y: _softsign_slope(x))
def softsign(x):
    """x / (1 + |x|)."""
    x = jnp.clip(x, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)  # infinity through itself is no number
    return x / (1 + jnp.abs(x))


def _horner(coefficients, x):
    y = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        y = y * x + coefficient
    return y


def scale(size):
    """The power of two next to 1 / size, size >= 0, and 1 for 0: a constant to multiply by before squaring.

    No digit is lost in it, and no square of numbers up to the size overflows. XLA takes numbers below the
    smallest normal one as 0, as 1 / size is for the largest; and (x / size) / y as x / (size * y).
    """
    bits = jnp.finfo(size.dtype)
    power = lax.reduce_precision(1 / lax.stop_gradient(size), bits.nexp, 0)
    return jnp.where(size == 0, 1, jnp.clip(power, bits.tiny, 1 / bits.tiny))


def counted(weight, y):
    """weight * y, and 0 where the weight is 0 and y infinite: what does not count costs nothing."""
    return weight * jnp.where((weight == 0) & jnp.isinf(y), 0, y)


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
    along the last axis: softmax(x)[i] is sigmoid(lead(x)[i]), and 1 - softmax(x)[i] is sigmoid(-lead(x)[i]).
    """
    positions = lax.broadcasted_iota(jnp.int32, x.shape, x.ndim - 1)
    top = positions == jnp.argmax(x, axis=-1, keepdims=True)
    gaps = jnp.where(top, 0, x - jnp.sum(jnp.where(top, x, 0), axis=-1, keepdims=True))
    powers = jnp.where(top, 0, jnp.exp(gaps))
    far = jnp.where(top, -jnp.inf, gaps)
    alone = jnp.all(jnp.isneginf(far), axis=-1, keepdims=True)  # where log(0) would have an infinite slope
    behind = jax.nn.logsumexp(jnp.where(alone, 0, far), axis=-1, keepdims=True)
    behind = jnp.where(alone, -jnp.inf, behind)
    rest = jnp.sum(powers, axis=-1, keepdims=True)
    return jnp.where(top, -behind, gaps - jnp.log1p(jnp.where(top, 0, rest - powers)))


@rounded_once
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
