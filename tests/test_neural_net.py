"""Nets in both rooms: layers pass gradients back, and whole training runs end in the same weights."""

import copy
import pickle

import numpy as np
import pytest

import jaxnets as jn
import microgrid as mg
from microgrid.checks import flatten
from microgrid.oracle import to_microgrid

DRAW = np.random.default_rng(0)
X3, Y1 = DRAW.uniform(size=(12, 3)), (DRAW.uniform(size=(12, 1)) > 0.5).astype(float)
X64, LABELS = DRAW.uniform(size=(16, 64)), DRAW.integers(0, 10, 16)


def small(loss="binary_cross_entropy", **penalties):
    """The 3-2-1 net of the cheat sheet, in both rooms, from the same weights."""
    net = jn.NeuralNet([jn.Linear(3, 2), jn.sigmoid, jn.Linear(2, 1), jn.sigmoid], seed=3, dtype="float64")
    twin = to_microgrid(net)
    net.compile(optimizer=jn.momentum(0.5), loss=loss, **penalties)
    twin.compile(optimizer=mg.momentum(0.5), loss=loss, **penalties)
    return net, twin


def weights(net):
    """All weights of an array net, flat, in the order of a scalar net's parameters."""
    names = [(i, name) for i in sorted(net.params) for name in ("kernel", "bias") if name in net.params[i]]
    return np.concatenate([np.ravel(net.params[i][name]) for i, name in names])


def test_both_rooms_fire_alike():
    net, twin = small()
    assert np.allclose(net.forward(X3), twin.forward(X3.tolist()), rtol=4e-16, atol=0)


@pytest.mark.parametrize("penalties", [{}, dict(l1=0.01), dict(l2=0.1)], ids=str)
@pytest.mark.parametrize("loss", ["binary_cross_entropy", "mean_squared_error", "mean_absolute_error"])
def test_both_rooms_pass_the_same_gradients_backward(loss, penalties):
    net, twin = small(loss, **penalties)
    mine, theirs = net.backward(X3, Y1), twin.backward(X3.tolist(), Y1.tolist())
    for layer in theirs:
        for name, slopes in theirs[layer].items():
            # Each is a mean of 12 terms below 1, added up in another order.
            assert np.abs(np.ravel(mine[layer][name]) - flatten(slopes)).max() <= 2**-50


def test_a_3_2_1_net_trains_to_the_same_weights_in_both_rooms():
    net, twin = small()
    history = net.fit(X3, Y1, epochs=20, batch_size=None, shuffle=False, verbose=0)
    losses = twin.fit(X3.tolist(), Y1.tolist(), epochs=20, batch_size=None, shuffle=False).history["loss"]
    scalars = [w.data for w in twin.parameters()]
    assert np.abs(weights(net) - scalars).max() <= 1e-12
    assert np.abs(np.subtract(history.history["loss"], losses)).max() <= 1e-13
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", ["adam", "sgd", "rmsprop", "adagrad", "nesterov"])
def test_a_64_16_10_net_trains_to_the_same_weights_in_both_rooms(name):
    net = jn.NeuralNet([jn.Linear(64, 16), jn.relu, jn.Linear(16, 10), jn.softmax], seed=1, dtype="float64")
    twin = to_microgrid(net)
    net.compile(optimizer=getattr(jn, name)(0.01), loss="categorical_cross_entropy")
    twin.compile(optimizer=getattr(mg, name)(0.01), loss="categorical_cross_entropy")
    before = weights(net)
    net.fit(X64, LABELS, epochs=10, batch_size=8, shuffle=False, verbose=0)  # 20 steps
    twin.fit(X64.tolist(), LABELS.tolist(), epochs=10, batch_size=8, shuffle=False)
    assert np.abs(weights(net) - [w.data for w in twin.parameters()]).max() <= 1e-12
    assert np.abs(weights(net) - before).max() > 1e-2


def test_layers_pass_gradients_backward_one_by_one():
    net = mg.NeuralNet([mg.Linear(3, 4), mg.tanh, mg.Linear(4, 2), mg.softmax], seed=0)
    net.compile(optimizer=mg.gradient_descent(0.1), loss="categorical_cross_entropy")
    x, labels = X3[:5].tolist(), [0, 1, 1, 0, 1]
    whole = net.backward(x, labels)
    fired = net.forward(x)
    gradients = [
        [-1 / (5 * p) if c == label else 0 for c, p in enumerate(row)]
        for row, label in zip(fired, labels, strict=True)
    ]
    for weight in net.parameters():
        weight.grad = 0
    for layer in reversed(net.layers):
        gradients = layer.backward(gradients)
    steps = [w.grad for w in net.parameters()]
    slopes = [slope for params in whole.values() for values in params.values() for slope in flatten(values)]
    assert np.allclose(steps, slopes, rtol=1e-12, atol=1e-16)
    assert np.shape(gradients) == (5, 3)


def test_a_layer_passes_the_same_gradients_backward_in_both_rooms():
    net, twin = small()
    x, pulls = X3[:4], np.arange(8.0).reshape(4, 2)
    slopes, params = net.layers[0].backward(x, pulls)
    layer = twin.layers[0]
    assert np.allclose(net.layers[0].forward(x), layer.forward(x.tolist()), rtol=1e-15)
    assert np.allclose(slopes, layer.backward(pulls.tolist()), rtol=1e-15, atol=1e-15)
    for name, values in layer.parameters.items():
        assert np.allclose(np.ravel(params[name]), [w.grad for w in flatten(values)], rtol=1e-14)


def test_fused_loss_survives_a_certain_mistake():
    net = mg.NeuralNet([mg.Linear(1, 1), mg.sigmoid], seed=0)
    net.layers[0].parameters["kernel"][0][0].data = 1e4
    net.compile(optimizer=mg.gradient_descent(0.1), loss="binary_cross_entropy")
    assert net.backward([[-1.0]], [[1]])[0] == {"kernel": [[1.0]], "bias": [-1.0]}
    assert net.evaluate([[-1.0]], [[1]]) == {"loss": 1e4}


def test_a_frozen_layer_keeps_its_weights_and_the_others_learn():
    net = mg.NeuralNet([mg.Linear(3, 2), mg.sigmoid, mg.Linear(2, 1), mg.sigmoid], seed=0)
    net.compile(optimizer=mg.adam(0.1), loss="binary_cross_entropy")
    net.freeze(0)
    kept = [w.data for w in flatten(net.layers[0].parameters["kernel"])]
    moved = [w.data for w in flatten(net.layers[2].parameters["kernel"])]
    net.fit(X3.tolist(), Y1.tolist(), epochs=2)
    assert kept == [w.data for w in flatten(net.layers[0].parameters["kernel"])]
    assert moved != [w.data for w in flatten(net.layers[2].parameters["kernel"])]


def test_weights_can_be_taken_from_another_net():
    one = mg.NeuralNet([mg.Linear(3, 2), mg.sigmoid, mg.Linear(2, 1)], seed=0)
    other = mg.NeuralNet([mg.Linear(3, 2), mg.relu, mg.Linear(2, 4)], seed=1)
    one.take_weights(other, layers=[0])
    assert flatten(one.layers[0].parameters["kernel"]) == flatten(other.layers[0].parameters["kernel"])
    with pytest.raises(ValueError, match="take_weights: layer 2 must have the same parameters in both nets"):
        one.take_weights(other)


def test_dropout_works_while_learning_and_rests_when_predicting():
    net = mg.NeuralNet([mg.Linear(3, 50), mg.Dropout(0.5), mg.Linear(50, 1)], seed=0)
    net.compile(optimizer=mg.gradient_descent(0.0), loss="mean_squared_error")
    assert net.forward(X3.tolist()) == net.forward(X3.tolist())
    losses = net.fit(X3.tolist(), Y1.tolist(), epochs=5, batch_size=None).history["loss"]
    assert len(set(losses)) == 5 and net.evaluate(X3.tolist(), Y1.tolist())["loss"] not in losses


def test_until_loss_stops_learning():
    _, twin = small()
    losses = twin.fit(X3.tolist(), Y1.tolist(), epochs=1000, batch_size=None, until_loss=0.65).history["loss"]
    assert losses[-1] <= 0.65 < losses[-2]


NAN = [[0.1, 0.2, 0.3], [0.4, float("nan"), 0.6]]
LAST = "the last layer (Linear) returns scores. Fix: end the layers with sigmoid"


@pytest.mark.parametrize(("x", "y", "words"), [
    (X3.tolist(), [1.0] * 12, "the shape (12, 1) of the outputs for {}; got (12,). Fix: y[:, None]."),
    (X3.tolist(), [[[1.0]]] * 12, "the shape (12, 1) of the outputs for {}; got (12, 1, 1). Fix: y[..., 0]."),
    ([], [], "fit: x must not be empty"),
    (NAN, [[0], [1]], "fit: x must be finite; got nan at index (1, 1)."),
    ([[1, 2, 3j]], [[0]], "complex"),
    (X3.tolist(), [[2.0]] * 12, "fit: y must be in [0, 1] for {}; got 2.0 at index (0, 0)."),
    (X3.tolist(), [[1.0]] * 11, "fit: x and y must have the same number of rows; got 12 and 11."),
    ([0.1, 0.2, 0.3], [1.0], "fit: x must have one row an example, [N, features]; got shape (3,)."),
])  # fmt: skip
def test_both_rooms_refuse_bad_data_and_change_nothing(x, y, words):
    net, twin = small()
    before, scalars = weights(net), [w.data for w in twin.parameters()]
    for fit in (lambda: net.fit(np.asarray(x), np.asarray(y), verbose=0), lambda: twin.fit(x, y)):
        with pytest.raises((ValueError, TypeError)) as error:
            fit()
        assert words.format("binary_cross_entropy") in str(error.value)
    assert np.array_equal(weights(net), before) and scalars == [w.data for w in twin.parameters()]


@pytest.mark.parametrize(("labels", "words"), [
    ([0, 7], "fit: y must be labels from 0 to 2, for 3 outputs; got 7 at index 1."),
    ([[0.5, 0.5, 0.0], [0.5, 0.6, 0.0]], "fit: y must have rows that sum to 1 for {}; got 1.1 in row 1."),
    ([[0.5, 0.5, 0.0], [1.5, -0.5, 0.0]], "fit: y must have rows >= 0 for {}; got -0.5 in row 1."),
])  # fmt: skip
def test_both_rooms_refuse_bad_labels(labels, words):
    net = jn.NeuralNet([jn.Linear(3, 3), jn.softmax], seed=0, dtype="float64")
    twin = to_microgrid(net)
    net.compile(optimizer=jn.adam(0.1), loss="categorical_cross_entropy")
    twin.compile(optimizer=mg.adam(0.1), loss="categorical_cross_entropy")
    for fit in (lambda: net.fit(X3[:2], np.asarray(labels)), lambda: twin.fit(X3[:2].tolist(), labels)):
        with pytest.raises(ValueError) as error:
            fit()
        assert str(error.value) == words.format("categorical_cross_entropy")


@pytest.mark.parametrize("room", [jn, mg], ids=lambda room: room.__name__)
def test_a_loss_that_does_not_fit_the_last_layer_names_both_fixes(room):
    net = room.NeuralNet([room.Linear(3, 1)], seed=0)
    with pytest.raises(ValueError) as error:
        net.compile(optimizer=room.adam(0.1), loss="binary_cross_entropy")
    assert LAST in str(error.value) and "or take loss='sigmoid_binary_cross_entropy'" in str(error.value)
    net = room.NeuralNet([room.Linear(3, 1), room.sigmoid], seed=0)
    with pytest.raises(ValueError, match="takes scores, and the last layer"):
        net.compile(optimizer=room.adam(0.1), loss="sigmoid_binary_cross_entropy")


@pytest.mark.parametrize("room", [jn, mg], ids=lambda room: room.__name__)
def test_predict_before_fit_is_refused(room):
    net = room.NeuralNet([room.Linear(3, 1)], seed=0)
    with pytest.raises(ValueError, match="predict: the net must be fitted"):
        net.predict(X3.tolist())
    with pytest.raises(ValueError, match="fit: the net must be compiled first"):
        net.fit(X3.tolist(), Y1.tolist())


def diverging(kind=mg.gradient_descent):
    net = mg.NeuralNet([mg.Linear(1, 1)])
    net.compile(kind(1e200), "mean_squared_error")
    return net


@pytest.mark.parametrize("kind", [mg.gradient_descent, mg.adam, mg.lamb])
def test_training_ends_with_a_sentence_where_the_loss_leaves_all_numbers(kind):
    net = diverging(kind)
    with pytest.warns(RuntimeWarning) as told:
        seen = net.fit([[1.0], [2.0]], [[1.0], [2.0]], epochs=8)
    sentence = "fit: the loss became nan in epoch 2; the learning rate is probably too large."
    assert [str(warning.message) for warning in told] == [sentence]
    assert told[0].filename == __file__
    assert seen is net.history and seen.epoch == [0, 1]
    assert np.isfinite(seen.history["loss"][0]) and np.isnan(seen.history["loss"][1])
    assert np.isfinite([weight.data for weight in net.parameters()]).all()


def test_a_loss_beyond_numbers_from_the_start_still_names_its_operation():
    with pytest.raises(OverflowError, match=r"^pow: no result for \("):
        diverging().fit([[1e300]], [[1.0]])
    net = diverging()
    for weight in net.parameters():
        weight.data = np.nan
    with pytest.raises(ValueError, match=r"^backward: the result must be a finite number; got nan, which"):
        net.fit([[1.0]], [[1.0]])


def test_a_compiled_net_says_that_it_cannot_be_pickled():
    net = diverging()
    pickle.loads(pickle.dumps(mg.NeuralNet([mg.Linear(1, 1)]))).compile(mg.adam(0.1), "huber")
    with pytest.raises(
        TypeError, match=r"^Optimizer: a net must be pickled before it is compiled, .* Fix: s"
    ):
        pickle.dumps(net)
    twin, other = copy.deepcopy(net), copy.copy(mg.adam(0.1))
    assert other.init([1.0]) == mg.adam(0.1).init([1.0])
    twin.compile(mg.adam(0.1), "huber")
    twin.fit([[1.0]], [[9.0]])
    assert twin.parameters()[0].data != net.parameters()[0].data


def test_a_net_is_called_for_what_forward_says():
    net, twin = small()
    assert (net(X3) == net.forward(X3)).all()
    assert twin(X3.tolist()) == twin.forward(X3.tolist())
    for room, inner in ((jn, net), (mg, twin)):
        with pytest.raises(
            TypeError,
            match=r"^NeuralNet: layer.* must be .*; got .*(NeuralNet|microgrid).* Fix: \*net\.layers",
        ):
            room.NeuralNet([inner])


def test_a_net_is_shown_as_it_was_written():
    layers = [mg.Linear(2, 16), mg.tanh, mg.Linear(16, 1, use_bias=False), mg.LSTM(1, 2, bias_init="ones")]
    net = mg.NeuralNet(layers)
    shown = "[Linear(2, 16), tanh, Linear(16, 1, use_bias=False), LSTM(1, 2, bias_init='ones')]"
    assert repr(net) == repr(copy.deepcopy(net)) == f"NeuralNet({shown})"
    assert repr(pickle.loads(pickle.dumps(layers[0]))) == "Linear(2, 16)"
