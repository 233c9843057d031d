"""Flax Linen with a jitted step, as its users write it."""

import flax
import jax
import numpy as np
import optax
from flax import linen as nn
from flax.training.train_state import TrainState

from ..workloads import CHECKED
from . import CLASSES, FIRST, SECOND

NAMES = {"conv1": "Conv_0", "conv2": "Conv_1", "dense": "Dense_0"}


class CNN(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Conv(FIRST, (3, 3))(x))
        x = nn.max_pool(x, (2, 2), strides=(2, 2))
        x = nn.relu(nn.Conv(SECOND, (3, 3))(x))
        x = nn.max_pool(x, (2, 2), strides=(2, 2))
        return nn.Dense(CLASSES)(x.reshape(len(x), -1))


@jax.jit
def step(state, inputs, labels):
    def loss_of(params):
        logits = state.apply_fn({"params": params}, inputs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    loss, grads = jax.value_and_grad(loss_of)(state.params)
    return state.apply_gradients(grads=grads), loss


class Linen:
    version = f"flax {flax.__version__}, jax {jax.__version__}"

    def __init__(self, workload):
        weights, batches = workload.arrays()
        params = {theirs: {} for theirs in NAMES.values()}
        for name, w in weights.items():
            layer, kind = name.split(".")
            params[NAMES[layer]][kind] = jax.numpy.asarray(w)
        optimizer = optax.sgd(workload.learning_rate)
        self.state = TrainState.create(apply_fn=CNN().apply, params=params, tx=optimizer)
        self.batches = jax.device_put(list(zip(batches["inputs"], batches["labels"], strict=True)))
        self.steps, self.losses = len(self.batches), []
        for batch in self.batches[:CHECKED]:
            self.state, loss = step(self.state, *batch)
            self.losses.append(float(loss))
        self.weights = {
            f"{layer}.{kind}": np.asarray(self.state.params[theirs][kind])
            for layer, theirs in NAMES.items()
            for kind in ("kernel", "bias")
        }

    def run(self):
        """A pass over the batches."""
        for batch in self.batches:
            self.state, _ = step(self.state, *batch)
        jax.block_until_ready(self.state.params)
