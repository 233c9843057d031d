"""Margins and focal losses: what they are for special arguments, in the tails, and as the loss of a net."""

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

Z, T = np.random.default_rng(0).normal(size=(2, 6)) * 3, np.array([1.0, 0.0, 1.0, 1.0, 0.0, 0.25])
ROWS, LABELS = np.random.default_rng(1).normal(size=(5, 3)) * 2, np.array([0, 2, 1, 1, 0])


def test_focal_losses_without_focus_are_cross_entropies():
    for room, z, t, rows, labels in (
        (jn, Z[0], T, ROWS, LABELS),
        (mg, Z[0].tolist(), T.tolist(), ROWS.tolist(), LABELS.tolist()),
    ):
        assert np.allclose(
            room.sigmoid_focal(z, t, "none", gamma=0.0),
            room.sigmoid_binary_cross_entropy(z, t, "none"),
            rtol=1e-14,
        )
        assert np.allclose(
            room.softmax_focal(rows, labels, "none", gamma=0.0),
            room.softmax_cross_entropy(rows, labels, "none"),
            rtol=1e-13,
        )


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_focal_losses_keep_the_type_of_their_scores(dtype):
    assert jn.sigmoid_focal(jnp.asarray(Z[0], dtype), jnp.asarray(T, dtype), alpha=0.25).dtype == dtype
    assert jn.softmax_focal(jnp.asarray(ROWS, dtype), LABELS, gamma=jnp.array(1.5)).dtype == dtype


def test_focal_loss_of_certain_labels_is_optax_s():
    labels = np.round(T)
    for alpha in (None, 0.25):
        theirs = optax.sigmoid_focal_loss(Z[0], labels, alpha=alpha, gamma=2.0)
        assert np.allclose(jn.sigmoid_focal(Z[0], labels, "none", alpha=alpha), theirs, rtol=1e-12)
        assert np.allclose(
            mg.sigmoid_focal(Z[0].tolist(), labels.tolist(), "none", alpha=alpha), theirs, rtol=1e-12
        )


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_what_is_right_by_far_keeps_the_digits_of_its_small_loss(gamma):
    with mpmath.workdps(50):
        miss = 1 / (1 + mpmath.exp(mpf(30)))
        true = miss**gamma * -mpmath.log1p(-miss)
        slope = -gamma * (1 - miss) * miss**gamma * -mpmath.log1p(-miss) - miss**gamma * miss
    value, gradient = jax.value_and_grad(jn.sigmoid_focal)(jnp.array([30.0]), jnp.ones(1), gamma=gamma)
    assert ulps(float(value), float(true)) <= 4 and ulps(float(gradient[0]), float(slope)) <= 8
    two = jn.softmax_focal(jnp.array([[30.0, 0.0]]), jnp.array([0]), gamma=gamma)
    assert ulps(float(two), float(true)) <= 4
    assert mg.sigmoid_focal([30.0], [1.0], gamma=gamma) == pytest.approx(float(true), rel=1e-14)


def test_a_focus_below_1_has_finite_slopes_where_nothing_is_left_to_lose():
    z = Value(1e4)
    mg.sigmoid_focal([z], [1.0], gamma=0.5).backward()
    slope = jax.grad(jn.sigmoid_focal)(jnp.array([1e4]), jnp.ones(1), gamma=0.5)
    assert z.grad == float(slope[0]) == 0


def test_a_focus_may_be_traced_and_alpha_weighs_both_sides():
    traced = jax.jit(lambda g: jn.sigmoid_focal(Z[0], T, gamma=g))(1.5)
    assert float(traced) == pytest.approx(mg.sigmoid_focal(Z[0].tolist(), T.tolist(), gamma=1.5), rel=1e-14)
    for room, number in ((mg, list), (jn, jnp.array)):
        one = float(room.sigmoid_focal(number([0.0]), number([1.0]), alpha=0.75))
        other = float(room.sigmoid_focal(number([0.0]), number([0.0]), alpha=0.75))
        assert one == pytest.approx(3 * other, rel=1e-15)


def test_hinges_are_0_beyond_the_margin_and_meet_optax():
    sides = np.where(T > 0.5, 1.0, -1.0)
    assert np.allclose(jn.hinge(Z[0], sides, "none"), optax.hinge_loss(Z[0], sides), rtol=1e-15)
    assert jn.squared_hinge(jnp.array([2.0, 0.0]), jnp.array([1, -1]), "none").tolist() == [0, 1]
    assert mg.squared_hinge([2.0, 0.0], [1, -1], "none") == [0, 1]
    assert jn.hinge(jnp.array([2, 0]), jnp.array([1, -1]), "sum") == mg.hinge([2, 0], [1, -1], "sum") == 1


LOSSES = {
    "hinge": [[1], [-1], [1], [-1]],
    "squared_hinge": [[1], [-1], [1], [-1]],
    "sigmoid_focal": [[1], [0], [1], [0]],
    "log_poisson": [[3], [0], [1], [2]],
    "huber": [[0.5], [-2.0], [0.1], [3.0]],
    "log_cosh": [[0.5], [-2.0], [0.1], [3.0]],
}


@pytest.mark.parametrize("name", [*LOSSES, "softmax_focal", "kl_divergence", "cosine_distance"])
def test_a_net_learns_from_every_loss_alike_in_both_rooms(name):
    from microgrid.oracle import to_microgrid

    x = np.random.default_rng(2).normal(size=(4, 2))
    wide = name not in LOSSES
    y = np.array([2, 0, 1, 1]) if wide else np.array(LOSSES[name])
    y = ROWS[:4] if name == "cosine_distance" else y
    layers = [jn.Linear(2, 3), jn.tanh, jn.Linear(3, 3 if wide else 1)]
    layers += [jn.softmax] if name == "kl_divergence" else []
    net = jn.NeuralNet(layers, seed=3, dtype="float64")
    twin = to_microgrid(net)
    net.compile(jn.gradient_descent(0.1), name)
    twin.compile(mg.gradient_descent(0.1), name)
    history = net.fit(x, y, epochs=3, batch_size=None, verbose=0).history["loss"]
    scalars = twin.fit(x.tolist(), y.tolist(), epochs=3, batch_size=None).history["loss"]
    assert scalars == pytest.approx(history, rel=1e-12)
    assert history[-1] < history[0]


@pytest.mark.parametrize(("name", "y", "words"), [
    ("hinge", [[1], [0]], r"must be -1 or 1 for hinge; got 0\S* at index \(1, 0\)\. Fix: 2 \* y - 1"),
    ("poisson", [[1], [-2]], r"y must be >= 0 for poisson; got -2\S* at index \(1, 0\)\."),
    ("sigmoid_focal", [[1], [2]], r"y must be in \[0, 1\] for sigmoid_focal; got 2\S* at index \(1, 0\)\."),
    ("huber", [1, 2], r"have the shape \(2, 1\) of the outputs for huber; got \(2,\)\. Fix: y\[:, None\]\."),
    ("kl_divergence", [[2.0], [1.0]], r"rows that sum to 1 for kl_divergence; got 2 in row 0"),
])  # fmt: skip
def test_targets_that_a_loss_does_not_take_are_refused_alike(name, y, words):
    last = {"kl_divergence": ("softmax",)}.get(name, ())
    for room, number in ((mg, list), (jn, np.array)):
        net = room.NeuralNet([room.Linear(2, 1), *(getattr(room, end) for end in last)], seed=0)
        net.compile(room.gradient_descent(0.1), name)
        with pytest.raises(ValueError, match=words):
            net.fit(number([[0.0, 1.0], [1.0, 0.0]]), number(y))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_a_class_that_does_not_count_costs_nothing_though_its_score_is_infinitely_low(gamma, dtype):
    most = float(jnp.finfo(dtype).max) * 0.75
    for row in ([most, -most], [1.0, -jnp.inf], [1.0, -jnp.inf, -jnp.inf]):
        z = jnp.array([row], dtype)
        value, slopes = jax.value_and_grad(jn.softmax_focal)(z, np.array([0]), gamma=gamma)
        assert value == 0 and not slopes.any()
        assert mg.softmax_focal([row[:2]], [0], gamma=gamma) == 0
    for true in (0.0, 1.0):
        for loss in ("sigmoid_focal", "sigmoid_binary_cross_entropy"):
            told = dict(gamma=gamma) if loss == "sigmoid_focal" else {}
            z = jnp.array([jnp.inf if true else -jnp.inf], dtype)
            value, slopes = jax.value_and_grad(getattr(jn, loss))(z, jnp.array([true], dtype), **told)
            assert value == 0 and not slopes.any()
            score = Value(float(z[0]))
            term = getattr(mg, loss)([score], [true], **told)
            term.backward()
            assert term.data == score.grad == 0


def test_a_focal_loss_without_focus_and_with_a_score_of_minus_infinity_is_the_cross_entropy():
    z = jnp.array([[1.0, 2.0, -jnp.inf]])
    true = jax.value_and_grad(jn.softmax_cross_entropy)(z, jnp.array([0]))
    got = jax.value_and_grad(jn.softmax_focal)(z, jnp.array([0]), gamma=0.0)
    assert np.allclose(got[0], true[0]) and np.allclose(got[1], true[1])
    assert mg.softmax_focal([[1.0, 2.0, -math.inf]], [0], gamma=0.0) == pytest.approx(float(true[0]))


@pytest.mark.parametrize("row", [[-math.inf, 0.0, 1.0], [-math.inf, -math.inf, 1.0], [0.5, 3.0, -math.inf]])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_slopes_are_those_of_the_limit_where_a_class_is_ruled_out(row, label):
    def losses(room):
        def one(loss):
            return lambda z: loss(z[None] if room is jn else [z], np.array([label]))

        return [
            one(room.softmax_cross_entropy),
            one(room.softmax_focal),
            lambda z: room.log_softmax(z)[label],
        ]

    for array, scalar in zip(losses(jn), losses(mg), strict=True):
        value, slopes = jax.value_and_grad(array)(jnp.array(row))
        scores = [Value(x) for x in row]
        got = scalar(scores)
        got.backward()
        np.testing.assert_allclose([got.data, *(z.grad for z in scores)], [value, *slopes], rtol=1e-14)
