"""Numbers times a gate that they open for themselves, with the slopes of all orders, digits kept in both
tails.

A gate shuts as exp(-|v|) does, which is 0 while the number times it is not: so the power comes in two, the
first down to exp(-64), and the rest of it last. In float32 x * sigmoid(x) is 0 from -88 on, where it should
be -5e-37.
x: [...], floats of any size; e: exp(-|v|), but exp(-64) from there on where v < 0; rest: what it lacks, a
factor, 1 elsewhere.
"""

import jax.numpy as jnp
from jax import lax

from .normal_curve import normal_cdf, normal_pdf
from .stable import with_slope

SPLIT = 64.0
FAR = 2000.0  # every gate is shut or open here: sigmoid from 746 on
FAR_CUBE = 32.0  # that of gelu's tanh form is from 22 on; of 58 the rest of a power overflows in 32 bits
# sqrt(8 / pi) and 0.044715 * sqrt(8 / pi), each in two parts, the first of half the digits
HALVES = 1.5957691073417664, 1.426396435433791e-08, 0.071354815736413, 5.361872467621785e-10
HALVES_SHORT = 1.595703125, 6.599660573071176e-05, 0.07135009765625, 4.718616350248776e-06


def _gated(x, e, rest):
    """x * sigmoid(v)."""
    near = jnp.maximum(x, -FAR)  # -infinity times 0 is no number
    return jnp.where(x > 0, x / (1 + e), (near * (e / (1 + e))) * rest)


def _gated_slope(x, e, rest, growth):
    """The slope of x * sigmoid(v), sigmoid(v) * (1 + x * growth * sigmoid(-v)); growth: the slope of v."""
    opening, shutting = jnp.where(x > 0, e, 1), jnp.where(x > 0, 1, e)
    return ((1 + x * growth * (opening / (1 + e))) * (shutting / (1 + e))) * rest


def _powers(x):
    """e and rest for v = x, whose slopes at 0 are those of the same side, which |x| has not."""
    return jnp.exp(jnp.where(x > 0, -x, jnp.maximum(x, -SPLIT))), jnp.exp(jnp.minimum(x + SPLIT, 0))


def _silu_slope(x, y):
    near = jnp.clip(x, -FAR, FAR)
    return _gated_slope(near, *_powers(near), 1)


@with_slope(_silu_slope)
def silu(x):
    """x * sigmoid(x)."""
    return _gated(x, *_powers(x))


def _mish_parts(x):
    """e and rest; what is left of tanh(softplus(x)) without e where x <= 0; and 1 - tanh(softplus(x))**2."""
    up, (e, rest) = x > 0, _powers(x)
    small, large = jnp.where(up, 1 + 2 * e, 2 + e), jnp.where(up, 2 * e * e, 2)
    whole = jnp.where(up, small, e * small) + large
    share = large / whole
    # small / whole is 1 - share where x > 0, and its slope there a difference of two that are nearly equal
    return e, rest, jnp.where(up, 1 - share, small / whole), share * (2 - share)


def _mish_slope(x, y):
    x = jnp.clip(x, -FAR, FAR)
    e, rest, shape, sech2 = _mish_parts(x)
    gate = 1 / (1 + e)  # the sigmoid, without e where x <= 0
    return ((shape + x * sech2 * gate) * jnp.where(x > 0, 1, e)) * rest


@with_slope(_mish_slope)
def mish(x):
    """x * tanh(softplus(x))."""
    e, rest, shape, _ = _mish_parts(x)
    return jnp.where(x > 0, x * shape, (jnp.maximum(x, -FAR) * (e * shape)) * rest)


def _gelu_slope(x, y):
    near = jnp.clip(x, -FAR, FAR)
    return normal_cdf(near) + near * normal_pdf(near)


@with_slope(_gelu_slope)
def gelu(x):
    """x * normal_cdf(x)."""
    return jnp.maximum(x, -FAR) * normal_cdf(x)


def _constants(x):
    return HALVES if x.dtype == jnp.float64 else HALVES_SHORT


def _growth(x):
    """The slope of v = sqrt(8 / pi) * (x + 0.044715 * x**3)."""
    c, c_rest, k, k_rest = _constants(x)
    return (c + c_rest) + 3 * (k + k_rest) * (x * x)


def _score(x):
    """-|v| for v as above, in two parts, as exp would show the rounding of v.

    The first is a sum of two products without rounding: x has a third of its digits there, and its cube half
    of them.
    """
    bits = jnp.finfo(x.dtype)
    c, c_rest, k, k_rest = _constants(x)
    a = jnp.where(x > 0, -x, x)
    high = lax.reduce_precision(a, bits.nexp, (bits.nmant + 1) // 3 - 1)
    low, cube = a - high, high * high * high
    most = lax.reduce_precision(cube, bits.nexp, (bits.nmant + 1) // 2 - 1)
    first, second = c * high, k * most
    s = first + second
    part = s - first
    rounded = (first - (s - part)) + (second - part)
    rest = low * (c + k * (3 * high * (high + low) + low * low))
    return s, rest + (rounded + (c_rest * a + k_rest * (a * a * a) + k * (cube - most)))


def _split(x):
    """Where the power is cut in two."""
    return (x < 0) & (_score(x)[0] < -SPLIT)


@with_slope(lambda x, e: e * jnp.where(x > 0, -1, 1) * jnp.where(_split(x), 0, _growth(x)))
def _cubic_power(x):
    """e."""
    s, rest = _score(x)
    return jnp.exp(jnp.where(x > 0, s, jnp.maximum(s, -SPLIT))) * (1 + jnp.expm1(rest))


@with_slope(lambda x, y: y * jnp.where(_split(x), _growth(x), 0))
def _cubic_rest(x):
    """rest."""
    return jnp.where(_split(x), jnp.exp(_score(x)[0] + SPLIT), 1)


def _tanh_gelu_slope(x, y):
    near = jnp.clip(x, -FAR_CUBE, FAR_CUBE)
    return _gated_slope(near, _cubic_power(near), _cubic_rest(near), _growth(near))


@with_slope(_tanh_gelu_slope)
def tanh_gelu(x):
    """x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2; (1 + tanh(v / 2)) / 2 is sigmoid(v)."""
    near = jnp.clip(x, -FAR_CUBE, FAR_CUBE)
    return _gated(x, _cubic_power(near), _cubic_rest(near))
