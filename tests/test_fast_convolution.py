"""Convolution and pooling with fast gradients: lax's own values and slopes, at every order, everywhere."""

import math
import re
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export, lax

from jaxnets.fast.convolution import correlate
from jaxnets.fast.pooling import avg_pool, max_pool

CASES = [  # inputs, kernel, strides, padding, dilation, groups
    ((2, 5, 4, 3), (3, 2, 3, 4), (1, 1), ((1, 1), (0, 1)), (1, 1), 1),
    ((2, 5, 4, 1), (3, 3, 1, 5), (1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    ((2, 7, 6, 3), (3, 2, 3, 4), (2, 3), ((1, 1), (0, 1)), (1, 1), 1),
    ((1, 8, 9, 2), (3, 3, 2, 3), (2, 2), ((0, 1), (1, 0)), (1, 1), 1),
    ((3, 6, 6, 2), (1, 1, 2, 4), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    ((3, 7, 6, 2), (1, 1, 2, 4), (3, 2), ((0, 0), (0, 0)), (1, 1), 1),
    ((2, 7, 8, 2), (2, 2, 2, 3), (3, 4), ((0, 0), (2, 1)), (1, 1), 1),
    ((2, 4, 3, 2), (4, 3, 2, 3), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    ((2, 4, 3, 40), (4, 3, 40, 3), (1, 1), ((3, 3), (2, 2)), (1, 1), 1),
    ((1, 7, 7, 33), (6, 6, 33, 2), (1, 2), ((2, 0), (0, 2)), (1, 1), 1),
    ((2, 9, 8, 2), (3, 2, 2, 3), (1, 1), ((1, 2), (0, 0)), (2, 3), 1),
    ((2, 9, 8, 2), (3, 2, 2, 3), (2, 1), ((1, 2), (0, 0)), (2, 3), 1),
    ((2, 7, 6, 4), (3, 2, 2, 6), (1, 1), ((1, 1), (0, 1)), (1, 1), 2),
    ((2, 7, 6, 4), (3, 2, 2, 6), (2, 1), ((1, 1), (0, 1)), (1, 2), 2),
    ((2, 6, 5, 3), (3, 3, 1, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 3),
    ((2, 6, 5, 3), (3, 3, 1, 6), (2, 2), ((1, 1), (1, 1)), (1, 1), 3),
    ((1, 1, 1, 1), (1, 1, 1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    ((2, 7, 3), (3, 3, 4), (1,), ((1, 1),), (1,), 1),
    ((2, 9, 3), (3, 3, 4), (2,), ((2, 0),), (2,), 1),
    ((2, 9, 4), (4, 2, 4), (3,), ((0, 0),), (1,), 2),
]


def by_lax(inputs, kernel, strides, padding, dilation, groups):
    numbers = ("NHWC", "HWIO", "NHWC") if inputs.ndim == 4 else ("NWC", "WIO", "NWC")
    return lax.conv_general_dilated(
        inputs,
        kernel,
        strides,
        padding,
        rhs_dilation=dilation,
        dimension_numbers=numbers,
        feature_group_count=groups,
    )


def drawn(*shapes, seed=0, dtype=float):
    rng = np.random.default_rng(seed)
    return [jnp.asarray(rng.standard_normal(shape), dtype) for shape in shapes]


def pulled(function, arguments, slopes):
    """Value, and slopes of <slopes, function> for each argument."""

    @jax.jit
    def run(arguments, slopes):
        value, pull = jax.vjp(function, *arguments)
        return value, pull(slopes)

    return run(arguments, slopes)


def assert_within_rounding(got, right, scale, terms):
    """Two sums of `terms` products in different orders: each is off by terms * u of the sum of magnitudes."""
    assert got.shape == right.shape and got.dtype == right.dtype
    u = jnp.finfo(right.dtype).eps / 2
    assert np.all(np.abs(got - right) <= 2 * (terms + 1) * u * scale)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_and_gradients_are_those_of_lax_but_for_rounding(case):
    shape, kernel_shape, *options = case
    x, k = drawn(shape, kernel_shape)
    (ct,) = drawn(by_lax(x, k, *options).shape, seed=1)
    value, slopes = pulled(lambda x, k: correlate(x, k, *options), (x, k), ct)
    right_value, right = pulled(lambda x, k: by_lax(x, k, *options), (x, k), ct)
    _, scale = pulled(lambda x, k: by_lax(x, k, *options), (abs(x), abs(k)), abs(ct))
    scale_value = by_lax(abs(x), abs(k), *options)
    assert_within_rounding(value, right_value, scale_value, math.prod(kernel_shape[:-1]))
    assert_within_rounding(slopes[0], right[0], scale[0], math.prod(kernel_shape))
    assert_within_rounding(slopes[1], right[1], scale[1], math.prod(ct.shape))


@pytest.mark.parametrize("case", [CASES[0], CASES[2], CASES[11], CASES[13], CASES[18]], ids=str)
def test_forward_mode_agrees_with_reverse_mode(case):
    shape, kernel_shape, *options = case
    x, k, dx, dk = drawn(shape, kernel_shape, shape, kernel_shape)
    (ct,) = drawn(by_lax(x, k, *options).shape, seed=1)
    function = lambda x, k: correlate(x, k, *options)  # noqa: E731
    _, tangent = jax.jit(lambda: jax.jvp(function, (x, k), (dx, dk)))()
    _, slopes = pulled(function, (x, k), ct)
    there, back = jnp.vdot(ct, tangent), jnp.vdot(slopes[0], dx) + jnp.vdot(slopes[1], dk)
    scale = (
        jnp.vdot(abs(ct), abs(tangent))
        + jnp.vdot(abs(slopes[0]), abs(dx))
        + jnp.vdot(abs(slopes[1]), abs(dk))
    )
    np.testing.assert_allclose(there, back, rtol=0, atol=1e-13 * scale)


def energy(function, options):
    """A number whose second derivatives do not vanish."""
    return lambda x, k: jnp.sum(jnp.sin(function(x, k, *options)))


@pytest.mark.parametrize("case", [CASES[2], CASES[13]], ids=str)
def test_second_derivatives_are_those_of_lax(case):
    shape, kernel_shape, *options = case
    arguments = drawn(shape, kernel_shape)
    directions = drawn(shape, kernel_shape, seed=1)

    @jax.jit
    def products(arguments, directions):
        results = []
        for function in (correlate, by_lax):
            gradient = jax.grad(energy(function, options), (0, 1))
            reverse = jax.grad(lambda x, k, g=gradient: sum(map(jnp.vdot, g(x, k), directions)), (0, 1))(
                *arguments
            )
            forward = jax.jvp(gradient, tuple(arguments), tuple(directions))[1]
            results.append((reverse, forward))
        return results

    got, right = products(arguments, directions)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12), got, right)


@pytest.mark.parametrize("axes", [(0, None), (None, 0), (0, 0)])
@pytest.mark.parametrize("case", [CASES[2], CASES[12]], ids=str)
def test_vmap_changes_nothing(case, axes):
    shape, kernel_shape, *options = case
    arguments = drawn(*((2,) * (axis == 0) + s for s, axis in zip((shape, kernel_shape), axes, strict=True)))
    gradient = jax.grad(energy(correlate, options), (0, 1))
    got = jax.jit(jax.vmap(gradient, axes))(*arguments)
    for k in range(2):
        one = [a if axis is None else a[k] for a, axis in zip(arguments, axes, strict=True)]
        for a, b in zip(got, jax.jit(gradient)(*one), strict=True):
            np.testing.assert_allclose(a[k], b, rtol=1e-12, atol=1e-12)


def descent(gradient, steps):
    """Gradient descent inside a compiled loop."""

    def step(arguments, _):
        moved = [a - 0.01 * g for a, g in zip(arguments, gradient(*arguments), strict=True)]
        return moved, None

    return jax.jit(lambda *arguments: lax.scan(step, list(arguments), None, length=steps)[0])


def test_a_compiled_loop_takes_the_steps_that_lax_takes():
    shape, kernel_shape, *options = CASES[2]
    arguments = drawn(shape, kernel_shape)
    got, right = (
        descent(jax.grad(energy(function, options), (0, 1)), 5)(*arguments)
        for function in (correlate, by_lax)
    )
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12), got, right)


@pytest.mark.parametrize(("strides", "count"), [((1, 1), 2), ((2, 2), 1)])
def test_in_a_loop_every_convolution_is_one_that_xla_has_a_fast_kernel_for(strides, count):
    """Channels last, nothing dilated on the left, no mirrored window: the forms that Eigen takes."""
    options = strides, ((1, 1), (1, 1)), (1, 1), 1
    arguments = drawn((2, 8, 8, 3), (3, 3, 3, 4), dtype="float32")
    loop = descent(jax.grad(energy(correlate, options), (0, 1)), 2)
    convolutions = re.findall(r"[^\n]* convolution\([^\n]*", loop.lower(*arguments).compile().as_text())
    assert len(convolutions) == count
    for line in convolutions:
        assert (
            "dim_labels=b01f_01io->b01f" in line and "rhs_reversal" not in line and "lhs_dilate" not in line
        )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_other_floating_types_are_differentiated(dtype):
    shape, kernel_shape, *options = CASES[2]
    x, k = drawn(shape, kernel_shape, dtype=dtype)
    (ct,) = drawn(by_lax(x, k, *options).shape, seed=1, dtype=dtype)
    _, slopes = pulled(lambda x, k: correlate(x, k, *options), (x, k), ct)
    _, right = pulled(lambda x, k: by_lax(x, k, *options), (x, k), ct)
    _, scale = pulled(lambda x, k: by_lax(x, k, *options), (abs(x), abs(k)), abs(ct))
    for got, b, s in zip(slopes, right, scale, strict=True):
        assert_within_rounding(*(a.astype(dtype) for a in (got, b, s)), terms=math.prod(ct.shape))


def test_integers_are_correlated():
    x, k = jnp.arange(16).reshape(1, 4, 4, 1), jnp.ones((2, 2, 1, 1), int)
    assert correlate(x, k, (2, 2), ((0, 0), (0, 0)), (1, 1), 1).ravel().tolist() == [10, 18, 42, 50]


def lowered(function, arguments, *platforms):
    module = export.export(jax.jit(function), platforms=platforms)(*arguments).mlir_module()
    return re.sub(r"loc\([^)]*\)|#loc[^\n]*", "", module)


def operations(text):
    return sorted(
        re.findall(r"stablehlo\.(convolution|dot_general|optimization_barrier|select_and_scatter)", text)
    )


def test_other_platforms_get_the_gradients_of_lax():
    shape, kernel_shape, *options = CASES[2]
    arguments = drawn(shape, kernel_shape, dtype="float32")
    ours, stock = (jax.grad(energy(function, options), (0, 1)) for function in (correlate, by_lax))
    for platform in ("cuda", "tpu"):
        assert operations(lowered(ours, arguments, platform)) == operations(
            lowered(stock, arguments, platform)
        )
    assert "dot_general" in operations(lowered(ours, arguments, "cpu"))
    assert lowered(ours, arguments, "cpu", "cuda", "tpu")


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


@pytest.mark.parametrize("kind", ["drawn", "ties", "constant", "-inf", "nan"])
@pytest.mark.parametrize("pool", POOLS, ids=str)
def test_the_first_maximum_takes_the_whole_slope(pool, kind):
    shape, *options = pool
    x = np.random.default_rng(0).standard_normal(shape)
    x = {"ties": np.round(x), "constant": np.ones(shape), "-inf": np.where(x > 1, x, -np.inf)}.get(kind, x)
    x = np.where(x > 1, np.nan, x) if kind == "nan" else x
    if math.prod(options[0]) > 64 and kind == "nan":
        pytest.skip("lax alone says which of several nan takes the slope of a window so large")
    value, _ = pooled_by_hand(x, None, *options)
    ct = np.round(8 * np.random.default_rng(1).standard_normal(value.shape))  # whole numbers: sums are exact
    _, slopes = pooled_by_hand(x, ct, *options)
    got_value, (got_slopes,) = pulled(lambda x: max_pool(x, *options), (jnp.asarray(x),), jnp.asarray(ct))
    np.testing.assert_array_equal(got_value, value)
    np.testing.assert_array_equal(got_slopes, slopes)


@pytest.mark.parametrize("pool", POOLS[:4], ids=str)
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


@pytest.mark.parametrize("count_include_pad", [False, True])
@pytest.mark.parametrize("pool", POOLS, ids=str)
def test_avg_pool_is_the_mean_of_what_a_window_sees(pool, count_include_pad):
    shape, *options = pool
    (x,) = drawn(shape)
    function = lambda x: avg_pool(x, *options, count_include_pad)  # noqa: E731
    right, weights = np.zeros(function(x).shape), {}
    for cell, seen in windows(shape, *options):
        count = math.prod(options[0]) if count_include_pad else max(len(seen), 1)
        weights[cell] = count
        right[:, *cell] = sum(
            (np.asarray(x)[:, *place] / count for place in seen), np.zeros((shape[0], shape[-1]))
        )
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
