"""PyTorch with a 0-d float64 tensor for each number: what its dispatch costs where nothing is vectorised."""

import torch

from ..workloads import OneByOne, convert, flat


class Operations(OneByOne):
    relu, sigmoid, tanh = map(staticmethod, (torch.relu, torch.sigmoid, torch.tanh))


def parameter(x):
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


class Torch:
    version = f"torch {torch.__version__}"

    def __init__(self, workload):
        self.workload = workload
        self.arguments = convert(workload.arguments, parameter)
        self.parameters = flat(self.arguments)

    def forward(self):
        return self.workload.formula(Operations, *self.arguments)

    def step(self):
        result = self.forward()
        for p in self.parameters:
            p.grad = None
        result.backward()
        if self.workload.learning_rate:
            with torch.no_grad():
                for p in self.parameters:
                    p -= self.workload.learning_rate * p.grad
        self.value = result.item()

    def gradient(self):
        return [p.grad.item() for p in self.parameters]
