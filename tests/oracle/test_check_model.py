"""check_model: a whole network layer by layer, in inference mode and as it is trained."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from test_check_grads import TABLE, custom

import jaxnets as jn
from microgrid.oracle import CrossCheck, GradientError, check_model
from tests.nets import assert_same, state

Y = np.array([[1.0, 0.5], [-1.0, 2.0], [0.0, 0.25]])


def test_a_model_is_checked_layer_by_layer_and_stays_in_its_mode():
    net = jn.NeuralNet([jn.Linear(4, 3), jn.tanh, jn.Dropout(0.5), jn.Linear(3, 2)], seed=0)
    net.compile(jn.sgd(0.1), "mean_squared_error")
    net.module.train()
    report = check_model(net, TABLE, np.ones((3, 2)))
    assert report.verdict == "ok" and not net.module.layers[2].deterministic
    assert {leaf.path.partition(":")[0] for leaf in report.leaves} == {
        "0 Linear", "1 tanh", "2 Dropout", "3 Linear", "loss"
    }  # fmt: skip
    with pytest.raises(TypeError, match=r"net must be a NeuralNet or an nnx\.Module; got list"):
        check_model([jnp.tanh], TABLE)


def test_a_wrong_layer_of_a_model_is_named():
    wrong = custom(jnp.tanh, lambda x: 1 - x * x)
    net = jn.NeuralNet([jn.Linear(4, 3), wrong, jn.Linear(3, 2)], seed=0)
    report = check_model(net, TABLE, raises=False)
    assert [leaf.path.partition(":")[0][:1] for leaf in report.leaves if leaf.verdict == "wrong"] == ["1"]


class Noisy(nnx.Module):
    """A layer that is wrong only while it is trained."""

    def __init__(self):
        self.deterministic = False

    def __call__(self, x):
        return x if self.deterministic else custom(jnp.sin, lambda x: -jnp.cos(x))(x)


def test_what_is_wrong_in_training_alone_is_found_with_training():
    net = jn.NeuralNet([jn.Linear(4, 3), Noisy(), jn.Linear(3, 2)], seed=0)
    net.compile(jn.sgd(0.1), "mean_squared_error")
    assert check_model(net, TABLE, Y).verdict == "ok"
    report = check_model(net, TABLE, Y, training=True, raises=False)
    wrong = {leaf.path.partition(":")[0] for leaf in report.leaves if leaf.verdict == "wrong"}
    assert wrong == {"1 Noisy", "loss"}
    net.fit(TABLE, Y, epochs=1, callbacks=[CrossCheck(TABLE, Y)], verbose=0)
    with pytest.raises(GradientError, match="after epoch 1: wrong"):
        net.fit(TABLE, Y, epochs=1, callbacks=[CrossCheck(TABLE, Y, training=True)], verbose=0)


@pytest.mark.parametrize("training", [False, True])
def test_the_loss_that_is_checked_is_that_which_fit_differentiates(training):
    net = jn.NeuralNet(
        [jn.Linear(4, 6), jn.BatchNorm(6), jn.tanh, jn.Dropout(0.5), jn.Linear(6, 2)], seed=3, dtype="float64"
    )
    net.compile(jn.sgd(0.1), "mean_squared_error")
    before, slopes = state(net), net.backward(TABLE, Y, training=training)
    report = check_model(net, TABLE, Y, training=training)
    assert report.verdict == "ok"
    assert_same(state(net), before)
    assert_same(slopes, net.backward(TABLE, Y, training=training))
    leaves = [leaf for leaf in report.leaves if leaf.path.startswith("loss: ")]
    flat = [np.ravel(x) for x in jax.tree.leaves(slopes)]
    ratios = [leaf.value / x[leaf.at] for leaf, x in zip(leaves, flat, strict=True) if abs(x[leaf.at]) > 1e-9]
    assert len(ratios) >= 4 and ratios == pytest.approx([ratios[0]] * len(ratios), rel=1e-9)


def test_frozen_statistics_are_used_in_training_as_fit_uses_them():
    net = jn.NeuralNet([jn.Linear(4, 3), jn.BatchNorm(3), jn.Linear(3, 2)], seed=0, dtype="float64")
    net.compile(jn.sgd(0.1), "mean_squared_error")
    inference, free = (check_model(net, TABLE, Y, training=t).leaves[-1].value for t in (False, True))
    net.freeze(1)
    assert check_model(net, TABLE, Y, training=True).leaves[-1].value == inference != free


class Residual(nnx.Module):
    """A module that has layers, and adds them up."""

    def __init__(self, rngs):
        self.layers = nnx.List([nnx.Linear(4, 4, rngs=rngs), nnx.Linear(4, 4, rngs=rngs)])
        self.module = nnx.Linear(4, 1, rngs=rngs)

    def __call__(self, x):
        for layer in self.layers:
            x = x + layer(x)
        return self.module(x)


def test_a_module_of_flax_is_checked_as_a_whole_and_has_no_loss():
    net = Residual(nnx.Rngs(0))
    report = check_model(net, TABLE)
    assert report.verdict == "ok" and len(report.leaves) == 7
    assert {leaf.path.partition(":")[0] for leaf in report.leaves} == {"0 Residual"}
    words = (
        r"check_model: with y, net must be a jaxnets.NeuralNet, which knows its loss; got Residual\. "
        r"Fix: leave y out, and check_grads\(loss, \(net, x, y\)\)"
    )
    with pytest.raises(TypeError, match=words):
        check_model(net, TABLE, Y)
