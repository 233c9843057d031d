"""The numerical core of the array room, function by function, against mpmath: values and slopes."""

import math
from functools import cache

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from mpmath import mpf

import jaxnets as jn
from jaxnets import gates, normal_curve, stable

MEANING = {
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "tanh": mpmath.tanh,
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "log_cosh": lambda x: mpmath.log(mpmath.cosh(x)),
    "expm1": mpmath.expm1,
    "softsign": lambda x: x / (1 + abs(x)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "mish": lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
    "gelu": lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
    "tanh_gelu": lambda x: x / (1 + mpmath.exp(-mpmath.sqrt(8 / mpmath.pi) * (x + mpf("0.044715") * x**3))),
    "normal_pdf": lambda x: mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi),
    "normal_cdf": lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
}
SIZES = np.concatenate([np.geomspace(1e-12, 0.3, 12), np.linspace(0.31, 3, 25), np.linspace(3.3, 37, 30)])
POINTS = np.concatenate([SIZES, -SIZES, [0.55, 1.0, -1.0, 12.5]])
# Where the first, and where the second derivative changes its sign: a sum whose terms cancel, of which the
# last digits of the terms are left. Within 0.3 of there the relative error has no bound.
CROSSES = {
    "silu": ([-1.28], [-2.4, 2.4]),
    "mish": ([-1.2], [-2.26, 1.49]),
    "gelu": ([-0.75], [-1.41, 1.41]),
    "tanh_gelu": ([-0.75], [-1.42, 1.42]),
    "normal_pdf": ([], [-1.0, 1.0]),
}
GATES = ("silu", "mish", "gelu", "tanh_gelu")
HALVES = (jnp.float16, jnp.bfloat16)


def function_of(name):
    rooms = (gates,) if name in GATES else (stable, normal_curve)
    return next(getattr(room, name) for room in rooms if hasattr(room, name))


@cache
def truths(name, x):
    """Value, slope and second slope, by differences in many digits."""
    with mpmath.workdps(450):
        x, h = mpf(x), abs(mpf(x)) * mpf(10) ** -40
        low, y, high = (MEANING[name](x + k * h) for k in (-1, 0, 1))
        return y, (high - low) / (2 * h), (high - 2 * y + low) / h**2


def worst(got, true, dtype):
    """The largest distance in ULPs of a type, of what it holds with all digits."""
    kind = jnp.finfo(dtype)
    least = float(kind.tiny) * (
        1 if dtype == jnp.float16 else 1024
    )  # below, a factor may have been flushed to 0
    distances = [0.0]
    for one, other in zip(got.astype(float).tolist(), true, strict=True):
        if least < abs(other) < float(kind.max):
            place = float(kind.eps) * 2.0 ** (math.frexp(float(other))[1] - 1)
            distances.append(float(abs(mpf(one) - other) / place))
    return max(distances)


def away(points, crossings):
    return np.array([x for x in points if all(abs(x - crossing) > 0.3 for crossing in crossings)])


@pytest.mark.parametrize("dtype", [np.float64, np.float32, *HALVES])
@pytest.mark.parametrize("name", MEANING)
def test_values_and_slopes_of_both_orders_keep_their_digits(name, dtype):
    """Half precision is rounded once, from float32. A second slope is a product of up to five factors that
    are within 2 ULP each, or for gates a sum of such products."""
    function, points = function_of(name), np.unique(np.asarray(POINTS.astype(dtype), float))
    points = points[points != 0]  # float16 has no 1e-12
    slope = jax.grad(lambda x: jnp.sum(function(x)))
    second = jax.grad(lambda x: jnp.sum(slope(x)))
    bounds = (1, 1, 1) if dtype in HALVES else (4, 8, 24 if name in GATES else 10)
    for order, (derivative, bound) in enumerate(zip((function, slope, second), bounds, strict=True)):
        chosen = away(points, CROSSES.get(name, ([], []))[order - 1] if order else [])
        got = derivative(jnp.asarray(chosen, dtype))
        assert got.dtype == dtype
        assert worst(got, [truths(name, x)[order] for x in chosen.tolist()], dtype) <= bound, order


def test_third_slopes_of_log_cosh_and_softplus_keep_their_digits_next_to_0():
    for function, true in ((stable.log_cosh, -2e-6), (stable.softplus, -1.25e-7)):
        third = jax.grad(jax.grad(jax.grad(function)))(jnp.float32(1e-6))
        assert float(third) == pytest.approx(true, rel=1e-6)


def test_slopes_of_softsign_far_out_neither_overflow_nor_vanish():
    slope = jax.grad(stable.softsign)
    assert float(jax.grad(slope)(jnp.float32(1e10))) == pytest.approx(-2e-30, rel=1e-6)
    assert float(slope(jnp.float32(1e18))) == pytest.approx(1e-36, rel=1e-6)
    assert float(slope(jnp.float16(300))) == pytest.approx(301.0**-2, rel=5e-3)
    assert float(jax.grad(slope)(jnp.float16(20))) == pytest.approx(-2 / 21**3, rel=1e-3)


@pytest.mark.parametrize("dtype", HALVES)
def test_shares_of_half_precision_are_rounded_once(dtype):
    row = jnp.array([0.0, -9.3, -0.4, -3.7], dtype)
    with mpmath.workdps(40):
        powers = [mpmath.exp(mpf(z)) for z in row.astype(float).tolist()]
        shares = [power / sum(powers) for power in powers]
    assert worst(jn.softmax(row), shares, dtype) <= 1
    assert worst(stable.log_softmax(row), [mpmath.log(share) for share in shares], dtype) <= 1


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16, jnp.float32, jnp.float64])
@pytest.mark.parametrize("approximate", [False, True])
def test_a_gate_far_out_is_open_or_shut_in_every_type(dtype, approximate):
    x = jnp.array([60.0, -60.0, 1e4, -1e4], dtype)
    assert jn.gelu(x, approximate).tolist() == [float(x[0]), 0, float(x[2]), 0]
    slopes = jax.grad(lambda x: jnp.sum(jn.gelu(x, approximate)))(x)
    assert slopes.tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16, jnp.float32, jnp.float64])
def test_no_number_makes_a_gate_or_its_slopes_nan(gate, dtype):
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    x = jnp.asarray(every if dtype == jnp.float16 else np.linspace(-100, 100, 100_001), dtype)
    x, function = x[jnp.isfinite(x)], getattr(gates, gate)
    for order in range(3):
        assert bool(jnp.isfinite(jax.vmap(function)(x)).all()), order
        function = jax.grad(function)


def test_tanh_keeps_its_digits_where_it_bends():
    points = np.linspace(0.56, 1.7, 600)
    true = [mpmath.tanh(mpf(x)) for x in points.tolist()]
    assert worst(stable.tanh(jnp.asarray(points)), true, np.float64) <= 1


def test_tails_end_in_0_and_1():
    far = jnp.array([-1e4, -64.0, -39.0, 39.0, 1e4])
    assert normal_curve.normal_cdf(far).tolist() == [0, 0, 0, 1, 1]
    assert normal_curve.normal_pdf(far).tolist() == [0] * 5
    assert stable.log_cosh(jnp.array([0.0, 1e4])).tolist() == [0, 1e4 - 0.6931471805599453]


def test_a_focal_term_has_slopes_where_the_sigmoid_is_0_and_at_infinity():
    for x in (1e4, jnp.inf):
        value, slopes = jax.value_and_grad(stable.focal, (0, 1))(x, 0.5)
        assert (float(value), *map(float, slopes)) == (0, 0, 0)
    for power in (0.0, 0.5, 2.0):
        value, slopes = jax.value_and_grad(stable.focal, (0, 1))(-jnp.inf, power)
        assert (float(value), *map(float, slopes)) == (jnp.inf, -1, 0)
    assert float(jax.grad(jax.grad(stable.focal))(1e4, 0.5)) == 0
    for x, power in ((-3.0, 0.5), (0.7, 2.0), (5.0, 0.0), (30.0, 2.0)):
        value, slopes = jax.value_and_grad(stable.focal, (0, 1))(x, power)
        with mpmath.workdps(40):
            p = MEANING["sigmoid"](mpf(x))
            loss, share = -mpmath.log(p), (1 - p) ** power
            true = [share * loss, -share * (power * p * loss + 1 - p), share * loss * mpmath.log1p(-p)]
        assert [float(value), *map(float, slopes)] == pytest.approx([float(t) for t in true], rel=4e-15)


def test_what_does_not_count_costs_nothing_though_it_is_infinite():
    value, slopes = jax.value_and_grad(stable.counted, (0, 1))(0.0, jnp.inf)
    assert (float(value), *map(float, slopes)) == (0, 0, 0)
    assert stable.counted(0.5, jnp.inf) == jnp.inf and jax.grad(stable.counted)(0.0, 3.0) == 3


def test_the_lead_of_each_number_is_a_sigmoid_of_its_share():
    x = jnp.array([[1.0, -2.0, 0.5], [40.0, 0.0, 0.0], [3.0, 3.0, -800.0]])
    lead = stable.lead(x)
    with mpmath.workdps(50):
        for row, leads in zip(x.tolist(), lead.tolist(), strict=True):
            for i, got in enumerate(leads):
                others = sum(mpmath.exp(mpf(z) - row[i]) for j, z in enumerate(row) if j != i)
                assert got == pytest.approx(float(-mpmath.log(others)), rel=1e-15, abs=1e-16)
    assert np.allclose(jax.jacobian(stable.lead)(x[0]).sum(axis=-1), 0, atol=1e-15)


def test_logarithms_of_shares_and_their_slopes_keep_a_dominant_class():
    x = jnp.array([[0.0, 40.0, 0.0]])
    rest = 2 * mpmath.exp(-40)
    assert float(stable.log_softmax(x)[0, 1]) == pytest.approx(float(-mpmath.log1p(rest)), rel=1e-15)
    slopes = jax.jacobian(lambda x: stable.log_softmax(x)[0])(x)[:, 0]
    assert float(slopes[1, 1]) == pytest.approx(float(rest / (1 + rest)), rel=1e-15)
    parts = stable.softmax_parts(x)
    assert np.allclose(parts[1] + parts[2], 1) and float(parts[2][0, 1]) == pytest.approx(
        float(rest), rel=1e-15
    )


@pytest.mark.parametrize("row", [[0.0, 0.0, 0.0], [1.0, 3.0, 3.0], [-2.0, 0.5, 4.0]], ids=str)
def test_second_derivatives_of_log_softmax_are_those_of_the_covariance_at_ties_too(row):
    hessian = jax.hessian(lambda x: stable.log_softmax(x)[1])(jnp.array(row))
    p = np.exp(row) / np.exp(row).sum()
    assert np.allclose(hessian, np.outer(p, p) - np.diag(p), rtol=1e-14, atol=1e-15)


def test_products_with_logarithms_of_0_are_0_where_the_factor_is():
    one, zero = jnp.array(1.0), jnp.array(0.0)
    for function, edge in ((stable.xlogy, zero), (stable.xlog1my, one)):
        assert function(zero, edge) == 0 and function(one, edge) == -jnp.inf
        assert [float(s) for s in jax.grad(function, (0, 1))(zero, edge)] == [0, 0]
    for y in (1e-20, 0.2, 0.3, 0.4, 0.9):
        assert float(stable.xlog1my(2.0, jnp.array(y))) == pytest.approx(
            float(2 * mpmath.log1p(-y)), rel=1e-15
        )


def test_the_slopes_of_a_slope_of_focal_are_those_of_the_formula():
    def formula(x, power):
        return (1 + mpmath.exp(x)) ** -power * mpmath.log1p(mpmath.exp(-x))

    for x, power in ((-3.0, 0.5), (0.25, 2.0), (4.0, 1.5)):
        slopes = jax.hessian(stable.focal, argnums=(0, 1))(x, power)
        for i, j in ((0, 0), (0, 1), (1, 1)):
            orders = tuple((i, j).count(k) for k in (0, 1))
            truth = float(mpmath.diff(formula, (x, power), orders))
            assert float(slopes[i][j]) == pytest.approx(truth, rel=1e-12)


def test_what_stands_alone_leads_by_infinity():
    for rest in ([], [-jnp.inf], [-jnp.inf] * 2):
        assert stable.lead(jnp.array([3.0, *rest])).tolist() == [jnp.inf, *rest]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_scale_is_a_power_of_two_that_brings_any_size_near_1(dtype):
    bits = jnp.finfo(dtype)
    sizes = jnp.array([0.0, bits.tiny, 1e-30, 0.3, 1.0, 3.0, 1e30, bits.max / 5, bits.max, np.inf], dtype)
    scales = np.asarray(jax.jit(stable.scale)(sizes))
    assert scales.dtype == dtype and (np.frexp(scales)[0] == 0.5).all()
    brought = (sizes * scales)[1:-1]
    assert (brought > 0.5).all() and (brought <= 4).all() and scales[0] == scales[4] == 1
    assert np.isfinite(1 / scales).all() and (1 / scales >= bits.tiny).all() and (scales >= bits.tiny).all()
    assert jax.grad(lambda x: stable.scale(x))(jnp.array(3.0, dtype)) == 0
