"""check_grads: every verdict, on functions whose gradients are known by hand."""

import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen, nnx
from jax import lax

from microgrid.oracle.check import GradientError, check_grads

draw = np.random.default_rng(0)
X = draw.normal(size=5).astype("float32")
TABLE = draw.normal(size=(3, 4)).astype("float32")
SQUARE = (TABLE @ TABLE.T + 3 * np.eye(3)).astype("float32")
IMAGES, KERNEL = draw.normal(size=(2, 6, 6, 3)), draw.normal(size=(3, 3, 3, 4))
LAYOUT = ("NHWC", "HWIO", "NHWC")


def custom(function, slope):
    """A function of one array with a custom_vjp of its own: slope(x) for every number."""
    made = jax.custom_vjp(function)
    made.defvjp(lambda x: (function(x), x), lambda x, ct: (ct * slope(x),))
    return made


def verdict(f, *args, **told):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return check_grads(f, args, raises=False, **told)


RIGHT = {
    "elementwise": (lambda x: jnp.tanh(x) ** 2 + jnp.exp(-x) * jnp.sin(x), X),
    "a branch by where": (lambda x: jnp.where(x > 0.1, x * x, 0.1 * x), X),
    "sorted": (lambda x: jnp.sort(x) * jnp.arange(5.0), X),
    "cumulated": (lambda x: jnp.cumsum(x) * jnp.cumprod(x), X),
    "log of a sum of exponentials": (jax.nn.logsumexp, X * 20),
    "exact gelu": (lambda x: jax.nn.gelu(x, approximate=False), X),
    "a scan": (lambda x: lax.scan(lambda c, y: (jnp.tanh(c + y), c * y), 0.0, x), X),
    "a loop of known length": (lambda x: lax.fori_loop(0, 3, lambda i, c: jnp.sin(c) * i, x), X),
    "a condition": (lambda x: lax.cond(x[0] > 0, jnp.sin, jnp.cos, x), X),
    "a product over a tree": (lambda x: lax.associative_scan(jnp.multiply, x), X),
    "recomputed": (jax.checkpoint(lambda x: jnp.sin(jnp.sin(x))), X),
    "a gradient under vmap": (jax.vmap(jax.grad(lambda row: jnp.sum(jnp.sin(row) * row))), TABLE),
    "gathered and scattered": (lambda x: x.at[jnp.array([0, 0, 3])].add(x[:3] * x[2])[jnp.array([4, 0])], X),
    "convolved": (lambda x, k: lax.conv_general_dilated(x, k, (2, 1), "SAME", dimension_numbers=LAYOUT),
                  IMAGES.astype("float32"), KERNEL.astype("float32")),
    "pooled": (lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID"),
               IMAGES.astype("float32")),
    "solved": (jnp.linalg.solve, SQUARE, X[:3]),
    "inverted": (jnp.linalg.inv, SQUARE),
    "a determinant": (lambda a: jnp.linalg.slogdet(a)[1], SQUARE),
    "Cholesky": (jnp.linalg.cholesky, SQUARE),
    "QR": (jnp.linalg.qr, TABLE.T),
    "eigenvectors": (jnp.linalg.eigh, SQUARE),
    "singular vectors": (lambda a: jnp.linalg.svd(a, full_matrices=False), TABLE),
    "a spectrum": (lambda x: jnp.abs(jnp.fft.fft(x)) ** 2, X),
    "incomplete gamma": (lax.igamma, abs(X) + 0.5, abs(X) + 0.7),
    "bfloat16": (lambda x: jnp.tanh(x) * x, jnp.asarray(X, "bfloat16")),
    "float16": (jax.nn.softmax, jnp.asarray(X, "float16")),
    "float64": (lambda x: jnp.tanh(x) ** 3, X.astype("float64")),
    "stop_gradient": (lambda x: x * lax.stop_gradient(x), X),
    "random numbers": (lambda key, x: jax.random.normal(key, (5,)) * x, jax.random.key(0), X),
    "integers beside floats": (lambda i, x: x[i] * 2, np.array([0, 2]), X),
    "a deep chain": (lambda x: lax.fori_loop(0, 100, lambda i, c: jnp.sin(c) * 1.01, x), X),
    "a print": (lambda x: (jax.debug.callback(lambda _: None, x.sum()), x * 2)[1], X),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_gradient_is_ok(name):
    f, *args = RIGHT[name]
    report = verdict(f, *args)
    assert report.verdict == "ok", report
    assert {leaf.mode for leaf in report.leaves} == {"fwd", "rev"}


def test_a_loop_of_unknown_length_is_checked_forwards():
    report = verdict(
        lambda x: lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, jnp.sin(c[1])), (0, x))[1], X
    )
    assert report.verdict == "ok" and {leaf.mode for leaf in report.leaves} == {"fwd"}
    assert "Reverse-mode differentiation does not work for lax.while_loop" in str(report)


@pytest.mark.parametrize("error", [1e-2, 1e-5, 1e-7])
def test_a_rule_that_is_a_little_wrong_is_wrong(error):
    report = verdict(custom(jnp.sin, lambda x: jnp.cos(x) * (1 + error)), X.astype("float64"))
    assert report.verdict == "wrong"


@pytest.mark.parametrize("error", [1e-9, 1e-12])
def test_in_float64_a_rule_may_be_wrong_in_the_twelfth_digit(error):
    report = verdict(custom(jnp.sin, lambda x: jnp.cos(x) * (1 + error)), X.astype("float64"))
    assert report.verdict == "wrong"


def test_a_constant_of_a_rule_that_is_rounded_is_right():
    rule = custom(lax.erf, lambda x: 1.1283791670955126 * jnp.exp(-x * x))
    assert verdict(rule, X).verdict == "ok"
    assert verdict(custom(lax.erf, lambda x: 1.1283781 * jnp.exp(-x * x)), X).verdict == "wrong"


def test_the_guilty_equation_is_named_with_its_line():
    wrong = custom(jnp.sin, lambda x: jnp.cos(x) * 1.001)

    def model(x):
        return jnp.sum(jnp.tanh(wrong(x * 2)) * x)  # the guilty line

    report = verdict(model, X)
    assert report.guilty.primitive == "custom_vjp_call"
    lines = Path(__file__).read_text().splitlines()
    line = 1 + next(i for i, text in enumerate(lines) if text.endswith("# the guilty line"))
    assert f"test_check_grads.py:{line} " in report.guilty.source
    assert str(report.guilty) in str(report)


def test_wrong_raises_an_assertion_error_that_carries_the_report():
    wrong = custom(jnp.sin, lambda x: -jnp.cos(x))
    with pytest.raises(AssertionError) as error:
        check_grads(wrong, (X,))
    assert isinstance(error.value, GradientError) and error.value.report.verdict == "wrong"


@pytest.mark.parametrize("f", [jax.nn.relu, jnp.abs, lambda x: jnp.max(x), lambda x: jnp.clip(x, 0, 1)])
def test_a_kink_is_a_kink_where_the_slope_is_between_both_sides(f):
    assert verdict(f, jnp.array([0.0, -1.0, 0.0])).verdict == "kink"


def test_a_slope_beside_both_sides_of_a_kink_is_wrong():
    rule = custom(lambda x: jnp.maximum(x, 0), lambda x: jnp.where(x == 0, 1.5, jnp.where(x > 0, 1.0, 0.0)))
    assert verdict(rule, jnp.array([0.0, 1.0])).verdict == "wrong"
    rule = custom(lambda x: jnp.maximum(x, 0), lambda x: jnp.where(x >= 0, 1.0, 0.0))
    assert verdict(rule, jnp.array([0.0, 1.0])).verdict == "kink"


def test_nan_of_a_branch_that_was_not_taken_is_nonfinite():
    report = verdict(lambda x: jnp.where(x > 0, jnp.sqrt(x), 0.0), jnp.array([0.0, -1.0, 4.0]))
    assert report.verdict == "nonfinite" and report.guilty.primitive == "sqrt"


def test_spence_has_a_value_and_no_gradient_at_1_2():
    assert verdict(jax.scipy.special.spence, np.float32(1.2)).verdict == "nonfinite"


def test_a_rule_for_the_meaning_of_a_function_is_approximate():
    assert verdict(jax.scipy.special.log_ndtr, np.float64(-21.0)).verdict == "approximate"
    with pytest.warns(UserWarning, match="approximate"):
        check_grads(jax.scipy.special.log_ndtr, (np.float32(-10.5),))
    # the series is shorter, but its error is less than half an ULP
    assert verdict(jax.scipy.special.log_ndtr, np.float32(-21.0)).verdict == "ok"


def test_a_difference_of_large_numbers_is_imprecise():
    report = verdict(lambda x: (jnp.exp(x) + 1e6) ** 2 - jnp.exp(x) ** 2 - 2e6 * jnp.exp(x), np.float32(0.5))
    assert report.verdict == "imprecise"


def test_the_second_order_is_checked_too():
    assert verdict(lambda x: jnp.sum(jnp.tanh(x) ** 3), X, order=2).verdict == "ok"

    @jax.custom_vjp
    def square(x):
        return x * x

    square.defvjp(lambda x: (square(x), x), lambda x, ct: (2 * ct * lax.stop_gradient(x),))
    assert verdict(square, X).verdict == "ok"
    assert verdict(square, X, order=2).verdict == "wrong"  # nothing stops it in the function itself
    half = jax.custom_jvp(lambda x: x * x)
    half.defjvp(lambda x, dx: (half(*x), x[0] * dx[0]))  # right at 0, where both are 0
    assert verdict(half, np.float32(0)).verdict == "ok"
    assert verdict(half, np.float32(0), order=2).verdict == "wrong"
    cube = custom(lambda x: x**3, custom(lambda x: 3 * x * x, lambda x: 5 * x))
    assert verdict(cube, X).verdict == "ok"
    assert verdict(cube, X, order=2).verdict == "wrong"


def test_modules_are_pytrees_whose_parameters_have_paths():
    net = nnx.Sequential(nnx.Linear(4, 3, rngs=nnx.Rngs(0)), nnx.tanh, nnx.LayerNorm(3, rngs=nnx.Rngs(0)))
    report = verdict(lambda net, x: net(x), net, TABLE, modes="rev")
    assert report.verdict == "ok"
    assert any("kernel" in leaf.path for leaf in report.leaves)
    dense = linen.Dense(3)
    variables = dense.init(jax.random.key(0), TABLE)
    assert verdict(lambda v: dense.apply(v, TABLE), variables).verdict == "ok"


@jax.custom_vjp
def reversed_gradient(x):
    return x


reversed_gradient.defvjp(lambda x: (x, None), lambda _, ct: (-ct,))


@jax.custom_vjp
def clipped_gradient(x):
    return x


clipped_gradient.defvjp(lambda x: (x, None), lambda _, ct: (jnp.clip(ct, -0.1, 0.1),))


@jax.custom_jvp
def straight_through(x):
    return jnp.round(x)


straight_through.defjvp(lambda primals, tangents: (straight_through(*primals), tangents[0]))


@pytest.mark.parametrize("rule", [reversed_gradient, clipped_gradient, straight_through])
def test_a_declared_rule_is_the_truth_and_is_listed(rule):
    def f(x):
        return jnp.sum(jnp.sin(rule(x * 3)) ** 2)

    assert verdict(f, X).verdict == "wrong"
    report = verdict(f, X, surrogate=[rule])
    assert report.verdict == "ok", report
    assert f"taken as the truth, as declared: the rule of {rule.__name__} (" in str(report)
    assert verdict(f, X, surrogate=[rule], engine="float64").verdict == "ok"
    wrong = custom(jnp.sin, lambda x: jnp.cos(x) * 1.01)
    assert verdict(lambda x: f(wrong(x)), X, surrogate=[rule]).verdict == "wrong"


@pytest.mark.parametrize(("given", "came"), [(jnp.sin, "sin"), ([jnp.sin], "sin"), (3, "3"), ([3], "3")])
def test_a_surrogate_must_have_a_rule(given, came):
    words = rf"surrogate must list functions made by jax.custom_vjp or jax.custom_jvp; got {came}. Fix: sur"
    with pytest.raises(TypeError, match=words):
        check_grads(jnp.sin, (0.5,), surrogate=given)


def test_one_declared_function_needs_no_list():
    assert verdict(straight_through, X, surrogate=straight_through).verdict == "ok"


def test_in_float64_alone_a_wrong_rule_is_found_and_the_report_says_how_it_was_run():
    wrong = custom(jnp.sin, lambda x: jnp.cos(x) * (1 + 1e-6))
    report = verdict(wrong, X, engine="float64")
    assert report.verdict == "wrong" and "run in float64 only" in str(report)
    assert verdict(lambda x: jnp.tanh(x @ x), X, engine="float64").verdict == "ok"


def test_booleans_and_integers_may_meet_floats_in_a_product():
    mask, counts = jnp.array([True, False, True, True, False]), jnp.arange(5)
    assert verdict(lambda x: lax.dot(mask, x) * lax.dot(x, counts.astype(x.dtype)), X).verdict == "ok"


def test_a_slope_is_never_lost_in_what_only_constants_may_do():
    report = verdict(lambda x: jnp.nextafter(x, 2 * x), X)
    assert report.verdict == "unsupported"


def test_a_batch_of_loops_goes_on_where_one_does():
    f = jax.vmap(lambda x: lax.while_loop(lambda c: c < 3, lambda c: c * jnp.float32(1.5), x))
    assert verdict(f, jnp.array([0.5, 1.0, 4.0], "float32"), modes="fwd").verdict == "ok"
