"""Right: linear algebra and Fourier transforms."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from tests.oracle.cases import exact
from tests.oracle.cases.case import array, normal, right
from tests.oracle.cases.exact import mp

GEN = np.array([[2.0, 0.5, -1.0], [0.25, 1.5, 0.5], [1.0, -0.5, 3.0]])


@right(kind="linear algebra", roundings=200, proof=lambda a, b: exact.solve(a, b))
def linear_solve():
    """-A^-T g x' and A^-T g."""
    return jnp.linalg.solve, (array(GEN), array([1.0, -2.0, 0.5]))


SPD = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.25], [0.5, -0.25, 2.0]])


@right(kind="linear algebra", roundings=200, proof=lambda a: np.tril(exact.cholesky(a)))
def Cholesky_factor():
    """JAX symmetrises its input: the gradient is symmetric."""
    return jnp.linalg.cholesky, (array(SPD),)


@right(kind="linear algebra", roundings=200, proof=lambda a: exact.log(abs(exact.determinant(a))))
def log_determinant():
    """inv(A)'."""
    return lambda a: jnp.linalg.slogdet(a)[1], (array(GEN),)


@right(kind="linear algebra", roundings=200, proof=lambda a: exact.inverse(a))
def inverse():
    """-A^-T G A^-T."""
    return jnp.linalg.inv, (array(GEN),)


@right(kind="linear algebra", roundings=300, proof=lambda a: exact.eigenvalues(a))
def distinct_eigenvalues():
    """v v' for each."""
    return jnp.linalg.eigvalsh, (array(SPD),)


@right(kind="linear algebra", roundings=1000, proof=lambda a: exact.eigenvector(a, 2) ** 2)
def squared_entries_of_an_eigenvector():
    """First-order perturbation; the gaps between the eigenvalues are of size one."""
    return lambda a: jnp.linalg.eigh(a)[1][:, 2] ** 2, (array(SPD),)


@right(kind="linear algebra", roundings=300, proof=lambda a: exact.singular_values(a))
def distinct_singular_values():
    """u v' for each."""
    return lambda a: jnp.linalg.svd(a, compute_uv=False), (array(GEN),)


def _cholesky(a):
    """The Cholesky factor."""
    return exact.array(mp.cholesky(exact.matrix(a)))


@right(kind="linear algebra", roundings=500, proof=lambda a: np.diag(_cholesky(a.T @ a)))
def diagonal_of_R_in_a_QR_factorisation():
    """The same as the Cholesky factor of A'A."""
    return lambda a: jnp.abs(jnp.diag(jnp.linalg.qr(a)[1])), (array(GEN),)


@right(
    kind="linear algebra",
    roundings=200,
    proof=lambda a, b: exact.solve(np.tril(a, -1) + np.eye(3, dtype=int), b),
)
def unit_diagonal_triangular_solve():
    """The stored diagonal and the upper triangle are ignored: slope zero there."""
    return partial(jax.scipy.linalg.solve_triangular, lower=True, unit_diagonal=True), (
        array(GEN),
        array([1.0, -2.0, 0.5]),
    )


@right(kind="linear algebra", roundings=1000, proof=lambda a: exact.array(mp.expm(exact.matrix(a))))
def matrix_exponential():
    """The Frechet derivative, through Pade and squaring."""
    return jax.scipy.linalg.expm, (array(GEN[:2, :2]),)


@right(kind="fourier", roundings=100, proof=lambda x: exact.absolute(exact.dft(x)) ** 2)
def power_spectrum():
    """2 Re of the transform."""
    return lambda x: jnp.abs(jnp.fft.fft(x)) ** 2, (array(normal(4, seed=5)),)


def _filter(x):
    """The filter by two transforms."""
    y = exact.dft(x) * np.array([mp.mpf(1), mp.mpf(0.5), mp.mpf(0.25), mp.mpf(0.5)])
    n = 4
    w = np.array([[mp.expjpi(mp.mpf(2 * i * j) / n) for j in range(n)] for i in range(n)], dtype=object)
    return exact.real((y @ w) / n)


@right(kind="fourier", roundings=100, proof=lambda x: _filter(x))
def filter_by_the_real_transform_and_back():
    """A circular convolution: linear in x."""
    h = np.array([1.0, 0.5, 0.25])
    return lambda x: jnp.fft.irfft(jnp.fft.rfft(x) * h, 4), (array(normal(4, seed=6)),)
