"""The numerical core of the array room, function by function, against mpmath: values and slopes."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from mpmath import mpf

import jaxnets as jn
from jaxnets import gates, stable

MEANING = {
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "tanh": mpmath.tanh,
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "log_cosh": lambda x: mpmath.log(mpmath.cosh(x)),
    "expm1": mpmath.expm1,
    "softsign": lambda x: x / (1 + abs(x)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "mish": lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
    "tanh_gelu": lambda x: x / (1 + mpmath.exp(-mpmath.sqrt(8 / mpmath.pi) * (x + mpf("0.044715") * x**3))),
    "normal_pdf": lambda x: mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi),
    "normal_cdf": lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
}
SIZES = np.concatenate([np.geomspace(1e-12, 0.3, 12), np.linspace(0.31, 3, 25), np.linspace(3.3, 37, 30)])
POINTS = np.concatenate([SIZES, -SIZES, [0.55, 1.0, -1.0, 12.5]])
# the middle of where the slope changes its sign, and how far its digits are few
CROSSES = {"silu": (-1.28, 0.25), "mish": (-1.2, 0.25), "tanh_gelu": (-0.75, 0.25)}


def function_of(name):
    return getattr(gates if name in CROSSES else stable, name)


def truths(function, x):
    with mpmath.workdps(600):
        x, h = mpf(x), abs(mpf(x)) * mpf(10) ** -60
        return function(x), (function(x + h) - function(x - h)) / (2 * h)


def worst(got, true, dtype):
    kind = np.finfo(dtype)
    distances = [0.0]
    for one, other in zip(got.tolist(), true, strict=True):
        if abs(other) > 1024 * float(kind.tiny):
            place = mpf(float(np.spacing(dtype(abs(float(other))))))
            distances.append(float(abs(mpf(one) - other) / place))
    return max(distances)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", MEANING)
def test_values_and_slopes_keep_their_digits(name, dtype):
    function, points = function_of(name), POINTS.astype(dtype)
    if name in CROSSES:
        middle, around = CROSSES[name]
        points = points[abs(points - middle) > around]
    true = list(zip(*(truths(MEANING[name], float(x)) for x in points), strict=True))
    assert worst(function(jnp.asarray(points)), true[0], dtype) <= 4
    slopes = jax.grad(lambda x: jnp.sum(function(x)))(jnp.asarray(points))
    assert slopes.dtype == dtype
    assert worst(slopes, true[1], dtype) <= 8


@pytest.mark.parametrize("name", MEANING)
def test_second_slopes_are_right(name):
    for x in (-6.3, -0.8, 0.4, 2.2) if name == "softsign" else (-6.3, -0.8, 0.0, 0.4, 2.2):
        with mpmath.workdps(60):
            true = float(mpmath.diff(MEANING[name], mpf(x), 2))
        second = jax.jacfwd(jax.grad(function_of(name)))(x)
        assert float(second) == pytest.approx(true, rel=1e-12, abs=1e-15), x


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16, jnp.float32, jnp.float64])
@pytest.mark.parametrize("approximate", [False, True])
def test_a_gate_far_out_is_open_or_shut_in_every_type(dtype, approximate):
    x = jnp.array([60.0, -60.0, 1e4, -1e4], dtype)
    assert jn.gelu(x, approximate).tolist() == [float(x[0]), 0, float(x[2]), 0]
    slopes = jax.grad(lambda x: jnp.sum(jn.gelu(x, approximate)))(x)
    assert slopes.tolist() == [1, 0, 1, 0]


def test_tanh_keeps_its_digits_where_it_bends():
    points = np.linspace(0.56, 1.7, 600)
    true = [mpmath.tanh(mpf(x)) for x in points.tolist()]
    assert worst(stable.tanh(jnp.asarray(points)), true, np.float64) <= 1


def test_tails_end_in_0_and_1():
    far = jnp.array([-1e4, -64.0, -39.0, 39.0, 1e4])
    assert stable.normal_cdf(far).tolist() == [0, 0, 0, 1, 1]
    assert stable.normal_pdf(far).tolist() == [0] * 5
    assert stable.log_cosh(jnp.array([0.0, 1e4])).tolist() == [0, 1e4 - 0.6931471805599453]


def test_a_power_of_a_sigmoid_has_a_slope_where_the_sigmoid_is_0():
    value, slopes = jax.value_and_grad(stable.sigmoid_power, (0, 1))(-1e4, 0.5)
    assert (float(value), *map(float, slopes)) == (0, 0, 0)
    for x, power in ((-3.0, 0.5), (0.7, 2.0), (5.0, 0.0)):
        value, slopes = jax.value_and_grad(stable.sigmoid_power, (0, 1))(x, power)
        with mpmath.workdps(40):
            p = MEANING["sigmoid"](mpf(x))
            true = [p**power, power * p**power * (1 - p), p**power * mpmath.log(p)]
        assert [float(value), *map(float, slopes)] == pytest.approx([float(t) for t in true], rel=4e-15)


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
