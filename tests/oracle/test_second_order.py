"""Second derivatives: what hides a rule that is right at one point only, and what does not."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from test_check_grads import verdict

from microgrid.oracle.curvature import backwards, forwards, one_program
from microgrid.oracle.flat import Flat

HALF, ZERO = np.float32(0.5), np.float32(0)


@jax.custom_jvp
def bowl(x):
    return (x - HALF) ** 2


@bowl.defjvp
def _half_the_slope(primals, tangents):  # 0 at the lowest point, as it must be, and half beside
    (x,), (dx,) = primals, tangents
    return bowl(x), (x - HALF) * dx


def both(x):
    return jnp.stack([x, 2 * x])


BESIDE = {
    "nothing": lambda x: 0 * x,
    "a softmax": lambda x: jax.nn.softmax(both(x))[0],
    "a log softmax": lambda x: jax.nn.log_softmax(both(x))[0],
    "a logarithm of a sum of exponentials": lambda x: jax.nn.logsumexp(both(x)),
    "a gradient that is stopped": lambda x: lax.stop_gradient(x) * x,
    "an approximate function": lambda x: jax.scipy.special.log_ndtr(x - 30),
}


@pytest.mark.parametrize("name", BESIDE)
def test_no_other_term_hides_a_second_derivative_that_is_half_the_true_one(name):
    f = lambda x: bowl(x) + BESIDE[name](x)  # noqa: E731
    assert verdict(f, HALF).verdict == "ok"
    assert verdict(f, HALF, order=2).verdict == "wrong"


@jax.custom_jvp
def held_sine(x):
    return jnp.sin(x)


@held_sine.defjvp
def _held_cosine(primals, tangents):  # right everywhere, and with no slope of its own
    return jnp.sin(primals[0]), lax.stop_gradient(jnp.cos(primals[0])) * tangents[0]


held_back = jax.custom_vjp(jnp.sin)
held_back.defvjp(lambda x: (jnp.sin(x), x), lambda x, ct: (lax.stop_gradient(jnp.cos(x)) * ct,))

ONE, SEVEN = np.float32(1), np.float32(0.7)
FEATURES = np.array([[120, 80], [60, -90]], "float32")
NET = np.array([0.1, 0.2], "float32"), np.array([0.5, -1, 0.3], "float32")


def regression(rule):
    return lambda w, b: jnp.mean((FEATURES @ w - 1) ** 2) + jnp.sum(rule(b))


MASKED = {  # the function, its arguments, where the wrong number is
    "another argument": (lambda a, b: 1e3 * a**2 + held_sine(b), (ONE, SEVEN), "args[1] "),
    "another argument, far above": (lambda a, b: 1e20 * a**2 + held_sine(b), (ONE, SEVEN), "args[1] "),
    "features that are not normed": (regression(held_sine), NET, "args[1] at"),
    "features, and a custom_vjp": (regression(held_back), NET, "args[1] at"),
    "another coordinate": (
        lambda x: held_sine(x[1]) + 1e5 * x[0] ** 2,
        (np.array([1, 0.7], "float32"),),
        "args[0] at [1]",
    ),
    "another term": (lambda x: held_sine(x) + 1e5 * x**2, (SEVEN,), "args[0] "),
    "an approximate function of another argument": (
        lambda a, b: 1e5 * jax.scipy.special.log_ndtr(a - 30) + held_sine(b),
        (HALF, SEVEN),
        "args[1] ",
    ),
}


@pytest.mark.parametrize("name", MASKED)
def test_no_larger_curvature_hides_a_second_derivative_that_is_missing(name):
    f, args, place = MASKED[name]
    report = verdict(f, *args, order=2)
    assert report.verdict == "wrong"
    assert verdict(f, *args).verdict == "ok"
    lines = [leaf.place for leaf in report.leaves if leaf.verdict == "wrong"]
    assert lines and all(place.strip() in line and "second order" in line for line in lines)


def test_a_second_derivative_beside_one_that_is_beyond_all_digits_larger_is_not_called_true():
    report = verdict(lambda a, b: 1e30 * a**2 + held_sine(b), ONE, SEVEN, order=2)
    lines = [line for line in str(report).splitlines() if "args[1] (second order" in line]
    assert lines and all("wrong" in line or "by its program" in line for line in lines)


def test_a_literal_that_a_rule_rounds_is_no_wrong_second_derivative_in_a_narrow_type():
    report = verdict(lax.erf, VECTOR.astype(jnp.bfloat16), order=2)
    assert report.verdict == "ok" and "by its program" not in str(report)


def gelu(x):
    return jax.nn.gelu(x, approximate=False)


FLAT = {  # the function, where its second slope is 0 or nearly so
    "bfloat16": (gelu, 1.35),
    "float16": (gelu, 1.4140625),
    "float32": (gelu, 1.4142135),
    "float64": (gelu, -(2**0.5)),
    "float64, erfc": (lambda x: x * jax.scipy.special.erfc(x), 1.0),
    "bfloat16, twice": (lambda x: gelu(3 * gelu(x)), 0.5),
}


@pytest.mark.parametrize("name", FLAT)
def test_a_second_slope_that_terms_cancel_is_not_wrong_for_a_constant_that_a_rule_rounds(name):
    f, x = FLAT[name]
    report = verdict(f, jnp.array(x, name.split(",")[0]), order=2)
    assert report.verdict in ("ok", "imprecise"), report


def test_a_constant_that_a_rule_rounds_makes_no_second_slope_approximate():
    report = verdict(gelu, np.linspace(-3, 3, 12, dtype="float32"), order=2)
    assert report.verdict == "ok" and "by its program" not in str(report)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_network_with_exact_gelu_has_its_second_slopes_in_a_narrow_type(dtype):
    draw = np.random.default_rng(0)
    w, v, x = (jnp.array(draw.normal(size=shape) / 2, dtype) for shape in ((3, 5), (5, 2), (4, 3)))
    report = verdict(lambda w, v: jnp.mean(jax.nn.logsumexp(gelu(x @ w) @ v, axis=1)), w, v, order=2)
    assert report.verdict in ("ok", "imprecise"), report


@pytest.mark.parametrize("x", [0.7, 2**0.5])
@pytest.mark.parametrize("weight", [1, 0.01])
def test_a_constant_that_a_rule_rounds_hides_no_second_derivative_that_is_a_little_off(x, weight):
    x = at = np.float32(x)

    def beside(off):
        square = jax.custom_jvp(lambda x: x**2)
        square.defjvp(lambda x, dx: (square(*x), 2 * (x[0] + off * (x[0] - at)) * dx[0]))
        return lambda x: gelu(x) + weight * square(x)

    assert verdict(beside(0), x, order=2).verdict == "ok"
    assert verdict(beside(1e-6), x).verdict == "ok"
    assert verdict(beside(1e-6), x, order=2).verdict == "wrong"


RULED = {  # of which no constant is meant: what the function divides by is rounded too
    "9 / 8": (lambda x: 0.5625 * x**2, lambda x: 1.125 * x, "bfloat16"),
    "2 / 3": (lambda x: x**2 * np.float32(1 / 3), lambda x: np.float32(2 / 3) * x, "float32"),
    "a third of 2 / sqrt(pi)": (
        lambda x: x**3 * np.float32(2 / np.pi**0.5 / 3),
        lambda x: np.float32(2 / np.pi**0.5) * x**2,
        "float32",
    ),
}


@pytest.mark.parametrize("name", RULED)
def test_a_number_of_a_rule_that_only_looks_like_a_constant_is_not_taken_for_it(name):
    f, slope, dtype = RULED[name]
    made = jax.custom_jvp(f)
    made.defjvp(lambda x, dx: (made(*x), slope(x[0]).astype(dtype) * dx[0]))
    report = verdict(made, jnp.array(1.375, dtype), order=2)
    assert report.verdict in ("ok", "approximate"), report


def test_no_kink_of_another_argument_hides_it():
    assert verdict(lambda x, y: bowl(x) + jax.nn.relu(y), HALF, ZERO, order=2).verdict == "wrong"


def hold(x):
    return lax.stop_gradient(x)


VECTOR = np.array([0.3, -0.7, 1.4], "float32")
MATRIX = np.array([[2, 0.5], [0.25, 1]], "float32")
RIGHT = {
    "a target": lambda x: jnp.sum((hold(0.5 + 0.9 * x[1:]) - x[:-1]) ** 2),
    "a factor": lambda x: jnp.sum(hold(x) * x**2),
    "straight through": lambda x: jnp.sum((x + hold(jnp.round(x) - x)) ** 2),
    "in a scan": lambda x: lax.scan(lambda c, y: (jnp.tanh(c + hold(c) * y), c * y), 0.3, x)[1],
    "a softmax": jax.nn.softmax,
    "a linear solve": lambda x: jnp.linalg.solve(jnp.diag(1 + x**2) + 0.1, hold(x) * x),
    "ties": lambda x: jnp.max(0 * x) ** 2 + jnp.sum(x**2),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_held_fixed_stays_so_at_the_second_derivative(name):
    assert verdict(RIGHT[name], VECTOR, order=2).verdict in ("ok", "kink")


def test_second_slopes_of_equal_numbers_are_no_error():
    assert verdict(lambda x: jnp.max(x) ** 2, np.ones(3, "float32"), order=2).verdict == "kink"


AT_A_TIE = {
    "max": jnp.max,
    "max squared": lambda x: jnp.max(x) ** 2,
    "sorted": lambda x: jnp.sum(jnp.sort(x) ** 2 * jnp.arange(3, dtype=x.dtype)),
    "median": lambda x: jnp.median(x) ** 2,
    "pooled": lambda x: jnp.sum(lax.reduce_window(x, -jnp.inf, lax.max, (2,), (1,), "VALID") ** 2),
}


@pytest.mark.parametrize("name", AT_A_TIE)
def test_a_second_slope_is_known_also_where_a_tie_does_not_reach_it(name):
    assert verdict(AT_A_TIE[name], np.array([1, 2, 2], "float32"), order=2).verdict == "kink"


def test_a_gradient_that_only_a_rule_stops_is_missing_from_the_second_order():
    held = jax.custom_vjp(lambda x: x**3)
    held.defvjp(lambda x: (x**3, x), lambda x, ct: (ct * 3 * hold(x) ** 2,))
    assert verdict(lambda x: jnp.sum(held(x)), VECTOR).verdict == "ok"
    assert verdict(lambda x: jnp.sum(held(x)), VECTOR, order=2).verdict == "wrong"


def by_vjp(function, backward):
    made = jax.custom_vjp(function)
    made.defvjp(lambda x: (function(x), x), backward)
    return made


def by_jvp(function, forward):
    made = jax.custom_jvp(function)
    made.defjvp(lambda x, dx: (made(*x), forward(x[0], dx[0])))
    return made


ONCE = {  # right at the first order
    "a residual that is held": by_vjp(lambda x: x**3, lambda x, ct: (3 * hold(x) ** 2 * ct,)),
    "an input that is held": by_jvp(lambda x: x**3, lambda x, dx: 3 * hold(x) ** 2 * dx),
    "right at 1 alone": by_vjp(lambda x: x**2, lambda x, ct: (2 * x * x * ct,)),
}
cube = by_vjp(lambda x: x**3, lambda x, ct: (3 * x**2 * ct,))
PLACES = {
    "alone": lambda f, x: f(x),
    "among right ones": lambda f, x: jnp.sum(cube(x) * jnp.tanh(jax.jit(f)(x)) + jax.nn.silu(cube(x))),
    "in a scan": lambda f, x: lax.scan(lambda c, y: (c + f(y), y), 0.0, x[None])[0],
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ONCE)
def test_a_rule_that_is_wrong_at_the_second_order_alone_is_named(name, place):
    f, rule = PLACES[place], ONCE[name]
    assert verdict(lambda x: f(rule, x), np.float32(1)).verdict == "ok"
    report = verdict(lambda x: f(rule, x), np.float32(1), order=2)
    assert report.verdict == "wrong"
    assert report.guilty.primitive == ("custom_jvp_call" if "input" in name else "custom_vjp_call")
    assert "twice" in report.guilty.verdict and __file__ in report.guilty.source
    line = next(
        k for k, line in enumerate(Path(__file__).read_text().splitlines(), 1) if f'"{name}": by_' in line
    )
    assert f"{__file__}:{line})" in str(report.guilty)
    assert any("right at the first order" in note for note in report.notes)


def test_forwards_alone_the_rule_is_named_too():
    report = verdict(ONCE["an input that is held"], np.float32(0.7), order=2, modes=("fwd",))
    assert report.verdict == "wrong" and "twice" in report.guilty.verdict


def test_forwards_alone_a_rule_that_adds_up_is_not_taken_for_the_one_behind_it():
    total = by_jvp(lambda x: jnp.sum(x**2), lambda x, dx: jnp.sum(2 * x * dx))
    report = verdict(lambda x: ONCE["an input that is held"](total(x)), VECTOR, order=2, modes=("fwd",))
    assert (
        report.verdict == "wrong" and "twice" in report.guilty.verdict and "float32[]" in str(report.guilty)
    )


slanted = by_jvp(lambda x: jnp.cos(x), lambda x, dx: -1.5 * jnp.sin(x) * dx)
sine = by_jvp(jnp.sin, lambda x, dx: slanted(x) * dx)  # whose rule a scan takes apart, but not forwards


def looped(x):
    return lax.scan(lambda c, _: (sine(c), None), x, None, length=3)[0]


@pytest.mark.parametrize("told", [{}, dict(sample=8), dict(engine="float64")], ids=str)
@pytest.mark.parametrize("args", [np.float32(0.3), VECTOR], ids=["a number", "a vector"])
def test_what_forward_mode_makes_is_differentiated_too(args, told):
    f = lambda x: jnp.sum(looped(x) * jnp.arange(1, 1 + jnp.size(x)))  # noqa: E731
    report = verdict(f, args, order=2, **told)
    assert report.verdict == "wrong" and "wrong by itself" in report.guilty.verdict
    line = next(
        k for k, line in enumerate(Path(__file__).read_text().splitlines(), 1) if "slanted = " in line
    )
    assert f"{__file__}:{line})" in str(report.guilty)
    assert verdict(f, args, order=2, modes="fwd", **told).failed
    if verdict(f, args, order=2, modes="rev", **told).failed:  # JAX 0.12 keeps rules in what a scan makes
        assert jax.__version_info__ >= (0, 11)
        return
    modes = [leaf.mode for leaf in report.leaves if leaf.verdict == "wrong"]
    assert modes and all(mode.startswith("second order of fwd, ") for mode in modes)
    assert told or {*modes} == {"second order of fwd, fwd", "second order of fwd, rev"}


@pytest.mark.parametrize("f", [jnp.tanh, jax.nn.softmax, lambda x: jnp.sum(x**3), lambda x: x[0] * x])
def test_what_forward_mode_makes_has_no_lines_where_it_is_as_good(f):
    report = verdict(f, VECTOR, order=2)
    modes = ["fwd", "rev", "second order, fwd", "second order, rev"]
    assert report.verdict == "ok" and [leaf.mode for leaf in report.leaves] == modes


def test_one_program_is_looked_at_once():
    def both_programs(f, *args):
        flat, draw = Flat(f, args), np.random.default_rng(0)
        return one_program(backwards(flat, draw)[0], forwards(flat, draw)[0])

    assert both_programs(lambda x: x**3, HALF)
    assert not both_programs(lambda x, y: x * y, HALF, HALF)


def test_a_linear_solve_hides_no_wrong_second_derivative():
    f = lambda x: jnp.linalg.solve(MATRIX + x, MATRIX[0]) * bowl(x)  # noqa: E731
    assert verdict(f, HALF).verdict == "ok"
    assert verdict(f, HALF, order=2).verdict == "wrong"


through = jax.custom_vjp(lambda x: jnp.round(x))
through.defvjp(lambda x: (jnp.round(x), None), lambda _, ct: (ct,))
LEFT_OUT = {
    "float64": (bowl, (HALF,), dict(engine="float64"), "float64 does not see"),
    "sample": (bowl, (HALF,), dict(sample=8), "sample= does not look around"),
    "declared": (lambda x: bowl(x) + through(x), (HALF,), dict(surrogate=[through]), "of a declared rule"),
    "complex": (lambda z: jnp.real(z * z), (np.complex64(1),), {}, "an argument is complex"),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_report_tells_where_the_slopes_around_are_not_looked_at(name):
    f, args, told, words = LEFT_OUT[name]
    report = verdict(f, *args, order=2, **told)
    assert not report.failed and f"JAX's gradient program alone: {words}" in str(report)
    lines = [line for line in str(report).splitlines() if "(second order" in line]
    assert lines and not any(" true " in line for line in lines)
    assert name == "sample" or all("by its program" in line for line in lines)
    assert "program alone" not in str(verdict(f, *args, **told))
