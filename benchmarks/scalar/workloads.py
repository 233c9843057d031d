"""What every engine computes: a formula on scalars, the numbers it starts from, its gradient for all of them.

A formula takes the operations first: `total`, `dot`, `linear`, `relu`, `sigmoid`, `tanh` of the engine. So
one text serves every engine; only plain floats are written out by hand, as the truth and the yardstick.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, pairwise


class OneByOne:
    """Operations on many operands where an engine has none: one addition, one product at a time.

    An engine adds relu, sigmoid and tanh.
    """

    @staticmethod
    def total(xs):
        """x[0] + x[1] + ..."""
        return sum(xs)

    @staticmethod
    def dot(xs, ys):
        """x[0] * y[0] + x[1] * y[1] + ..."""
        return sum(x * y for x, y in zip(xs, ys, strict=True))

    @staticmethod
    def linear(weights, inputs, bias):
        """bias + w[0] * x[0] + w[1] * x[1] + ..."""
        return sum((w * x for w, x in zip(weights, inputs, strict=True)), bias)


@dataclass(frozen=True)
class Workload:
    """formula(operations, *arguments) returns a number; a step is its value and its slopes for them all."""

    title: str
    formula: Callable
    arguments: tuple  # numbers and nested lists of numbers
    learning_rate: float = 0.0  # with one, a step ends in arguments -= learning_rate * gradient


def flat(numbers):
    """The numbers of nested lists, from left to right."""
    if not isinstance(numbers, list | tuple):
        return [numbers]
    return list(chain.from_iterable(map(flat, numbers)))


def convert(numbers, kind):
    """The same nested lists with kind(x) for each number x."""
    return [convert(x, kind) for x in numbers] if isinstance(numbers, list | tuple) else kind(numbers)


def updated(numbers, gradients, rate):
    """The same nested lists with x - rate * gradient for each number x."""
    return [
        x - rate * g if isinstance(x, float) else updated(x, g, rate)
        for x, g in zip(numbers, gradients, strict=True)
    ]


# A multilayer perceptron on two half moons, as in micrograd's demonstration.


def two_moons(count, noise, rng):
    """count points in the plane, in turn from two half circles, and their labels -1 and 1."""
    points, labels = [], []
    for i in range(count):
        angle, upper = math.pi * (i // 2) / (count // 2 - 1), i % 2 == 0
        x, y = math.cos(angle), math.sin(angle)
        points.append([x if upper else 1 - x, y if upper else 0.5 - y])
        points[-1] = [coordinate + rng.gauss(0, noise) for coordinate in points[-1]]
        labels.append(-1 if upper else 1)
    return points, labels


def perceptron(sizes, rng):
    """Layers of neurons [weights, bias]."""
    return [
        [[[rng.uniform(-1, 1) for _ in range(inputs)], 0.0] for _ in range(outputs)]
        for inputs, outputs in pairwise(sizes)
    ]


def score(operations, layers, inputs):
    """Output of a perceptron with relu in its hidden layers and one linear output."""
    *hidden, [[weights, bias]] = layers
    for layer in hidden:
        inputs = [operations.relu(operations.linear(w, inputs, b)) for w, b in layer]
    return operations.linear(weights, inputs, bias)


def margin_loss(operations, scores, parameters):
    """Mean of relu(1 - label * score) over the moons, plus 1e-4 times the squared norm of the parameters."""
    losses = [operations.relu(1 + -label * s) for label, s in zip(MOON_LABELS, scores, strict=True)]
    return operations.total(losses) * (1 / len(losses)) + 1e-4 * operations.dot(parameters, parameters)


def moons(operations, layers):
    """Loss of a perceptron on all moons."""
    return margin_loss(operations, [score(operations, layers, point) for point in MOON_POINTS], flat(layers))


# Small programs that each stress one thing.


def chain_of_operations(operations, x, a, b):
    """a * x + b, 2,500 times over: 5,000 operations, each waiting for the one before."""
    for _ in range(2500):
        x = x * a + b
    return x


def long_dot(operations, xs, ys):
    """One long weighted sum."""
    return operations.dot(xs, ys)


def convolution(operations, kernels, image):
    """Sum of the squared outputs of 3 x 3 kernels over an image, without padding."""
    rows, columns = len(image) - 2, len(image[0]) - 2
    patches = [
        [image[r + i][c + j] for i in range(3) for j in range(3)] for r in range(rows) for c in range(columns)
    ]
    outputs = [operations.dot(kernel, patch) for kernel in kernels for patch in patches]
    return operations.dot(outputs, outputs)


def lstm(operations, gates):
    """Sum of squares of an LSTM cell's new carry (c, h); gates i, f, g, o, each a list of [weights, bias]."""
    inputs = [*LSTM_X, *LSTM_H]
    i, f, g, o = ([operations.linear(w, inputs, b) for w, b in gate] for gate in gates)
    c, h = [], []
    for k in range(len(LSTM_C)):
        kept, new = operations.sigmoid(f[k]) * LSTM_C[k], operations.sigmoid(i[k]) * operations.tanh(g[k])
        c.append(kept + new)
        h.append(operations.sigmoid(o[k]) * operations.tanh(c[k]))
    return operations.dot(c, c) + operations.dot(h, h)


_rng = random.Random(0)
MOON_POINTS, MOON_LABELS = two_moons(100, 0.1, _rng)
LSTM_X, LSTM_H, LSTM_C = ([_rng.uniform(-1, 1) for _ in range(n)] for n in (4, 8, 8))

WORKLOADS = {
    # So small a learning rate that every step of every engine meets the same active neurons and margins.
    "moons": Workload(
        "Moons: perceptron 2-16-16-1, 100 points, margin loss; forward, backward, SGD update",
        moons,
        (perceptron([2, 16, 16, 1], _rng),),
        learning_rate=1e-9,
    ),
    "chain": Workload("Chain of 5,000 operations", chain_of_operations, (2.0, 0.999, 0.001)),
    "dot": Workload(
        "Dot product of 1,000 elements, gradient for both sides",
        long_dot,
        tuple([_rng.uniform(-1, 1) for _ in range(1000)] for _ in range(2)),
    ),
    "convolution": Workload(
        "Convolution 3 x 3 of an 8 x 8 image, 4 filters, sum of squares, gradient for filters and image",
        convolution,
        tuple([[_rng.uniform(-1, 1) for _ in range(m)] for _ in range(n)] for n, m in ((4, 9), (8, 8))),
    ),
    "lstm": Workload(
        "LSTM cell, 4 inputs, 8 hidden units, sum of squares of the new carry, gradient for all weights",
        lstm,
        ([perceptron([12, 8], _rng)[0] for _ in range(4)],),
    ),
}
