"""Arguments for the functions of jax.lax and jax.random that no guess fits."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh, PartitionSpec, SingleDeviceSharding

from tests.oracle.arrays import (
    ABOVE_ONE,
    BATCH,
    DEFINITE,
    KEY,
    LOWER,
    MASK,
    PROBABILITIES,
    ROWS,
    SIGNED,
    SQUARE,
    A,
    B,
    M,
    N,
    U,
    V,
    X,
    Y,
    Z,
    grid,
    of,
    via,
)

IMAGES, FILTERS = grid(1, 2, 3, 3), grid(2, 2, 2, 2, seed=1)
ROW_GATHER = lax.GatherDimensionNumbers(offset_dims=(1,), collapsed_slice_dims=(0,), start_index_map=(0,))
ROW_SCATTER = lax.ScatterDimensionNumbers(
    update_window_dims=(1,), inserted_window_dims=(0,), scatter_dims_to_operand_dims=(0,)
)
SCATTER = of(M, ROWS, N[:2], ROW_SCATTER, unique_indices=True)
PRODUCT = (((1,), (0,)), ((), ()))
RAGGED = lax.RaggedDotDimensionNumbers((((1,), (1,)), ((), ())), [0], [0])
STEPS = (M.T, BATCH[:, :, :2].copy(), np.array([1, 3], np.int32))


def across(*extra):
    """The call of a collective operation over the rows of a matrix."""
    return via(lambda f, x: jax.vmap(lambda row: f(row, "i", *extra), axis_name="i")(x), SQUARE)


def alone(*args, **kwargs):
    """The call of a collective operation on the one device of a mesh."""

    def run(f, x):
        def call(x):
            return f(x, *args, **kwargs)

        mesh = Mesh(np.array(jax.devices()[:1]), "i")
        everywhere, split = PartitionSpec(), PartitionSpec("i")
        return jax.shard_map(call, mesh=mesh, in_specs=everywhere, out_specs=split)(x)

    return via(run, X)


def halves(x):
    """A body for the loops: something smooth that stays bounded."""
    return jnp.sin(x) * 0.9 + 0.1


LAX = {
    "jax.lax": dict(
        abs=of(SIGNED),
        acosh=of(ABOVE_ONE),
        all_gather=across(),
        all_to_all=across(0, 0),
        approx_max_k=of(X, 2),
        approx_min_k=of(X, 2),
        argmax=of(X, 0, np.int32),
        argmin=of(X, 0, np.int32),
        associative_scan=of(jnp.multiply, X),
        batch_matmul=of(BATCH, BATCH[:, ::-1].copy()),
        betainc=via(lambda f, x: f(X, Y, x), Z),
        bitcast_convert_type=of(X, np.float32),
        broadcast=of(U, (2,)),
        broadcast_in_dim=of(U, (2, 3), (1,)),
        broadcast_like=of(U, V),
        broadcast_to_rank=of(U, 2),
        clamp=of(np.float32(-1), SIGNED, np.float32(1)),
        collapse=of(BATCH, 0, 2),
        composite=via(lambda f, x: f(jnp.sin, "sine")(x), X),
        concatenate=of([U, V], 0),
        cond=of(True, jnp.sin, jnp.cos, X),
        conv=of(IMAGES, FILTERS, (1, 1), "SAME"),
        conv_general_dilated=of(IMAGES, FILTERS, (1, 1), "VALID"),
        conv_general_dilated_local=of(IMAGES, grid(1, 8, 2, 2, seed=2), (1, 1), "VALID", (2, 2)),
        conv_general_dilated_patches=of(IMAGES, (2, 2), (1, 1), "VALID"),
        conv_transpose=of(IMAGES, FILTERS, (1, 1), "VALID", dimension_numbers=("NCHW", "OIHW", "NCHW")),
        conv_with_general_padding=of(IMAGES, FILTERS, (1, 1), ((0, 0), (0, 0)), None, None),
        custom_linear_solve=of(lambda x: x * 2, X, lambda f, b: b / 2, symmetric=True),
        custom_root=via(
            lambda f, x: f(
                lambda y: y**3 - x, x, lambda g, y: jnp.cbrt(x), lambda g, y: y / g(jnp.ones_like(y))
            ),
            X,
        ),
        digamma=of(X),
        dot=of(M, N.T),
        dynamic_index_in_dim=of(M, 1),
        dynamic_slice=of(M, (1, 0), (2, 2)),
        dynamic_slice_in_dim=of(X, 1, 2),
        dynamic_update_index_in_dim=of(M, N[0], 1, 0),
        dynamic_update_slice=of(M, N[:2, :2], (1, 0)),
        dynamic_update_slice_in_dim=of(X, U, 1, 0),
        expand_dims=of(X, (0,)),
        fft=via(lambda f, x, y: f(lax.complex(x, y), "FFT", (5,)), X, Y),
        fori_loop=of(0, 3, lambda i, x: halves(x), X),
        full=of((3,), B),
        full_like=of(X, B),
        gather=of(M, ROWS, ROW_GATHER, (1, 4)),
        imag=via(lambda f, x, y: f(lax.complex(x, y) ** 2), X, Y),
        index_in_dim=of(M, 1),
        index_take=of(M, (np.array([0, 2]), np.array([1, 3])), (0, 1)),
        integer_pow=of(X, 3),
        map=of(halves, X),
        nextafter=of(X, Y),
        pad=of(X, B, ((1, 2, 0),)),
        pcast=alone("i", to="varying"),
        platform_dependent=of(X, default=jnp.sin, cpu=jnp.sin),
        pmax=across(),
        pmean=across(),
        pmin=across(),
        polygamma=via(lambda f, x: f(np.ones(5, np.float32), x), ABOVE_ONE),
        ppermute=across([(0, 1), (1, 2), (2, 0)]),
        pshuffle=across([1, 2, 0]),
        psum=across(),
        psum_scatter=across(),
        pswapaxes=across(0),
        ragged_dot=of(*STEPS),
        ragged_dot_general=of(*STEPS, RAGGED),
        random_gamma_grad=of(ABOVE_ONE, X),
        real=via(lambda f, x, y: f(lax.complex(x, y) ** 2), X, Y),
        reduce=of(M, np.float32(0), lax.add, (1,)),
        reduce_max=of(M, (1,)),
        reduce_min=of(M, (1,)),
        reduce_precision=of(X, 8, 23),
        reduce_prod=of(M, (1,)),
        reduce_sum=of(M, (1,)),
        reduce_window=of(X, -np.inf, lax.max, (2,), (1,)),
        rem=of(ABOVE_ONE, Y),
        reshape=of(M, (4, 3)),
        rev=of(M, (1,)),
        rng_uniform=of(A, B + np.float32(1), (3,)),
        scaled_dot=of(M, N.T),
        scan=of(lambda total, x: (total * x, total + x), B, X),
        scatter_apply=of(M, ROWS, jnp.sin, ROW_SCATTER, update_shape=(2, 4)),
        select=of(MASK, X, Y),
        select_n=of(MASK, X, Y),
        sign=of(SIGNED),
        slice=of(M, (0, 1), (2, 4)),
        slice_in_dim=of(X, 1, 4),
        sort_key_val=of(X, Y),
        split=of(X, (2, 3)),
        squeeze=of(M[:1], (0,)),
        stack=of([U, V]),
        switch=of(1, [jnp.sin, jnp.cos], X),
        tile=of(X, (2,)),
        top_k=of(X, 2),
        transpose=of(M, (1, 0)),
        with_sharding_constraint=via(lambda f, x: f(x, SingleDeviceSharding(jax.devices()[0])), X),
        while_loop=of(lambda state: state[0] < 3, lambda state: (state[0] + 1, halves(state[1])), (0, X)),
        zeta=via(lambda f, q: f(ABOVE_ONE, q), X),
        **{f"scatter{kind}": SCATTER for kind in ("", "_add", "_max", "_min", "_mul", "_sub")},
    ),
    "jax.lax.linalg": dict(
        cholesky=of(DEFINITE),
        cholesky_update=of(LOWER.T.copy(), U),
        eig=of(SQUARE, enable_eigvec_derivs=True),
        hessenberg=of(SQUARE),
        householder_product=of(np.tril(SQUARE), U),
        lu=of(SQUARE),
        ormqr=of(np.tril(SQUARE), U, BATCH[0]),
        qdwh=of(SQUARE),
        qr=of(SQUARE),
        schur=of(SQUARE),
        svd=of(M, full_matrices=False),
        symmetric_product=of(M, DEFINITE),
        triangular_solve=of(LOWER, BATCH[0], left_side=True, lower=True),
        tridiagonal=of(DEFINITE),
        tridiagonal_solve=of(U * MASK[1:4], V + np.float32(3), U[::-1] * MASK[3::-1][:3], BATCH[0]),
    ),
}
RANDOM = {
    "jax.random": dict(
        bernoulli=of(KEY, X),
        beta=of(KEY, ABOVE_ONE, Y),
        binomial=of(KEY, np.full(5, 6), X),
        chisquare=of(KEY, ABOVE_ONE),
        choice=of(KEY, X, (3,), p=PROBABILITIES),
        double_sided_maxwell=of(KEY, A, B, (3,)),
        f=of(KEY, ABOVE_ONE, ABOVE_ONE + np.float32(1)),
        generalized_normal=of(KEY, B, (3,)),
        lognormal=of(KEY, X),
        multinomial=of(KEY, 6, PROBABILITIES),
        multivariate_normal=of(KEY, U, DEFINITE),
        permutation=of(KEY, X),
        triangular=of(KEY, X, X + Y, X + Y + Z),
        truncated_normal=of(KEY, -X, Y),
        uniform=of(KEY, (5,), minval=X, maxval=X + Y),
        weibull_min=of(KEY, X, Y, (5,)),
    )
}
