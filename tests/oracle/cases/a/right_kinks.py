"""Right at kinks that are hit exactly."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.oracle.cases import exact
from tests.oracle.cases.case import array, right
from tests.oracle.cases.exact import mp


@right(kind="kink", kink=True, proof=lambda x: exact.relu(x))
def relu_at_zero():
    """JAX takes 0, between 0 and 1."""
    return jax.nn.relu, (array([0.0, 1.0, -1.0]),)


@right(kind="kink", kink=True, proof=lambda x: exact.absolute(x))
def abs_at_zero():
    """JAX takes 1, one of the one-sided slopes -1 and 1."""
    return jnp.abs, (array([0.0, -2.0]),)


@right(kind="kink", kink=True, proof=lambda x, y: exact.maximum(x, y))
def maximum_of_two_equal_numbers():
    """JAX gives each half, between 0 and 1."""
    return jnp.maximum, (array([1.5, 2.0]), array([1.5, -1.0]))


@right(kind="kink", kink=True, proof=lambda x: np.max(x))
def max_of_a_tied_vector():
    """JAX shares the slope evenly among the three tied entries."""
    return jnp.max, (array([2.0, 1.0, 2.0, 2.0]),)


@right(kind="kink", kink=True, proof=lambda x: exact.minimum(exact.maximum(x, -1), 1))
def clip_exactly_at_its_bounds():
    """At the bounds JAX's slope lies between 0 and 1."""
    return lambda x: jnp.clip(x, -1.0, 1.0), (array([-1.0, 1.0, 0.25, 3.0]),)


@right(kind="kink", kink=True, proof=lambda x: np.sort(x))
def sort_with_ties():
    """JAX follows one order of the equal entries: a slope between the one-sided ones."""
    return jnp.sort, (array([1.0, 0.5, 1.0]),)


@right(kind="kink", kink=True, proof=lambda x: np.array([np.max(x[:2]), np.max(x[2:])]))
def max_pool_of_equal_entries():
    """JAX sends the slope to the first maximum of each window: 1 and 0, within [0, 1]."""

    def pool(x):
        return lax.reduce_window(x, -jnp.inf, lax.max, (2,), (2,), "VALID")

    return pool, (array([0.5, 0.5, 1.0, 2.0]),)


@right(kind="kink", kink=True, proof=lambda s: exact.relu(1 - s))
def hinge_loss_at_its_corner():
    """At margin one the slope lies in [-1, 0]."""
    import optax

    return lambda s: optax.hinge_loss(s, jnp.ones_like(s)), (array([1.0, 0.5]),)


@right(kind="kink", kink=True, proof=lambda x: exact.maximum(x, x / 8))
def leaky_relu_at_zero():
    """JAX takes one of the slopes 1/8 and 1."""
    return lambda x: jax.nn.leaky_relu(x, 0.125), (array([0.0, -1.0]),)


@right(kind="kink", kink=True, proof=lambda x: exact.minimum(exact.relu(x), 6))
def relu6_at_both_corners():
    """JAX takes a slope in [0, 1] at 0 and at 6."""
    return jax.nn.relu6, (array([0.0, 6.0, 3.0]),)


@right(kind="kink", kink=True, proof=lambda x: np.max(x) - np.min(x))
def range_of_a_vector_with_ties():
    """Ties at both ends share the slope."""
    return jnp.ptp, (array([1.0, 3.0, 1.0, 3.0, 2.0]),)


@right(kind="kink", kink=True, proof=lambda x: np.max(exact.absolute(x)))
def largest_modulus_of_a_tied_vector():
    """The tied entries 2 and -2 share the slope, with their signs."""
    return lambda x: jnp.linalg.norm(x, ord=jnp.inf), (array([2.0, -2.0, 1.0]),)


@right(
    kind="kink",
    kink=True,
    roundings=60,
    proof=lambda x: np.array(
        [x[0], exact.maximum(x[0], x[1]), exact.maximum(exact.maximum(x[0], x[1]), x[2])]
    ),
)
def cumulative_maximum_with_a_tie():
    """At the tie the slope is a mixture of the two sides."""
    return lax.cummax, (array([1.0, 1.0, 0.5]),)


@right(
    kind="once differentiable",
    roundings=50,
    proof=lambda x: np.array([x[0] ** 2 / 2, x[1] ** 2 / 2, x[2] - mp.mpf(0.5)]),
)
def huber_loss_at_its_threshold():
    """At |x| = delta both pieces have the slope delta."""
    import optax

    return lambda x: optax.huber_loss(x, delta=1.0), (array([1.0, -1.0, 2.5]),)


@right(kind="once differentiable", proof=lambda x: x * exact.absolute(x))
def x_times_abs_x_at_zero():
    """Slope 2|x|, zero at zero."""
    return lambda x: x * jnp.abs(x), (array([0.0, -1.5]),)


@right(kind="edge value", proof=lambda x: x**2)
def power_with_a_zero_base_and_a_traced_exponent():
    """x^2 has slope 0 at 0; JAX masks the logarithm."""
    return lambda x: jnp.power(x, 2.0), (array([0.0, 3.0]),)
