"""PyTorch, eager, written as its own tutorials write it."""

import torch
from torch import nn

from ..workloads import CHECKED
from . import BATCHES, SLOPE, sizes_of


class Eager:
    """Two nn.Sequential, BCEWithLogitsLoss, an optimizer for each."""

    version, steps = f"torch {torch.__version__}", BATCHES

    def __init__(self, workload):
        arrays, batches = workload.arrays()
        self.sizes = sizes_of(workload)
        self.networks = {name: self.network(name, arrays) for name in ("generator", "discriminator")}
        self.criterion, self.losses = nn.BCEWithLogitsLoss(), []
        self.real = [torch.from_numpy(batch) for batch in batches["real"]]
        self.optimizers(lambda params: torch.optim.SGD(params, workload.learning_rate))
        for k in range(CHECKED):
            self.losses.append(float(self.step(self.real[k], torch.from_numpy(batches["noise"][k]))))
        self.weights = dict(self.named())
        self.optimizers(lambda params: torch.optim.Adam(params, lr=2e-4, betas=(0.5, 0.999)))

    def network(self, name, arrays):
        layers = []
        for i, (inputs, outputs) in enumerate(self.sizes.shapes[name]):
            layer = nn.Linear(inputs, outputs)
            with torch.no_grad():
                layer.weight.copy_(torch.from_numpy(arrays[f"{name}.{i}.kernel"].T.copy()))
                layer.bias.copy_(torch.from_numpy(arrays[f"{name}.{i}.bias"]))
            layers += [layer, nn.LeakyReLU(SLOPE)]
        squashed = name == "generator" and self.sizes.squashed
        return nn.Sequential(*layers[:-1], *([nn.Tanh()] if squashed else []))

    def optimizers(self, kind):
        self.generator, self.discriminator = self.networks.values()
        self.generator_optimizer = kind(self.generator.parameters())
        self.discriminator_optimizer = kind(self.discriminator.parameters())

    def named(self):
        for name, network in self.networks.items():
            for i, layer in enumerate(layer for layer in network if isinstance(layer, nn.Linear)):
                yield f"{name}.{i}.kernel", layer.weight.detach().numpy().T.copy()
                yield f"{name}.{i}.bias", layer.bias.detach().numpy().copy()

    def step(self, real, noise):
        ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
        fake = self.generator(noise)
        self.discriminator_optimizer.zero_grad()
        real_loss = self.criterion(self.discriminator(real), ones)
        loss = real_loss + self.criterion(self.discriminator(fake.detach()), zeros)
        loss.backward()
        self.discriminator_optimizer.step()
        self.generator_optimizer.zero_grad()
        answer = self.criterion(self.discriminator(fake), ones)
        answer.backward()
        self.generator_optimizer.step()
        return loss.detach()

    def run(self):
        """One pass over the batches."""
        for real in self.real:
            self.step(real, torch.randn(len(real), self.sizes.latent))
