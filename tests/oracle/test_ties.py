"""Kinks and jumps: what is a choice between equal numbers, and what is not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from test_check_grads import verdict

import jaxnets as jn

ZERO, ZEROS = np.float32(0), np.zeros(3, "float32")
FLAT = {  # functions with slopes 0 and 1, or -1 and 1, beside 0, of which JAX says 0
    "relu": jn.relu,
    "a branch by where": lambda x: jnp.where(x > 0, x, 0.0),
    "times a comparison": lambda x: x * (x > 0),
    "times its sign": lambda x: jnp.sign(x) * x,
    "times a step": lambda x: jnp.ceil(x) * x,
    "the larger of x and -x": lambda x: jnp.maximum(x, -x),
}


@pytest.mark.parametrize("name", FLAT)
def test_a_slope_of_0_between_two_others_is_at_a_kink(name):
    assert jax.grad(FLAT[name])(ZERO) == 0
    for x in (ZERO, ZEROS):
        report = verdict(FLAT[name], x)
        assert report.verdict == "kink" and "[" in report.leaves[0].truth


def test_a_condition_at_its_edge_is_a_kink():
    assert verdict(lambda x: lax.cond(x > 0, lambda v: v, lambda v: 0 * v, x), ZERO).verdict == "kink"


def test_float64_alone_says_what_it_did_not_look_at():
    assert "equal numbers: float64 does not look" in str(verdict(jn.relu, ZERO, engine="float64"))


@pytest.mark.parametrize(("zero", "expected"), [(0.0, "wrong"), (-0.0, "ok")])
def test_the_jump_of_copysign_is_a_choice(zero, expected):
    size = lambda x: jnp.copysign(1.0, x) * x  # noqa: E731
    x = np.float32(zero)
    assert verdict(size, x).verdict == "kink"
    line = lambda x: size(x) - 2 * jax.nn.relu(x)  # noqa: E731
    assert jax.grad(line)(x) == (1 if expected == "wrong" else -1)  # of -x
    assert verdict(line, x).verdict == expected
    assert verdict(lambda x: jnp.copysign(x, -2.0), x).verdict == "kink"
    assert verdict(lambda x: jnp.copysign(x, -2.0) * x, np.float32(3)).verdict == "ok"


@pytest.mark.parametrize("told", [{}, dict(sample=16)])
def test_the_tip_of_a_cone_is_a_kink(told):
    assert verdict(jnp.abs, np.complex64(0), **told).verdict in ("kink", "sampled")


OUTSIDE = {
    "an index": lambda w: w[jnp.array([5])].sum(),
    "a negative index": lambda w: w[jnp.array([-5])].sum(),
    "a label": lambda w: -jax.nn.log_softmax(w[None])[jnp.arange(1), jnp.array([5])].sum(),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_an_index_out_of_range_is_wrong_and_named(name):
    f = OUTSIDE[name]
    assert not np.any(jax.grad(OUTSIDE["an index"])(ZEROS))
    for told in ({}, dict(sample=8)):
        report = verdict(f, ZEROS + 1, modes="rev", **told)
        assert report.verdict == "wrong" and report.guilty.primitive == "gather"
        index = -2 if name == "a negative index" else 5
        assert f"index {index} is outside of an axis of 3" in str(report.guilty)


def test_indices_that_are_asked_to_stay_inside_or_to_be_dropped_are_right():
    w = ZEROS + 1
    assert verdict(lambda w: jnp.take(w, jnp.array([7]), mode="clip") * w, w).verdict == "ok"
    assert verdict(lambda w: w.at[jnp.array([7, 1])].add(w[:2]) * w, w).verdict == "ok"
    assert verdict(lambda w: w.at[jnp.array([7, 0])].get(mode="fill", fill_value=2.0) * 3, w).verdict == "ok"


def by_vjp(function, backward):
    made = jax.custom_vjp(function)
    made.defvjp(lambda *x: (function(*x), x), backward)
    return made


def largest(x):
    return jnp.max(x)


def of_all_winners(x, ct):
    return (ct * (x[0] == jnp.max(x[0])),)


def pooled(x):
    return jnp.max(x.reshape(-1, 2), axis=1)


def of_winners_of_windows(x, ct):
    windows = x[0].reshape(-1, 2)
    return ((ct[:, None] * (windows == jnp.max(windows, axis=1, keepdims=True))).ravel(),)


PAIRS = np.array([1, 1, 2, 2], "float32")
ONE = np.float32(1)
BROKEN = {  # rules that give the slopes of equal numbers to all of them, or to none
    "the largest": (by_vjp(largest, of_all_winners), PAIRS),
    "the largest of zeros": (by_vjp(largest, of_all_winners), 0 * PAIRS),
    "nobody is the largest": (by_vjp(largest, lambda x, ct: (0 * ct * x[0],)), PAIRS),
    "windows": (by_vjp(pooled, of_winners_of_windows), PAIRS),
    "the larger, both": (
        by_vjp(jnp.maximum, lambda x, ct: (ct * (x[0] >= x[1]), ct * (x[1] >= x[0]))), ONE, ONE,
    ),
    "the larger, neither": (
        by_vjp(jnp.maximum, lambda x, ct: (ct * (x[0] > x[1]), ct * (x[1] > x[0]))), ONE, ONE,
    ),
    "sorted": (by_vjp(lambda x: jnp.sort(x), lambda x, ct: (ct[jnp.array([0, 0, 2, 3])],)), PAIRS),
}  # fmt: skip
SHARED = {  # what they may be given instead
    "by halves": (by_vjp(largest, lambda x, ct: (ct * (x[0] == jnp.max(x[0])) / 2,)), PAIRS),
    "to the first": (by_vjp(largest, lambda x, ct: (ct * jax.nn.one_hot(jnp.argmax(x[0]), 4),)), PAIRS),
    "a relu, its own choice": (by_vjp(jax.nn.relu, lambda x, ct: (ct * (x[0] >= 0),)), 0 * PAIRS),
    "the norm of 0": (by_vjp(lambda x: jnp.sqrt(jnp.sum(x * x)), lambda x, ct: (0 * x[0],)), 0 * PAIRS),
    "sizes against each other": (
        by_vjp(lambda x: jnp.abs(x[0]) - jnp.abs(x[1]), lambda x, ct: (ct * jnp.array([1.0, -1, 0, 0]),)),
        0 * PAIRS,
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_slopes_of_a_custom_rule_add_up_over_a_tie(name):
    report = verdict(*BROKEN[name], modes="rev")
    assert report.verdict == "wrong" and report.guilty.primitive.startswith("custom_vjp")
    assert "add up over a tie" in str(report)


def test_a_rule_in_forward_mode_adds_up_over_a_tie():
    made = jax.custom_jvp(largest)
    made.defjvp(lambda x, dx: (made(*x), jnp.sum(dx[0] * (x[0] == jnp.max(x[0])))))
    assert verdict(made, PAIRS, modes="fwd").verdict == verdict(made, PAIRS).verdict == "wrong"


@pytest.mark.parametrize("name", SHARED)
def test_a_rule_may_share_a_slope_between_equal_numbers_as_it_likes(name):
    assert verdict(*SHARED[name], modes="rev").verdict == "kink"
