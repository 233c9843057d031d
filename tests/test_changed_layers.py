"""Layers that are changed after a net was built: what is looked at again, what is refused in a sentence."""

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import jaxnets as jn
import microgrid as mg

X = np.random.default_rng(0).normal(size=(4, 3))
REMEMBERED = r"^fit: the weights must have the shapes and types that the optimizer remembers; got "


def targets(outputs):
    return np.ones((4, outputs))


def fitted(optimizer):
    net = jn.NeuralNet([jn.Linear(3, 2)])
    net.compile(optimizer, "mean_squared_error")
    net.fit(X, targets(2), verbose=0)
    return net


def replace(layer, inputs, outputs):
    layer.kernel, layer.bias = (
        nnx.Param(jnp.ones((inputs, outputs), "float32")),
        nnx.Param(jnp.ones(outputs, "float32")),
    )


def test_targets_are_compared_with_what_the_net_now_says():
    net = fitted(jn.gradient_descent(0.1))
    net.forward(X)
    replace(net.layers[0], 3, 1)
    assert net.forward(X).shape == (4, 1)
    assert net.evaluate(X, targets(1))["loss"] > 0
    assert net.backward(X, targets(1))[0]["bias"].shape == (1,)
    for asked in (net.evaluate, net.backward, net.fit):
        with pytest.raises(
            ValueError, match=r"y must have the shape \(4, 1\) of the outputs .*; got \(4, 2\)"
        ):
            asked(X, targets(2))
    assert len(net.fit(X, targets(1), verbose=0).epoch) == 1  # this optimizer remembers nothing


def test_an_optimizer_that_remembers_other_weights_gets_a_sentence():
    net = fitted(jn.adam(0.1))
    replace(net.layers[0], 3, 1)
    before, state = np.array(net.params[0]["kernel"]), net._opt_state
    with pytest.raises(
        ValueError, match=REMEMBERED + r"\(1,\) of float32 where it remembers \(2,\) .* Fix: compile"
    ):
        net.fit(X, targets(1), verbose=0)
    np.testing.assert_array_equal(before, net.params[0]["kernel"])
    assert net._opt_state is state
    net.compile(jn.adam(0.1), "mean_squared_error")
    net.fit(X, targets(1), verbose=0)
    net.layers[0].bias = None
    with pytest.raises(ValueError, match=REMEMBERED):
        net.fit(X, targets(1), verbose=0)


def test_a_callback_that_gives_other_shapes_is_refused():
    net = fitted(jn.adam(0.1))
    with pytest.raises(
        ValueError, match=r"^fit: a callback must leave the layers and the optimizer as they are"
    ):
        net.fit(X, targets(2), epochs=2, verbose=0, callbacks=[lambda *_: replace(net.layers[0], 3, 1)])


@pytest.mark.parametrize(("optimizer", "ema"), [(jn.adam, 0.0), (jn.gradient_descent, 0.9)])
def test_a_gan_looks_again_at_networks_that_were_changed(optimizer, ema):
    gan = jn.GAN([jn.Linear(2, 1)], [jn.Linear(1, 1)], latent_features=2)
    gan.compile(optimizer(0.1), optimizer(0.1), ema=ema)
    gan.fit(np.ones((4, 1)), verbose=0)
    replace(gan.generator.layers[0], 2, 3)
    with pytest.raises(ValueError, match=r"^GAN: the discriminator does not take an input of shape \(2, 3\)"):
        gan.fit(np.ones((4, 1)), verbose=0)
    replace(gan.discriminator.layers[0], 3, 1)
    gan.discriminator.layers[0].in_features = 3
    with pytest.raises(ValueError, match=r"^fit: x must have the shape of what the generator makes, \(3,\)"):
        gan.fit(np.ones((4, 1)), verbose=0)
    with pytest.raises(ValueError, match=REMEMBERED):
        gan.fit(np.ones((4, 3)), verbose=0)
    gan.compile(optimizer(0.1), optimizer(0.1), ema=ema)
    gan.fit(np.ones((4, 3)), verbose=0)
    assert gan.sample(2).shape == (2, 3)


@pytest.mark.parametrize("wrong", [5.0, "a", None])
@pytest.mark.parametrize(("name", "setting"), [("BatchNorm", "momentum"), ("Dropout", "rate")])
@pytest.mark.parametrize("room", [jn, mg])
def test_a_setting_is_looked_at_when_the_layer_runs(room, name, setting, wrong):
    layer = room.BatchNorm(2) if name == "BatchNorm" else room.Dropout(0.5)
    net = room.NeuralNet([room.Linear(3, 2), layer])
    net.compile(room.gradient_descent(0.1), "mean_squared_error")
    setattr(layer, setting, wrong)
    with pytest.raises(
        (ValueError, TypeError), match=rf"{name}: {setting} must be (a number|in \[0, 1[\])]); got "
    ):
        net.fit(X.tolist(), targets(2).tolist())
