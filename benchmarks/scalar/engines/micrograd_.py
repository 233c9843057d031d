"""micrograd as its users write it: its own MLP for the moons, sums of products elsewhere.

Version 0.1.0 has neither sigmoid nor tanh; they are added here in its own way. Its walk back is recursive, so
the recursion limit is raised for long chains.
"""

import math
import sys
from importlib.metadata import version

from micrograd.engine import Value
from micrograd.nn import MLP

from ..workloads import MOON_POINTS, OneByOne, flat, margin_loss
from .graph import Graph

sys.setrecursionlimit(100_000)


def elementwise(name, value, slope):
    """An operation of one operand, with its slope as a function of the result."""

    def operation(x):
        out = Value(value(x.data), (x,), name)

        def backward():
            x.grad += slope(out.data) * out.grad

        out._backward = backward
        return out

    return staticmethod(operation)


class Operations(OneByOne):
    relu = staticmethod(Value.relu)
    sigmoid = elementwise("sigmoid", lambda x: 1 / (1 + math.exp(-x)), lambda y: y * (1 - y))
    tanh = elementwise("tanh", math.tanh, lambda y: 1 - y * y)


class Micrograd(Graph):
    version, node, operations = f"micrograd {version('micrograd')}", Value, Operations

    def __init__(self, workload):
        super().__init__(workload)
        if workload.formula.__name__ == "moons":
            self.model = MLP(2, [16, 16, 1])
            for p, start in zip(self.model.parameters(), flat(workload.arguments), strict=True):
                p.data = start
            self.parameters = self.model.parameters()
            self.forward = self.moons

    def moons(self):
        scores = [self.model(list(map(Value, point))) for point in MOON_POINTS]
        return margin_loss(Operations, scores, self.model.parameters())
