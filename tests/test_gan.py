"""Losses of GANs where scores are hard, and gradients of gradients."""

import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import jaxnets as jn
import microgrid as mg
from microgrid.oracle.distance import ulps
from tests.arguments import LARGEST


@pytest.mark.parametrize("score", [-800.0, -40.0, -1e-9, 0.0, 3.0, 40.0])
def test_scores_keep_their_digits_where_probabilities_would_lose_them(score):
    with mpmath.workdps(400):
        z = mpmath.mpf(score)
        right, wrong = float(mpmath.log1p(mpmath.exp(-z))), float(mpmath.log1p(mpmath.exp(z)))
    for room, given in ((mg, [score]), (jn, jnp.array([score]))):
        assert ulps(float(room.generator_loss(given)), right) <= 2
        assert ulps(float(room.generator_loss(given, "minimax")), -wrong) <= 2
        assert ulps(float(room.discriminator_loss(given, given)), right + wrong) <= 2


def test_minimax_is_a_game_whose_gains_are_the_other_ones_losses():
    fake, real = jnp.array([0.5, -2.0]), jnp.array([1.0, 0.0])
    loss = jn.discriminator_loss(real, fake, "minimax")
    slopes = jax.grad(jn.discriminator_loss, argnums=1)(real, fake, "minimax")
    np.testing.assert_array_equal(jax.grad(jn.generator_loss)(fake, "minimax"), -slopes)
    assert float(loss + jn.generator_loss(fake, "minimax")) == pytest.approx(float(jn.generator_loss(real)))


def test_a_fake_that_is_found_out_learns_from_the_non_saturating_loss_alone():
    slope = jax.grad(lambda z, kind: jn.generator_loss(z[None], kind))
    found_out = jnp.array(-30.0)
    assert abs(slope(found_out, "minimax")) < 1e-12 < 0.99 < abs(slope(found_out, "non_saturating"))


def test_nobody_gains_where_real_and_fake_cannot_be_told_apart():
    tie = [0.0, 0.0]
    assert mg.discriminator_loss(tie, tie) == pytest.approx(math.log(4), rel=1e-15)
    assert mg.discriminator_loss(tie, tie, "wasserstein") == 0
    assert mg.discriminator_loss([1.0], [0.0], "least_squares") == 0


def test_a_critic_without_slope_is_pulled_nowhere_and_never_to_nan():
    flat = np.zeros((2, 3))
    assert mg.grad(mg.gradient_penalty)(flat.tolist()) == flat.tolist()
    np.testing.assert_array_equal(jax.grad(jn.gradient_penalty)(flat), flat)
    bend = jax.hessian(lambda g: jn.gradient_penalty(g, center=0.0))(flat)
    assert np.isfinite(bend).all()


def test_steep_slopes_do_not_overflow():
    steep = [[3e200, 4e200]]
    with_jax = jax.jvp(jn.gan._norm, (jnp.array(steep),), (jnp.ones((1, 2)),))
    assert float(with_jax[0][0]) == pytest.approx(5e200) and float(with_jax[1][0]) == pytest.approx(1.4)
    assert float(jn.gan._norm(jnp.array([[1.0, jnp.inf]]))[0]) == math.inf
    assert float(jn.gan._norm(jnp.array([[1.0, 3e200, 4e200]]))[0]) == pytest.approx(5e200)
    assert float(jn.gan._norm(jnp.array([[3e-200, 4e-200]]))[0]) == pytest.approx(5e-200)


def test_gradients_of_gradients_of_a_critic_agree_in_both_rooms():
    """The penalty holds the critic's gradient by its input, and is differentiated by the critic's weights."""
    x, kernel, out = [0.5, -1.0], [[0.3, -0.7, 1.1], [0.9, 0.2, -0.4]], [0.8, -1.3, 0.6]

    def penalty(kernel, out):
        def critic(x):
            fired = [
                mg.tanh(sum(a * b for a, b in zip(x, row, strict=True))) for row in zip(*kernel, strict=True)
            ]
            return sum(a * b for a, b in zip(fired, out, strict=True))

        return mg.gradient_penalty([mg.grad(critic)(x)])

    def array_penalty(kernel, out):
        slopes = jax.grad(lambda x: jn.tanh(x @ kernel) @ out)(jnp.array(x))
        return jn.gradient_penalty(slopes[None])

    value, mine = mg.value_and_grad(penalty, argnums=(0, 1))(kernel, out)
    other, theirs = jax.value_and_grad(array_penalty, argnums=(0, 1))(jnp.array(kernel), jnp.array(out))
    assert float(value) == pytest.approx(float(other), rel=1e-14)  # a length near 1, less 1: a digit is lost
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)
    assert max(map(abs, mine[1])) > 0.1


def test_numbers_lie_between_numbers_too():
    real, fake, noise = [1.0, 2.0], [3.0, 6.0], [0.5, 0.25]
    assert mg.interpolation(real, fake, noise) == [2.0, 5.0]
    assert jn.interpolation(*map(jnp.array, (real, fake, noise))).tolist() == [2.0, 5.0]


def test_the_length_of_a_slope_neither_overflows_nor_vanishes():
    large, small = 2.0**600, 2.0**-600
    rows = jnp.array([[3 * large, -4 * large], [0.0, -5 * large], [math.inf, 1.0]])
    assert jn.gradient_penalty(rows, 5 * large, "none").tolist() == [0, 0, math.inf]
    slopes = jax.grad(jn.gradient_penalty)(jnp.array([[3 * small, -4 * small]]), 1.0, "sum")
    assert np.allclose(slopes, [[-1.2, 1.6]], rtol=1e-15, atol=0)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(("dtype", "size"), LARGEST)
def test_the_largest_slopes_have_a_length_and_a_direction(dtype, size, compiled):
    rows = jnp.array([[0.6 * size, -0.8 * size], [size, size], [3.0, 4.0]], dtype)
    value, slope = jn.gan._norm, jax.grad(lambda rows: jnp.sum(jn.gan._norm(rows)))
    penalty, pull = jn.gradient_penalty, jax.grad(jn.gradient_penalty)
    if compiled:
        value, slope, penalty, pull = map(jax.jit, (value, slope, penalty, pull))
    rtol = 8 * float(jnp.finfo(dtype).eps)
    longest = size * 2**0.5 if size * 2**0.5 < float(jnp.finfo(dtype).max) else math.inf
    np.testing.assert_allclose(value(rows), [size, longest, 5], rtol=rtol)
    np.testing.assert_allclose(slope(rows), [[0.6, -0.8], [0.5**0.5, 0.5**0.5], [0.6, 0.8]], rtol=rtol)
    assert float(penalty(rows)) == math.inf
    np.testing.assert_allclose(pull(rows[:1] / 8), [[0.15 * size, -0.2 * size]], rtol=rtol)
