"""Small nets and data that the tests of bad input share, and what must not change."""

import jax
import numpy as np

import jaxnets as jn
from jaxnets.neural_net import NeuralNet

X = np.random.default_rng(0).normal(size=(6, 4))
ONE = np.array([0, 1, 1, 0, 1, 0])
THREE = np.array([0, 1, 2, 0, 1, 2])
ROWS = np.eye(3)[THREE]
ENDS = {
    "binary_cross_entropy": (1, [jn.sigmoid]),
    "categorical_cross_entropy": (3, [jn.softmax]),
    "softmax_cross_entropy": (3, []),
    "sigmoid_binary_cross_entropy": (1, []),
    "mean_squared_error": (1, []),
    "own": (3, []),
    "column": (1, []),
}


def net_for(loss, metrics=("accuracy",)):
    outputs, end = ENDS[loss]
    net = NeuralNet([jn.Linear(4, outputs), *end])
    own = lambda outputs, targets: ((outputs - targets) ** 2).mean()  # noqa: E731
    net.compile(jn.adam(0.1), own if loss in ("own", "column") else loss, () if loss == "column" else metrics)
    return net


def changed(array, index, value):
    array = np.array(array, float)
    array[index] = value
    return array


MSE, BINARY, CLASSES = "mean_squared_error", "binary_cross_entropy", "categorical_cross_entropy"


def snapshot(net):
    return jax.tree.map(np.asarray, net.params), net._opt_state, net._epochs, net.history


def assert_unchanged(before, net):
    for a, b in zip(jax.tree.leaves(before[0]), jax.tree.leaves(net.params), strict=True):
        np.testing.assert_array_equal(a, b)
    assert before[1:] == (net._opt_state, net._epochs, net.history)
