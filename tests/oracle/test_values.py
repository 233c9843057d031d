"""What a replay computes is what JAX computes; where it is not, nothing is decided by it."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from test_check_grads import custom, verdict

from microgrid.oracle import replay
from microgrid.oracle.rules import RULES

TIES = np.array([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 4194304.5, 4194305.5, -8388606.5], "float32")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_halves_go_to_the_even_number_as_in_python(dtype):
    (made,) = replay(jnp.round, (TIES.astype(dtype),))
    assert list(map(float, made)) == [round(float(x)) for x in TIES]
    assert float(replay(jnp.round, (np.float64(2.0**52 + 1),))[0].item()) == 2.0**52 + 1


def test_halves_go_away_from_zero_where_that_is_asked_for():
    away = lambda x: lax.round(x, lax.RoundingMethod.AWAY_FROM_ZERO)  # noqa: E731
    (made,) = replay(away, (np.array([0.5, 1.5, 2.5, -0.5, 0.49999999999999994]),))
    assert list(map(float, made)) == [1, 2, 3, -1, 0]


def times_round_of_a_half(x):
    return x * jnp.round(np.float32(2.5) + 0 * lax.stop_gradient(x))  # 2 x


@pytest.mark.parametrize("told", [{}, dict(engine="float64"), dict(sample=8)])
def test_a_rounded_half_is_a_factor_of_two(told):
    right, wrong = (custom(times_round_of_a_half, lambda x, slope=slope: slope) for slope in (2, 3))
    assert verdict(right, np.float32(0.7), modes="rev", **told).verdict in ("ok", "sampled")
    assert verdict(wrong, np.float32(0.7), modes="rev", **told).verdict == "wrong"
    assert verdict(jnp.round, TIES[:2] + np.float32(0.25), **told).verdict in ("ok", "sampled")


def test_by_a_rule_of_the_replay_that_is_wrong_nothing_passes(monkeypatch):
    sines = custom(lambda x: 2 * jnp.sin(x), lambda x: -2 * jnp.sin(x))  # the slope of 2 cos(x)
    assert verdict(sines, np.float32(0.5), modes="rev").verdict == "wrong"
    monkeypatch.setitem(RULES, "sin", RULES["cos"])
    report = verdict(sines, np.float32(0.5), modes="rev")
    assert report.failed and "replay computes sin as 0.87758" in str(report)
    halves = custom(lambda x: 0 * x + jnp.sin(np.float32(0.5) + 0 * lax.stop_gradient(x)), lambda x: 0 * x)
    report = verdict(halves, np.float32(0.5), modes="rev")
    assert report.verdict == "unsupported" and "where JAX has 0.47942" in report.refused


def test_where_the_value_of_jax_is_the_wrong_one_its_gradient_is_not_right_and_a_note_tells():
    report = verdict(lax.digamma, np.float32(-16.5))  # its slope is 9.81, as mpmath's psi(1, -16.5) says
    assert report.verdict == "unexplained" and "replay computes polygamma as 9.81" in str(report)
