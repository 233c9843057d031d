"""HIPS autograd: all numbers in one array, as its users keep parameters, each taken out once as a float.

From there on every operation is a traced call on two floats: sums of products, functions from autograd.numpy.
"""

from importlib.metadata import version

import autograd.numpy as np
from autograd import value_and_grad

from ..workloads import OneByOne, convert, flat


class Operations(OneByOne):
    @staticmethod
    def relu(x):
        return np.maximum(x, 0.0)

    @staticmethod
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    tanh = staticmethod(np.tanh)


class Autograd:
    version = f"autograd {version('autograd')}"

    def __init__(self, workload):
        self.workload = workload
        self.x = np.array(flat(workload.arguments))
        indices = iter(range(len(self.x)))
        self.places = convert(workload.arguments, lambda _: next(indices))
        self.value_and_slopes = value_and_grad(self.formula)

    def formula(self, x):
        return self.workload.formula(Operations, *convert(self.places, lambda i: x[i]))

    def forward(self):
        return self.formula(self.x)

    def step(self):
        self.value, self.slopes = self.value_and_slopes(self.x)
        if self.workload.learning_rate:
            self.x = self.x - self.workload.learning_rate * self.slopes

    def gradient(self):
        return self.slopes.tolist()
