"""Weights: a weight of 2 is an example that came twice; those of classes divide by their sum."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxnets as jn
import microgrid as mg

LOGITS, LABELS = np.random.default_rng(0).normal(size=(4, 3)), np.array([0, 2, 1, 2])
WEIGHTS = [1.0, 2.0, 0.5]


def test_a_weight_of_two_is_an_example_that_came_twice():
    for room, number in ((jn, jnp.array), (mg, list)):
        assert float(room.sample_weighted(number([1.0, 4.0]), number([2, 1]), "sum")) == 6
        assert float(room.sample_weighted(number([[1.0, 3.0], [4.0, 0.0]]), number([2, 1]))) == 3
        terms = room.sample_weighted(number([[1.0, 3.0], [4.0, 0.0]]), number([2, 1]), "none")
        assert np.array_equal(terms, [[2, 6], [4, 0]])


def test_fit_weighs_as_the_formula_does():
    x, y, weights = LOGITS, np.sin(LOGITS[:, :1]), np.array([2.0, 0.0, 1.0, 0.5])
    net = jn.NeuralNet([jn.Linear(3, 1)], seed=0, dtype="float64")
    net.compile(jn.gradient_descent(0.1), "huber")
    terms = jn.huber(net.forward(x), y, "none")
    told = net.evaluate(x, y, sample_weight=weights)["loss"]
    assert told == pytest.approx(float(jn.sample_weighted(terms, weights)), rel=1e-14)


def cross_entropy(logits, labels, weights, smoothing):
    """The weighted mean by the book, as PyTorch documents it for integer labels."""
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    classes = len(weights)
    top = [(1 - smoothing) * weights[c] * -row[c] + smoothing / classes * -(weights * row).sum()
           for c, row in zip(labels, logs, strict=True)]  # fmt: skip
    return sum(top) / sum(weights[c] for c in labels)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_class_weights_divide_by_the_sum_of_those_of_the_labels(smoothing):
    expected = cross_entropy(LOGITS, LABELS, np.array(WEIGHTS), smoothing)
    for room, z, t in ((jn, LOGITS, LABELS), (mg, LOGITS.tolist(), LABELS.tolist())):
        told = dict(label_smoothing=smoothing, class_weight=WEIGHTS if room is mg else jnp.array(WEIGHTS))
        assert float(room.softmax_cross_entropy(z, t, **told)) == pytest.approx(expected, rel=1e-13)
        p = jax.nn.softmax(z) if room is jn else [mg.softmax(row) for row in z]
        assert float(room.categorical_cross_entropy(p, t, **told)) == pytest.approx(expected, rel=1e-13)
        terms = room.softmax_cross_entropy(z, t, "none", **told)
        total = sum(WEIGHTS[c] for c in LABELS)
        assert float(sum(terms)) / total == pytest.approx(expected, rel=1e-13)
        assert float(room.softmax_cross_entropy(z, t, "sum", **told)) == pytest.approx(
            float(sum(terms)), rel=1e-14
        )


def test_nothing_is_lost_where_nothing_counts():
    for room, z, t in ((jn, LOGITS, np.array([0, 0, 0, 0])), (mg, LOGITS.tolist(), [0] * 4)):
        assert float(room.softmax_cross_entropy(z, t, class_weight=[0.0, 1.0, 1.0])) == 0


def test_smoothing_moves_a_share_of_each_label_to_all_classes():
    rows = (1 - 0.3) * np.eye(3)[LABELS] + 0.1
    for room, z, t, smooth in (
        (jn, LOGITS, LABELS, rows),
        (mg, LOGITS.tolist(), LABELS.tolist(), rows.tolist()),
    ):
        one, other = (
            room.softmax_cross_entropy(z, t, label_smoothing=0.3),
            room.softmax_cross_entropy(z, smooth),
        )
        assert float(one) == pytest.approx(float(other), rel=1e-14)


@pytest.mark.parametrize("end", [True, False])
def test_a_net_takes_losses_with_arguments_in_both_rooms(end):
    from microgrid.oracle import to_microgrid

    name = "categorical_cross_entropy" if end else "softmax_cross_entropy"
    net = jn.NeuralNet([jn.Linear(3, 3), *([jn.softmax] if end else [])], seed=0, dtype="float64")
    twin = to_microgrid(net)
    told = dict(label_smoothing=0.1, class_weight=tuple(WEIGHTS))
    net.compile(jn.gradient_descent(0.2), partial(getattr(jn, name), **told))
    twin.compile(mg.gradient_descent(0.2), partial(getattr(mg, name), **told))
    history = net.fit(LOGITS, LABELS, epochs=3, batch_size=None, verbose=0).history["loss"]
    scalars = twin.fit(LOGITS.tolist(), LABELS.tolist(), epochs=3, batch_size=None).history["loss"]
    assert scalars == pytest.approx(history, rel=1e-12)
    assert history[2] < history[0]


@pytest.mark.parametrize("weights", [(1.0, 7.0, 2.0), (0.0, 1.0, 0.0), (0.0, 0.0, 0.0)])
@pytest.mark.parametrize("end", [True, False])
def test_a_loss_with_class_weights_is_the_same_for_all_data_however_it_is_cut(weights, end):
    """Sorted labels: a batch may hold none of a class, and weigh nothing."""
    x, labels = np.random.default_rng(1).normal(size=(60, 3)), np.sort(np.arange(60) % 3)
    loss = partial(jn.categorical_cross_entropy if end else jn.softmax_cross_entropy, class_weight=weights)
    net = jn.NeuralNet([jn.Linear(3, 3), *([jn.softmax] if end else [])], dtype="float64")
    net.compile(jn.sgd(0.0), loss, metrics=["accuracy"], l2=0.1)
    penalty = 0.1 * float((net.params[0]["kernel"] ** 2).sum()) / 2
    expected = float(loss(net.forward(x), labels)) + penalty
    for y in (labels, np.eye(3)[labels]):
        history = net.fit(x, y, batch_size=7, validation_data=(x[:50], y[:50]), verbose=0).history
        found = [net.evaluate(x, y, batch_size=size) for size in (60, 30, 7, 1)]
        assert [one["loss"] for one in found] == pytest.approx([expected] * 4, rel=1e-12)
        assert len({round(one["accuracy"], 9) for one in found}) == 1
        assert history["val_loss"] == pytest.approx([net.evaluate(x[:50], y[:50])["loss"]], rel=1e-12)


def test_two_ways_to_weigh_at_once_are_refused():
    net = jn.NeuralNet([jn.Linear(3, 3)], seed=0)
    net.compile(jn.sgd(0.1), partial(jn.softmax_cross_entropy, class_weight=tuple(WEIGHTS)))
    with pytest.raises(
        ValueError, match="sample_weight and the class_weight of softmax_cross_entropy both weigh"
    ):
        net.fit(LOGITS, LABELS, sample_weight=np.ones(4), verbose=0)


def test_arguments_that_a_loss_does_not_take_are_refused_before_training():
    net = jn.NeuralNet([jn.Linear(3, 3)], seed=0)
    net.compile(jn.sgd(0.1), partial(jn.huber, delta=-1.0))
    with pytest.raises(ValueError, match="huber: delta must be a finite number > 0; got -1"):
        net.fit(LOGITS, LOGITS, verbose=0)
    for room in (mg, jn):
        with pytest.raises(ValueError, match="the reduction of huber is not yours to set; got 'sum'"):
            room.NeuralNet([room.Linear(3, 3)]).compile(room.sgd(0.1), partial(room.huber, reduction="sum"))


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (
            dict(class_weight=[1.0, -2.0]),
            "softmax_cross_entropy: class_weight must be a finite number >= 0; got",
        ),
        (dict(class_weight=[float("nan"), 1.0]), "class_weight must be a finite number >= 0; got nan."),
        (
            dict(class_weight=[1.0]),
            "class_weight must have one number for each of 2 classes; got shape (1,).",
        ),
        (dict(label_smoothing=-0.1), "softmax_cross_entropy: label_smoothing must be in [0, 1); got -0.1."),
        (dict(label_smoothing="a"), "softmax_cross_entropy: label_smoothing must be a number; got 'a'."),
        (
            dict(smoothing=0.1),
            "NeuralNet.compile: softmax_cross_entropy takes label_smoothing, class_weight; got smoothing.",
        ),
    ],
)
def test_what_a_loss_does_not_take_gets_one_sentence_in_both_rooms_and_nothing_is_learnt(chosen, words):
    sentences = []
    for room in (mg, jn):
        net = room.NeuralNet([room.Linear(2, 2)])
        x = [[1.0, 2.0], [3.0, 4.0]]
        before = np.asarray(net.forward(x))
        with pytest.raises((ValueError, TypeError)) as error:
            net.compile(room.sgd(0.1), partial(room.softmax_cross_entropy, **chosen))
            net.fit(x, [0, 1])
        sentences.append((error.type, str(error.value)))
        assert np.array_equal(before, net.forward(x))
    assert sentences[0] == sentences[1] and words in sentences[0][1]


@pytest.mark.parametrize("room", [jn, mg])
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            dict(class_weight=[1, 1]),
            r"class_weight must have one number for each of 3 classes; got shape \(2,\)\.",
        ),
        (
            dict(class_weight={0: 1.0}),
            r"class_weight must have one .*; got \{0: 1\.0\}\. Fix: a list of one weight for each",
        ),
        (dict(label_smoothing=3), r"label_smoothing must be in \[0, 1\); got 3\.0\."),
    ],
)
def test_the_sentence_names_the_loss_that_was_asked_for(room, wrong, words):
    net = room.NeuralNet([room.Linear(3, 3), room.softmax])
    net.compile(room.adam(0.1), partial(room.categorical_cross_entropy, **wrong))
    for asked in (net.fit, net.evaluate, net.backward):
        with pytest.raises((ValueError, TypeError), match="^categorical_cross_entropy: " + words):
            asked(LOGITS.tolist(), LABELS.tolist())
    with pytest.raises((ValueError, TypeError), match="^softmax_cross_entropy: " + words):
        room.softmax_cross_entropy(LOGITS.tolist(), LABELS.tolist(), **wrong)
