"""check_grads: what rounding, flushing, overflow and choices at a tie do is not held against a gradient."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxnets.fast.pooling import max_pool
from microgrid.oracle.check import check_grads

TYPES = ["float32", "float64"]


def verdict(f, *args, **told):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return check_grads(f, args, raises=False, **told).verdict


@pytest.mark.parametrize("dtype", TYPES)
def test_what_is_flushed_to_zero_is_not_lost(dtype):
    least = np.finfo(dtype).smallest_normal
    x = np.array(np.log(least) - 1, dtype)
    assert jax.grad(jnp.exp)(x) == 0.0  # and the truth is a third of the smallest normal number
    assert verdict(jnp.exp, x) == "ok"
    assert verdict(jax.nn.sigmoid, np.array(40.0, dtype)) == "imprecise"  # 4e-18 is a normal number


def test_a_slope_that_underflow_took_is_unexplained_unless_it_is_small_beside_the_others():
    x, y = np.float32(1e25), np.float32(2e25)
    assert jax.grad(jnp.divide, 1)(x, y) == 0.0  # for -2.5e-26: y ** -2 is no number of float32
    report = check_grads(jnp.divide, (x, y), modes="rev", raises=False)
    assert report.verdict == "unexplained" and report.guilty.primitive == "div"
    assert "digits lost: `integer_pow`" in str(report) and "makes 2.5e-51, which float32 takes" in str(report)
    assert verdict(lambda x, y, z: x / y + z, x, y, np.float32(1)) == "ok"


def test_what_underflow_took_is_told_with_the_number_and_its_type():
    shrunk = lambda x: jnp.sum(x * np.float32(1e-30) * np.float32(1e-20) * np.float32(1e30))  # noqa: E731
    report = check_grads(shrunk, (np.ones(3, "float32"),), raises=False)
    assert report.verdict == "unexplained" and "digits lost: `mul` at " in str(report)
    assert "e-51, which float32 takes for 0" in str(report) and "cancels" not in str(report)


def test_how_far_a_slope_of_0_is_off_is_told_as_a_number():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        difference = lambda x: (jnp.exp(x) + 1e6) ** 2 - jnp.exp(x) ** 2 - 2e6 * jnp.exp(x)  # noqa: E731
        report = check_grads(
            difference, (np.float32(5.3),), modes="rev"
        )  # JAX: -18, or -32 without fused products
    assert report.leaves[0].truth == "0" and "off by" in str(report) and "ULP" not in str(report)


STEEP = {
    "float16": (lambda x: jnp.sum(jnp.sin(1000 * x) * 100), np.zeros(1, "float16")),  # 1e5
    "float32": (jax.scipy.special.digamma, np.float32(1e-30)),  # 1e60
}


@pytest.mark.parametrize("told", [{}, dict(engine="float64"), dict(sample=2)], ids=str)
@pytest.mark.parametrize("dtype", STEEP)
def test_a_slope_that_is_too_large_for_the_type_is_nonfinite(dtype, told):
    f, x = STEEP[dtype]
    assert np.all(jax.grad(f)(x) == np.inf)
    report = check_grads(f, (x,), raises=False, **told)
    assert [(leaf.verdict, leaf.value) for leaf in report.leaves[:2]] == [("nonfinite", np.inf)] * 2
    if not told.get("sample"):
        largest = f"is too large for {dtype}, whose largest is {float(jnp.finfo(dtype).max):.5g}"
        assert largest in str(report) and "drawn" not in str(report)


def test_a_slope_that_is_nan_is_nonfinite_however_large_the_truth():
    nan = jax.custom_jvp(lambda x: 1e30 * x)
    nan.defjvp(lambda x, dx: (nan(*x), dx[0] * jnp.inf))
    assert verdict(nan, np.float32(1e-30)) == "nonfinite"


def test_an_infinite_slope_is_right_where_the_slopes_around_grow_towards_it():
    assert jax.grad(jnp.cbrt)(0.0) == jax.grad(jax.scipy.special.entr)(0.0) == np.inf
    for x in (np.float32(0), np.float64(0)):
        assert verdict(jnp.cbrt, x) == "ok"
        assert verdict(jax.scipy.special.entr, x, modes="rev") == "ok"
    falls = jax.custom_jvp(jnp.cbrt)
    falls.defjvp(lambda x, dx: (falls(*x), -jnp.inf * dx[0]))
    assert verdict(falls, np.float64(0)) == "wrong"


@pytest.mark.parametrize("seed", range(4))
def test_a_slope_that_fits_its_type_is_right_whatever_the_seed(seed):
    report = check_grads(lambda x: (x * 4e4) * 1e-3, (np.float16(0.5),), seed=seed)
    assert report.verdict == "ok" and report.leaves[1].value == float(np.float16(4e4) * np.float16(1e-3))


@pytest.mark.parametrize("told", [{}, dict(sample=4)], ids=str)
def test_where_a_drawn_direction_adds_up_to_too_much_the_report_says_that_it_was_drawn(told):
    def large(x):
        return jnp.sum(x * 4e4) * 1e-3

    report = check_grads(large, (np.full(8, 1e-3, "float16"),), raises=False, **told)
    assert [leaf.verdict == "nonfinite" for leaf in report.leaves[:2]] == [True, False]
    assert "overflows on the way" in str(report) and "the direction was drawn" in str(report)
    nan = check_grads(jnp.sqrt, (np.zeros(2, "float16"),), raises=False, modes="rev", **told)
    assert "overflows" not in str(nan)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_shown_of_a_loss_is_what_jax_returns(seed):
    x = np.array([0.3, -2.0, 1.7], "float16")
    report = check_grads(lambda x: jnp.sum(jnp.sin(x) * x), (x,), modes="rev", seed=seed)
    (leaf,) = report.leaves
    assert leaf.value == float(jax.grad(lambda x: jnp.sum(jnp.sin(x) * x))(x)[leaf.at])


@pytest.mark.parametrize("dtype", TYPES)
def test_functions_that_round_their_operand_once_more_may_be_off_by_that(dtype):
    for f, x in ((jnp.exp2, 95.0), (jnp.cosh, 40.0), (jnp.sinh, -80.0), (jax.scipy.special.erfinv, 0.9999)):
        assert verdict(f, np.array(x, dtype)) == "ok"


def test_the_second_order_of_a_function_without_reverse_mode_is_checked_forwards():
    def f(x):
        return jax.lax.while_loop(lambda c: c < 3, lambda c: c * jnp.exp(c), x)

    for modes in ("fwd", ("fwd", "rev")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            report = check_grads(f, (np.float64(0.5),), order=2, modes=modes)
        assert report.verdict == "ok" and any("second order, fwd" in leaf.mode for leaf in report.leaves)


def test_a_function_that_jumps_at_the_point_has_the_slope_of_its_program():
    x = np.array([0.2, 0.5, 0.3, 0.9])
    assert jnp.setdiff1d(x, x[::2], size=2).tolist() == [0.5, 0.9]  # and [0.2, 0.3] beside that point
    assert verdict(lambda x, y: jnp.setdiff1d(x, y, size=2), x, x[::2]) == "ok"


def test_digits_that_even_balls_do_not_know_are_not_lost():
    assert verdict(jax.nn.gelu, np.float64(-40.0)) == "ok"  # 1 + tanh(-2300) is 0 to 50 digits, and to JAX
    assert verdict(jax.nn.gelu, np.float64(-9.0)) == "imprecise"


@pytest.mark.parametrize("rows", [[[0, 0, 1, -1]] * 2, [[0, -0.0, 1, -1]] * 2, [[0, 0], [0, 0]]], ids=str)
def test_the_first_of_many_equal_numbers_may_win(rows):
    images = np.array(rows, float)[None, :, :, None]
    assert verdict(lambda x: max_pool(x, (2, 2), (2, 2), ((0, 0), (0, 0))), images) == "kink"


def test_a_tie_beside_the_smallest_number_is_a_tie():
    def softplus(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    smooth = jax.custom_jvp(softplus)
    smooth.defjvp(lambda x, dx: (softplus(*x), jax.nn.sigmoid(x[0]) * dx[0]))
    for x in ([0.0, 1.0], [0.0, 5e-324], [5e-324, 1e4, 0.0]):
        assert verdict(smooth, np.array(x)) == "ok"


def test_a_meaning_that_the_type_cannot_tell_from_its_program_is_ok():
    assert verdict(jax.scipy.special.log_ndtr, np.float64(-21.0)) == "approximate"
    assert verdict(jax.scipy.special.log_ndtr, np.float32(-21.0)) == "ok"


def test_an_end_of_a_kink_that_is_0_is_shown_so():
    leaf, *_ = check_grads(jax.nn.relu, (np.float32(0),), raises=False).leaves
    assert leaf.truth == "[0, 1]"


@pytest.mark.parametrize("told", [{}, dict(sample=4)])
def test_of_an_empty_array_the_report_says_that_there_is_nothing_to_compare(told):
    x, empty = np.ones(3, "float32"), np.zeros((0, 3), "float32")
    report = check_grads(lambda x, y: jnp.sum(x * x) + jnp.sum(y), (x, empty), modes="rev", **told)
    (line,) = [line for line in str(report).splitlines() if "args[1]" in line]
    assert line.split(None, 3)[3] == "nothing to compare: empty, float32" and not report.failed


def test_columns_stay_in_line_behind_a_long_name():
    long, other = (
        "the_kernel_of_a_layer_whose_name_takes_a_whole_line",
        "another_name_that_is_nearly_as_long_as_it",
    )
    args = ({long: np.ones(3, "float32"), other: np.float32(2), "b": np.float32(1)},)
    report = check_grads(lambda p: jnp.sum(p[long]) * p["b"] * p[other], args, modes="rev")
    lines = [line for line in str(report).splitlines() if "JAX" in line]
    assert len({line.index(" JAX ") for line in lines}) == 1 and len(lines) == 3
    assert f"  args[0]['{long}'] at [0] (rev)" in str(report).splitlines()
