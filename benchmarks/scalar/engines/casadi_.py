"""CasADi: the formula as an SX expression, its gradient derived once.

A step evaluates both in CasADi's own machine, which is written in C++.
"""

import casadi

from ..workloads import OneByOne, convert, flat


class Operations(OneByOne):
    @staticmethod
    def relu(x):
        return casadi.fmax(x, 0)

    @staticmethod
    def sigmoid(x):
        return 1 / (1 + casadi.exp(-x))

    tanh = staticmethod(casadi.tanh)


class Casadi:
    version = f"casadi {casadi.__version__}"

    def __init__(self, workload):
        self.learning_rate = workload.learning_rate
        symbols = convert(workload.arguments, lambda _: casadi.SX.sym("x"))
        x = casadi.vertcat(*flat(symbols))
        y = workload.formula(Operations, *symbols)
        self.f = casadi.Function("f", [x], [y])
        self.f_and_gradient = casadi.Function("f_and_gradient", [x], [y, casadi.gradient(y, x)])
        self.x = casadi.DM(flat(workload.arguments))

    def forward(self):
        return self.f(self.x)

    def step(self):
        self.value, self.slopes = self.f_and_gradient(self.x)
        if self.learning_rate:
            self.x -= self.learning_rate * self.slopes

    def gradient(self):
        return self.slopes.full().ravel().tolist()
