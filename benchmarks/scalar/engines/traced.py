"""Our Program: the formula is recorded once and compiled; a step calls it on plain floats."""

from functools import partial

from microgrid import trace

from ..workloads import flat, updated
from .eager import FusedOperations


class Traced:
    version = "microgrid"

    def __init__(self, workload):
        self.workload, self.arguments = workload, workload.arguments
        self.program = trace(partial(workload.formula, FusedOperations), *self.arguments)
        self.wrt = tuple(range(len(self.arguments)))

    def forward(self):
        return self.program(*self.arguments)

    def step(self):
        self.value, self.gradients = self.program.value_and_grad(*self.arguments, wrt=self.wrt)
        if self.workload.learning_rate:
            self.arguments = updated(self.arguments, self.gradients, self.workload.learning_rate)

    def gradient(self):
        return flat(self.gradients)
