"""Convolution with fast gradients: lax's own values and slopes, at every order, on every platform."""

import math
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxnets import compiler
from jaxnets.fast import kernel_slopes
from jaxnets.fast.convolution import correlate
from tests.fast_gradients import descent, drawn, lowered, operations, pulled

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


def assert_within_rounding(got, right, scale, terms):
    """Two sums of `terms` products in different orders: each is off by terms * u of the sum of magnitudes."""
    assert got.shape == right.shape and got.dtype == right.dtype
    u = jnp.finfo(right.dtype).eps / 2
    assert np.all(np.abs(got - right) <= 2 * (terms + 1) * u * scale)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_and_gradients_are_those_of_lax_but_for_rounding(case):
    compare_with_lax(case, jax.jit)


def compare_with_lax(case, jit):
    shape, kernel_shape, *options = case
    x, k = drawn(shape, kernel_shape)
    (ct,) = drawn(by_lax(x, k, *options).shape, seed=1)

    def results(x, k, ct):
        for function, sign in ((correlate, lambda a: a), (by_lax, lambda a: a), (by_lax, abs)):
            value, pull = jax.vjp(lambda x, k, f=function: f(x, k, *options), sign(x), sign(k))
            yield value, *pull(sign(ct))

    run = jit(lambda *arguments: list(results(*arguments)))
    terms = math.prod(kernel_shape[:-1]), math.prod(kernel_shape), math.prod(ct.shape)
    for got, right, scale, count in zip(*run(x, k, ct), terms, strict=True):
        assert_within_rounding(got, right, scale, count)


@pytest.mark.parametrize("case", [CASES[k] for k in (0, 1, 2, 8, 11, 17)], ids=str)
def test_values_and_gradients_are_those_of_lax_where_eigen_convolves(case):
    compare_with_lax(case, compiler.jit)


def test_compiled_for_training_the_slopes_of_a_kernel_are_a_convolution():
    x, k = drawn((2, 5, 4, 3), (3, 2, 3, 4))
    options = CASES[0][2:]
    forms = []

    def seen(x, k):
        forms.append(kernel_slopes.form_of_kernel(x, k, *options))
        return correlate(x, k, *options)

    for jit in (jax.jit, compiler.jit):
        jit(seen).lower(x, k)
    assert [getattr(form, "func", None) is kernel_slopes._turned for form in forms] == [False, True]


@pytest.mark.parametrize("case", [CASES[1], CASES[17]], ids=str)
def test_windows_of_few_numbers_are_one_product_where_eigen_would_convolve(case):
    shape, kernel_shape, *options = case
    x, k = drawn(shape, kernel_shape)
    outputs_and_slopes = jax.value_and_grad(lambda k, x: jnp.sum(jnp.sin(correlate(x, k, *options))))
    text = compiler.jit(outputs_and_slopes).lower(k, x).compile().as_text()
    assert " dot(" in text and " convolution(" not in text


def test_slopes_of_a_kernel_are_a_fast_convolution_where_outputs_are_more_than_inputs():
    x, k = drawn((2, 8, 8, 16), (3, 3, 16, 4), dtype="float32")
    slopes = jax.grad(lambda k: jnp.sum(jnp.sin(correlate(x, k, (1, 1), ((2, 2), (2, 2)), (1, 1), 1))))
    text = compiler.jit(slopes).lower(k).compile().as_text()
    assert text.count(" convolution(") == 2 and "rhs_reversal" not in text


@pytest.mark.parametrize("case", [CASES[0], CASES[11], CASES[13]], ids=str)
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


@pytest.mark.parametrize(
    ("case", "axes"), [(CASES[0], (None, 0)), (CASES[2], (0, 0)), (CASES[12], (0, None)), (CASES[14], (0, 0))]
)
def test_vmap_changes_nothing(case, axes):
    shape, kernel_shape, *options = case
    arguments = drawn(*((2,) * (axis == 0) + s for s, axis in zip((shape, kernel_shape), axes, strict=True)))
    gradient = jax.grad(energy(correlate, options), (0, 1))
    got = jax.jit(jax.vmap(gradient, axes))(*arguments)
    for k in range(2):
        one = [a if axis is None else a[k] for a, axis in zip(arguments, axes, strict=True)]
        for a, b in zip(got, jax.jit(gradient)(*one), strict=True):
            np.testing.assert_allclose(a[k], b, rtol=1e-12, atol=1e-12)


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
