"""Pooling with fast gradients: the slopes found by hand, at every order, on every platform."""

import math
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxnets.fast import pooling
from jaxnets.fast.pooling import avg_pool, max_pool
from tests.fast_gradients import descent, drawn, lowered, operations, pulled

POOLS = [  # inputs, window_shape, strides, padding
    ((2, 6, 4, 3), (2, 2), (2, 2), ((0, 0), (0, 0))),
    ((2, 7, 5, 3), (2, 2), (2, 2), ((0, 0), (0, 0))),
    ((2, 6, 5, 2), (3, 2), (2, 1), ((1, 1), (0, 1))),
    ((2, 6, 5, 2), (2, 3), (2, 3), ((1, 1), (2, 0))),
    ((2, 5, 4, 3), (5, 4), (1, 1), ((0, 0), (0, 0))),
    ((1, 7, 7, 2), (1, 2), (3, 3), ((0, 0), (0, 0))),
    ((1, 4, 4, 1), (2, 2), (2, 2), ((2, 2), (2, 2))),
    ((1, 9, 9, 2), (9, 8), (1, 1), ((0, 0), (0, 0))),
    ((2, 7, 3), (3,), (2,), ((1, 1),)),
    ((2, 7, 3), (3,), (3,), ((0, 0),)),
]


def windows(shape, window_shape, strides, padding):
    """Cell of the output -> the cells of the image in its window, in order; for every example and channel."""
    padded = [size + low + high for size, (low, high) in zip(shape[1:-1], padding, strict=True)]
    counts = [(size - w) // s + 1 for size, w, s in zip(padded, window_shape, strides, strict=True)]
    for cell in product(*map(range, counts)):
        starts = [c * s - low for c, s, (low, _) in zip(cell, strides, padding, strict=True)]
        seen = product(*(range(a, a + w) for a, w in zip(starts, window_shape, strict=True)))
        yield cell, [x for x in seen if all(0 <= a < n for a, n in zip(x, shape[1:-1], strict=True))]


def pooled_by_hand(x, ct, *options):
    """Largest cells, and the slopes: the first largest, or the first nan, of each window takes ct."""
    cells = [cell for cell, _ in windows(x.shape, *options)]
    counts = [max(column) + 1 for column in zip(*cells, strict=True)]
    value, slopes = np.full((len(x), *counts, x.shape[-1]), -np.inf), np.zeros(x.shape)
    for cell, seen in windows(x.shape, *options):
        for n, c in product(range(len(x)), range(x.shape[-1])):
            best = None
            for place in seen:
                number, held = x[n, *place, c], None if best is None else x[n, *best, c]
                if best is None or number > held or (np.isnan(number) and not np.isnan(held)):
                    best = place
            if best is not None:
                value[n, *cell, c] = x[n, *best, c]
                slopes[n, *best, c] += ct[n, *cell, c] if ct is not None else 0
    return value, slopes


def images(shape):
    """Numbers without ties, with ties, all equal, with infinities, with nan."""
    x = np.random.default_rng(0).standard_normal(shape)
    return x, np.round(x), np.ones(shape), np.where(x > 1, x, -np.inf), np.where(x > 1, np.nan, x)


@pytest.mark.parametrize("pool", POOLS, ids=str)
def test_the_first_maximum_takes_the_whole_slope(pool):
    shape, *options = pool

    @jax.jit
    def run(x, ct):
        value, pull = jax.vjp(lambda x: max_pool(x, *options), x)
        return value, *pull(ct)

    kinds = images(shape)
    for x in kinds[:-1] if math.prod(options[0]) > 64 else kinds:  # nan in a large window are up to lax
        value, _ = pooled_by_hand(x, None, *options)
        ct = np.round(8 * np.random.default_rng(1).standard_normal(value.shape))  # whole: sums are exact
        _, slopes = pooled_by_hand(x, ct, *options)
        got_value, got_slopes = run(x, ct)
        np.testing.assert_array_equal(got_value, value)
        np.testing.assert_array_equal(got_slopes, slopes)


@pytest.mark.parametrize("pool", POOLS[1:3], ids=str)
def test_the_slope_of_max_pool_is_the_same_forward_in_vmap_and_in_a_loop(pool):
    shape, *options = pool
    x, dx = drawn(shape, shape)
    function = lambda x: max_pool(x, *options)  # noqa: E731
    (ct,) = drawn(function(x).shape, seed=1)
    _, (slopes,) = pulled(function, (x,), ct)
    tangent = jax.jit(lambda x, dx: jax.jvp(function, (x,), (dx,))[1])(x, dx)
    np.testing.assert_allclose(jnp.vdot(ct, tangent), jnp.vdot(slopes, dx), rtol=1e-12)
    gradient = jax.grad(lambda x: jnp.sum(function(x) ** 2))
    one = jax.jit(gradient)(x)
    np.testing.assert_array_equal(jax.jit(jax.vmap(gradient))(jnp.stack([x, x]))[1], one)
    np.testing.assert_array_equal(descent(lambda x: [gradient(x)], 1)(x)[0], x - 0.01 * one)
    second = jax.jit(lambda x, dx: jax.jvp(gradient, (x,), (dx,))[1])(x, dx)
    _, (right,) = pulled(function, (x,), 2 * tangent)
    np.testing.assert_allclose(second, right, rtol=1e-12, atol=1e-12)


def test_max_pool_takes_integers_and_half_precision():
    options = (2, 2), (2, 2), ((1, 1), (0, 0))
    x = jnp.arange(-16, 0).reshape(1, 4, 4, 1)
    assert max_pool(x, *options).ravel().tolist() == [-15, -13, -7, -5, -3, -1]
    gradient = jax.grad(lambda x: jnp.sum(max_pool(x, *options)))(x.astype("bfloat16"))
    assert gradient.dtype == jnp.bfloat16
    assert gradient.ravel().tolist() == [0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1]


@pytest.mark.parametrize(("pool", "count_include_pad"), [*((p, False) for p in POOLS), (POOLS[2], True)])
def test_avg_pool_is_the_mean_of_what_a_window_sees(pool, count_include_pad):
    shape, *options = pool
    (x,) = drawn(shape)
    function = lambda x: avg_pool(x, *options, count_include_pad)  # noqa: E731
    right, weights = np.zeros(function(x).shape), {}
    for cell, seen in windows(shape, *options):
        count = math.prod(options[0]) if count_include_pad else max(len(seen), 1)
        weights[cell] = count
        right[:, *cell] += sum(np.asarray(x)[:, *place] / count for place in seen)
    (ct,) = drawn(right.shape, seed=1)
    value, (slopes,) = pulled(function, (x,), ct)
    np.testing.assert_allclose(value, right, rtol=0, atol=1e-14)
    right_slopes = np.zeros(shape)
    for cell, seen in windows(shape, *options):
        for place in seen:
            right_slopes[:, *place] += ct[:, *cell] / weights[cell]
    np.testing.assert_allclose(slopes, right_slopes, rtol=0, atol=1e-14)


def test_other_platforms_pool_as_lax_does():
    options = (2, 2), (2, 2), ((0, 0), (0, 0))
    arguments = drawn((2, 4, 4, 3), dtype="float32")

    def stock(x):
        return lax.reduce_window(x, -np.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    for platform in ("cuda", "tpu"):
        ours, right = (
            lowered(jax.grad(lambda x, f=f: jnp.sum(f(x) ** 2)), arguments, platform)
            for f in (lambda x: max_pool(x, *options), stock)
        )
        assert operations(ours) == operations(right) != []
    for function in (max_pool, avg_pool):
        assert lowered(
            jax.grad(lambda x, f=function: jnp.sum(f(x, *options) ** 2)), arguments, "cpu", "cuda", "tpu"
        )


@pytest.mark.parametrize("case", POOLS)
def test_the_form_of_other_platforms_and_large_windows_has_the_same_slopes(case, monkeypatch):
    monkeypatch.setattr(pooling, "_MOST_TAPS", 0)
    shape, *options = case
    for x in images(shape):
        value, pull = jax.vjp(lambda x: max_pool(x, *options), x)
        ct = np.random.default_rng(1).standard_normal(value.shape)
        expected, slopes = pooled_by_hand(x, ct, *options)
        np.testing.assert_array_equal(value, expected)
        np.testing.assert_allclose(pull(jnp.asarray(ct))[0], slopes, rtol=1e-12)
        if np.unique(x).size == x.size:  # forwards, `lax` takes another one of several equal cells
            tangent = np.random.default_rng(2).standard_normal(shape)
            moved = jax.jvp(lambda x: max_pool(x, *options), (x,), (tangent,))[1]
            np.testing.assert_allclose((moved * ct).sum(), (slopes * tangent).sum(), rtol=1e-10)
