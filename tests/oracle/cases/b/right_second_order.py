"""Right at second order."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.oracle.cases import exact
from tests.oracle.cases.case import array, normal, right


@right(kind="second order", order=2, proof=lambda x, y: exact.sin(x) * exact.exp(y))
def second_derivative_of_sin_x_exp_y():
    """The full Hessian."""
    return lambda x, y: jnp.sin(x) * jnp.exp(y), (array(0.5), array(-1.0))


@right(kind="second order", order=2, roundings=100, proof=lambda x: exact.logsumexp(x))
def Hessian_of_logsumexp():
    """diag(p) - p p'."""
    return jax.nn.logsumexp, (array([1.0, 0.0, -2.0]),)


@right(kind="second order", order=2, roundings=100, proof=lambda x: exact.logsumexp(x))
def Hessian_of_logsumexp_at_a_thousand():
    """diag(p) - p p', while exp overflows."""
    return jax.nn.logsumexp, (array([1000.0, 999.0, 998.5]),)


@right(kind="second order", order=2, proof=lambda x: x**3)
def custom_cube_at_second_order():
    """6x through the rule."""
    f = jax.custom_jvp(lambda x: x**3)
    f.defjvp(lambda p, t: (f(p[0]), 3 * p[0] ** 2 * t[0]))
    return f, (array([0.5, -2.0]),)


@right(kind="second order", order=2, roundings=60, proof=lambda x: exact.log(exact.cosh(x)))
def curvature_of_log_cosh():
    """1 - tanh^2 through a custom rule."""
    f = jax.custom_jvp(lambda x: jnp.logaddexp(x, -x) - jnp.log(2.0))
    f.defjvp(lambda p, t: (f(p[0]), jnp.tanh(p[0]) * t[0]))
    return f, (array([0.0, 0.75]),)


@right(kind="second order", order=2, proof=lambda x: x**2)
def second_derivative_of_a_power_at_zero():
    """2, although x^(p-2) is 0^0."""
    return lambda x: jnp.power(x, 2.0), (array([0.0, 1.5]),)


W1, W2 = (
    normal(3, 2, seed=7).astype(np.float32).astype(float),
    normal(2, 3, seed=8).astype(np.float32).astype(float),
)


def _mlp(x):
    """A tanh network."""
    return np.sum(exact.tanh(W2 @ exact.tanh(W1 @ x)))


@right(kind="second order", order=2, roundings=200, proof=lambda x: _mlp(x))
def two_layer_network_at_second_order():
    """Hessian of a tanh network."""
    w, v = array(W1, jnp.float32), array(W2, jnp.float32)
    return lambda x: jnp.sum(jnp.tanh(v @ jnp.tanh(w @ x))), (array([0.5, -1.0]),)


@right(kind="second order", x64=True, order=2, roundings=500, proof=lambda a: exact.inverse(a)[0, 1])
def second_derivative_of_a_solve():
    """Second-order perturbation of the inverse."""
    return lambda a: jnp.linalg.solve(a, array([0.0, 1.0]))[0], (array([[2.0, 0.5], [0.25, 1.0]]),)


@right(kind="second order", order=2, roundings=60, proof=lambda x: exact.sigmoid(x))
def saturated_sigmoid_at_second_order():
    """s (1 - s)(1 - 2s), about e^-30."""
    return jax.nn.sigmoid, (array([-30.0, 1.0]),)
