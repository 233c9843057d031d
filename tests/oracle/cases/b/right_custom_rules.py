"""Right: custom rules, also of a function that its program only approximates."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.oracle.cases import exact
from tests.oracle.cases.case import array, normal, right
from tests.oracle.cases.exact import mp


@right(kind="custom rule", proof=lambda x: exact.log(1 - exact.exp(-x)))
def log_of_1_minus_exp_of_minus_x_with_a_stable_rule():
    """1/expm1(x), for tiny and for large x."""

    @jax.custom_jvp
    def f(x):
        return jnp.where(x < 0.69, jnp.log(-jnp.expm1(-x)), jnp.log1p(-jnp.exp(-x)))

    f.defjvp(lambda p, t: (f(p[0]), t[0] / jnp.expm1(p[0])))
    return f, (array([1e-5, 0.7, 30.0]),)


@right(kind="custom rule", proof=lambda x: exact.softplus(x))
def softplus_with_a_sigmoid_rule():
    """sigmoid(x)."""

    @jax.custom_jvp
    def f(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    f.defjvp(lambda p, t: (f(p[0]), jax.nn.sigmoid(p[0]) * t[0]))
    return f, (array([0.0, -90.0, 90.0, 1.5]),)


@right(kind="custom rule", proof=lambda x: exact.log(exact.cosh(x)))
def log_cosh_with_a_tanh_rule():
    """tanh(x), also at 300."""

    @jax.custom_jvp
    def f(x):
        a = jnp.abs(x)
        return a + jnp.log1p(jnp.exp(-2 * a)) - jnp.log(2.0)

    f.defjvp(lambda p, t: (f(p[0]), jnp.tanh(p[0]) * t[0]))
    return f, (array([0.0, 300.0, -0.5]),)


@right(kind="kink", kink=True, proof=lambda x: np.array([exact.norm(r) for r in x]))
def safe_norm_at_zero_double_where():
    """The zero row takes slope 0, between the one-sided slopes -1 and 1."""

    def f(x):
        s = jnp.sum(x**2, -1)
        return jnp.where(s > 0, jnp.sqrt(jnp.where(s > 0, s, 1.0)), 0.0)

    return f, (array([[0.0, 0.0], [3.0, -4.0]]),)


@right(kind="custom rule", modes=("rev",), proof=lambda x: exact.softplus(x))
def log_of_1_plus_exp_x_by_custom_vjp_with_a_saved_residual():
    """The saved 1 - e^-y is sigmoid(x)."""
    f = jax.custom_vjp(lambda x: jnp.logaddexp(x, 0.0))
    f.defvjp(lambda x: (f(x), f(x)), lambda y, g: (g * -jnp.expm1(-y),))
    return f, (array([50.0, -20.0, 0.25]),)


@right(kind="custom rule", modes=("rev",), proof=lambda x: 1 / exact.norm(x))
def inverse_square_root_of_a_sum():
    """-x/|x|^3 from the saved output."""
    f = jax.custom_vjp(lambda x: lax.rsqrt(x @ x))
    f.defvjp(lambda x: (f(x), (x, f(x))), lambda r, g: (-g * r[0] * r[1] ** 3,))
    return f, (array(normal(5, seed=1)),)


@right(kind="custom rule", modes=("rev",), proof=lambda x, w, b: x @ w + b)
def dense_layer_by_custom_vjp():
    """g W', x' g and the sum over the batch."""
    f = jax.custom_vjp(lambda x, w, b: x @ w + b)
    f.defvjp(lambda x, w, b: (f(x, w, b), (x, w)), lambda r, g: (g @ r[1].T, r[0].T @ g, g.sum(0)))
    return f, (array(normal(3, 2, seed=2)), array(normal(2, 2, seed=3)), array(normal(2, seed=4)))


@right(kind="custom rule", modes=("rev",), proof=lambda x: exact.sin(x) / x)
def custom_gradient_with_a_closure():
    """(cos x - sin x / x)/x."""
    f = jax.custom_gradient(lambda x: (jnp.sin(x) / x, lambda g: (g * (jnp.cos(x) - jnp.sin(x) / x) / x,)))
    return f, (array([1.5, -2.0]),)


@right(
    kind="custom rule",
    roundings=200,
    proof=lambda b: exact.solve(np.array([[mp.mpf(2), mp.mpf(1)], [mp.mpf(0.25), mp.mpf(1)]]), b),
)
def custom_linear_solve_with_a_proper_transpose():
    """The adjoint solves with the transpose."""
    a = array([[2.0, 1.0], [0.25, 1.0]])

    def s(mv, b):
        return jnp.linalg.inv(a) @ b

    def t(mv, b):
        return jnp.linalg.inv(a).T @ b

    return lambda b: lax.custom_linear_solve(lambda x: a @ x, b, s, transpose_solve=t), (array([1.0, -0.5]),)


@right(kind="implicit rule", roundings=200, proof=lambda t: mp.findroot(lambda x: x**3 + x - t, 1.2))
def implicit_root_of_a_cubic():
    """1/(3 x^2 + 1) at the root."""

    def newton(f, x):
        return lax.fori_loop(0, 30, lambda _, x: x - f(x) / (3 * x**2 + 1), x)

    def root(t):
        return lax.custom_root(lambda x: x**3 + x - t, array(1.0), newton, lambda g, y: y / g(array(1.0)))

    return root, (array(3.0),)


@right(kind="user primitive", proof=lambda x: x**3)
def user_primitive_with_its_true_rule():
    """3 x^2."""
    from jax.extend.core import Primitive
    from jax.interpreters import ad, batching, mlir

    p = Primitive("true_cube")
    p.def_impl(lambda x: x**3)
    p.def_abstract_eval(lambda x: x)
    mlir.register_lowering(p, mlir.lower_fun(lambda x: x**3, multiple_results=False))
    batching.primitive_batchers[p] = lambda a, d: (p.bind(*a), d[0])
    ad.primitive_jvps[p] = lambda a, t: (p.bind(a[0]), 3 * a[0] ** 2 * ad.instantiate_zeros(t[0]))
    return lambda x: p.bind(x), (array([0.5, -2.0]),)


@right(kind="custom batching", proof=lambda x: exact.sin(x**2))
def custom_batching_with_a_fused_form():
    """The batched form computes the same function another way."""
    one = jax.custom_batching.custom_vmap(lambda x: jnp.sin(x**2))
    one.def_vmap(lambda size, batched, x: (jnp.sin(x * x), True))
    return jax.vmap(one), (array(normal(3, seed=5)),)


@right(kind="custom rule", proof=lambda x, y: mp.sqrt(x**2 + y**2))
def host_callback_with_its_true_rule():
    """(x, y)/hypot."""

    @jax.custom_jvp
    def hyp(x, y):
        return jax.pure_callback(lambda a, b: np.hypot(a, b), jax.ShapeDtypeStruct((), x.dtype), x, y)

    hyp.defjvp(lambda p, t: (hyp(*p), (p[0] * t[0] + p[1] * t[1]) / hyp(*p)))
    return hyp, (array(1.5), array(2.0))


@right(kind="custom rule", modes=("rev",), proof=lambda x: np.sum(exact.absolute(x) ** 3) ** (mp.mpf(1) / 3))
def rule_with_a_non_differentiable_option():
    """The p-norm's slope with p = 3 fixed."""

    @partial(jax.custom_vjp, nondiff_argnums=(0,))
    def pnorm(p, x):
        return jnp.sum(jnp.abs(x) ** p) ** (1 / p)

    pnorm.defvjp(
        lambda p, x: (pnorm(p, x), (x, pnorm(p, x))),
        lambda p, r, g: (g * jnp.sign(r[0]) * (jnp.abs(r[0]) / r[1]) ** (p - 1),),
    )
    return partial(pnorm, 3), (array([1.0, -2.0, 0.5]),)


@right(kind="rule of the true function", roundings=2000, proof=lambda x: exact.log_ndtr(x))
def log_ndtr_at_minus_thirty():
    """The program is a truncated series; the rule is phi/Phi, about 30.03."""
    return jax.scipy.special.log_ndtr, (array([-30.0, -15.0]),)


@right(kind="rule of the true function", x64=True, roundings=20000, proof=lambda x: exact.log_ndtr(x))
def log_ndtr_in_the_float64_tail():
    """phi/Phi at -100 and -12; the rule takes the exponential of a difference of two numbers near 5000."""
    return jax.scipy.special.log_ndtr, (array([-100.0, -12.0]),)


@right(kind="rule of the true function", roundings=300, proof=lambda x: exact.log_ndtr(x))
def log_ndtr_to_the_right():
    """phi/Phi at 8 is about 5e-15."""
    return jax.scipy.special.log_ndtr, (array([8.0, 0.5]),)


@right(
    kind="rule of the true function",
    x64=True,
    roundings=200,
    proof=lambda x: exact.log_gamma(x) + exact.digamma(x),
)
def log_gamma_and_digamma():
    """digamma + trigamma, computed by series."""
    return lambda x: lax.lgamma(x) + lax.digamma(x), (array([0.5, 3.25, 20.0]),)
