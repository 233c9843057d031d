"""What the scalar room takes for numbers, and the sentence that everything else gets."""

import math
from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest

import jaxnets as jn
import microgrid as mg
from microgrid import Value, linear
from microgrid.checks import flatten
from microgrid.operations import dot, sigmoid
from microgrid.oracle import to_microgrid
from microgrid.value import backward

X, Y = [[0.0, 1.0], [1.0, 0.0]], [[1.0], [0.0]]


def net(*layers, **settings):
    net = mg.NeuralNet(list(layers) or [mg.Linear(2, 1)], seed=0)
    settings = dict(optimizer=mg.gradient_descent(0.1), loss="mean_squared_error") | settings
    net.compile(**settings)
    return net


@pytest.mark.parametrize(
    "three", [np.uint8(3), np.int64(3), np.float32(3), np.array(3), jnp.array(3), True + 2]
)
def test_scalars_of_every_kind_are_plain_numbers(three):
    assert type(Value(three).data) in (int, float)
    assert -Value(three) == -3 and Value(three) - 250 == -247 and (250 * Value(three)) == 750
    assert sigmoid(three) == 1 / (1 + math.exp(-3)) and dot([three], [250]) == 750


def test_small_integers_do_not_wrap():
    image = np.array([[200, 100], [3, 250]], np.uint8)
    assert mg.mean_squared_error(image, np.zeros((2, 2))) == (200**2 + 100**2 + 3**2 + 250**2) / 4
    assert linear.linear(image[0], [[2], [2]]) == [600]
    assert mg.softmax(image[0])[0] == pytest.approx(1)


@pytest.mark.parametrize("array", [np.array, jnp.array])
def test_arrays_are_lists_of_numbers(array):
    assert mg.mean_squared_error(array([1.0, 2.0]), array([1.0, 4.0])) == 2.0
    assert mg.l2_penalty(array([[3.0, 4.0]]), 1.0) == 12.5
    with pytest.raises(ValueError, match=r"got \(3,\) and \(3, 1\)\. Fix: predictions\[:, None\]"):
        mg.mean_squared_error(array([1.0] * 3), array([[1.0]] * 3))
    one, other = net(), net()
    one.fit(X, Y, epochs=3)
    other.fit(list(array(X)), array(Y), epochs=3)
    assert one.forward(X) == other.forward(array(X))


def test_a_layer_that_stands_twice_takes_one_step():
    layer = mg.Linear(1, 1, use_bias=False)
    twice = net(layer, layer)
    layer.parameters["kernel"][0][0].data = 0.5
    twice.fit([[1.0]], [[1.0]], epochs=1)
    assert layer.parameters["kernel"][0][0] == pytest.approx(0.5 + 0.1 * 2 * 0.75 * 2 * 0.5)
    shared = jn.Linear(1, 1)
    copied = to_microgrid(jn.NeuralNet([shared, jn.relu, shared], seed=0))
    assert copied.layers[0] is copied.layers[2]


def test_an_interrupted_fit_keeps_what_it_has_learnt():
    rule = mg.gradient_descent(0.1)
    calls = []

    def update(grads, state, params=None):
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append(grads)
        return rule.update(grads, state, params)

    learner = net(optimizer=mg.optimizers.Optimizer(rule.init, update))
    with pytest.raises(KeyboardInterrupt):
        learner.fit(X, Y, epochs=9, batch_size=1)
    assert learner.history.epoch == [0] and learner.predict(X)


@pytest.mark.parametrize(("x", "y", "words"), [
    ([["a", 1]], [[1]], "fit: x must hold numbers; got 'a' at index (0, 0)."),
    (X, [[0], ["1"]], "fit: y must hold numbers; got '1' at index (1, 0)."),
    ([[None, 1]], [[1]], "fit: x must hold numbers; got None at index (0, 0)."),
    ("ab", [[1]], "fit: x must hold numbers; got 'ab'."),
    ({"a": [1, 2]}, [[1]], "fit: x must hold numbers; got {'a': [1, 2]}."),
    ([[1, 2j]], [[1]], "fit: x must be real, not complex; got 2j at index (0, 1)."),
    (np.array([[1, 2j]]), [[1]], "fit: x must be real, not complex; got"),
    ([[1, Value(math.nan)]], [[1]], "fit: x must be finite; got nan at index (0, 1)."),
    ([[1, 2], [3]], [[1], [2]], "fit: x must have rows of one shape; got [(1,), (2,)]."),
    (3.0, [[1]], "fit: x must be an array with one row an example; got shape ()."),
    (np.ma.array([[1.0, 2.0]], mask=[[0, 1]]), [[1]], "fit: x must hold numbers; got masked at index"),
])  # fmt: skip
def test_data_that_are_no_numbers_are_refused(x, y, words):
    with pytest.raises((TypeError, ValueError)) as error:
        net().fit(x, y)
    assert words in str(error.value)


@pytest.mark.parametrize(("wrong", "words"), [
    (lambda: mg.adam(0.1, b1="a"), "adam: b1 must be a number; got 'a'."),
    (lambda: mg.adam(0.1, eps=None), "adam: eps must be a number; got None."),
    (lambda: mg.gradient_descent(np.array(-0.1)), "learning_rate must be a finite number >= 0; got -0.1."),
    (lambda: mg.gradient_descent([0.1]), "learning_rate must be a number or a schedule; got [0.1]."),
    (lambda: mg.l1_penalty([1.0], [0.1]), "l1_penalty: rate must be a number; got [0.1]."),
    (lambda: mg.Dropout("0.5"), "Dropout: rate must be a number; got '0.5'."),
    (lambda: mg.dropout([1.0], [1], Value(1.5)), "dropout: rate must be in [0, 1); got 1.5."),
    (lambda: mg.l1_penalty("ab", 0.1), "l1_penalty: params must be nested lists of real numbers; got 'ab'."),
    (lambda: mg.mean_squared_error({1.0, 2.0}, {1.0, 2.0}), "predictions must be nested lists of real"),
    (lambda: mg.mean_squared_error(["a"], [1.0]), "predictions must be nested lists of real numbers; got"),
    (lambda: mg.softsign(None), "softsign: x must be a number or a Value; got None."),
    (lambda: mg.silu("1"), "silu: x must be a number or a Value; got '1'."),
    (lambda: mg.mish([1]), "mish: x must be a number or a Value; got [1]."),
    (lambda: mg.binary_step("1"), "binary_step: x must be a number or a Value; got '1'."),
    (lambda: mg.clip_by_value(["a"], 1.0), "clip_by_value: grads must be nested lists of real numbers"),
    (lambda: mg.clip_by_global_norm(None, 1.0), "clip_by_global_norm: grads must be nested lists of"),
    (lambda: mg.l1_penalty([None], 0.1), "l1_penalty: params must be nested lists of real numbers"),
    (lambda: mg.l2_penalty({"a": 1.0}, 0.1), "l2_penalty: params must be nested lists of real numbers"),
    (lambda: mg.sigmoid("a"), "sigmoid: x must be a number or a Value; got 'a'."),
    (lambda: mg.softmax(3.0), "softmax: x must be the list of scores of one example; got shape ()."),
    (lambda: linear.linear([[1.0]], [[1.0]]), "linear: inputs must be the numbers of one example"),
    (lambda: mg.Neuron(2).fire([[1.0, 2.0]]), "neuron: inputs must be the numbers of one example"),
    (lambda: mg.Neuron(2, "relu"), "Neuron: activation must be a function; got 'relu'."),
    (lambda: mg.Neuron(2).take_weights("abc"), "Neuron.take_weights: other must hold numbers; got 'abc'."),
    (lambda: mg.Neuron(2).freeze(1.5), "Neuron.freeze: synapses must be in 0..2; got 1.5."),
    (lambda: mg.NeuralNet(mg.Linear(2, 1)), "NeuralNet: layers must be a list of layers; got Linear(2, 1)."),
    (lambda: mg.NeuralNet([]), "NeuralNet: layers must hold at least one layer; got an empty list."),
    (lambda: mg.NeuralNet([mg.Linear]), "NeuralNet: layers must be layers or activation functions"),
    (lambda: mg.NeuralNet([mg.relu], seed="a"), "NeuralNet: seed must be a whole number >= 0; got 'a'."),
    (lambda: net(optimizer={"a": 1}), "NeuralNet.compile: optimizer must be one of microgrid.optimizers"),
    (lambda: net(l1="a"), "NeuralNet.compile: l1 must be a number; got 'a'."),
    (lambda: net(loss=["a"]), "NeuralNet.compile: loss must be a name or one of"),
    (lambda: net().fit(X, Y, epochs=None), "fit: epochs must be a whole number >= 0; got None."),
    (lambda: net().fit(X, Y, batch_size=0), "fit: batch_size must be a whole number >= 1; got 0."),
    (lambda: net().fit(X, Y, until_loss="a"), "fit: until_loss must be a number; got 'a'."),
    (lambda: net().fit(X, Y, until_loss=True), "fit: until_loss must be a number; got True."),
    (lambda: net(loss=np.zeros(2)), "NeuralNet.compile: loss must be a name or one of"),
    (lambda: mg.schedules.constant(0.1)(np.array(0.5)), "constant: step must be a whole number >= 0"),
    (lambda: mg.adam(0.1, b1=10**400), "adam: b1 must be in [0, 1); got inf."),
    (lambda: mg.identity("a"), "identity: x must be a number or a Value; got 'a'."),
    (lambda: mg.activations.linear(1.0, "a"), "linear: slope must be a number or a Value; got 'a'."),
    (lambda: mg.leaky_relu([1.0]), "leaky_relu: x must be a number or a Value; got [1.0]."),
    (lambda: mg.leaky_relu(1.0, None), "leaky_relu: negative_slope must be a number; got None."),
    (lambda: mg.prelu(1j, 0.1), "prelu: x must be a number or a Value; got 1j."),
    (lambda: mg.prelu(1.0, "a"), "prelu: negative_slope must be a number or a Value; got 'a'."),
    *(
        (lambda function=function: function([1.0]), f"{function.__name__}: x must be a number or a Value")
        for function in (
            *(mg.relu6, mg.hard_sigmoid, mg.hard_tanh, mg.hard_silu, mg.elu, mg.selu, mg.celu, mg.gelu),
            mg.log_sigmoid,
        )
    ),
    (lambda: net().freeze(0, 1.5), "freeze: layers must be in 0..0; got 1.5."),
    (lambda: net().take_weights(3), "take_weights: other must be a microgrid.NeuralNet; got 3."),
    (lambda: net().layers[0].forward([1, 2]), "Linear.forward: inputs must have one row an example"),
    (lambda: net().layers[0].backward([[1]]), "Linear.backward: call forward first"),
    (lambda: backward([Value(1.0)], [1, 2]), "there must be one gradient for each result; got 2 for 1."),
    (lambda: backward([3.0], [1]), "backward: results must be Values; got 3.0."),
    (lambda: Value(1.0).backward([1]), "backward: a gradient must be a number; got [1]."),
    (lambda: Value(-8.0) ** (1 / 3), "pow: no result for (-8.0, 0.3333333333333333): a negative number"),
    (lambda: to_microgrid(3), "to_microgrid: net must be a jaxnets.NeuralNet; got int."),
])  # fmt: skip
def test_a_mistake_gets_a_sentence(wrong, words):
    with pytest.raises((TypeError, ValueError)) as error:
        wrong()
    assert words in str(error.value) and "\n" not in str(error.value)


def test_a_failed_freeze_or_fit_changes_nothing():
    learner = net(mg.Linear(2, 2), mg.Linear(2, 1))
    before = [w.data for w in learner.parameters()]
    for wrong in (lambda: learner.freeze(0, 1.5), lambda: learner.fit(X, Y, until_loss="a")):
        with pytest.raises((TypeError, ValueError)):
            wrong()
    assert not learner.layers[0].frozen and before == [w.data for w in learner.parameters()]


def test_layers_are_named_one_by_one_or_in_a_list():
    learner, other = (
        net(mg.Linear(2, 2), mg.Linear(2, 1)),
        mg.NeuralNet([mg.Linear(2, 2), mg.Linear(2, 1)], seed=9),
    )
    learner.freeze([0, 1])
    assert learner.parameters() == []
    learner.take_weights(other, 0)
    kernels = [[flatten(n.layers[i].parameters["kernel"]) for n in (learner, other)] for i in (0, 1)]
    assert kernels[0][0] == kernels[0][1] and kernels[1][0] != kernels[1][1]


def test_nan_does_not_hide_behind_relu():
    assert math.isnan(mg.relu(math.nan)) and math.isnan(jn.relu(math.nan))


def test_fractions_pass_every_rational_formula():
    half = Fraction(1, 2)
    assert mg.mean_squared_error([half], [0]) == Fraction(1, 4)
    assert mg.l2_penalty([half], half) == Fraction(1, 16)
