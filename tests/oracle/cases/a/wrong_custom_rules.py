"""Wrong: rules of custom_jvp and custom_vjp."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.oracle.cases import exact
from tests.oracle.cases.case import JAX, array, wrong


@wrong(JAX + "issues/3213", kind="custom rule", guilty="custom_jvp_call", proof=lambda x, y: exact.sin(x) * y)
def product_rule_with_a_sign_error():
    """f = y sin x; the rule gives -sin x for df/dy, the truth is +sin x."""

    @jax.custom_jvp
    def f(x, y):
        return jnp.sin(x) * y

    @f.defjvp
    def _rule(p, t):
        return f(*p), jnp.cos(p[0]) * p[1] * t[0] - jnp.sin(p[0]) * t[1]

    return f, (array(1.25), array(3.5))


@wrong(JAX + "pull/29485", kind="custom rule", guilty="custom_vjp_call", modes=("rev",), proof=lambda x: x**2)
def square_without_its_factor_two():
    """f = x^2; the backward rule returns g x, the truth is 2 g x."""
    f = jax.custom_gradient(lambda x: (x**2, lambda g: (g * x,)))
    return f, (array([1.5, -0.75]),)


@wrong(JAX + "issues/28805", kind="custom rule", guilty="custom_jvp_call", proof=lambda x: x * 0 + 1)
def constant_with_an_invented_slope():
    """f = 1 for every x, slope 0; the rule says x."""

    @jax.custom_jvp
    def one(x):
        return jnp.ones_like(x)

    one.defjvp(lambda p, t: (one(p[0]), p[0] * t[0]))
    return lambda x: one(x) ** 2, (array(0.5),)


@wrong(
    "https://github.com/tensorflow/tensorflow/issues/35011",
    kind="nan",
    guilty="custom_jvp_call",
    proof=lambda x: x**3,
)
def power_rule_as_p_x_to_the_p_over_x():
    """x^3 has slope 0 at 0; p x^p / x is 0/0."""

    @jax.custom_jvp
    def cube(x):
        return x**3

    cube.defjvp(lambda p, t: (cube(p[0]), 3 * p[0] ** 3 / p[0] * t[0]))
    return cube, (array([0.0, -1.5]),)


@wrong(
    "https://github.com/pytorch/pytorch/issues/4355",
    kind="custom rule",
    guilty="custom_vjp_call",
    modes=("rev",),
    proof=lambda x: np.array([x[0], x[1] / exact.sqrt(1 + x[1] ** 2)]) * 3,
)
def ISRLU_backward_without_the_cotangent():
    """The rule returns (1 + x^2)^-1.5 and forgets to multiply by the incoming cotangent."""

    @jax.custom_vjp
    def f(x):
        return x * lax.rsqrt(1 + jnp.minimum(x, 0) ** 2)

    f.defvjp(lambda x: (f(x), x), lambda x, g: (lax.rsqrt(1 + jnp.minimum(x, 0) ** 2) ** 3,))
    return lambda x: 3 * f(x), (array([0.75, -1.25]),)


@wrong(
    "https://github.com/tensorflow/tensorflow/issues/56873",
    kind="custom rule",
    guilty="custom_jvp_call",
    proof=lambda x, y: x * exact.log1p(y),
)
def x_times_log1p_of_y_masked_at_x_0():
    """d/dx at x = 0 is log1p(y); the rule keeps the forward mask and returns 0."""

    @jax.custom_jvp
    def f(x, y):
        return jnp.where(x == 0, 0.0, x * jnp.log1p(y))

    @f.defjvp
    def _rule(p, t):
        (x, y), (dx, dy) = p, t
        return f(x, y), jnp.where(x == 0, 0.0, jnp.log1p(y)) * dx + x / (1 + y) * dy

    return f, (array([0.0, 2.0]), array([1.0, 0.5]))


@wrong(kind="small error 1e-3", guilty="custom_jvp_call", proof=lambda x: exact.exp(x))
def rule_by_a_one_sided_difference():
    """(exp(x + h) - exp x)/h with h = 2^-8 is 2e-3 too large."""

    @jax.custom_jvp
    def f(x):
        return jnp.exp(x)

    f.defjvp(lambda p, t: (f(p[0]), (jnp.exp(p[0] + 2**-8) - f(p[0])) * 2**8 * t[0]))
    return f, (array([0.5, 1.0]),)
