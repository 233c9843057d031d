"""What a trained net says: forward, predict and evaluate, without changing anything."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxnets as jn
from jaxnets.neural_net import NeuralNet
from tests.nets import LABELS, LOSS, X, assert_same, classifier, state


def test_inference_drops_nothing_out_and_changes_nothing():
    net = classifier(rate=0.5)
    first, _, _, *last = net.layers
    plain = NeuralNet([first, jn.relu, *last])  # the same layers without the one that drops out
    plain.compile(jn.adam(0.1), LOSS, ["accuracy"])
    before = state(net)
    np.testing.assert_array_equal(net.forward(X), plain.forward(X))
    assert net.evaluate(X, LABELS) == plain.evaluate(X, LABELS)
    assert_same(before, state(net))


def test_predict_goes_batch_by_batch():
    net = classifier()
    net.fit(X, LABELS, verbose=0)
    np.testing.assert_allclose(net.predict(X, batch_size=10), net.forward(X), rtol=1e-6)
    assert isinstance(net.predict(X), np.ndarray)


def test_evaluate_does_not_depend_on_the_batch_size():
    net = classifier()
    for batch_size in (1, 10, 53, 500):
        assert net.evaluate(X, LABELS, batch_size) == pytest.approx(net.evaluate(X, LABELS), rel=1e-6)


def test_validation_is_the_end_of_the_data_and_is_not_trained_on():
    split, given = classifier(), classifier()
    first = split.fit(X, LABELS, epochs=2, validation_split=0.25, verbose=0)
    second = given.fit(X[:39], LABELS[:39], epochs=2, validation_data=(X[39:], LABELS[39:]), verbose=0)
    assert first.history == second.history
    assert list(first.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    expected = split.evaluate(X[39:], LABELS[39:])
    assert first.history["val_loss"][-1] == pytest.approx(expected["loss"], rel=1e-6)


def test_forward_is_differentiable_from_outside():
    net = classifier()
    slope = jax.grad(lambda x: net.forward(x)[0, 1])(jnp.asarray(X[:1]))
    assert slope.shape == (1, 6)
    assert jnp.abs(slope).max() > 0
