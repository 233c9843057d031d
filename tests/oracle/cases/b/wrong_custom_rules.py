"""Wrong: rules of custom_jvp and custom_vjp."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.oracle.cases import exact
from tests.oracle.cases.case import JVP, VJP, array, normal, wrong
from tests.oracle.cases.exact import mp


@wrong("https://github.com/elixir-nx/nx/pull/1779", kind="custom rule", **VJP, proof=lambda x: 3 * x)
def clip_that_applies_the_cotangent_twice():
    """Inside the bounds the slope is 1; the rule returns g^2 instead of g."""

    @jax.custom_vjp
    def clip(x):
        return jnp.clip(x, -1, 1)

    clip.defvjp(lambda x: (clip(x), x), lambda x, g: (jnp.where(jnp.abs(x) <= 1, g, 0.0) * g,))
    return lambda x: 3 * clip(x), (array([0.5, -0.25]),)


@wrong("https://github.com/tensorflow/tensorflow/issues/897", kind="custom rule", **JVP, proof=lambda x: x)
def floor_with_slope_one():
    """x + floor(x) has slope 1 between integers; the undeclared rule of floor adds 1."""

    @jax.custom_jvp
    def floor(x):
        return jnp.floor(x)

    floor.defjvp(lambda p, t: (floor(p[0]), t[0]))
    return lambda x: x + floor(x), (array(3.8),)


@wrong(
    "https://github.com/chalk-lab/Mooncake.jl/issues/1195",
    kind="wrong for negative inputs",
    **JVP,
    proof=lambda x: np.array([x[0], -x[1]]),
)
def copysign_of_a_negative_number():
    """d copysign(x, y)/dx = sign(x) sign(y); the rule leaves sign(x) out, so x < 0 has the wrong sign."""

    @jax.custom_jvp
    def f(x):
        return jnp.copysign(x, 3.0)

    f.defjvp(lambda p, t: (f(p[0]), t[0]))
    return f, (array([5.0, -5.0]),)


@wrong(kind="wrong for negative inputs", **VJP, proof=lambda x: np.array([x[0], x[1] / 10]))
def leaky_relu_with_the_wrong_slope_below_zero():
    """The forward slope is 0.1 for x < 0, the backward slope 0.01."""

    @jax.custom_vjp
    def f(x):
        return jnp.where(x > 0, x, 0.1 * x)

    f.defvjp(lambda x: (f(x), x), lambda x, g: (jnp.where(x > 0, g, 0.01 * g),))
    return f, (array([1.5, -2.0]),)


def _adam(g):
    """The corrected second step of Adam."""

    def q(s):
        return mp.mpf(s)

    m, v = q("0.45") + q("0.1") * g, q("0.2475") + q("0.01") * g**2
    return (m / q("0.19")) / (exact.sqrt(v / q("0.0199")) + q("0.125"))


@wrong(kind="bias correction", **JVP, proof=lambda g: _adam(g))
def adam_update_without_bias_correction_in_its_rule():
    """m_hat/(sqrt v_hat + eps) with step 2; the rule differentiates the uncorrected moments."""

    def step(g, c1, c2):
        m, v = 0.9 * 0.5 + 0.1 * g, 0.99 * 0.25 + 0.01 * g**2
        return (m / c1) / (jnp.sqrt(v / c2) + 0.125)

    f = jax.custom_jvp(lambda g: step(g, 1 - 0.9**2, 1 - 0.99**2))
    f.defjvp(lambda p, t: (f(p[0]), jax.jvp(lambda g: step(g, 1.0, 1.0), p, t)[1]))
    return f, (array([0.75, -1.5]),)


@wrong(kind="user primitive", guilty="cube", proof=lambda x: x**3)
def user_primitive_with_a_power_too_few():
    """d x^3 = 3 x^2; the primitive's rule says 3 x."""
    from jax.extend.core import Primitive
    from jax.interpreters import ad, batching, mlir

    cube = Primitive("cube")
    cube.def_impl(lambda x: x**3)
    cube.def_abstract_eval(lambda x: x)
    mlir.register_lowering(cube, mlir.lower_fun(lambda x: x**3, multiple_results=False))
    batching.primitive_batchers[cube] = lambda a, d: (cube.bind(*a), d[0])
    ad.primitive_jvps[cube] = lambda p, t: (cube.bind(p[0]), 3 * p[0] * ad.instantiate_zeros(t[0]))
    return lambda x: cube.bind(x), (array([0.5, -2.0]),)


@wrong(kind="custom batching", guilty="custom_jvp_call", proof=lambda x: exact.sin(x**2))
def rule_wrong_only_under_vmap():
    """The batched form calls a helper whose rule forgets the factor 2; unbatched it is right."""

    @jax.custom_jvp
    def bulk(x):
        return jnp.sin(x**2)

    bulk.defjvp(lambda p, t: (bulk(p[0]), jnp.cos(p[0] ** 2) * p[0] * t[0]))
    one = jax.custom_batching.custom_vmap(lambda x: jnp.sin(x**2))
    one.def_vmap(lambda size, batched, x: (bulk(x), True))
    return jax.vmap(one), (array(normal(3, seed=7)),)


@wrong(
    kind="implicit rule",
    guilty="custom_jvp_call",
    roundings=200,
    proof=lambda t: mp.findroot(lambda x: x**3 + x - t, 1.2),
)
def root_finder_with_a_crude_tangent_solve():
    """dx/dt = 1/(3 x^2 + 1) at the root of x^3 + x = t; the tangent solve drops the + 1."""

    def newton(f, x):
        return lax.fori_loop(0, 30, lambda _, x: x - f(x) / (3 * x**2 + 1), x)

    def root(t):
        return lax.custom_root(
            lambda x: x**3 + x - t, array(1.0), newton, lambda g, y: y / (g(array(1.0)) - 1.0)
        )

    return root, (array(3.0),)


@wrong(kind="custom rule", **JVP, proof=lambda x, y: mp.sqrt(x**2 + y**2))
def host_callback_with_a_wrong_rule():
    """d hypot/dx = x/hypot; the rule returns x/hypot^2."""

    @jax.custom_jvp
    def hyp(x, y):
        return jax.pure_callback(lambda a, b: np.hypot(a, b), jax.ShapeDtypeStruct((), x.dtype), x, y)

    @hyp.defjvp
    def _rule(p, t):
        h = hyp(*p)
        return h, (p[0] * t[0] + p[1] * t[1]) / h**2

    return hyp, (array(1.5), array(2.0))


@wrong(
    kind="wrong for negative inputs",
    **JVP,
    proof=lambda x: np.array([x[0] - mp.mpf(0.5), -x[1] - mp.mpf(0.5), x[2] ** 2 / 2]),
)
def huber_loss_with_one_sign_for_both_tails():
    """Beyond the threshold the slope is sign(x); the rule returns +1 on both sides."""

    @jax.custom_jvp
    def f(x):
        return jnp.where(jnp.abs(x) > 1, jnp.abs(x) - 0.5, x**2 / 2)

    f.defjvp(lambda p, t: (f(p[0]), jnp.where(jnp.abs(p[0]) > 1, 1.0, p[0]) * t[0]))
    return f, (array([2.0, -3.0, 0.25]),)


@wrong(kind="wrong branch", **JVP, proof=lambda x: x**2)
def rule_for_the_wrong_branch():
    """The forward switch is at 0, the rule's at 1: at 0.5 the slope is 2x = 1, not 3."""

    @jax.custom_jvp
    def f(x):
        return lax.cond(x > 0, lambda x: x**2, lambda x: 3 * x, x)

    f.defjvp(lambda p, t: (f(p[0]), lax.cond(p[0] > 1, lambda x: 2 * x, lambda x: 0 * x + 3, p[0]) * t[0]))
    return f, (array(0.5),)
