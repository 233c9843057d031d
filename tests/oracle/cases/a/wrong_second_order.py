"""Wrong at second order."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.oracle.cases import exact
from tests.oracle.cases.case import JAX, array, wrong
from tests.oracle.cases.exact import mp


@wrong(
    JAX + "issues/5054",
    kind="second order",
    guilty="select_n",
    x64=True,
    order=2,
    proof=lambda x: exact.sinc(x),
)
def second_derivative_of_a_patched_sinc():
    """sinc''(0) = -pi^2/3; the constant branch at 0 gives 0."""

    def f(x):
        y = jnp.where(x == 0, 1.0, x)
        return jnp.where(x == 0, 1.0, jnp.sin(jnp.pi * y) / (jnp.pi * y))

    return f, (array(0.0),)


@wrong(
    JAX + "issues/40627",
    kind="second order",
    guilty="custom_jvp_call",
    x64=True,
    order=2,
    proof=lambda x: mp.besseli(0, x),
)
def Bessel_i0_as_exp_abs_x_times_its_scaled_form():
    """i0''(0) = 1/2; the rule of jnp.i0 (sign x, scaled functions) returns 0."""
    return jnp.i0, (array(0.0),)


@wrong(
    "https://github.com/pytorch/pytorch/issues/106789",
    kind="second order",
    guilty="custom_jvp_call",
    order=2,
    proof=lambda x: np.prod(x),
)
def product_of_two_zeros_at_second_order():
    """d2/dx3dx4 of x1 x2 x3 x4 is 6 at (2,3,0,0); the rule is the constant 0 when two entries vanish."""

    @jax.custom_jvp
    def f(x):
        return x[0] * x[1] * x[2] * x[3]

    @f.defjvp
    def _rule(p, t):
        (x,) = p
        others = jnp.stack([jnp.prod(jnp.delete(x, i)) for i in range(4)])
        return f(x), jnp.where(jnp.sum(x == 0) > 1, 0.0, others @ t[0])

    return f, (array([2.0, 3.0, 0.0, 0.0]),)


@wrong(
    "https://github.com/tensorflow/tensorflow/issues/11091",
    kind="second order",
    guilty="custom_vjp_call",
    modes=("rev",),
    order=2,
    proof=lambda x: 2 * (exact.exp(-x) - 1),
)
def elu_whose_double_backward_drops_a_factor():
    """(2 elu(-x))'' = 2 e^-x at x = 1; the rule of the backward op forgets the incoming factor 2."""

    def slope(x):
        return jnp.where(x > 0, 1.0, jnp.exp(jnp.minimum(x, 0)))

    @jax.custom_vjp
    def back(g, x):
        return g * slope(x)

    back.defvjp(
        lambda g, x: (back(g, x), (g, x)),
        lambda r, c: (c * slope(r[1]), c * jnp.where(r[1] > 0, 0.0, jnp.exp(jnp.minimum(r[1], 0)))),
    )

    @jax.custom_vjp
    def elu(x):
        return jax.nn.elu(x)

    elu.defvjp(lambda x: (elu(x), x), lambda x, g: (back(g, x),))
    return lambda x: 2 * elu(-x), (array(1.0),)
