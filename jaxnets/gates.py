"""Numbers times a gate that they open for themselves, with the slopes of all orders, digits kept in both
tails.

A gate shuts as exp(-|v|) does, which is 0 while the number times it is not: so they meet half the power
first, and then the other half. Measured on CPU in ULPs of float32: x * sigmoid(x) is infinitely far off from
-88 on.
x: [...], floats of any size; h: exp(-|v| / 2), the half of the power.
"""

import jax.numpy as jnp
from jax import lax

from .stable import with_slope

FAR = 2000.0  # every gate is shut or open here: sigmoid from 746 on
FAR_CUBE = 64.0  # that of gelu's tanh form is from 22 on, and the cube of more may overflow
# sqrt(8 / pi) and 0.044715 * sqrt(8 / pi), each in two parts, the first of half the digits
HALVES = 1.5957691073417664, 1.426396435433791e-08, 0.071354815736413, 5.361872467621785e-10
HALVES_SHORT = 1.595703125, 6.599660573071176e-05, 0.07135009765625, 4.718616350248776e-06


def _gated(x, h):
    """x * sigmoid(v)."""
    near = jnp.clip(x, -FAR, FAR)  # -infinity times 0 is no number
    return jnp.where(x > 0, x / (1 + h * h), (near * h) * (h / (1 + h * h)))


def _gated_slope(x, h, growth):
    """The slope of x * sigmoid(v), sigmoid(v) * (1 + x * growth * sigmoid(-v)); growth: the slope of v."""
    opening, shutting = jnp.where(x > 0, h, 1), jnp.where(x > 0, 1, h)
    rest = 1 + (x * growth * opening) * (opening / (1 + h * h))
    return (rest * shutting) * (shutting / (1 + h * h))


def _half(x):
    """exp(-|x| / 2), with the slope of the same side at 0, which |x| has not."""
    return jnp.exp(jnp.where(x > 0, -x, x) / 2)


def _silu_slope(x, y):
    near = jnp.clip(x, -FAR, FAR)
    return _gated_slope(near, _half(near), 1)


@with_slope(_silu_slope)
def silu(x):
    """x * sigmoid(x)."""
    return _gated(x, _half(x))


def _mish_parts(x):
    """h; what is left of tanh(softplus(x)) without h * h where x <= 0; and 1 - tanh(softplus(x))**2."""
    up, h = x > 0, _half(x)
    e = h * h
    small, large = jnp.where(up, 1 + 2 * e, 2 + e), jnp.where(up, 2 * e * e, 2)
    whole = jnp.where(up, small, e * small) + large
    rest = large / whole
    return h, small / whole, rest * (2 - rest)


def _mish_slope(x, y):
    x = jnp.clip(x, -FAR, FAR)
    h, shape, sech2 = _mish_parts(x)
    shutting = jnp.where(x > 0, 1, h)
    return ((shape + x * sech2 / (1 + h * h)) * shutting) * shutting


@with_slope(_mish_slope)
def mish(x):
    """x * tanh(softplus(x))."""
    h, shape, _ = _mish_parts(x)
    return jnp.where(x > 0, x * shape, (jnp.clip(x, -FAR, FAR) * h) * (h * shape))


def _constants(x):
    return HALVES if x.dtype == jnp.float64 else HALVES_SHORT


def _growth(x):
    """The slope of v = sqrt(8 / pi) * (x + 0.044715 * x**3)."""
    c, c_rest, k, k_rest = _constants(x)
    return (c + c_rest) + 3 * (k + k_rest) * (x * x)


@with_slope(lambda x, h: h * jnp.where(x > 0, -1, 1) * (_growth(x) / 2))
def _half_cubic(x):
    """exp(-|v| / 2), v as above: in two parts, as exp would show the rounding of v.

    The first, s, is a sum of two products without rounding: x has a third of its digits there, and its cube
    half of them.
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
    rest = rest + (rounded + (c_rest * a + k_rest * (a * a * a) + k * (cube - most)))
    return jnp.exp(s / 2) * (1 + jnp.expm1(rest / 2))


def _tanh_gelu_slope(x, y):
    near = jnp.clip(x, -FAR_CUBE, FAR_CUBE)
    return _gated_slope(near, _half_cubic(near), _growth(near))


@with_slope(_tanh_gelu_slope)
def _tanh_gelu(x):
    return _gated(x, _half_cubic(jnp.clip(x, -FAR_CUBE, FAR_CUBE)))


def tanh_gelu(x):
    """x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2; (1 + tanh(v / 2)) / 2 is sigmoid(v)."""
    wide = x.astype(jnp.promote_types(x.dtype, jnp.float32))  # a third of half precision's digits is none
    return _tanh_gelu(wide).astype(x.dtype)
