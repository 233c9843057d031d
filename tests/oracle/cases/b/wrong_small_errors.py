"""Wrong by little: short constants, low precision, approximations."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.oracle.cases import exact
from tests.oracle.cases.case import JVP, VJP, array, wrong
from tests.oracle.cases.exact import mp


@wrong(
    "https://github.com/hao-ai-lab/FastVideo/pull/1730",
    kind="low precision rule",
    **VJP,
    proof=lambda x: exact.exp(mp.mpf(1.25) * x),
)
def backward_pass_rounded_to_bfloat16():
    """The rule scales and rounds in bfloat16 a float32 factor, relative error 1e-3."""

    @jax.custom_vjp
    def f(x):
        return jnp.exp(1.25 * x)

    f.defvjp(lambda x: (f(x), x), lambda x, g: (g * 1.25 * jnp.exp(lax.reduce_precision(1.25 * x, 8, 7)),))
    return f, (array([1.37, 2.61]),)


@wrong(kind="short literal 1e-9", x64=True, **JVP, proof=lambda x: mp.sin(mp.pi * x))
def pi_with_nine_digits():
    """The slope of sin(pi x) is pi cos(pi x); the rule writes pi as 3.14159265 (error 1.1e-9)."""

    @jax.custom_jvp
    def f(x):
        return jnp.sin(np.pi * x)

    f.defjvp(lambda p, t: (f(p[0]), 3.14159265 * jnp.cos(np.pi * p[0]) * t[0]))
    return f, (array(0.3),)


@wrong(kind="short literal 1e-9", x64=True, **JVP, proof=lambda x: mp.ncdf(x))
def normal_cdf_with_a_short_constant():
    """1/sqrt(2 pi) is written 0.39894228 (error 1e-9)."""

    @jax.custom_jvp
    def f(x):
        return jax.scipy.special.ndtr(x)

    f.defjvp(lambda p, t: (f(p[0]), 0.39894228 * jnp.exp(-(p[0] ** 2) / 2) * t[0]))
    return f, (array(0.7),)


@wrong(kind="short literal 3e-8", x64=True, **JVP, proof=lambda x: exact.log(x) / mp.log(2))
def log2_with_a_seven_digit_constant():
    """1/ln 2 is written 1.4426950 (error 3e-8)."""

    @jax.custom_jvp
    def f(x):
        return jnp.log2(x)

    f.defjvp(lambda p, t: (f(p[0]), 1.4426950 / p[0] * t[0]))
    return f, (array([0.3, 5.0]),)


@wrong(kind="short literal 4e-7", x64=True, **JVP, proof=lambda x: exact.sin(x * mp.pi / 180))
def degrees_with_a_rounded_factor():
    """pi/180 is written 0.0174533 (error 4e-7)."""

    @jax.custom_jvp
    def f(x):
        return jnp.sin(jnp.deg2rad(x))

    f.defjvp(lambda p, t: (f(p[0]), 0.0174533 * jnp.cos(jnp.deg2rad(p[0])) * t[0]))
    return f, (array([30.0, 75.0]),)


@wrong(kind="low precision rule 1e-8", x64=True, **VJP, proof=lambda x: exact.exp(x))
def rule_computed_in_single_precision():
    """The float64 slope is rounded to float32 on the way, error up to 6e-8."""

    @jax.custom_vjp
    def f(x):
        return jnp.exp(x)

    f.defvjp(lambda x: (f(x), f(x).astype(jnp.float32)), lambda y, g: (g * y,))
    return f, (array(0.3),)


@wrong(kind="small error 1e-9", x64=True, **VJP, proof=lambda x: exact.norm(x))
def epsilon_only_in_the_backward_pass():
    """The norm's slope is x/|x|; the rule divides by |x| + 1e-9."""

    @jax.custom_vjp
    def f(x):
        return jnp.sqrt(x @ x)

    f.defvjp(lambda x: (f(x), x), lambda x, g: (g * x / (jnp.sqrt(x @ x) + 1e-9),))
    return f, (array([0.3, 0.4]),)


@wrong(kind="small error 1e-3", x64=True, **JVP, proof=lambda x: exact.gelu(x))
def exact_gelu_with_the_slope_of_its_tanh_form():
    """The forward pass uses erf, the rule the tanh formula: they differ by about 1e-3."""

    @jax.custom_jvp
    def f(x):
        return jax.nn.gelu(x, approximate=False)

    f.defjvp(lambda p, t: (f(p[0]), jax.jvp(jax.nn.gelu, p, t)[1]))
    return f, (array([2.0, 1.5]),)


@wrong(kind="custom rule", **VJP, proof=lambda x: x**2)
def loss_scale_undone_by_a_round_number():
    """The forward pass is the identity; the backward pass multiplies by 1024 and divides by 1000."""

    @jax.custom_vjp
    def scaled(x):
        return x

    scaled.defvjp(lambda x: (x, None), lambda _, g: (g * 1024 / 1000,))
    return lambda x: scaled(x) ** 2, (array([0.5, 1.5]),)


@wrong(kind="small error 1e-8", x64=True, **JVP, proof=lambda x: exact.exp(x))
def rule_by_a_fine_one_sided_difference():
    """(f(x + h) - f(x))/h with h = 2^-26 is off by h/2 f'' and by cancellation."""

    @jax.custom_jvp
    def f(x):
        return jnp.exp(x)

    f.defjvp(lambda p, t: (f(p[0]), (jnp.exp(p[0] + 2.0**-26) - f(p[0])) * 2.0**26 * t[0]))
    return f, (array([0.5, 1.0]),)
