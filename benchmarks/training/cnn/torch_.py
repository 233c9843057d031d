"""PyTorch, eager, as its users write it: channels first, one Python call an operation, all cores."""

import torch
from torch import nn

from ..workloads import CHECKED
from . import FIRST, FLAT, SECOND, SIDE


class Torch:
    version = f"torch {torch.__version__}"

    def __init__(self, workload):
        weights, batches = workload.arrays()
        self.net = nn.Sequential(
            nn.Conv2d(1, FIRST, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(FIRST, SECOND, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(FLAT, len(weights["dense.bias"])),
        )
        with torch.no_grad():
            for ours, theirs in zip(weights.values(), self.net.parameters(), strict=True):
                theirs.copy_(to_torch(torch.from_numpy(ours)))
        self.batches = [
            (torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(y).long())
            for x, y in zip(batches["inputs"], batches["labels"], strict=True)
        ]
        self.steps = len(self.batches)
        self.optimizer = torch.optim.SGD(self.net.parameters(), workload.learning_rate)
        self.losses = [float(self.step(*batch)) for batch in self.batches[:CHECKED]]
        held = zip(weights, self.net.parameters(), strict=True)
        self.weights = {name: from_torch(w.detach()).numpy().copy() for name, w in held}

    def step(self, inputs, labels):
        """One step of training."""
        self.optimizer.zero_grad()
        loss = nn.functional.cross_entropy(self.net(inputs), labels)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def run(self):
        """A pass over the batches."""
        for inputs, labels in self.batches:
            self.step(inputs, labels)


def to_torch(w):
    """Kernels [out, in, height, width] and [out, in], with in counted channel by channel."""
    if w.ndim == 4:
        return w.permute(3, 2, 0, 1)
    if w.ndim == 2:
        return w.reshape(SIDE // 4, SIDE // 4, SECOND, -1).permute(3, 2, 0, 1).reshape(-1, FLAT)
    return w


def from_torch(w):
    """The way back."""
    if w.ndim == 4:
        return w.permute(2, 3, 1, 0)
    if w.ndim == 2:
        return w.reshape(-1, SECOND, SIDE // 4, SIDE // 4).permute(2, 3, 1, 0).reshape(FLAT, -1)
    return w
