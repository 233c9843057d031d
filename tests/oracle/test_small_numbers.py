"""Numbers that a type cannot show, and those that XLA takes for 0, are no faults of a rule."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from microgrid.oracle import check_grads

FACTOR = np.float16(1e-4)
SMALLEST = {"float32": 1e-45, "float64": 5e-324}


def both(f, x, dtype):
    """The verdicts on a function of one number, of the first order and of the second."""
    return [check_grads(f, (np.asarray(x, dtype),), order=k, raises=False).verdict for k in (1, 2)]


def a_rule(value, slope):
    """value(x), with a slope of its own."""
    f = jax.custom_jvp(value)
    f.defjvp(lambda primals, tangents: (f(*primals), tangents[0] * slope(*primals)))
    return f


def test_slopes_that_differ_by_less_than_the_type_can_show_are_right():
    swift = a_rule(lambda x: jnp.exp(x) / (1 + 2.0**-40), jnp.exp)  # 1e-12 apart, everywhere
    with pytest.raises(AssertionError, match="wrong"):
        check_grads(swift, (np.float64(-1.0),))
    assert both(swift, -300.0, "float32") == ["ok", "ok"]  # about 5e-131
    assert check_grads(swift, (np.float64(-300.0),), raises=False).verdict == "wrong"


def test_a_rule_that_forgets_what_the_type_shows_is_wrong():
    gone = a_rule(jnp.exp, lambda x: jnp.where(x < -80, 0, jnp.exp(x)))
    assert check_grads(gone, (np.float32(-84.0),), raises=False).verdict in ("wrong", "unexplained")
    assert check_grads(gone, (np.float32(-200.0),), raises=False).verdict == "ok"


@pytest.mark.parametrize("dtype", SMALLEST)
@pytest.mark.parametrize(
    "f",
    [
        jax.nn.relu,
        lambda x: jnp.sign(x) * x,
        lambda x: jnp.where(x > 0, x, x / 8),
        lambda x: x * jnp.floor(x),
    ],
)
def test_an_input_that_is_taken_for_0_lies_on_a_kink_there(f, dtype):
    for x in (SMALLEST[dtype], -SMALLEST[dtype]):
        assert set(both(f, x, dtype)) <= {"ok", "kink"}


def test_a_rule_wrong_on_both_sides_of_0_is_wrong_beside_it():
    steep = a_rule(lambda x: jnp.where(x > 0, x, x / 8), lambda x: jnp.where(x > 0, 3.0, 2.0))
    assert check_grads(steep, (np.float32(1e-45),), raises=False).verdict in ("wrong", "unexplained")


def test_second_derivatives_at_the_smallest_number_are_known():
    def f(x):
        return x[0] * x[1] ** 2

    assert check_grads(f, (np.array([SMALLEST["float64"], 2.0]),), order=2).verdict == "ok"
    off = a_rule(lambda x: (x**3).sum(), lambda x: 3 * jax.lax.stop_gradient(x) ** 2)
    off.defjvp(lambda p, t: (off(*p), (t[0] * 3 * jax.lax.stop_gradient(p[0]) ** 2).sum()))
    found = check_grads(off, (np.array([SMALLEST["float64"], 2.0]),), order=2, raises=False)
    assert found.verdict == "wrong"


def test_a_rule_that_is_wrong_by_itself_is_wrong_where_its_slopes_are_too_small():
    @jax.custom_vjp
    def shrunk(x):
        return 0.5 * jnp.sin(x) + 0.1

    shrunk.defvjp(lambda x: (shrunk(x), x), lambda x, ct: (-0.5 * ct * jnp.cos(x),))  # the sign is wrong
    for steps in (101, 301):
        looped = check_grads(
            lambda x, n=steps: jax.lax.scan(lambda c, _: (shrunk(c), None), x, None, length=n)[0],
            (np.float32(0.3),),
            raises=False,
        )
        assert looped.verdict == "wrong" and looped.guilty.rule.startswith("shrunk")
    half = check_grads(lambda x: shrunk(x) * FACTOR * FACTOR, (np.float16(0.3),), raises=False)
    assert half.verdict == "wrong" and "too small for their type" in str(half) and "linear" not in str(half)


LOST = {  # the slope is 1e-4, and what it is made of 1e-8, or in float32 1e-20 and 1e-50
    "float16": (np.float16(1e4), np.float16(1e-4)),
    "float32": (np.float32(1e30), np.float32(1e-25)),
}


@pytest.mark.parametrize("told", [{}, dict(engine="float64"), dict(sample=4)], ids=str)
@pytest.mark.parametrize("dtype", LOST)
def test_a_slope_that_is_lost_to_underflow_is_unexplained(dtype, told):
    large, small = LOST[dtype]
    backward = lambda x: jnp.sum(large * x * small * small)  # noqa: E731
    forward = lambda x: jnp.sum((x * small * small) * large)  # noqa: E731
    for f, mode, x in ((backward, "rev", 0.5), (forward, "fwd", 1000)):
        report = check_grads(f, (np.full(3, x, dtype),), raises=False, **told)
        found = {leaf.mode: (leaf.verdict, leaf.value) for leaf in report.leaves}
        assert found.pop(mode) == ("unexplained", 0.0), report
        assert [verdict for verdict, _ in found.values()] == ["sampled" if "sample" in told else "ok"]
        assert f"{dtype} takes for 0" in str(report) or "too small for its type on the way" in str(report)


HALVES = np.array([0.5, -0.3, 1.2], "float16")
SMALL_SLOPES = {  # below 6.1e-5, the smallest normal number of float16
    "a product": lambda x: x * np.float16(1e-3) * np.float16(1e-2),
    "a product of matrices": lambda x: x @ jnp.full((3, 2), 1e-5, x.dtype),
    "a sum": lambda x: jnp.cumsum(x * np.float16(1e-6)),
    "a quotient": lambda x: x / np.float16(5e4),
    "exponential": lambda x: jnp.exp(x - 13),
    "tanh": lambda x: jnp.tanh(x * np.float16(1e-3)) * np.float16(1e-2),
    "softmax": lambda x: jax.nn.softmax(jnp.append(x, 12.0)),
    "mean of squares": lambda x: jnp.mean((x * np.float16(1e-3)) ** 2),
    "a cast": lambda x: (x * np.float16(1e-5)).astype("float32"),
    "sigmoid beside larger ones": lambda x: jax.nn.sigmoid(jnp.append(x, x[0] - 12)),
    "a reciprocal beside larger ones": lambda x: 1 / (x * jnp.array([1, 1, 300], x.dtype)),
}


@pytest.mark.parametrize("name", SMALL_SLOPES)
def test_small_slopes_of_float16_are_right_to_half_of_its_smallest_number(name):
    for told in ({}, dict(sample=6)):
        report = check_grads(SMALL_SLOPES[name], (HALVES,), raises=False, **told)
        assert report.verdict in ("ok", "sampled", "imprecise"), report


def test_a_rule_that_is_wrong_below_the_smallest_normal_number_of_float16_is_wrong():
    half = a_rule(lambda x: x * np.float16(1e-3), lambda x: np.float16(5e-4))
    small = check_grads(lambda x: half(x) * np.float16(1e-2), (HALVES,), raises=False)
    assert small.verdict == "wrong"
    rough = jax.custom_vjp(lambda x: x)
    rough.defvjp(lambda x: (x, None), lambda _, ct: (jnp.where(jnp.abs(ct) < 1e-4, 0, ct),))
    clipped = check_grads(lambda x: rough(x) * np.float16(3e-5), (np.float16(0.3),), raises=False)
    assert clipped.verdict == "wrong"
