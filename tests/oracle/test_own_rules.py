"""Every rule of our own for a derivative passes the oracle, at sizes that take its fast branches."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxnets import clipping, compiler, gan, gates, normal_curve, recurrent_loops, stable
from jaxnets.fast import convolution, pooling
from microgrid.oracle.check import check_grads
from tests.test_fast_convolution import CASES

TYPES = ("float32", "float64")
HARD = (0.0, 1e-9, -1e-9, 0.3, -0.54, 0.56, 0.99, 1.0, -1.0, 2.5, -4.0, 9.5, 14.0, -17.0, 20.0, 37.0, -37.5)
GATES = "silu mish tanh_gelu".split()
ELEMENTWISE = "sigmoid tanh softplus log_cosh expm1 softsign normal_pdf normal_cdf".split() + GATES
ROWS = "log_softmax lead".split()
SERIES = {"normal_cdf"}  # 3 ULP from what its rule differentiates
# In 32 bits the slopes of gates are y * (1 - y): `jaxnets.fast.recurrent.exact` says what that costs.
DIGITS_OF_GATES = ("ok", "kink", "imprecise")


def verdict(f, *args, order=1, modes=("fwd", "rev")):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return check_grads(f, args, order, modes, raises=False)


def passes(f, *args, order=1, allowed=("ok", "kink")):
    report = verdict(f, *args, order=order)
    assert report.verdict in allowed, str(report)
    assert {leaf.mode[-3:] for leaf in report.leaves} == {"fwd", "rev"}


def normal(*shapes, dtype="float64", seed=0):
    draw = np.random.default_rng(seed)
    return [jnp.asarray(draw.normal(size=shape).astype(dtype)) for shape in shapes]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_stable_functions_have_right_slopes_of_both_orders(name, dtype):
    allowed = ("ok", "kink", *(["approximate"] if name in SERIES else []))
    function = next(vars(room)[name] for room in (stable, normal_curve, gates) if name in vars(room))
    passes(function, np.array(HARD, dtype), order=2, allowed=allowed)


@pytest.mark.parametrize("seed", range(4))
def test_a_function_with_a_meaning_is_right_where_its_program_has_a_tie_too(seed):
    function = normal_curve.normal_cdf  # of whose series both sides are 7 ULP off, at 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = check_grads(function, (np.float32([0, 1e-9, -1e-9]),), seed=seed)
    assert report.verdict == "approximate"


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ROWS)
def test_functions_of_rows_have_right_slopes_of_both_orders(name, dtype):
    x = np.array([[0.0, 0.0, -1.0], [40.0, 0.0, 1.0], [-745.0, 1e4, 709.0]], dtype)
    passes(getattr(stable, name), x, order=2)


@pytest.mark.parametrize("dtype", TYPES)
def test_a_focal_term_has_right_slopes_of_both_orders(dtype):
    passes(stable.focal, np.array(HARD, dtype), np.array(0.7, dtype), order=2)


@pytest.mark.parametrize("dtype", TYPES)
def test_the_length_of_a_gradient_has_a_right_slope(dtype):
    rows = np.array([[3.0, -4.0, 0.1], [1e-9, 0.0, 2e-9], [1e4, 2.0, -1e4]], dtype)
    passes(gan._norm, rows, order=2)
    penalty = verdict(lambda rows: gan.gradient_penalty(rows, 0.0), np.zeros((2, 3), dtype))
    assert penalty.verdict == "ok"


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("max_norm", [1e-3, 2.5, 9.0])
def test_a_shortened_gradient_has_a_right_slope(max_norm, dtype):
    leaves = [np.array([[3.0, -4.0]], dtype), np.array([1e-3], dtype)]
    passes(clipping._shortened, leaves, np.array(max_norm, dtype), order=2)


def correlated(case, dtype):
    shape, kernel_shape, *options = case
    x, k = normal(shape, kernel_shape, dtype=dtype)
    return (lambda x, k: convolution.correlate(x, k, *options)), x, k


@pytest.mark.parametrize("case", [CASES[k] for k in (2, 11, 13, 15)], ids=str)
def test_convolutions_have_right_slopes(case):
    f, x, k = correlated(case, "float32")
    passes(f, x, k)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("case", [case for case in CASES if np.prod(case[0]) < 400], ids=str)
def test_convolutions_of_all_kinds_have_right_slopes_of_both_orders(case, dtype):
    f, x, k = correlated(case, dtype)
    passes(lambda x, k: jnp.tanh(f(x, k)), x, k, order=2)


@pytest.mark.parametrize("case", [CASES[0]], ids=str)
def test_convolutions_compiled_for_training_have_right_slopes(case, monkeypatch):
    monkeypatch.setattr(compiler, "convolves_by_eigen", lambda: True)
    f, x, k = correlated(case, "float64")
    passes(f, x, k)


POOLS = [  # window, strides, padding
    ((2, 2), (2, 2), ((0, 0), (0, 0))),
    ((3, 2), (1, 2), ((1, 1), (0, 1))),
    ((2, 3), (2, 1), ((0, 1), (2, 0))),
]


@pytest.mark.parametrize("options", POOLS, ids=str)
@pytest.mark.parametrize("dtype", TYPES)
def test_pools_have_right_slopes(options, dtype):
    (x,) = normal((2, 4, 5, 2), dtype=dtype)
    passes(lambda x: pooling.max_pool(x, *options), x)
    passes(lambda x: pooling.avg_pool(x, *options, count_include_pad=dtype == "float32"), x)


@pytest.mark.parametrize("options", POOLS, ids=str)
def test_a_pool_over_equal_cells_has_a_slope_between_both_sides(options):
    passes(lambda x: pooling.max_pool(x, *options), np.zeros((1, 4, 3, 1)))


LOOPS = ["rnn", "lstm", "gru", "gru, reset before"]


def loop(kind, dtype, masked, reverse, sizes=(2, 3, 2, 2)):
    """(f, args): a layer over whole sequences; sizes: batch, time, in, hidden."""
    batch, time, features, hidden = sizes
    name = kind.partition(",")[0]
    columns = hidden * dict(rnn=1, lstm=4, gru=3)[name]
    shapes = (batch, time, features), (features, columns), (hidden, columns), (columns,), (columns,)
    inputs, kernel, recurrent_kernel, bias, recurrent_bias = normal(*shapes, dtype=dtype)
    carry = normal((batch, hidden), (batch, hidden), dtype=dtype, seed=1)
    mask = np.arange(time) < np.array([[time], [time - 1]]) if masked else None

    def f(inputs, kernel, recurrent_kernel, bias, recurrent_bias, carry):
        told = dict(recurrent_bias=recurrent_bias, reset_after=kind == "gru") if name == "gru" else {}
        start = carry if name == "lstm" else carry[0]
        function = getattr(recurrent_loops, name)
        return function(inputs, kernel, recurrent_kernel, bias, start, mask, reverse, **told)

    return f, (inputs, kernel, recurrent_kernel, bias, recurrent_bias, tuple(carry))


@pytest.mark.parametrize("kind", LOOPS)
def test_recurrent_loops_have_right_slopes_backwards_in_time_and_with_a_mask(kind):
    f, args = loop(kind, "float64", masked=True, reverse=True)
    passes(f, *args)


@pytest.mark.slow
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("kind", LOOPS)
def test_recurrent_loops_of_all_kinds_have_right_slopes_of_both_orders(kind, dtype, masked, reverse):
    f, args = loop(kind, dtype, masked, reverse)
    passes(f, *args, order=2)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_saturated_gates_keep_their_digits_in_float64(kind):
    for dtype, allowed in zip(TYPES, (DIGITS_OF_GATES, ("ok", "kink")), strict=True):
        f, args = loop(kind, dtype, False, False, (1, 2, 1, 1))
        passes(f, *jax.tree.map(lambda x: 20 * x, args), allowed=allowed)
