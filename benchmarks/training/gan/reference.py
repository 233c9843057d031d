"""Forward and backward by hand, in float64."""

import numpy as np

from ..workloads import CHECKED
from . import SLOPE, sizes_of


class Reference:
    """The compared steps alone."""

    version, steps = f"numpy {np.__version__}", 1

    def __init__(self, workload):
        weights, batches = workload.arrays()
        self.squashed = sizes_of(workload).squashed
        self.weights = {name: array.astype(np.float64) for name, array in weights.items()}
        self.rate, self.losses = workload.learning_rate, []
        for k in range(CHECKED):
            self.losses.append(self.step(batches["real"][k].astype(float), batches["noise"][k].astype(float)))

    def forward(self, network, inputs):
        """Outputs, and what the way back needs."""
        seen = []
        for i in range(3):
            z = inputs @ self.weights[f"{network}.{i}.kernel"] + self.weights[f"{network}.{i}.bias"]
            seen.append((inputs, z))
            inputs = np.where(z > 0, z, SLOPE * z) if i < 2 else z
        return (np.tanh(inputs) if network == "generator" and self.squashed else inputs), seen

    def backward(self, network, outputs, seen, slopes):
        """(slopes of the inputs, gradients of the weights by name)."""
        grads = {}
        if network == "generator" and self.squashed:
            slopes = slopes * (1 - outputs**2)
        for i in (2, 1, 0):
            inputs, z = seen[i]
            slopes = slopes * np.where(z > 0, 1, SLOPE) if i < 2 else slopes
            grads[f"{network}.{i}.kernel"] = inputs.T @ slopes
            grads[f"{network}.{i}.bias"] = slopes.sum(0)
            slopes = slopes @ self.weights[f"{network}.{i}.kernel"].T
        return slopes, grads

    def step(self, real, noise):
        """One step of each network; the discriminator's loss."""
        fake, made = self.forward("generator", noise)
        loss, grads = 0.0, {}
        for sign, examples in ((-1, real), (1, fake)):
            scores, seen = self.forward("discriminator", examples)
            loss += np.mean(np.logaddexp(0, sign * scores))
            slopes = sign / (1 + np.exp(-sign * scores)) / len(scores)
            for name, grad in self.backward("discriminator", scores, seen, slopes)[1].items():
                grads[name] = grads.get(name, 0) + grad
        self.descend(grads)
        scores, seen = self.forward("discriminator", fake)
        slopes = self.backward("discriminator", scores, seen, -1 / (1 + np.exp(scores)) / len(scores))[0]
        self.descend(self.backward("generator", fake, made, slopes)[1])
        return loss

    def descend(self, grads):
        """Gradient descent."""
        for name, grad in grads.items():
            self.weights[name] = self.weights[name] - self.rate * grad

    def run(self):
        raise NotImplementedError("reference: compares, and is not timed.")
