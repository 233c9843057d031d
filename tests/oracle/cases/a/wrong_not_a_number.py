"""Wrong: nan, inf or 0 where the derivative is finite."""

import jax.numpy as jnp
import numpy as np

from tests.oracle.cases import exact
from tests.oracle.cases.case import JAX, array, normal, wrong
from tests.oracle.cases.exact import mp


@wrong(
    JAX + "issues/5798",
    kind="nan",
    guilty="sqrt",
    modes=("rev",),
    proof=lambda x: np.array([x[0], exact.sqrt(x[1])]),
)
def square_root_in_the_branch_not_taken():
    """At 0 the first branch x is taken, slope 1; JAX returns nan because sqrt'(0) is infinite."""
    return lambda x: jnp.where(x < 1, x, jnp.sqrt(x)), (array([0.0, 2.0]),)


@wrong(JAX + "issues/2630", kind="nan", guilty="mul", modes=("rev",), proof=lambda x: x * 0)
def infinity_in_the_branch_not_taken():
    """f is 0 for x > 0, slope 0; JAX multiplies a zero cotangent by inf and returns nan."""
    return lambda x: jnp.where(x > 0, 0.0, x * jnp.inf), (array(1.0),)


@wrong(JAX + "issues/8732", kind="nan", guilty="svd", roundings=200, proof=lambda a: exact.norm(a))
def norm_through_a_degenerate_SVD():
    """||U S V'|| is the Frobenius norm, gradient A/||A||; JAX returns nan since two singular values are
    equal.
    """

    def f(a):
        u, s, vt = jnp.linalg.svd(a, full_matrices=False)
        return jnp.sqrt(jnp.sum(((u * s) @ vt) ** 2))

    return f, (array(np.diag([1.0, 1.0, 2.0])),)


@wrong(
    JAX + "issues/4646",
    kind="nan",
    guilty="eigh",
    modes=("rev",),
    roundings=200,
    proof=lambda m: exact.eigenvector(m, 2) ** 2 + exact.eigenvector(m, 2)[0] * exact.eigenvector(m, 2),
)
def simple_eigenvector_beside_a_double_eigenvalue():
    """The top eigenvector (eigenvalue 4) is smooth; JAX returns nan because the two others coincide."""

    def f(m):
        v = jnp.linalg.eigh(m)[1][:, 2]
        return v**2 + v[0] * v

    return f, (array(np.diag([4.0, 1.0, 1.0])),)


@wrong("https://github.com/HIPS/autograd/issues/586", kind="nan", guilty="sqrt", proof=lambda x: np.sum(x**2))
def squared_norm_at_the_origin():
    """||x||^2 has gradient 0 at 0; the chain rule computes 0 * inf = nan."""
    return lambda x: jnp.sqrt(jnp.sum(x**2)) ** 2, (array(np.zeros(3)),)


@wrong(
    JAX + "issues/654",
    kind="nan",
    guilty="sqrt",
    modes=("rev",),
    proof=lambda x: sum(exact.norm(x[i] - x[j]) for i in range(3) for j in range(3) if i != j),
)
def pair_distances_with_the_diagonal_masked_afterwards():
    """The masked diagonal is constant 0; JAX's sqrt rule at distance 0 gives nan for every point."""

    def f(x):
        d = jnp.sqrt(jnp.sum((x[:, None] - x[None]) ** 2, -1))
        return jnp.sum(jnp.where(jnp.eye(3) > 0, 0.0, d))

    return f, (array(normal(3, 2, seed=1)),)


@wrong(JAX + "issues/777", kind="nan", guilty="exp", proof=lambda x: exact.sigmoid(x))
def hand_written_sigmoid_far_out():
    """At -200 the slope is e^-200, zero in float32; JAX gives inf * 0 = nan."""
    return lambda x: 1 / (1 + jnp.exp(-x)), (array([-200.0, 0.5]),)


@wrong(JAX + "issues/23842", kind="nan", guilty="exp", modes=("rev",), proof=lambda x: x[0])
def logsumexp_masked_after_the_exponential():
    """The masked entry has slope 0; exp(100) overflows in float32 and 0 * inf = nan."""
    keep = np.array([True, False])
    return lambda x: jnp.log(jnp.sum(jnp.where(keep, jnp.exp(x), 0.0))), (array([0.0, 100.0]),)


@wrong(JAX + "issues/28262", kind="nan", guilty="sqrt", modes=("rev",), proof=lambda x: x - 1)
def array_entry_overwritten_after_a_square_root():
    """The root is overwritten by x - 1, slope 1; JAX still multiplies a zero cotangent by sqrt'(0)."""

    def f(x):
        y = jnp.zeros_like(x).at[0].set(jnp.sqrt(x[0]))
        return y.at[0].set(x[0] - 1)

    return f, (array([0.0]),)


@wrong(
    "https://github.com/google-deepmind/optax/issues/882",
    kind="nan",
    guilty="sqrt",
    proof=lambda g: g / (exact.absolute(g) + mp.mpf("1e-3")),
)
def adam_step_at_a_zero_gradient():
    """The first step is g/(|g| + eps), slope 1/eps = 1e3 at 0; JAX returns nan through sqrt(g^2)."""
    import optax

    opt = optax.scale_by_adam(eps=1e-3)

    def f(g):
        return opt.update(g, opt.init(jnp.zeros_like(g)))[0]

    return f, (array([0.0, 0.5]),)


@wrong(
    "https://github.com/tensorflow/tensorflow/issues/127226",
    kind="nan",
    guilty="div",
    modes=("rev",),
    proof=exact.sinc,
)
def sinc_with_one_where():
    """sinc'(0) = 0; the branch not taken divides by zero and gives nan."""
    return lambda x: jnp.where(x == 0, 1.0, jnp.sin(jnp.pi * x) / (jnp.pi * x)), (array(0.0),)


@wrong(
    "https://github.com/pyg-team/pytorch_geometric/pull/2917",
    kind="nan",
    guilty="sqrt",
    proof=lambda x: (x - exact.mean(x)) / (exact.sqrt(exact.variance(x)) + mp.mpf("0.125")),
)
def normalisation_of_a_constant_row_by_std_plus_eps():
    """At constant x the derivative is (I - 1/n)/eps; JAX gives nan through sqrt(0)."""
    return lambda x: (x - jnp.mean(x)) / (jnp.sqrt(jnp.var(x)) + 0.125), (array([1.5, 1.5, 1.5, 1.5]),)


@wrong(
    JAX + "issues/6024", kind="nan", guilty="pow", modes=("rev",), proof=lambda x: -mp.power(-x, mp.mpf(1.5))
)
def odd_power_of_a_negative_number():
    """-|x|^1.5 has slope 1.5 |x|^0.5; the other branch x^1.5 is nan and poisons it."""
    return lambda x: jnp.where(x < 0, -(jnp.abs(x) ** 1.5), x**1.5), (array(-2.0),)
