"""Robust losses and Poisson's where they are hard: next to 0, far out, at the seam, at a rate of 0."""

import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import optax
import pytest
from mpmath import mpf

import jaxnets as jn
import microgrid as mg
from microgrid import Value
from microgrid.oracle.distance import ulps


@pytest.mark.parametrize("error", [1e-150, 1e-9, 0.01, 0.37, 0.999, 1.0, 1.001, 3.0, 40.0, 1e4])
def test_log_cosh_keeps_its_digits_near_0_and_far_out(error):
    with mpmath.workdps(400):
        value = float(mpmath.log(mpmath.cosh(mpf(error))))
        slope = float(mpmath.tanh(mpf(error)))
    e = Value(error)
    loss = mg.log_cosh([e], [0.0])
    loss.backward()
    array, gradient = jax.value_and_grad(jn.log_cosh)(jnp.array([error]), jnp.zeros(1))
    assert ulps(loss.data, value) <= 4 and ulps(float(array), value) <= 4
    assert ulps(e.grad, slope) <= 8 and ulps(float(gradient[0]), slope) <= 8


def test_log_cosh_of_single_precision_keeps_its_digits_where_the_library_says_0():
    error = jnp.array([1e-5], jnp.float32)
    true = float(error[0]) ** 2 / 2
    assert float(jn.log_cosh(error, jnp.zeros(1, jnp.float32))) == pytest.approx(true, rel=3e-7)
    assert float(optax.log_cosh(error)[0]) == 0


def test_huber_meets_optax_and_its_slope_is_clipped_at_delta():
    errors = jnp.array([-3.0, -0.5, -0.2, 0.0, 0.5, 0.7, 1e6])
    terms = jn.huber(errors, jnp.zeros(7), "none", delta=0.5)
    assert np.allclose(terms, optax.huber_loss(errors, jnp.zeros(7), delta=0.5), rtol=1e-15)
    slopes = jax.grad(lambda e: jn.huber(e, jnp.zeros(7), "sum", delta=0.5))(errors)
    assert np.allclose(slopes, jnp.clip(errors, -0.5, 0.5))
    assert mg.huber(errors.tolist(), [0.0] * 7, "none", 0.5) == pytest.approx(terms.tolist(), rel=1e-15)


def test_a_rate_of_0_costs_nothing_or_infinity_in_both_rooms():
    for target, expected in ((0.0, 0.0), (2.0, math.inf)):
        assert mg.poisson([0.0], [target]) == float(jn.poisson(jnp.zeros(1), jnp.array([target]))) == expected


def test_poisson_on_logarithms_is_poisson_on_rates():
    z, t = np.random.default_rng(0).normal(size=(2, 5)), np.array([0.0, 1.0, 2.0, 7.0, 1.0])
    for room, logits in ((jn, z[0]), (mg, z[0].tolist())):
        rates = np.exp(logits) if room is jn else [math.exp(x) for x in logits]
        targets = t if room is jn else t.tolist()
        assert np.allclose(
            room.log_poisson(logits, targets, "none"), room.poisson(rates, targets, "none"), rtol=1e-13
        )


def test_reductions_are_those_of_the_terms():
    for name in ("huber", "log_cosh", "poisson"):
        x, t = jnp.array([[0.5, 3.0], [2.0, 1.0]]), jnp.array([[1.0, 0.0], [2.0, 7.0]])
        terms = getattr(jn, name)(x, t, "none")
        assert terms.shape == (2, 2)
        assert float(getattr(jn, name)(x, t, "sum")) == pytest.approx(float(terms.sum()), rel=1e-15)
        assert float(getattr(jn, name)(x, t)) == pytest.approx(float(terms.mean()), rel=1e-15)


def test_huber_s_slope_at_an_infinite_error_is_delta_in_both_rooms():
    loss, slope = jax.value_and_grad(jn.huber)(jnp.array([jnp.inf]), jnp.zeros(1), delta=2.5)
    assert loss == jnp.inf and slope.tolist() == [2.5]
    error = Value(math.inf)
    mg.huber([error], [0.0], delta=2.5).backward()
    assert error.grad == 2.5
