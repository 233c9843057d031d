"""Custom rules that are right for some cotangents or tangents, and not for others."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_check_grads import verdict

HALF, THREE = np.float32(0.5), np.array([0.5, 1.0, 2.0], "float32")
SEEDS = range(4)


def by_vjp(function, backward):
    made = jax.custom_vjp(function)
    made.defvjp(lambda *x: (function(*x), x), backward)
    return made


def guided(x, ct):
    """The backward rule of relu in guided backpropagation, which drops what is below 0."""
    return (jnp.where((x[0] > 0) & (ct > 0), ct, 0),)


NOT_LINEAR = {
    "the size of the cotangent": (by_vjp(jnp.sin, lambda x, ct: (jnp.abs(ct) * jnp.cos(x[0]),)), HALF),
    "positive cotangents only": (by_vjp(lambda x: x * 1, lambda x, ct: (jnp.maximum(ct, 0),)), HALF),
    "cotangents of at most 1": (by_vjp(lambda x: x * 1, lambda x, ct: (jnp.clip(ct, -1, 1),)), HALF),
    "guided backpropagation": (lambda x: jnp.mean(by_vjp(jax.nn.relu, guided)(x)), THREE),
}


@pytest.mark.parametrize("told", [{}, dict(engine="float64"), dict(sample=8)])
@pytest.mark.parametrize("name", NOT_LINEAR)
def test_a_rule_that_is_not_linear_in_its_cotangent_is_wrong_whatever_the_seed(name, told):
    reports = [verdict(*NOT_LINEAR[name], modes="rev", seed=seed, **told) for seed in SEEDS]
    assert [report.verdict for report in reports] == ["wrong"] * len(SEEDS)
    assert all(report.guilty.primitive.startswith("custom_vjp") for report in reports)


def test_a_rule_that_is_not_linear_in_its_tangent_is_wrong_whatever_the_seed():
    half = jax.custom_jvp(jnp.sin)
    half.defjvp(lambda x, dx: (half(*x), jnp.where(dx[0] > 0, dx[0], 0.5 * dx[0]) * jnp.cos(x[0])))
    assert [verdict(half, HALF, modes="fwd", seed=seed).verdict for seed in SEEDS] == ["wrong"] * len(SEEDS)


def test_a_report_tells_that_a_rule_is_not_linear():
    said = [str(verdict(*NOT_LINEAR["the size of the cotangent"], seed=seed)) for seed in SEEDS]
    assert any("right for some cotangents and not for others: it is not linear" in text for text in said)


def test_linear_rules_stay_right_in_both_directions():
    right = by_vjp(lambda x, y: x * jnp.sin(y), lambda x, ct: (ct * jnp.sin(x[1]), ct * x[0] * jnp.cos(x[1])))
    for told in ({}, dict(sample=8), dict(order=2)):
        assert verdict(lambda x: right(x, x) ** 2, HALF, modes="rev", **told).verdict in ("ok", "sampled")
