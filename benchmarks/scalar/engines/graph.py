"""The training step of engines whose numbers are nodes with data, grad and backward(): micrograd and ours."""

from ..workloads import convert, flat


class Graph:
    """A subclass names its node and its operations."""

    node = None
    operations = None

    def __init__(self, workload):
        self.workload = workload
        self.arguments = convert(workload.arguments, self.node)
        self.parameters = flat(self.arguments)

    def forward(self):
        return self.workload.formula(self.operations, *self.arguments)

    def step(self):
        result = self.forward()
        for p in self.parameters:
            p.grad = 0
        result.backward()
        rate = self.workload.learning_rate
        if rate:
            for p in self.parameters:
                p.data -= rate * p.grad
        self.value = result.data

    def gradient(self):
        return [p.grad for p in self.parameters]
