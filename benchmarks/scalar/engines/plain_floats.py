"""Plain floats, forward and backward written by hand: the truth for every gradient, and the mark for speed.

Written as one who knows the derivatives would, without an engine. A matrix is a list of rows; a neuron is
a row that ends in its bias, and its inputs end in 1 to meet it. `dot` is the only inner loop:
sum(map(mul, xs, ys)) is the fastest that Python 3.11 has; from 3.12 on there is math.sumprod.

A workload is two functions: value and what its backward needs, then the slopes in the order of the arguments.
"""

import math
from operator import mul

from ..workloads import LSTM_C, LSTM_H, LSTM_X, MOON_LABELS, MOON_POINTS, flat, updated


class PlainFloats:
    version = ""

    @staticmethod
    def dot(xs, ys):
        return sum(map(mul, xs, ys))

    def __init__(self, workload):
        name = workload.formula.__name__
        self.formula, self.slopes = globals()[name], globals()[f"{name}_slopes"]
        self.learning_rate, self.arguments = workload.learning_rate, workload.arguments
        if name in ("moons", "lstm"):
            self.arguments = [[[flat(neuron) for neuron in layer] for layer in workload.arguments[0]]]

    def forward(self):
        return self.formula(self.dot, *self.arguments)[0]

    def step(self):
        self.value, *memory = self.formula(self.dot, *self.arguments)
        self.gradients = self.slopes(self.dot, *self.arguments, *memory)
        if self.learning_rate:
            self.arguments = updated(self.arguments, self.gradients, self.learning_rate)

    def gradient(self):
        return flat(self.gradients)


class Sumprod(PlainFloats):
    def __init__(self, workload):
        super().__init__(workload)
        if not hasattr(math, "sumprod"):
            raise ImportError("math.sumprod came with Python 3.12")
        self.dot = math.sumprod


def product(dot, A, B):
    """[i][j]: row i of A times row j of B."""
    return [[dot(a, b) for b in B] for a in A]


def columns(A):
    return list(zip(*A, strict=True))


def moons(dot, layers):
    *hidden, [last] = layers
    H = [[[*point, 1.0] for point in MOON_POINTS]]  # [layer][sample][input]
    for layer in hidden:
        H.append([[*[z if z > 0 else 0.0 for z in row], 1.0] for row in product(dot, H[-1], layer)])
    margins = [1 - label * dot(last, h) for label, h in zip(MOON_LABELS, H[-1], strict=True)]
    weights = flat(layers)
    loss = sum([m for m in margins if m > 0]) / len(margins) + 1e-4 * dot(weights, weights)
    return loss, H, margins


def moons_slopes(dot, layers, H, margins):
    samples, slopes = len(margins), []
    G = [[-label / samples if m > 0 else 0.0] for label, m in zip(MOON_LABELS, margins, strict=True)]
    for layer, inputs in zip(reversed(layers), reversed(H), strict=True):
        of_loss = product(dot, columns(G), columns(inputs))
        slopes.append(
            [
                [s + 2e-4 * w for s, w in zip(row, weights, strict=True)]
                for row, weights in zip(of_loss, layer, strict=True)
            ]
        )
        if inputs is not H[0]:
            back = columns(layer)[:-1]
            G = [
                [dot(g, w) if h > 0 else 0.0 for w, h in zip(back, row, strict=False)]
                for g, row in zip(G, inputs, strict=True)
            ]
    return [slopes[::-1]]


def chain_of_operations(dot, x, a, b):
    xs = []
    for _ in range(2500):
        xs.append(x)
        x = x * a + b
    return x, xs


def chain_of_operations_slopes(dot, x, a, b, xs):
    dx, da, db = 1.0, 0.0, 0.0
    for x in reversed(xs):
        da += dx * x
        db += dx
        dx *= a
    return dx, da, db


def long_dot(dot, xs, ys):
    return (dot(xs, ys),)


def long_dot_slopes(dot, xs, ys):
    return ys[:], xs[:]


def convolution(dot, kernels, image):
    rows, width = len(image) - 2, len(image[0]) - 2
    patches = [
        [*image[r][c : c + 3], *image[r + 1][c : c + 3], *image[r + 2][c : c + 3]]
        for r in range(rows)
        for c in range(width)
    ]
    outputs = product(dot, kernels, patches)
    return sum([dot(row, row) for row in outputs]), patches, outputs


def convolution_slopes(dot, kernels, image, patches, outputs):
    G = [[2 * y for y in row] for row in outputs]
    d_image, width = [[0.0] * len(row) for row in image], len(image[0]) - 2
    for p, slopes in enumerate(product(dot, columns(G), columns(kernels))):
        r, c = divmod(p, width)
        for t, slope in enumerate(slopes):
            d_image[r + t // 3][c + t % 3] += slope
    return product(dot, G, columns(patches)), d_image


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def lstm(dot, gates):
    inputs, value, cells = [*LSTM_X, *LSTM_H, 1.0], 0.0, []
    before_gates = [[dot(w, inputs) for w in gate] for gate in gates]
    for i, f, g, o, c_before in zip(*before_gates, LSTM_C, strict=True):
        i, f, g, o = sigmoid(i), sigmoid(f), math.tanh(g), sigmoid(o)
        c = f * c_before + i * g
        t = math.tanh(c)
        value += c * c + o * t * o * t
        cells.append((i, f, g, o, c_before, c, t))
    return value, inputs, cells


def lstm_slopes(dot, gates, inputs, cells):
    slopes = []
    for i, f, g, o, c_before, c, t in cells:
        dh = 2 * o * t
        dc = 2 * c + dh * o * (1 - t * t)
        slopes.append(
            (
                dc * g * i * (1 - i),
                dc * c_before * f * (1 - f),
                dc * i * (1 - g * g),
                dh * t * o * (1 - o),
            )
        )
    return [[[[d * x for x in inputs] for d in gate] for gate in columns(slopes)]]
