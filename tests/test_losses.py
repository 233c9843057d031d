"""Losses where they are hard: certain probabilities, dominant scores, integer labels, reductions."""

import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import jaxnets as jn
import microgrid as mg
from microgrid import Value
from microgrid.oracle.distance import ulps

LOGITS = [[2.0, -1.0, 0.5], [1e4, -1e4, 0.0], [40.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
LABELS = [2, 0, 0, 1]


@pytest.mark.parametrize("prediction", [0.0, 1.0])
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_certain_answers_cost_nothing_or_infinity_in_both_rooms(prediction, target):
    p = Value(prediction)
    loss = mg.binary_cross_entropy([p], [target])
    loss.backward()
    value, slope = jax.value_and_grad(jn.binary_cross_entropy)(jnp.array([prediction]), jnp.array([target]))
    right = prediction == target
    expected = (0, 1 - 2 * target) if right else (math.inf, -math.inf if target else math.inf)
    assert (loss.data, p.grad) == (float(value), float(slope[0])) == expected


def test_certain_classes_cost_nothing_or_infinity_in_both_rooms():
    rows = [[1.0, 0.0], [1.0, 0.0]]
    terms = jn.categorical_cross_entropy(jnp.array(rows), jnp.array([0, 1]), reduction="none").tolist()
    assert terms == mg.categorical_cross_entropy(rows, [0, 1], reduction="none") == [0, math.inf]
    slope = jax.grad(jn.categorical_cross_entropy)(jnp.array(rows), jnp.array([0, 1]))
    assert slope.tolist() == [[-0.5, 0], [0, -math.inf]]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", ["softmax_cross_entropy", "categorical_cross_entropy"])
def test_integer_labels_are_rows_with_a_one(name, reduction):
    rows = np.eye(3)[LABELS]
    for room, given in ((mg, LOGITS), (jn, jnp.array(LOGITS))):
        inputs = given if name[0] == "s" else [room.softmax(row) for row in given]
        inputs = inputs if room is mg else jnp.stack(list(inputs))
        loss = getattr(room, name)
        labels, ones = (LABELS, rows.tolist()) if room is mg else (jnp.array(LABELS), jnp.array(rows))
        assert np.array_equal(loss(inputs, labels, reduction), loss(inputs, ones, reduction))


def test_reductions_belong_together():
    for room, number in ((mg, list), (jn, jnp.array)):
        terms = room.softmax_cross_entropy(number(LOGITS), number(LABELS), "none")
        assert room.softmax_cross_entropy(number(LOGITS), number(LABELS), "sum") == sum(terms)
        assert room.softmax_cross_entropy(number(LOGITS), number(LABELS)) == sum(terms) / 4
    squares = mg.mean_squared_error([[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]], "none")
    assert squares == [[1.0, 4.0], [9.0, 16.0]]


def test_a_dominant_class_keeps_its_digits_where_the_library_loses_them():
    """-log softmax of a class that leads by 40, and its slope, to the last bits; jax.nn says 0 to both."""
    with mpmath.workdps(50):
        rest = 2 * mpmath.exp(-40)
        truth, slope = float(mpmath.log1p(rest)), float(-rest / (1 + rest))
    logits, label = jnp.array([[40.0, 0.0, 0.0]]), jnp.array([0])
    value, gradient = jax.value_and_grad(jn.softmax_cross_entropy)(logits, label)
    assert ulps(float(value), truth) <= 2 and ulps(float(gradient[0, 0]), slope) <= 2
    assert -jax.nn.log_softmax(logits)[0, 0] == 0
    z = [Value(40.0), Value(0.0), Value(0.0)]
    mg.softmax_cross_entropy([z], [0]).backward()
    assert ulps(z[0].grad, slope) <= 2


def test_a_masked_class_takes_no_part():
    logits = jnp.array([[1.0, -jnp.inf, 2.0]])
    value, gradient = jax.value_and_grad(jn.softmax_cross_entropy)(logits, jnp.array([2]))
    assert float(value) == pytest.approx(math.log1p(math.exp(-1)), rel=1e-15)
    assert float(gradient[0, 1]) == 0 and np.isfinite(np.asarray(gradient)).all()


def test_a_second_derivative_of_cross_entropy_is_the_covariance():
    z = jnp.array([0.3, -1.2, 2.0])
    hessian = jax.hessian(lambda z: jn.softmax_cross_entropy(z[None], jnp.array([1])))(z)
    p = jn.softmax(z)
    assert np.allclose(hessian, jnp.diag(p) - jnp.outer(p, p), rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize(("label", "words"), [(3, "be in 0..2; got 3"), (-1, "be in 0..2; got -1")])
def test_a_label_out_of_range_is_refused_by_the_scalar_room(label, words):
    with pytest.raises(ValueError, match=words):
        mg.softmax_cross_entropy([[1.0, 2.0, 3.0]], [label])


def test_a_float_label_is_no_class():
    for room, number in ((mg, list), (jn, jnp.array)):
        with pytest.raises(ValueError, match="labels must be integer labels"):
            room.softmax_cross_entropy(number([[1.0, 2.0]]), number([1.0]))


def test_labels_that_are_not_known_yet_count_as_known_ones_do():
    z = [0.5, -1.0, 2.0]
    program = mg.trace(lambda z, t: mg.softmax_cross_entropy([z], [t]), z, [0.0, 0.0, 0.0])
    for t in ([0.0, 1.0, 0.0], [0.25, 0.0, 0.75]):
        assert program(z, t) == pytest.approx(mg.softmax_cross_entropy([z], [t]), rel=1e-15)


@pytest.mark.parametrize("room", [mg, jn])
def test_examples_whose_classes_weigh_nothing_cost_nothing(room):
    loss = room.softmax_cross_entropy([[1.0, 2.0]], [0], class_weight=[0.0, 1.0])
    assert float(loss) == 0


@pytest.mark.parametrize("room", [mg, jn])
def test_a_smoothed_label_is_shared_by_all_classes(room):
    smoothed = room.softmax_cross_entropy([[0.0, math.log(3)]], [0], label_smoothing=0.5)
    assert float(smoothed) == pytest.approx(0.75 * math.log(4) + 0.25 * math.log(4 / 3), rel=1e-15)


@pytest.mark.parametrize("room", [mg, jn])
def test_focal_losses_take_labels_as_they_are(room):
    assert float(room.softmax_focal([[0.0, 0.0]], [0], gamma=1.0)) == pytest.approx(
        math.log(2) / 2, rel=1e-15
    )


def test_what_does_not_count_costs_nothing_to_numbers_not_known_yet():
    def loss(both):
        return mg.sigmoid_binary_cross_entropy(both[:1], both[1:])

    program = mg.trace(loss, [0.5, 0.25])
    for z, t in ((1.0, 0.25), (1.0, 0.0), (1.0, 1.0)):
        value, slopes = program.value_and_grad([z, t])
        assert (value, slopes[0]) == pytest.approx((loss([z, t]), 1 / (1 + math.exp(-z)) - t), rel=1e-15)
        assert slopes[1] == pytest.approx(-z, rel=1e-15)
    assert [program([-math.inf, t]) for t in (0.0, 1.0)] == [0, math.inf]
    assert mg.trace(lambda z: loss([z, 0.0]), 0.5)(-math.inf) == 0


@pytest.mark.parametrize("name", ["binary_cross_entropy", "poisson"])
def test_numbers_outside_a_range_are_refused_where_they_are_known_and_nan_passes(name):
    loss = getattr(jn, name)
    assert jnp.isnan(jax.jit(loss)(jnp.array([-1.0]), jnp.array([1.0])))
    assert jax.jit(loss)(jnp.array([0.5]), jnp.array([-1.0])) < 1.5  # not looked at
    assert jnp.isnan(loss(jnp.array([math.nan]), jnp.array([1.0])))
    assert math.isnan(getattr(mg, name)([math.nan], [1.0]))
    for room, given in ((jn, jnp.array), (mg, list)):
        with pytest.raises(ValueError, match=rf"{name}: predictions must be .*; got -1\.0\. Fix: "):
            getattr(room, name)(given([-1.0]), given([1.0]))
    with pytest.raises(ValueError, match=f"{name}: targets must be"):
        jax.grad(loss)(jnp.array([0.5]), jnp.array([-1.0]))
