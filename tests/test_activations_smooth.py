"""Smooth activations where they are hard: both tails, next to 0, slopes of slopes, single precision."""

from functools import partial

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from mpmath import mpf

import jaxnets as jn
import microgrid as mg
from jaxnets import gates
from microgrid import Value
from microgrid.oracle.distance import ulps
from tests.arguments import LARGEST

HARD = (1e-300, 1e-9, 0.1, 0.37, 1.0, 1.7, 5.0, 8.3, 13.1, 19.0, 19.6, 24.7, 36.9, 37.4, 40.0, 700.0)
POINTS = [sign * x for x in HARD for sign in (1, -1)]
SCALE, ALPHA = mpf(1.0507009873554805), mpf(1.6732632423543772)


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def normal(x):
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


MEANING = {
    "elu": lambda x: x if x > 0 else mpmath.expm1(x),
    "selu": lambda x: SCALE * (x if x > 0 else ALPHA * mpmath.expm1(x)),
    "celu": lambda x: x if x > 0 else mpmath.expm1(x),
    "gelu": lambda x: x * normal(x),
    "silu": lambda x: x * sigmoid(x),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "mish": lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
    "log_sigmoid": lambda x: -mpmath.log1p(mpmath.exp(-x)),
}
each = pytest.mark.parametrize("name", MEANING)


def truth(name, x):
    """Value and slope to 50 digits and more, the slope by a difference quotient."""
    with mpmath.workdps(800):
        x, h = mpf(x), abs(mpf(x)) * mpf(10) ** -60
        function = MEANING[name]
        return function(x), (function(x + h) - function(x - h)) / (2 * h)


def off(got, true, spacing=np.float64):
    """The distance in ULPs; none next to where XLA flushes a result, or one of its factors, to 0."""
    small = 1024 * float(np.finfo(spacing).tiny)
    if abs(true) < small:
        return 0.0 if abs(got) < 2 * small else float("inf")
    return float(abs(mpf(got) - true) / mpf(float(np.spacing(spacing(abs(float(true)))))))


@each
def test_arrays_keep_their_digits_at_hard_points(name):
    function = getattr(jn, name)
    points = jnp.array(POINTS)
    slopes = jax.grad(lambda x: jnp.sum(function(x)))(points)
    for x, y, slope in zip(POINTS, function(points).tolist(), slopes.tolist(), strict=True):
        value, true = truth(name, x)
        assert off(y, value) <= 4, x
        assert off(slope, true) <= 8, x


@each
def test_arrays_keep_their_digits_in_single_precision(name):
    function = getattr(jn, name)
    points = np.array([x for x in POINTS if 1e-30 < abs(x) < 90], np.float32)
    slopes = jax.grad(lambda x: jnp.sum(function(x)))(points)
    assert slopes.dtype == jnp.float32
    for x, y, slope in zip(points.tolist(), function(points).tolist(), slopes.tolist(), strict=True):
        value, true = truth(name, x)
        assert off(y, value, np.float32) <= 4, x
        assert off(slope, true, np.float32) <= 8, x


@each
def test_scalars_keep_their_digits_at_hard_points(name):
    for point in POINTS:
        x = Value(point)
        y = getattr(mg, name)(x)
        y.backward()
        value, true = truth(name, point)
        assert off(y.data, value) <= 4, point
        assert off(x.grad, true) <= 8, point


@each
def test_scalars_of_fifty_digits_have_fifty_digits(name):
    for point in (-36.9, -1.7, -0.1, 0.37, 5.0):
        with mpmath.workdps(50):
            x = Value(mpf(point))
            y = getattr(mg, name)(x)
            y.backward()
        value, true = truth(name, point)
        assert abs(y.data - value) < abs(value) * mpf(10) ** -47
        digits = 15 if name == "selu" else 46  # the product of its two constants is a float
        assert abs(x.grad - true) < abs(true) * mpf(10) ** -digits


@each
def test_forward_mode_and_second_slopes_agree_with_scalars(name):
    for point in (-8.3, -0.37, 0.9, 3.0):
        first = jax.jvp(getattr(jn, name), (jnp.array(point),), (jnp.array(1.0),))[1]
        second = jax.grad(jax.grad(getattr(jn, name)))(point)
        assert ulps(float(first), mg.grad(getattr(mg, name))(point)) <= 8
        expected = mg.grad(mg.grad(getattr(mg, name)))(point)
        assert float(second) == pytest.approx(expected, rel=1e-13, abs=1e-18)


def test_the_left_tail_of_gelu_is_there_where_the_library_loses_it():
    x = -24.7
    value = float(truth("gelu", x)[0])
    assert off(float(jn.gelu(x)), truth("gelu", x)[0]) <= 4
    assert off(mg.gelu(x), truth("gelu", x)[0]) <= 4
    assert off(float(jax.nn.gelu(jnp.array(x), approximate=False)), truth("gelu", x)[0]) > 100
    assert value < 0


def tanh_gelu(x):
    return x / (1 + mpmath.exp(-mpmath.sqrt(8 / mpmath.pi) * (x + mpf("0.044715") * x**3)))


NEAR_0 = {  # the last results that are normal numbers
    (np.float32, "silu"): (-87.0, -88.0, -90.0), (np.float32, "mish"): (-87.0, -88.0, -90.0),
    (np.float32, "tanh_gelu"): (-3.0, -5.9, -9.5, -10.0),
    (np.float64, "silu"): (-708.0, -712.0), (np.float64, "mish"): (-708.0, -712.0),
    (np.float64, "tanh_gelu"): (-5.5, -12.9, -20.0, -21.0),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "name"), NEAR_0)
def test_gates_are_there_as_long_as_the_result_is_a_normal_number(kind, name):
    function, points = getattr(gates, name), np.array(NEAR_0[kind, name], kind)
    slopes = jax.grad(lambda x: jnp.sum(function(x)))(jnp.array(points)).tolist()
    meaning = MEANING.get(name, tanh_gelu)
    for x, y, slope in zip(points.tolist(), function(jnp.array(points)).tolist(), slopes, strict=True):
        with mpmath.workdps(800):
            for got, true in ((y, meaning(mpf(x))), (slope, mpmath.diff(meaning, mpf(x)))):
                unit = float(np.spacing(kind(abs(float(true)))))
                assert abs(float(true)) > np.finfo(kind).tiny
                assert abs(got - true) <= 5 * unit, x


def test_the_tanh_form_of_gelu_has_its_digits_in_scalars():
    for point in (-20.0, -12.9, -5.5, 0.4):
        y = mg.gelu(x := Value(point), approximate=True)
        y.backward()
        with mpmath.workdps(800):
            true, slope = tanh_gelu(mpf(point)), mpmath.diff(tanh_gelu, mpf(point))
        assert off(y.data, true) <= 4
        assert off(x.grad, slope) <= 4


def test_the_tanh_form_of_gelu_is_near_the_exact_one_and_the_library_s():
    points = jnp.linspace(-5, 5, 41)
    assert np.abs(jn.gelu(points, approximate=True) - jn.gelu(points)).max() < 1e-3
    library = jax.nn.gelu(points, approximate=True)
    assert np.allclose(jn.gelu(points, approximate=True), library, rtol=1e-12, atol=1e-15)
    scalars = [mg.gelu(x, approximate=True) for x in points.tolist()]
    assert scalars == pytest.approx(library.tolist(), abs=1e-14)


def test_the_tanh_form_is_the_formula_for_other_numbers_and_shut_or_open_far_out():
    with mpmath.workdps(30):
        x = mpf("0.7")
        gate = (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (x + mpf(0.044715) * x**3))) / 2
        assert abs(mg.gelu(x, approximate=True) / (x * gate) - 1) < 1e-15
    assert [mg.gelu(x, approximate=True) for x in (-1e110, 1e110)] == [0, 1e110]


def test_alpha_is_where_the_negative_side_ends():
    for room in (mg, jn):
        assert float(room.elu(-100.0, alpha=0.5)) == float(room.celu(-100.0, alpha=0.5)) == -0.5
        assert float(room.elu(3.0, alpha=0.5)) == float(room.celu(3.0, alpha=0.5)) == 3.0
        assert float(room.selu(-100.0)) == pytest.approx(-1.7580993408473766, rel=1e-15)


def test_numbers_that_are_not_known_yet_count_as_known_ones_do():
    for name in MEANING:
        program = mg.trace(getattr(mg, name), 0.5)
        for x in (-3.0, 0.0, 2.5):
            assert program(x) == pytest.approx(getattr(mg, name)(x), rel=1e-15)


def test_infinities_and_nan_pass_as_they_are():
    for name in ("elu", "celu", "selu", "softplus"):
        values = getattr(jn, name)(jnp.array([jnp.inf, jnp.nan]))
        assert values[0] == jnp.inf and jnp.isnan(values[1]), name
    ends = jnp.array([-jnp.inf, jnp.inf])
    assert jn.softsign(ends).tolist() == [-1, 1]
    assert jn.softsign(jnp.array(1e308)) == 1
    for name in ("silu", "mish"):
        function = getattr(gates, name)
        assert function(ends).tolist() == [0, jnp.inf], name
        assert jax.grad(lambda x, function=function: jnp.sum(function(x)))(ends).tolist() == [0, 1], name
    assert jn.gelu(ends, approximate=True).tolist() == jn.hard_silu(ends).tolist() == [0, jnp.inf]
    assert mg.hard_silu(-float("inf")) == 0
    assert jnp.isnan(jax.grad(jn.celu)(jnp.nan))


@pytest.mark.parametrize("gate", [mg.silu, mg.mish, mg.gelu, partial(mg.gelu, approximate=True)])
def test_a_gate_is_shut_at_minus_infinity_in_scalars_too(gate):
    y = gate(x := Value(-float("inf")))
    y.backward()
    assert (y.data, x.grad, gate(float("inf"))) == (0, 0, float("inf"))
    assert np.isnan(gate(float("nan")))


@pytest.mark.parametrize("gate", [mg.silu, mg.mish, mg.gelu, partial(mg.gelu, approximate=True)])
@pytest.mark.parametrize("x", [1e35, 1e200, float("inf")])
def test_a_gate_is_open_however_large_its_number(gate, x):
    y = gate(v := Value(x))
    y.backward()
    assert (y.data, v.grad) == (x, 1)
    assert mg.trace(gate, 0.5).value_and_grad(x) == (x, 1)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(("dtype", "alpha"), LARGEST)
def test_the_largest_alpha_bends_celu_where_it_should(dtype, alpha, compiled):
    """XLA divides by one number by multiplying with 1 over it, which is 0 here."""
    shares = np.array([-1.0, -0.5, -1e-8])
    x = jnp.array([*(shares * alpha), -1.0, -1e-30, 0.0, 2.0], dtype)
    value, slope = partial(jn.celu, alpha=alpha), jax.grad(lambda x: jnp.sum(jn.celu(x, alpha)))
    if compiled:
        value, slope = jax.jit(value), jax.jit(slope)
    rtol = 4 * float(jnp.finfo(dtype).eps)
    np.testing.assert_allclose(value(x), [*(np.expm1(shares) * alpha), -1, -1e-30, 0, 2], rtol=rtol)
    np.testing.assert_allclose(slope(x), [*np.exp(shares), 1, 1, 1, 1], rtol=rtol)
