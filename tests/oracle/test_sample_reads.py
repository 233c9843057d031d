"""check_grads(sample=): what each coordinate of a primitive reads, with JAX's own values as the oracle."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from microgrid.oracle import check_grads

draw = np.random.default_rng(1)


def normal(*shape):
    return draw.normal(size=shape).astype("float32")


X, IMAGES = normal(12, 20), normal(2, 7, 6, 3)
LAYOUT = ("NHWC", "HWIO", "NHWC")
SQUARE = normal(3, 4, 4) + 5 * np.eye(4, dtype="float32")
SYMMETRIC = SQUARE + SQUARE.swapaxes(1, 2)
INDICES = np.array([[0, 3], [11, 19], [7, 40], [7, 1]])
PRIMITIVES = {
    "moved": (lambda x: jnp.flip(jnp.tile(x.T[:, ::3].reshape(10, -1), (2, 1)), 1)[1:, :3], X),
    "padded": (lambda x: lax.pad(x, jnp.float32(2), ((1, -2, 1), (-3, 4, 2))), X),
    "joined": (lambda x: jnp.concatenate([x[:3], jnp.stack([x[0], x[5]])]), X),
    "taken apart": (lambda x: jnp.split(x, [3, 10]), X),
    "updated": (lambda x: lax.dynamic_update_slice(x, x[:2, :3] * 2, (11, 4)), X),
    "sliced": (lambda x: lax.dynamic_slice(x, (9, 2), (5, 6)), X),
    "gathered": (lambda x: x.at[INDICES[:, 0], INDICES[:, 1]].get(mode="fill", fill_value=3.0), X),
    "gathered rows": (lambda x: x[np.array([[-1, 2], [10, 3]])], X),
    "added to": (lambda x: x.at[INDICES[:, 0], INDICES[:, 1]].add(x[0, :4]), X),
    "set": (lambda x: x.at[INDICES[:, 0]].set(x[3] * 2), X),
    "multiplied": (lambda x: x.at[INDICES[:2, 0]].multiply(x[3:5] * 2, unique_indices=True), X[:, :3]),
    "sorted": (lambda x: lax.sort((x, x * 2, -x), dimension=0, num_keys=1), X),
    "the largest": (lambda x: lax.top_k(x, 3)[0], X),
    "reduced": (lambda x: (x.sum(0), x.max(1), x.min(), jnp.prod(x[:4], 0)), X),
    "running": (lambda x: (jnp.cumsum(x, 1), lax.cumsum(x, 0, reverse=True), lax.cummax(x, 1)), X[:4, :8]),
    "running products": (lambda x: lax.cumprod(x, 0, reverse=True), X[:4, :3]),
    "running logarithms": (lambda x: lax.cumlogsumexp(x, 1), X[:4, :8]),
    "matrices": (lambda x: jnp.einsum("abi,bji->abj", x.reshape(3, 4, 20), x.reshape(4, 3, 20)), X),
    "a vector": (lambda x: x[0] @ x.T, X),
    "convolved": (lambda x, k: lax.conv_general_dilated(x, k, (2, 1), ((1, 2), (0, 3)), (1, 2), (2, 1),
                  dimension_numbers=LAYOUT), IMAGES, normal(3, 2, 3, 4)),
    "grouped": (lambda x, k: lax.conv_general_dilated(x, k, (1, 1), "SAME", feature_group_count=3,
                dimension_numbers=LAYOUT), IMAGES[:, :4], normal(2, 2, 1, 6)),
    "grouped batches": (lambda x, k: lax.conv_general_dilated(x, k, (1, 1), "VALID", batch_group_count=2,
                        dimension_numbers=LAYOUT), IMAGES[:, :4], normal(2, 2, 3, 6)),
    "windows": (lambda x: lax.reduce_window(x, 0.0, lax.add, (1, 3, 2, 1), (1, 2, 1, 1), "SAME",
                base_dilation=(1, 1, 2, 1), window_dilation=(1, 2, 1, 1)), IMAGES),
    "overlapping maxima": (lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 1, 1),
                           "SAME"), IMAGES),
    "chosen": (lambda x: jnp.where(x > 0, jnp.clip(x, -1, 1), jnp.abs(x) % 1), X),
    "complex": (lambda x: jnp.abs(jnp.exp(1j * x) * x**2 + jnp.conj(1j * x)), X),
    "spectra": (lambda x: jnp.abs(jnp.fft.rfft(x)) + jnp.fft.irfft(x[:, :11] + 0j, 20)[:, :11], X),
    "Cholesky": (jnp.linalg.cholesky, SYMMETRIC + 20 * np.eye(4, dtype="float32")),
    "eigenvalues": (jnp.linalg.eigvalsh, SYMMETRIC),
    "determinants": (lambda a: jnp.linalg.slogdet(a)[1], SQUARE),
    "solved": (lambda a: jax.vmap(jnp.linalg.solve)(a, a[:, :, 0] ** 2), SQUARE),
    "singular values": (lambda a: jnp.linalg.svd(a, compute_uv=False), SQUARE),
    "half precision": (lambda x: jnp.tanh(x) @ x.T, jnp.asarray(X, "bfloat16")),
    "random": (lambda key, x: x * jax.random.bernoulli(key, 0.5, x.shape) / 0.5, jax.random.key(0), X),
}  # fmt: skip


@pytest.mark.parametrize("name", PRIMITIVES)
def test_every_coordinate_is_read_where_jax_reads_it(name):
    """All coordinates are looked at: JAX's own values are the oracle of what each of them reads."""
    f, *args = PRIMITIVES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = check_grads(f, args, sample=10**6, raises=False)
    assert made.verdict == "sampled", made
    assert made.tally.share == 0 and made.tally.coordinates == made.tally.of
