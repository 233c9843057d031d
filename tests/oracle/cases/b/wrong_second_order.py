"""Wrong at second order."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.oracle.cases.case import JVP, array, wrong
from tests.oracle.cases.exact import mp


@wrong(kind="second order", order=2, **JVP, proof=lambda x: mp.sin(x))
def rule_right_at_first_order_only():
    """The slope cos x is passed through a constant table, so the second derivative is 0, not -sin x."""

    @jax.custom_jvp
    def slope(x):
        return jnp.cos(x)

    slope.defjvp(lambda p, t: (slope(p[0]), 0 * t[0]))

    @jax.custom_jvp
    def f(x):
        return jnp.sin(x)

    f.defjvp(lambda p, t: (f(p[0]), slope(p[0]) * t[0]))
    return f, (array(0.9),)


@wrong(
    kind="second order",
    guilty="custom_vjp_call",
    modes=("rev",),
    x64=True,
    order=2,
    proof=lambda x: np.sum(x) ** 3,
)
def hessian_product_with_half_its_cross_terms():
    """The gradient op's own backward returns H v / 2."""

    @jax.custom_vjp
    def grad(x):
        return 3 * jnp.sum(x) ** 2 * jnp.ones_like(x)

    grad.defvjp(lambda x: (grad(x), x), lambda x, c: (3 * jnp.sum(x) * jnp.sum(c) * jnp.ones_like(x),))

    @jax.custom_vjp
    def f(x):
        return jnp.sum(x) ** 3

    f.defvjp(lambda x: (f(x), x), lambda x, g: (g * grad(x),))
    return f, (array([0.5, 0.25, 1.0]),)
