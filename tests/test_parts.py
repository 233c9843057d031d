"""Frozen and borrowed parts of a net, and how nets are built: seeds, types, optimizers."""

from functools import partial

import jax
import numpy as np
import optax
import pytest
from flax import nnx

import jaxnets as jn
from jaxnets import loop
from jaxnets.neural_net import NeuralNet
from jaxnets.parts import described
from tests.nets import LABELS, Convoluted, X, assert_same, classifier, rng, state


@pytest.mark.parametrize(
    "optimizer",
    [optax.adamw(0.1, weight_decay=0.5), jn.momentum(0.1), optax.chain(optax.clip(1.0), optax.adam(0.1))],
)
def test_frozen_weights_stay_under_decay_and_momentum(optimizer):
    net = classifier(optimizer=optimizer, l2=0.1)
    net.fit(X, LABELS, batch_size=16, verbose=0)  # momentum is under way
    net.freeze(0)
    before = jax.tree.map(np.asarray, net.params)
    net.fit(X, LABELS, epochs=2, batch_size=16, verbose=0)
    assert_same(jax.tree.leaves(before[0]), jax.tree.leaves(net.params[0]))
    assert (before[2]["kernel"] != net.params[2]["kernel"]).all()
    net.unfreeze(0)
    net.fit(X, LABELS, batch_size=16, verbose=0)
    assert (before[0]["kernel"] != net.params[0]["kernel"]).any()


def test_frozen_parts_of_a_module_keep_their_statistics():
    net = NeuralNet(Convoluted(nnx.Rngs(0)))
    net.compile(jn.adam(0.1), "softmax_cross_entropy")
    net.freeze("norm", "encoder.kernel")
    before = [jax.tree.map(np.asarray, tree) for tree in (net.params, loop.split(net.module)[2]["norm"])]
    net.fit(X, LABELS, epochs=2, verbose=0)
    after = net.params, loop.split(net.module)[2]["norm"]
    assert_same(jax.tree.leaves(before[0]["norm"]), jax.tree.leaves(after[0]["norm"]))
    assert_same(jax.tree.leaves(before[1]), jax.tree.leaves(after[1]))
    np.testing.assert_array_equal(before[0]["encoder"]["kernel"], after[0]["encoder"]["kernel"])
    assert (before[0]["encoder"]["bias"] != after[0]["encoder"]["bias"]).any()
    net.unfreeze("norm")
    net.fit(X, LABELS, verbose=0)
    assert (before[1]["mean"] != loop.split(net.module)[2]["norm"]["mean"]).any()


def test_weights_are_taken_layer_by_layer():
    teacher, pupil = classifier(seed=1), classifier(seed=2)
    old = jax.tree.map(np.asarray, pupil.params)
    pupil.take_weights(teacher, layers=[0])
    np.testing.assert_array_equal(pupil.params[0]["kernel"], teacher.params[0]["kernel"])
    np.testing.assert_array_equal(pupil.params[2]["kernel"], old[2]["kernel"])
    pupil.take_weights(teacher)
    np.testing.assert_array_equal(pupil.predict(X), teacher.forward(X))
    pupil.fit(X, LABELS, verbose=0)
    assert (pupil.params[0]["kernel"] != teacher.params[0]["kernel"]).any()  # copied, not shared


def test_batch_statistics_are_taken_along():
    nets = [NeuralNet(Convoluted(nnx.Rngs(seed))) for seed in (0, 1)]
    nets[0].compile(jn.adam(0.1), "softmax_cross_entropy")
    nets[0].fit(X, LABELS, epochs=2, verbose=0)
    nets[1].take_weights(nets[0])
    np.testing.assert_array_equal(nets[0].predict(X), nets[1].predict(X))


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda net: net.freeze(1), r"freeze: 1 \(relu\) has no weights; parts with weights: 0, 2."),
        (lambda net: net.freeze("²"), "freeze: a layer must be a number from 0 to 3; got '²'."),
        (lambda net: net.freeze("--1"), "freeze: a layer must be a number from 0 to 3; got '--1'."),
        (lambda net: net.freeze(9), "freeze: a layer must be a number from 0 to 3; got 9."),
        (lambda net: net.freeze("encoder"), "freeze: a layer must be a number from 0 to 3; got 'encoder'."),
        (
            lambda net: net.take_weights(NeuralNet([jn.Linear(6, 5)])),
            "take_weights: 0.bias must have the shape",
        ),
        (
            lambda net: setattr(net, "params", {0: {"kernel": 1}}),
            r"NeuralNet.params: params must have the keys \[0, 2\]; got \[0\].",
        ),
    ],
)
def test_parts_that_are_not_there_get_a_sentence(act, sentence):
    net = classifier()
    before = state(net)
    with pytest.raises(ValueError, match=sentence):
        act(net)
    assert_same(before, state(net))
    assert not net._frozen


@pytest.mark.parametrize(("name", "told"), [(0.0, "0.0"), ([0], r"\[0\]"), (None, "None"), (True, "True")])
def test_a_part_is_named_by_a_number_or_a_word(name, told):
    net = classifier()
    with pytest.raises(TypeError, match=f"^freeze: a part must be a number or a name; got {told}\\.$"):
        net.freeze(name)
    assert not net._frozen


def test_one_layer_to_take_needs_no_list():
    teacher, pupil = classifier(seed=1), classifier(seed=2)
    last = np.asarray(pupil.params[2]["kernel"])
    pupil.take_weights(teacher, layers=0)
    np.testing.assert_array_equal(pupil.params[0]["kernel"], teacher.params[0]["kernel"])
    np.testing.assert_array_equal(pupil.params[2]["kernel"], last)


# construction, types, optimizers


def test_same_seed_gives_the_same_net_and_another_seed_another():
    nets = [classifier(seed=seed, rate=0.5) for seed in (4, 4, 5)]
    for net in nets:
        net.fit(X, LABELS, epochs=2, verbose=0)
    assert_same(state(nets[0]), state(nets[1]))
    assert (nets[0].params[0]["kernel"] != nets[2].params[0]["kernel"]).any()


@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "optimizer",
    [
        jn.gradient_descent(0.1),
        jn.sgd(0.1, momentum=0.5, nesterov=True),
        jn.momentum(0.1),
        jn.nesterov(0.1),
        jn.adagrad(0.1),
        jn.rmsprop(0.01),
        jn.adam(optax.cosine_decay_schedule(0.1, 100)),
        optax.inject_hyperparams(optax.adamw)(0.1),
        optax.polyak_sgd(),
        optax.lbfgs(),
    ],
)
def test_every_optimizer_learns_and_keeps_the_types(optimizer, dtype):
    net = classifier(optimizer=optimizer, dtype=dtype)
    history = net.fit(X, LABELS, epochs=8, batch_size=None, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert {str(leaf.dtype) for leaf in jax.tree.leaves(net.params)} == {dtype}
    assert history.step_losses.dtype == dtype
    assert net.predict(X).dtype == dtype


def test_everything_works_without_64_bit():
    with jax.enable_x64(False):
        net = classifier(rate=0.5)
        net.fit(X.astype(np.float64), LABELS, epochs=2, batch_size=16, validation_split=0.1, verbose=0)
        assert net.predict(X).dtype == np.float32
        with pytest.raises(ValueError, match="dtype float64 must be switched on in JAX, and is off"):
            NeuralNet([jn.Linear(2, 2)], dtype="float64")


def test_images_of_uint8_are_cast_and_not_scaled():
    images = rng.integers(0, 256, (9, 6), dtype=np.uint8)
    net = classifier()
    np.testing.assert_array_equal(net.forward(images), net.forward(images.astype(np.float32)))
    np.testing.assert_array_equal(net.forward(images > 99), net.forward((images > 99).astype(np.float32)))


def test_integers_stay_integers_in_front_of_an_embedding():
    net = NeuralNet(nnx.Sequential(nnx.Embed(5, 3, rngs=nnx.Rngs(0)), nnx.Linear(3, 2, rngs=nnx.Rngs(1))))
    net.compile(jn.adam(0.1), "softmax_cross_entropy", ["accuracy"])
    words = np.arange(5).repeat(4)
    net.fit(words, words % 2, epochs=30, verbose=0)
    assert net.evaluate(words, words % 2)["accuracy"] == 1


@pytest.mark.parametrize(
    ("build", "error", "sentence"),
    [
        (
            lambda: NeuralNet([]),
            ValueError,
            "NeuralNet: layers must hold at least one layer; got an empty list.",
        ),
        (
            lambda: NeuralNet(3),
            TypeError,
            "NeuralNet: layers must be a list of layers or an nnx.Module; got 3.",
        ),
        (
            lambda: NeuralNet([jn.Dropout]),
            TypeError,
            r"NeuralNet: layer 0 must be a layer .* Fix: Dropout\(...\).",
        ),
        (lambda: NeuralNet([jn.relu, 3]), TypeError, "NeuralNet: layer 1 must be a layer or a function"),
        (
            lambda: NeuralNet([jn.relu], seed=-1),
            ValueError,
            "NeuralNet: seed must be a whole number >= 0; got -1.",
        ),
        (
            lambda: NeuralNet([jn.relu], dtype="int8"),
            ValueError,
            "dtype must be 'float32' or 'float64'; got 'int8'.",
        ),
    ],
)
def test_a_net_that_cannot_be_built_gets_a_sentence(build, error, sentence):
    with pytest.raises(error, match=sentence):
        build()


def test_a_layer_that_stands_twice_is_named_by_either_place():
    layer = jn.Linear(3, 3)
    net, other = NeuralNet([layer, jn.relu, layer]), NeuralNet([jn.Linear(3, 3), jn.relu, jn.Linear(3, 3)])
    net.freeze(2)
    assert net._frozen == {("layers", 0, "kernel"), ("layers", 0, "bias")}
    net.unfreeze("0.bias")
    assert net._frozen == {("layers", 0, "kernel")}
    for place in (2, 0):
        net.take_weights(other, place)
        np.testing.assert_array_equal(net.params[0]["kernel"], other.params[place]["kernel"])
    other.take_weights(net)
    np.testing.assert_array_equal(net.params[0]["kernel"], other.params[2]["kernel"])


def test_a_lone_number_is_a_parameter_like_others():
    net = jn.NeuralNet([jn.Linear(2, 2), jn.PReLU()], seed=0)
    net.params = {**net.params, 1: {"negative_slope": 0.5}}
    assert float(net.params[1]["negative_slope"]) == 0.5
    with pytest.raises(ValueError, match=r"1.negative_slope must have the shape \(\); got \(1,\)"):
        net.params = {**net.params, 1: {"negative_slope": [0.5]}}


def test_a_part_that_a_module_holds_twice_is_named_by_either_name():
    class Twice(nnx.Module):
        def __init__(self, rngs):
            self.encoder = nnx.Linear(3, 3, rngs=rngs)
            self.parts = nnx.Dict(body=self.encoder, norm=nnx.BatchNorm(3, rngs=rngs))

        def __call__(self, x):
            return self.parts.norm(self.parts.body(x))

    net, other = NeuralNet(Twice(nnx.Rngs(0))), NeuralNet(Twice(nnx.Rngs(1)))
    net.freeze("parts.body")
    assert net._frozen == {("encoder", "kernel"), ("encoder", "bias")}
    net.take_weights(other, "parts")
    np.testing.assert_array_equal(net.module.encoder.kernel[...], other.module.encoder.kernel[...])


def test_a_function_whose_arguments_are_set_has_its_name():
    assert described(nnx.Sequential(partial(jn.gelu, approximate=True), jn.relu)) == "gelu, relu"
