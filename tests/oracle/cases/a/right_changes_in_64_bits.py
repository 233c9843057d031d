"""Right: functions that are others in 64 bits."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.oracle.cases import exact
from tests.oracle.cases.case import array, normal, right
from tests.oracle.cases.exact import mp


@cache
def _normal(shape):
    """The float32 draw, in 80 digits."""
    return np.array(
        [mp.mpf(float(a)) for a in np.asarray(jax.random.normal(jax.random.key(3), shape, jnp.float32))]
    )


@right(kind="changes in 64 bits", proof=lambda x: exact.sin(x + _normal((4,))))
def noise_drawn_in_the_default_precision():
    """cos(x + noise) with the float32 draw; in 64 bits the draw is another one."""
    return lambda x: jnp.sin(x + jax.random.normal(jax.random.key(3), x.shape)), (array(normal(4, seed=1)),)


@cache
def _mask():
    """What the key keeps."""
    m = np.asarray(jax.random.bernoulli(jax.random.key(5), 0.75, (8,)))
    return np.array([mp.mpf(4) / 3 if b else mp.mpf(0) for b in m])


@right(kind="changes in 64 bits", proof=lambda x: np.sum((x * _mask()) ** 2))
def dropout_with_a_key():
    """2 x mask^2 scale^2 with the mask of this key."""

    def f(x):
        keep = jax.random.bernoulli(jax.random.key(5), 0.75, x.shape)
        return jnp.sum(jnp.where(keep, x / 0.75, 0) ** 2)

    return f, (array(normal(8, seed=2)),)


@right(kind="changes in 64 bits", proof=lambda x: 3 * x)
def factor_picked_by_the_bits_of_the_input():
    """The bits of the float32 input pick the factor (3 here); the slope is the factor."""

    def f(x):
        bits = lax.bitcast_convert_type(x, jnp.uint32)
        return jnp.where((bits >> 10) % 2 == 0, 3.0, 5.0) * x

    return f, (array(np.float32(1.5)),)


@right(kind="changes in 64 bits", proof=lambda x: x / (exact.absolute(x) + mp.mpf(2) ** -23))
def guard_by_the_machine_epsilon_of_the_input():
    """x/(|x| + eps): the epsilon follows the dtype."""
    return lambda x: x / (jnp.abs(x) + jnp.finfo(x.dtype).eps), (array([1e-7, -0.5]),)


@right(kind="changes in 64 bits", roundings=100, proof=lambda x: x**4 * 24)
def carry_with_a_fixed_dtype():
    """4! x^4 built by a scan with an int32 counter and a float32 carry."""

    def f(x):
        def step(c, _):
            i, y = c
            return (i + jnp.int32(1), (y * x * i).astype(jnp.float32)), None

        return lax.scan(step, (jnp.int32(1), jnp.float32(1)), None, 4)[0][1]

    return f, (array(np.float32(1.25)),)


@right(
    kind="changes in 64 bits",
    proof=lambda x: (
        x
        + np.array(
            [mp.mpf(float(a)) for a in np.asarray(jax.random.uniform(jax.random.key(7), (3,), jnp.float32))]
        )
        * x**2
    ),
)
def stochastic_rounding_offset():
    """1 + 2 u x with the float32 uniform numbers."""
    return lambda x: x + jax.random.uniform(jax.random.key(7), x.shape, x.dtype) * x**2, (
        array([0.5, -1.0, 2.0]),
    )
