"""PyTorch, eager, with `nn.LSTM` and `nn.GRU`, as its users write it."""

import torch
from torch import nn

from ..workloads import CHECKED
from . import HIDDEN


class Net(nn.Module):
    def __init__(self, layer, features):
        super().__init__()
        self.layer = layer(features, HIDDEN, batch_first=True)
        self.dense = nn.Linear(HIDDEN, 1)

    def forward(self, x):
        return self.dense(self.layer(x)[0][:, -1])


class Torch:
    version = f"torch {torch.__version__}, {torch.get_num_threads()} threads"

    def __init__(self, workload):
        weights, batches = workload.arrays()
        self.net = Net(nn.GRU if "recurrent_bias" in weights else nn.LSTM, len(weights["kernel"]))
        names = {
            "kernel": self.net.layer.weight_ih_l0,
            "recurrent_kernel": self.net.layer.weight_hh_l0,
            "bias": self.net.layer.bias_ih_l0,
            "recurrent_bias": self.net.layer.bias_hh_l0,
            "dense.kernel": self.net.dense.weight,
            "dense.bias": self.net.dense.bias,
        }
        with torch.no_grad():
            if "recurrent_bias" not in weights:  # PyTorch's LSTM has two biases that are always added
                self.net.layer.bias_hh_l0.zero_().requires_grad_(False)
            for name, w in weights.items():
                names[name].copy_(torch.tensor(w).T)
        parameters = [p for p in self.net.parameters() if p.requires_grad]
        self.optimizer = torch.optim.SGD(parameters, lr=workload.learning_rate)
        pairs = zip(batches["inputs"], batches["targets"], strict=True)
        self.batches = [tuple(map(torch.tensor, pair)) for pair in pairs]
        self.steps = len(self.batches)
        self.losses = [float(self.train(*batch)) for batch in self.batches[:CHECKED]]
        self.weights = {name: names[name].detach().numpy().T.copy() for name in weights}

    def train(self, inputs, targets):
        """One step."""
        loss = nn.functional.mse_loss(self.net(inputs), targets)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def run(self):
        """A pass over the batches."""
        for batch in self.batches:
            self.train(*batch)
