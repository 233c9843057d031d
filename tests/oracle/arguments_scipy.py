"""Arguments for the functions of jax.scipy that no guess fits, but for its distributions."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.oracle.arrays import (
    ABOVE_ONE,
    BATCH,
    DEFINITE,
    LOWER,
    SQUARE,
    M,
    N,
    U,
    V,
    X,
    Y,
    grid,
    of,
    via,
)

SAMPLES = grid(24, low=-1, seed=9)
TWICE = np.concatenate([U, U])


SCIPY = {
    "jax.scipy.special": dict(
        bessel_jn=of(ABOVE_ONE, v=3, n_iter=20),
        betainc=via(lambda f, x: f(X, Y, x), grid(5, seed=2)),
        comb=of(np.array([5.5, 6.2], np.float32), np.array([2.3, 3.1], np.float32)),
        expn=of(2, X),
        factorial=of(X),
        hyp2f1=of(X, Y, ABOVE_ONE, grid(5, seed=3)),
        multigammaln=of(ABOVE_ONE, 2),
        polygamma=of(1, X),
        sici=of(ABOVE_ONE),
        sph_harm_y=of(np.array([2]), np.array([1]), X[:1], Y[:1], n_max=2),
        wofz=of(X),
        zeta=of(ABOVE_ONE, X),
    ),
    "jax.scipy.linalg": dict(
        block_diag=of(M, N),
        cho_factor=via(
            lambda f, x: f((x + x.T) / 2)[0], DEFINITE
        ),  # JAX's rule is that of symmetric matrices
        cho_solve=of((LOWER, True), U),
        cholesky=via(lambda f, x: f((x + x.T) / 2), DEFINITE),
        convolution_matrix=of(U, 4),
        det=of(SQUARE),
        eigh_tridiagonal=of(np.array([1.1, 2.3, 3.2], np.float32), U[:2], eigvals_only=True),
        expm_frechet=of(SQUARE, BATCH[0]),
        fiedler_companion=of(X),
        funm=of(SQUARE, jnp.exp, disp=False),
        hessenberg=of(SQUARE),
        inv=of(SQUARE),
        leslie=of(X, Y[:4]),
        lu=of(SQUARE),
        lu_factor=of(SQUARE),
        lu_solve=of((LOWER, np.array([0, 1, 2], np.int32)), U),
        polar=of(SQUARE, method="svd"),
        qr=of(SQUARE),
        qr_multiply=of(SQUARE, BATCH[0]),
        rsf2csf=of(np.triu(SQUARE), np.eye(3, dtype=np.float32)),
        schur=of(SQUARE),
        solve=of(SQUARE, U),
        solve_sylvester=of(SQUARE, DEFINITE, BATCH[0]),
        solve_triangular=of(LOWER, U, lower=True),
        sqrtm=of(DEFINITE),
        svd=of(M, full_matrices=False),
    ),
    "jax.scipy.signal": dict(
        convolve=of(X, U),
        correlate=of(X, U),
        csd=of(SAMPLES, SAMPLES[::-1].copy(), nperseg=8),
        detrend=of(X, type="linear"),
        fftconvolve=of(X, U),
        istft=via(lambda f, x, y: f(jax.lax.complex(x, y), nperseg=8)[1], grid(5, 3), grid(5, 3, seed=1)),
        stft=of(SAMPLES, nperseg=8),
        welch=of(SAMPLES, nperseg=8),
    ),
    "jax.scipy.interpolate": dict(
        RegularGridInterpolator=via(
            lambda f, x, y, at: f((x,), y)(at), np.sort(X), Y, np.sort(X)[:4] + np.float32(0.05)
        )
    ),
    "jax.scipy.ndimage": dict(map_coordinates=of(M, [U + np.float32(0.5), V + np.float32(1.2)], order=1)),
    "jax.scipy.cluster.vq": dict(vq=of(M, N[:2])),
    "jax.scipy.fft": dict(dct=of(X), idct=of(X), dctn=of(M), idctn=of(M)),
    "jax.scipy.optimize": dict(
        minimize=via(lambda f, x: f(lambda y: jnp.sum((y - x) ** 4), x + 1, method="BFGS").x, X)
    ),
    "jax.scipy.sparse.linalg": {name: of(DEFINITE, U) for name in ("cg", "bicgstab", "gmres")},
    "jax.scipy.stats": dict(
        gaussian_kde=via(lambda f, x, at: f(x)(at), X, U), mode=of(TWICE), rankdata=of(X), sem=of(X)
    ),
}
