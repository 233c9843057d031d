"""What must not pass unseen: nan in a formula, labels that fit no loss, layers that two networks share."""

from functools import partial

import numpy as np
import pytest
from flax import nnx

import jaxnets as jn
import microgrid as mg
from jaxnets import metrics

NAN = float("nan")


@pytest.mark.parametrize("room", [jn, mg])
def test_nan_passes_through_the_cosine_distance(room):
    assert np.isnan(room.cosine_distance([[NAN, 1.0]], [[1.0, 1.0]]))


@pytest.mark.parametrize("room", [jn, mg])
def test_one_nan_spoils_all_clipped_gradients_in_place_of_none(room):
    assert np.isnan(np.asarray(room.clip_by_global_norm([NAN, 1e6], 1.0))).all()


def test_nan_scores_make_a_ctc_loss_nan():
    assert np.isnan(jn.ctc_loss([[[1.0, NAN], [1.0, 1.0]]], [[1]]))


@pytest.mark.parametrize("mask", [[[True, False]], [[False, False]]])
def test_a_masked_key_and_its_value_may_be_nan(mask):
    values = [[1.0, 2.0]], [[1.0, 2.0], [NAN, 4.0]], [[1.0], [NAN]]
    found = np.asarray(jn.scaled_dot_product_attention(*values, mask))
    assert found.tolist() == mg.scaled_dot_product_attention(*values, mask)
    assert found.tolist() == [[1.0 if mask[0][0] else 0.0]]


def test_nan_is_never_accurate():
    outputs, labels = np.array([[NAN, NAN], [0.1, NAN], [0.1, 0.9]]), np.array([0, 0, 1])
    assert metrics.categorical_accuracy(outputs, labels) == pytest.approx(1 / 3)
    assert metrics.top_k_accuracy(outputs, labels, k=1) == pytest.approx(1 / 3)
    assert metrics.binary_accuracy(np.array([NAN, 0.2]), np.array([0, 0])) == 0.5


def test_a_partial_metric_has_the_name_of_its_function():
    net = jn.NeuralNet([jn.Linear(2, 3)])
    top = partial(metrics.top_k_accuracy, k=2)
    net.compile(jn.sgd(0.1), "softmax_cross_entropy", metrics=[top])
    assert "top_k_accuracy" in net.fit(np.ones((4, 2)), np.arange(4) % 3, verbose=0).history


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([[5, 1]], r"fit: y must be whole numbers in 0\.\.4; got 5\."),
        ([[1, 2, -1]], r"fit: y must be whole numbers in 0\.\.4; got -1\."),
        ([[1, 0, 2]], r"fit: y must have blanks \(0\) at the end only; got \[1, 0, 2\]\."),
        ([[1, 1, 1]], r"fit: y must fit into the time steps; got labels that need 5 and 4 steps\."),
    ],
)
def test_fit_looks_at_the_labels_of_ctc(labels, words):
    net = jn.NeuralNet([jn.Linear(3, 5)])
    net.compile(jn.sgd(0.1), "ctc_loss")
    with pytest.raises(ValueError, match=words):
        net.fit(np.ones((1, 4, 3)), labels, verbose=0)


def test_fit_knows_which_class_is_the_blank():
    net = jn.NeuralNet([jn.Linear(3, 5)])
    net.compile(jn.sgd(0.1), partial(jn.ctc_loss, blank=4))
    net.fit(np.ones((1, 4, 3)), [[0, 2, 4]], verbose=0)
    with pytest.raises(ValueError, match=r"blanks \(4\) at the end only"):
        net.fit(np.ones((1, 4, 3)), [[4, 2, 0]], verbose=0)


def test_lengths_of_sequences_come_with_their_batch():
    net = jn.NeuralNet([jn.Linear(3, 5)])
    lengths, labels = np.array([2, 4, 3, 1]), np.array([[1, 2], [1, 2], [3, 4], [4, 0]])
    with pytest.raises(ValueError, match="compile: logit_lengths must come with each batch"):
        net.compile(jn.sgd(0.1), partial(jn.ctc_loss, logit_lengths=lengths))
    net.compile(jn.sgd(0.1), lambda z, y: jn.ctc_loss(z, y[:, 1:], logit_lengths=y[:, 0]))
    x = np.random.default_rng(0).normal(size=(4, 4, 3))
    expected = jn.ctc_loss(net.forward(x), labels, logit_lengths=lengths)
    assert net.evaluate(x, np.c_[lengths, labels])["loss"] == pytest.approx(float(expected), rel=1e-5)
    net.fit(x, np.c_[lengths, labels], batch_size=2, verbose=0)


def _shared(room):
    layer = room.Linear(2, 2)
    return room.GAN([layer], [layer, room.Linear(2, 1)], 2)


REFUSED = {
    "a layer in both networks": (_shared, "must have no layer in common; got one in both."),
    "no generator": (lambda room: room.GAN(None, [room.Linear(2, 1)], 2), "GAN: generator must be"),
    "steps that cross": (
        lambda room: room.rprop(0.1, min_step_size=2.0, max_step_size=1.0),
        "rprop: min_step_size must be at most max_step_size; got 2.0 and 1.0.",
    ),
    "bounds that cross": (
        lambda room: room.initializer("uniform", low=1.0, high=0.0),
        "uniform: low must be at most high; got 1.0 and 0.0.",
    ),
    "a mask of other numbers": (
        lambda room: room.dropout([1.0, 2.0, 3.0], [1, 0, 2]),
        "dropout: mask must be 1 where the neuron stays, else 0; got 2.",
    ),
    "a class for a schedule": (lambda room: room.adam(object), "adam: learning_rate must be a number"),
    "the layer in front reversed": (
        lambda room: room.Bidirectional(room.GRU(2, 3), room.GRU(2, 3)),
        "backward_rnn must have reverse=True; got False. Fix: GRU(..., reverse=True).",
    ),
}


@pytest.mark.parametrize("room", [jn, mg])
@pytest.mark.parametrize("what", REFUSED)
def test_both_rooms_refuse(room, what):
    call, words = REFUSED[what]
    with pytest.raises((TypeError, ValueError)) as caught:
        call(room)
    assert words in str(caught.value)


@pytest.mark.parametrize("bad", [NAN, float("inf")])
def test_initial_weights_must_be_finite(bad):
    words = f"Linear: kernel_init must return finite weights; got {bad}."
    with pytest.raises(ValueError, match=words):
        jn.Linear(1, 2, kernel_init=lambda draw, shape, dtype: np.full(shape, bad), rngs=nnx.Rngs(0))
    with pytest.raises(ValueError, match=words):
        mg.NeuralNet([mg.Linear(1, 2, kernel_init=lambda draw, shape: [[bad] * 2])])


def test_initial_weights_must_be_real():
    with pytest.raises(TypeError, match="must return real weights; got an array of complex128"):
        jn.Linear(1, 2, kernel_init=lambda draw, shape, dtype: np.full(shape, 1j), rngs=nnx.Rngs(0))


def test_an_initializer_of_flax_draws_from_a_key():
    layer = jn.Linear(64, 64, kernel_init=nnx.initializers.he_normal(), rngs=nnx.Rngs(0))
    assert np.std(layer.kernel[...]) == pytest.approx(np.sqrt(2 / 64), rel=0.05)


@pytest.mark.parametrize("room", [jn, mg])
def test_shuffle_is_a_choice_of_two(room):
    net = room.NeuralNet([room.Linear(1, 1)])
    net.compile(room.gradient_descent(0.1), "mean_squared_error")
    with pytest.raises(TypeError, match="fit: shuffle must be True or False; got 'no'"):
        net.fit([[1.0]], [[1.0]], shuffle="no")


def test_ids_are_looked_at_before_the_first_step():
    net = mg.NeuralNet([mg.Embedding(4, 2), mg.Flatten(), mg.Linear(4, 1)])
    net.compile(mg.adam(0.1), "mean_squared_error")
    before = net.forward([[0, 1]])
    with pytest.raises(ValueError, match=r"fit: x must be ids from 0 to 3; got 9 at index \(1, 1\)\."):
        net.fit([[0, 1], [0, 9]], [[1.0], [1.0]], batch_size=1, shuffle=False)
    assert net.forward([[0, 1]]) == before and not net.trained and net.history is None


@pytest.mark.parametrize("room", [jn, mg])
@pytest.mark.parametrize("layers", [[], 1])
def test_weights_are_taken_from_somewhere(room, layers):
    net, other = (room.NeuralNet([room.Linear(1, 1), room.relu]) for _ in range(2))
    with pytest.raises(
        ValueError, match=r"take_weights: (layers must name at least one part|.*has no weights)"
    ):
        net.take_weights(other, layers)
    with pytest.raises(ValueError, match="must be fitted"):
        net.predict([[1.0]])
