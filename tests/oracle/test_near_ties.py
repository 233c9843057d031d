"""Choices that hang on rounding: the run takes one side, exact arithmetic the other, or both are one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_check_grads import verdict

ROWS = np.random.default_rng(4).normal(size=(3, 4)).astype("float32")
CLOSE = {  # functions whose choices are ties but for the rounding, and that are smooth
    "nothing, rectified": (lambda x: jax.nn.relu(x / jnp.sum(x) * jnp.sum(x) - x), (4, 5, 7)),
    "a length of 1, at least": (lambda x: jnp.maximum(jnp.linalg.norm(x / jnp.linalg.norm(x)), 1.0), (5, 6)),
    "an identity, or another": (lambda x: jnp.minimum(jnp.log(jnp.exp(x)), x) * x, (0, 1)),
}


@pytest.mark.parametrize("name", CLOSE)
def test_a_choice_that_hangs_on_rounding_is_right_on_either_side(name):
    f, seeds = CLOSE[name]
    for seed in seeds:
        x = np.random.default_rng(seed).normal(size=4).astype("float32")
        assert verdict(f, x).verdict in ("ok", "imprecise")


def test_a_correlation_that_is_clipped_to_1_is_right():
    report = verdict(jnp.corrcoef, ROWS)
    assert report.verdict == "ok" and report.guilty is None


def test_a_report_says_that_a_choice_hangs_on_rounding():
    rows = np.random.default_rng(5).normal(size=(40, 4)).astype("float32")  # in which one it does, is chance
    reports = (verdict(CLOSE["a length of 1, at least"][0], row) for row in rows)
    assert any("a choice hangs on rounding" in str(report) for report in reports)


def test_a_wrong_rule_beside_such_a_choice_is_wrong():
    made = jax.custom_vjp(jnp.sin)
    made.defvjp(lambda x: (jnp.sin(x), x), lambda x, ct: (1.001 * ct * jnp.cos(x),))
    f = lambda x: jnp.maximum(jnp.linalg.norm(x / jnp.linalg.norm(x)), 1.0) * made(x)  # noqa: E731
    report = verdict(f, ROWS[0], modes="rev")
    assert report.verdict == "wrong" and report.guilty.primitive.startswith("custom_vjp")


def test_a_report_calls_no_side_right_whose_slopes_are_not_known():
    twice = jax.custom_vjp(lambda x: jnp.maximum(x, 0))
    twice.defvjp(lambda x: (jnp.maximum(x, 0), x), lambda x, ct: (jnp.where(x > 0, 2 * ct, 0),))
    f = lambda x: twice((x + 1e4) - 1e4 - x + 1e-5 * x)  # noqa: E731
    points = np.random.default_rng(0).uniform(-5, 5, 12).astype("float32")
    assert not any("is right there" in str(verdict(f, x, modes="rev")) for x in points)


ONE = np.float32(1.1)
EQUAL = ONE * ONE  # 1.4e-8 below the square of ONE
ROUNDED = {  # functions whose numbers are equal in float32 alone
    "the larger of two": (lambda x, y: jnp.maximum(x * x, y), ONE, EQUAL),
    "a difference, rectified": (lambda x, y: jax.nn.relu(x * x - y), ONE, EQUAL),
    "a clipped square": (lambda x: jnp.clip(x * x, 0.0, 1.21), ONE),
    "the last in order": (lambda x: jnp.sort(jnp.stack([x * x, EQUAL]))[1], ONE),
    "the largest": (lambda x: jnp.max(jnp.stack([x * x, EQUAL])), ONE),
    "a triplet loss": (
        lambda a, p, n: jnp.sum(jax.nn.relu(jnp.sum((a - p) ** 2, -1) - jnp.sum((a - n) ** 2, -1))),
        ROWS, ROWS + 1, ROWS - 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROUNDED)
def test_numbers_that_rounding_makes_equal_are_a_kink(name):
    f, *args = ROUNDED[name]
    report = verdict(f, *args)
    assert report.verdict == "kink" and "rounding made the numbers of a choice equal" in str(report)


@pytest.mark.parametrize("share", [-1, 0.9, 1.1])
def test_a_wrong_rule_for_numbers_that_rounding_makes_equal_is_wrong(share):
    larger = jax.custom_vjp(jnp.maximum)
    larger.defvjp(
        lambda x, y: (jnp.maximum(x, y), x > y), lambda first, ct: (share * ct * first, share * ct * ~first)
    )
    report = verdict(lambda x, y: larger(x * x, y), ONE, EQUAL, modes="rev")
    assert report.verdict == "wrong" and report.guilty.primitive.startswith("custom_vjp")


def test_they_excuse_nothing_at_a_true_tie():
    f = lambda x, y, z: jnp.maximum(x * x, y) + jax.nn.relu(z) - 0.1 * jax.nn.relu(-z)  # noqa: E731
    report = verdict(f, ONE, EQUAL, np.float32(0), modes="rev")  # 1 or 0.1 at z = 0, and JAX says 0
    assert [leaf.verdict for leaf in report.leaves] == ["kink", "kink", "wrong"]
