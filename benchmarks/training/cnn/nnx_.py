"""Flax NNX with `nnx.jit`, as its users write it."""

import flax
import jax
import numpy as np
import optax
from flax import nnx

from ..workloads import CHECKED
from . import CLASSES, FIRST, FLAT, SECOND


class CNN(nnx.Module):
    def __init__(self, rngs):
        self.conv1 = nnx.Conv(1, FIRST, (3, 3), rngs=rngs)
        self.conv2 = nnx.Conv(FIRST, SECOND, (3, 3), rngs=rngs)
        self.dense = nnx.Linear(FLAT, CLASSES, rngs=rngs)

    def __call__(self, x):
        x = nnx.max_pool(nnx.relu(self.conv1(x)), (2, 2), strides=(2, 2))
        x = nnx.max_pool(nnx.relu(self.conv2(x)), (2, 2), strides=(2, 2))
        return self.dense(x.reshape(len(x), -1))


@nnx.jit
def step(net, optimizer, inputs, labels):
    def loss_of(net):
        return optax.softmax_cross_entropy_with_integer_labels(net(inputs), labels).mean()

    loss, grads = nnx.value_and_grad(loss_of)(net)
    optimizer.update(net, grads)
    return loss


class NNX:
    version = f"flax {flax.__version__}, jax {jax.__version__}"

    def __init__(self, workload):
        weights, batches = workload.arrays()
        self.net = CNN(nnx.Rngs(0))
        for name, w in weights.items():
            layer, kind = name.split(".")
            getattr(getattr(self.net, layer), kind)[...] = jax.numpy.asarray(w)
        self.optimizer = nnx.Optimizer(self.net, optax.sgd(workload.learning_rate), wrt=nnx.Param)
        self.batches = jax.device_put(list(zip(batches["inputs"], batches["labels"], strict=True)))
        self.steps = len(self.batches)
        self.losses = [float(step(self.net, self.optimizer, *batch)) for batch in self.batches[:CHECKED]]
        self.weights = {
            name: np.asarray(getattr(getattr(self.net, name.split(".")[0]), name.split(".")[1])[...])
            for name in weights
        }

    def run(self):
        """A pass over the batches."""
        for batch in self.batches:
            step(self.net, self.optimizer, *batch)
        jax.block_until_ready(nnx.state(self.net, nnx.Param))
