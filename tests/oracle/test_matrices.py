"""check_grads of factorisations, real and complex: against JAX's rules, closed forms and differences."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.lax import linalg
from test_check_grads import verdict

from microgrid.oracle import check_grads

draw = np.random.default_rng(5)


def real(*shape):
    return draw.normal(size=shape).astype("float32")


def both(*shape):
    return (draw.normal(size=shape) + 1j * draw.normal(size=shape)).astype("complex64")


R, C, TALL, CTALL, VECTOR = real(4, 4), both(3, 3), real(5, 3), both(5, 3), both(3)
DEFINITE = (C @ C.conj().T + 3 * np.eye(3)).astype("complex64")
SYMMETRIC = (TALL.T @ TALL).astype("float32")
DISTINCT = (np.diag([1, 2, 3, 4]) + 0.2 * R).astype("float32")  # real eigenvalues
UPPER = np.triu(R) + 2 * np.eye(4, dtype="float32")


def eig(a, **told):
    return linalg.eig(a, enable_eigvec_derivs=True, **told)


def thin(a):
    return jnp.linalg.svd(a, full_matrices=False)


RIGHT = {
    "eigenvalues, real and in pairs": (jnp.linalg.eigvals, R),
    "eigenvectors of both sides": (eig, R),
    "right eigenvectors": (lambda a: eig(a, compute_left_eigenvectors=False), C),
    "left eigenvectors": (lambda a: eig(a, compute_right_eigenvectors=False), R),
    "a batch of them": (eig, np.stack([R, R.T + 1])),
    "roots of a polynomial": (lambda p: jnp.roots(p, strip_zeros=False), real(4)),
    "complex Hermitian eigenvectors": (jnp.linalg.eigh, DEFINITE),
    "of the upper triangle": (lambda a: jnp.linalg.eigh(a, UPLO="U"), DEFINITE),
    "complex singular vectors": (thin, CTALL),
    "of a matrix that lies": (thin, CTALL.T),
    "singular values alone": (lambda a: jnp.linalg.svd(a, compute_uv=False), CTALL),
    "complex Cholesky": (jnp.linalg.cholesky, DEFINITE),
    "complex LU": (lambda a: jax.scipy.linalg.lu(a, permute_l=True), C),
    "complex QR": (jnp.linalg.qr, CTALL),
    "QR with all columns": (lambda a: jnp.linalg.qr(a, mode="complete"), TALL),
    "complex QR with all columns": (lambda a: jnp.linalg.qr(a, mode="complete"), CTALL),
    "QR of a matrix that lies": (jnp.linalg.qr, TALL.T),
    "QR with pivots": (lambda a: jax.scipy.linalg.qr(a, mode="economic", pivoting=True)[:2], TALL),
    "complex solve": (jnp.linalg.solve, C, VECTOR),
    "triangular solve, conjugated": (
        lambda a, b: linalg.triangular_solve(a, b, left_side=True, transpose_a=True, conjugate_a=True),
        np.triu(C), CTALL.T),
    "tridiagonal solve": (lambda d, b: linalg.tridiagonal_solve(d, d + 3, d[::-1], b), VECTOR, C),
    "an iterative solver": (lambda a, b: jax.scipy.sparse.linalg.cg(a, b)[0], DEFINITE, VECTOR),
}  # fmt: skip


MORE = (  # variants of others, for slow runs
    "right eigenvectors", "left eigenvectors", "of the upper triangle", "singular values alone", "complex LU",
    "complex QR", "QR with all columns", "QR of a matrix that lies", "complex solve", "an iterative solver",
    "R of reflectors", "Q x", "Q H Q^T", "Z T Z^H", "a root squared", "a batch of them",
    "eigenvectors of both sides", "roots of a polynomial", "Q of reflectors", "x Q",
)  # fmt: skip


def rows(table):
    """The names in a table, with those of slow runs marked."""
    return [pytest.param(name, marks=pytest.mark.slow) if name in MORE else name for name in table]


@pytest.mark.parametrize("name", rows(RIGHT))
def test_a_factorisation_is_right(name):
    f, *args = RIGHT[name]
    assert verdict(f, *args, modes="rev").verdict in ("ok", "imprecise")


def ruled(f, same):
    """f, whose rule is the one that JAX makes of an equal function of its own."""
    made = jax.custom_vjp(f)
    made.defvjp(lambda *x: (f(*x), x), lambda x, ct: jax.vjp(same, *x)[1](ct))
    return made


def raw(a):
    packed, taus = jnp.linalg.qr(a, mode="raw")
    return packed.mT, taus


def whole(a):
    return jnp.linalg.qr(a, mode="complete")[0]


def bordered(packed, taus):
    """The product of the reflectors that leave the first row and column as they are."""
    q = linalg.householder_product(packed[1:, :-1], taus)
    return jnp.zeros_like(packed).at[0, 0].set(1).at[1:, 1:].set(q)


def by_hessenberg(a):
    packed, taus = linalg.hessenberg(a)
    q = bordered(packed, taus)
    return q @ jnp.triu(packed, -1) @ q.conj().T


def by_tridiagonal(a):
    packed, d, e, taus = linalg.tridiagonal(a, lower=True)
    q = bordered(packed, taus)
    middle = jnp.diag(d) + jnp.diag(e, 1) + jnp.diag(e, -1)
    return q @ middle.astype(a.dtype) @ q.conj().T


def from_below(a):
    return jnp.tril(a, -1) + jnp.tril(a, -1).conj().T + jnp.diag(jnp.diag(a).real).astype(a.dtype)


def spectrum_from_above(a):
    _, d, e, _ = linalg.tridiagonal(a, lower=False)
    return jnp.linalg.eigvalsh(jnp.diag(d) + jnp.diag(e, 1) + jnp.diag(e, -1))


def by_schur(a):
    t, z = jax.scipy.linalg.schur(a)
    return z @ t @ z.conj().T


def updated(r, w):
    made = jnp.triu(linalg.cholesky_update(r, w))
    return made.T @ made


def roots_of_two(a):
    """The eigenvalues of a matrix of two, by the formula for quadratic equations."""
    half, det = (a[0, 0] + a[1, 1]) / 2, a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
    root = jnp.sqrt((half * half - det).astype("complex64"))
    return jnp.stack([half - root, half + root])


IDENTITIES = {
    "Q of reflectors": (lambda a: linalg.householder_product(*raw(a)),
                        lambda a: jnp.linalg.qr(a)[0], (CTALL,)),
    "R of reflectors": (lambda a: jnp.triu(raw(a)[0][:3]), lambda a: jnp.linalg.qr(a)[1], (TALL,)),
    "Q x": (lambda a, x: linalg.ormqr(*raw(a), x), lambda a, x: whole(a) @ x, (TALL, real(5, 2))),
    "Q^H x": (lambda a, x: linalg.ormqr(*raw(a), x, transpose=True),
              lambda a, x: whole(a).conj().T @ x, (CTALL, both(5, 2))),
    "x Q": (lambda a, x: linalg.ormqr(*raw(a), x, left=False),
            lambda a, x: x @ whole(a), (CTALL, both(2, 5))),
    "Q H Q^T": (by_hessenberg, lambda a: a, (R,)),
    "Q H Q^H": (by_hessenberg, lambda a: a, (C,)),
    "Q T Q^H": (by_tridiagonal, from_below, (DEFINITE,)),
    "the spectrum of T": (spectrum_from_above, lambda a: jnp.linalg.eigvalsh(from_below(a.T)), (SYMMETRIC,)),
    "Z T Z^H": (by_schur, lambda a: a, (C,)),
    "Z T Z^T": (by_schur, lambda a: a, (DISTINCT,)),
    "a root squared": (lambda a: jnp.linalg.matrix_power(jax.scipy.linalg.sqrtm(a), 2),
                       lambda a: a.astype("complex64"), (DISTINCT,)),
    "R^T R + w w^T": (updated, lambda r, w: jnp.triu(r).T @ jnp.triu(r) + jnp.outer(w, w), (UPPER, real(4))),
    "a symmetric product": (lambda a, c: linalg.symmetric_product(a, c, alpha=2.0, beta=0.5),
                            lambda a, c: 2 * a @ a.T + c / 2, (TALL.T, SYMMETRIC)),
    "two eigenvalues": (lambda a: jnp.linalg.eigvals(a)[jnp.array([0, 1])], roots_of_two,
                        (np.array([[1, 2], [0.5, 3]], "float32"),)),
}  # fmt: skip


@pytest.mark.parametrize("name", rows(IDENTITIES))
def test_a_factorisation_has_the_slopes_of_what_it_is_equal_to(name):
    f, same, args = IDENTITIES[name]
    np.testing.assert_allclose(f(*args), same(*args), rtol=1e-3, atol=1e-4)
    assert verdict(ruled(f, same), *args).verdict in ("ok", "imprecise")


@pytest.mark.parametrize("name", ["Q of reflectors", "Q H Q^T", "Z T Z^T", "two eigenvalues"])
def test_a_rule_of_a_factorisation_that_is_a_little_wrong_is_wrong(name):
    f, same, args = IDENTITIES[name]

    def other(*x):
        return jax.tree.map(lambda y: y * 1.0001, same(*x))

    assert verdict(ruled(f, other), *args).verdict == "wrong"


def test_pivots_are_judged_as_differences_of_the_values_are():
    """JAX 0.10 forgets the pivots in the slopes of the columns beyond the square ones."""
    a, change = TALL.T.astype(float), real(3, 5).astype(float)

    def f(a):
        return jax.scipy.linalg.qr(a, pivoting=True)[1]

    slopes = (f(a + 1e-6 * change) - f(a - 1e-6 * change)) / 2e-6
    right = np.allclose(jax.jvp(f, (a,), (change,))[1], slopes, atol=1e-6)
    assert verdict(f, a).verdict == ("ok" if right else "wrong")


LOW = np.outer([1, 2, 3, 4], [1.1, 0.3, 0.7]) + np.outer([1, -1, 0.5, 2], [0.2, 1.3, -0.4])
LOW = LOW.astype("float32")  # of rank 2, but for rounding


FULL = np.float32(np.random.default_rng(0).normal(size=(4, 3)))


@pytest.mark.parametrize("sample", [None, 20])
@pytest.mark.parametrize("matrix", [LOW, LOW.T.copy(), np.stack([LOW, FULL])])
def test_a_rank_that_rounding_hides_is_what_pinv_means(matrix, sample):
    assert 0 < np.linalg.svd(matrix.astype(float))[1].min() < 1e-6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = check_grads(jnp.linalg.pinv, (matrix,), raises=False, sample=sample)
        assert report.verdict == "approximate"

    def steeper(x, dx):
        y, dy = jax.jvp(jnp.linalg.pinv, x, dx)
        return y, dy * (1 + 1e-4)

    off = jax.custom_jvp(lambda x: jnp.linalg.pinv(x))
    off.defjvp(steeper)
    assert verdict(off, matrix, sample=sample).verdict == "wrong"


@pytest.mark.parametrize("sample", [None, 20])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_rank_that_rounding_hides_passes_under_vmap(axis, sample):
    report = verdict(jax.vmap(jnp.linalg.pinv, axis), np.stack([FULL, LOW], axis), modes="rev", sample=sample)
    assert report.verdict in ("ok", "approximate")  # as large as the weights make what is left out


@pytest.mark.parametrize("sample", [None, 20])
def test_what_pinv_leaves_out_beyond_rounding_is_missing_in_its_rule(sample):
    cut = lambda x: jnp.linalg.pinv(x, rtol=0.3)  # noqa: E731
    assert verdict(cut, np.float32([[1, 0.1], [0.2, 0.2]]), sample=sample).verdict == "wrong"
