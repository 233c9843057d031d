"""Wrong: rules of custom_jvp and custom_vjp for functions of whole arrays."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.oracle.cases import exact
from tests.oracle.cases.case import JAX, array, normal, wrong
from tests.oracle.cases.exact import mp


@wrong(
    "https://github.com/tensorflow/tensorflow/issues/119430",
    kind="custom rule",
    guilty="custom_vjp_call",
    modes=("rev",),
    proof=lambda x: np.cumprod(x),
)
def cumprod_with_the_zero_masked_out():
    """At x = (0, 2, 3) the first partial is 1 + 2 + 6; the rule drops every 0/0 term."""

    @jax.custom_vjp
    def f(x):
        return jnp.cumprod(x)

    def bwd(x, g):
        s = jnp.cumsum((g * jnp.cumprod(x))[::-1])[::-1]
        return (jnp.where(x == 0, 0.0, s / jnp.where(x == 0, 1.0, x)),)

    f.defvjp(lambda x: (f(x), x), bwd)
    return f, (array([0.0, 2.0, 3.0]),)


@wrong(
    "https://github.com/tracel-ai/burn/issues/3864",
    kind="nan",
    guilty="custom_vjp_call",
    modes=("rev",),
    proof=lambda x: np.cumprod(x),
)
def cumprod_divided_by_its_input():
    """At x = (2, 0, 3) the gradient is finite; the rule divides 0 by 0."""

    @jax.custom_vjp
    def f(x):
        return jnp.cumprod(x)

    f.defvjp(lambda x: (f(x), x), lambda x, g: (jnp.cumsum((g * jnp.cumprod(x))[::-1])[::-1] / x,))
    return f, (array([2.0, 0.0, 3.0]),)


@wrong(
    "https://github.com/tensorflow/tensorflow/issues/51681",
    kind="double counting",
    guilty="custom_vjp_call",
    modes=("rev",),
    proof=lambda s: s,
)
def maximum_that_pays_every_tied_entry():
    """max(s, s, 0) = s has slope 1; the rule sends the whole cotangent to both copies, 2."""

    @jax.custom_vjp
    def amax(x):
        return jnp.max(x)

    amax.defvjp(lambda x: (amax(x), x), lambda x, g: (g * (x == jnp.max(x)),))
    return lambda s: amax(jnp.stack([s, s, 0 * s])), (array(0.625),)


@wrong(
    JAX + "issues/12469",
    kind="custom rule",
    guilty="custom_jvp_call",
    proof=lambda x, u: np.array([x[0], x[1] * u[0] * u[1], x[2] * u[2]]),
)
def scatter_multiply_that_forgets_repeated_indices():
    """With one index twice d/du1 is x u2; the rule returns x for each update."""
    idx = np.array([1, 1, 2])

    @jax.custom_jvp
    def f(x, u):
        return x.at[idx].multiply(u)

    @f.defjvp
    def _rule(p, t):
        (x, u), (dx, du) = p, t
        return f(x, u), dx * f(jnp.ones_like(x), u) + jnp.zeros_like(x).at[idx].add(x[idx] * du)

    return f, (array([1.5, 2.0, -0.5]), array([0.5, 3.0, 1.25]))


@wrong(
    JAX + "issues/3970",
    kind="custom rule",
    guilty="custom_vjp_call",
    modes=("rev",),
    proof=lambda x: exact.mean(x) * np.ones(4, int),
)
def all_reduce_mean_without_the_one_over_n():
    """Each entry of mean(x) has slope 1/4; the backward pass sums cotangents and forgets the division."""

    @jax.custom_vjp
    def f(x):
        return jnp.mean(x) * jnp.ones_like(x)

    f.defvjp(lambda x: (f(x), None), lambda _, g: (jnp.sum(g) * jnp.ones_like(g),))
    return f, (array(normal(4, seed=2)),)


@wrong(
    "https://github.com/EnzymeAD/Enzyme-JAX/issues/2071",
    kind="missing conj",
    guilty="custom_vjp_call",
    modes=("rev",),
    proof=lambda x, y: np.sum(np.array([1, 2, 3, 4]) * exact.absolute(exact.dft(x + y * mp.j)) ** 2),
)
def FFT_whose_transpose_is_conjugated():
    """The cotangent of the imaginary part comes back with the wrong sign."""

    @jax.custom_vjp
    def fft(z):
        return jnp.fft.fft(z)

    fft.defvjp(lambda z: (fft(z), None), lambda _, g: (jnp.conj(jnp.fft.fft(g)),))
    w = np.array([1.0, 2.0, 3.0, 4.0])

    def f(x, y):
        return jnp.sum(w * jnp.abs(fft(lax.complex(x, y))) ** 2)

    return f, (array(normal(4, seed=3)), array(normal(4, seed=4)))


@wrong(
    JAX + "issues/979",
    kind="missing conj",
    guilty="custom_vjp_call",
    modes=("rev",),
    proof=lambda z: exact.sqrt(exact.real(z) ** 2 + exact.imag(z) ** 2),
)
def modulus_with_a_wrong_rule_for_the_imaginary_part():
    """The transpose of imag is g -> -i g in this convention; the rule returns +i g."""

    @jax.custom_vjp
    def im(z):
        return jnp.imag(z)

    im.defvjp(lambda z: (im(z), None), lambda _, g: (1j * g,))
    return lambda z: jnp.sqrt(jnp.real(z) ** 2 + im(z) ** 2), (
        array(np.array([1 + 0.5j, -2 + 1j], np.complex64)),
    )


def _mvn(x, s):
    """Log density of a centred Gaussian, without its constant."""
    return -(x @ exact.solve(s, x)) / 2 - exact.log(exact.determinant(s)) / 2


@wrong(
    "https://github.com/HIPS/autograd/pull/412",
    kind="wrong in one leaf",
    guilty="custom_vjp_call",
    modes=("rev",),
    roundings=200,
    proof=_mvn,
)
def Gaussian_log_density_with_the_covariance_sign_flipped():
    """d/dS is (S^-1 x x' S^-1 - S^-1)/2; the rule returns its negative (the mean leaf is right)."""

    @jax.custom_vjp
    def f(x, s):
        return -x @ jnp.linalg.solve(s, x) / 2 - jnp.linalg.slogdet(s)[1] / 2

    def bwd(res, g):
        x, s = res
        p = jnp.linalg.inv(s)
        return -g * p @ x, -g * (p @ jnp.outer(x, x) @ p - p) / 2

    f.defvjp(lambda x, s: (f(x, s), (x, s)), bwd)
    return f, (array([1.0, -0.5]), array([[2.0, 0.5], [0.5, 1.0]]))
