"""Wrong: linear algebra, transforms and complex numbers."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.oracle.cases import exact
from tests.oracle.cases.case import JAX, JVP, VJP, array, normal, wrong
from tests.oracle.cases.exact import mp


@wrong(
    "https://github.com/tensor4all/tenferro-rs/issues/772",
    kind="wrong in one leaf",
    roundings=200,
    **VJP,
    proof=lambda a, b: exact.solve(np.tril(a), b),
)
def triangular_solve_without_a_matrix_gradient():
    """dL/dA = -L^-T g x'; the rule returns zero for the matrix leaf."""

    @jax.custom_vjp
    def f(a, b):
        return jax.scipy.linalg.solve_triangular(a, b, lower=True)

    f.defvjp(
        lambda a, b: (f(a, b), (a,)),
        lambda r, g: (jnp.zeros_like(r[0]), jax.scipy.linalg.solve_triangular(r[0], g, lower=True, trans=1)),
    )
    return f, (array([[2.0, 0.0], [0.5, 1.0]]), array([1.0, -1.0]))


@wrong(
    JAX + "issues/1458",
    kind="custom rule",
    roundings=200,
    **JVP,
    proof=lambda a, b: exact.solve(np.tril(a), b),
)
def triangular_solve_that_reads_the_ignored_triangle():
    """Entries above the diagonal are never read, slope 0; the rule uses the whole tangent."""
    tri = partial(jax.scipy.linalg.solve_triangular, lower=True)
    f = jax.custom_jvp(lambda a, b: tri(a, b))

    @f.defjvp
    def _rule(p, t):
        x = f(*p)
        return x, tri(p[0], t[1] - t[0] @ x)

    return f, (array([[2.0, 0.75], [0.5, 1.0]]), array([1.0, -1.0]))


@wrong(
    "https://github.com/pymc-devs/pytensor/issues/1230",
    kind="custom rule",
    roundings=200,
    **JVP,
    proof=lambda a: exact.solve(np.tril(a, -1) + np.eye(2, dtype=int), np.array([mp.mpf(1), mp.mpf(2)])),
)
def unit_diagonal_solve_with_a_diagonal_gradient():
    """With a unit diagonal the stored diagonal is ignored, slope 0; the rule differentiates it."""
    tri = partial(jax.scipy.linalg.solve_triangular, lower=True, unit_diagonal=True)

    @jax.custom_jvp
    def f(a):
        return tri(a, array([1.0, 2.0]))

    @f.defjvp
    def _rule(p, t):
        x = f(p[0])
        return x, tri(p[0], -jnp.tril(t[0]) @ x)

    return f, (array([[3.0, 0.0], [0.5, 2.0]]),)


@wrong(
    JAX + "issues/12795",
    kind="linear algebra",
    guilty="eigh",
    roundings=200,
    proof=lambda a: exact.eigenvalues(np.tril(a) + np.tril(a, -1).T),
)
def eigenvalues_of_the_lower_triangle():
    """Only the lower triangle is read; JAX spreads the gradient over both triangles."""
    return lambda a: lax.linalg.eigh(a, lower=True, symmetrize_input=False)[1], (
        array(np.tril([[1.0, 0, 0], [0.5, 2.0, 0], [-0.25, 0.75, 4.0]])),
    )


@wrong(
    "https://github.com/DifferentiableUniverseInitiative/jaxDecomp/pull/49",
    kind="custom rule",
    **VJP,
    proof=lambda x: np.sum(np.array([1, 2, 3, 4]) * (exact.real(exact.dft(x)) + exact.imag(exact.dft(x)))),
)
def real_FFT_pulled_back_by_the_inverse_transform():
    """The transpose of the DFT is the DFT; the rule applies the inverse, off by 1/n and a conjugate."""

    @jax.custom_vjp
    def fft(x):
        return jnp.fft.fft(x)

    fft.defvjp(lambda x: (fft(x), None), lambda _, g: (jnp.fft.ifft(g).real,))
    w = np.array([1.0, 2.0, 3.0, 4.0])
    return lambda x: jnp.sum(w * (jnp.real(fft(x)) + jnp.imag(fft(x)))), (array(normal(4, seed=1)),)


@wrong(kind="missing conj", **VJP, proof=lambda z: exact.absolute(z) ** 2)
def complex_product_without_the_conjugate():
    """|w z|^2 needs conj in the pullback of the modulus; the rule uses z instead of conj z."""

    @jax.custom_vjp
    def abs2(z):
        return jnp.real(z) ** 2 + jnp.imag(z) ** 2

    abs2.defvjp(lambda z: (abs2(z), z), lambda z, g: (2 * g * z,))
    return abs2, (array(np.array([1 + 2j, -0.5 + 0.25j], np.complex64)),)


@wrong(
    kind="custom rule",
    guilty="custom_linear_solve",
    modes=("rev",),
    roundings=200,
    proof=lambda b: exact.solve(np.array([[mp.mpf(2), mp.mpf(1)], [mp.mpf(0.25), mp.mpf(1)]]), b),
)
def linear_solve_whose_transpose_is_not_transposed():
    """The adjoint solve needs A'; the rule solves with A again."""
    a = array([[2.0, 1.0], [0.25, 1.0]])

    def s(mv, b):
        return jnp.linalg.inv(a) @ b

    return lambda b: lax.custom_linear_solve(lambda x: a @ x, b, s, transpose_solve=s), (array([1.0, -0.5]),)


@wrong(kind="transposed weights", roundings=200, **VJP, proof=lambda a: exact.log(abs(exact.determinant(a))))
def log_determinant_of_a_matrix_that_is_not_symmetric():
    """The gradient is inv(A)'; the rule returns inv(A)."""

    @jax.custom_vjp
    def f(a):
        return jnp.linalg.slogdet(a)[1]

    f.defvjp(lambda a: (f(a), a), lambda a, g: (g * jnp.linalg.inv(a),))
    return f, (array([[2.0, 1.0], [0.0, 1.5]]),)
