"""Flax Linen's `RNN` of an `OptimizedLSTMCell` with a jitted step, as its users write it."""

import flax
import jax
import numpy as np
import optax
from flax import linen as nn
from flax.training.train_state import TrainState

from ..workloads import CHECKED
from . import HIDDEN


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(1, name="dense")(nn.RNN(nn.OptimizedLSTMCell(HIDDEN, name="cell"))(x)[:, -1])


@jax.jit
def step(state, inputs, targets):
    def loss_of(params):
        return optax.squared_error(state.apply_fn({"params": params}, inputs), targets).mean()

    loss, grads = jax.value_and_grad(loss_of)(state.params)
    return state.apply_gradients(grads=grads), loss


class Linen:
    version = f"flax {flax.__version__}, jax {jax.__version__}"

    def __init__(self, workload):
        weights, batches = workload.arrays()
        cell = {}
        for k, gate in enumerate("ifgo"):
            columns = slice(k * HIDDEN, (k + 1) * HIDDEN)
            cell[f"i{gate}"] = {"kernel": weights["kernel"][:, columns]}
            cell[f"h{gate}"] = {
                "kernel": weights["recurrent_kernel"][:, columns],
                "bias": weights["bias"][columns],
            }
        dense = {kind: weights[f"dense.{kind}"] for kind in ("kernel", "bias")}
        params = jax.tree.map(jax.numpy.asarray, {"cell": cell, "dense": dense})
        optimizer = optax.sgd(workload.learning_rate)
        self.state = TrainState.create(apply_fn=Net().apply, params=params, tx=optimizer)
        self.batches = jax.device_put(list(zip(batches["inputs"], batches["targets"], strict=True)))
        self.steps, self.losses = len(self.batches), []
        for batch in self.batches[:CHECKED]:
            self.state, loss = step(self.state, *batch)
            self.losses.append(float(loss))
        cell, dense = self.state.params["cell"], self.state.params["dense"]
        self.weights = {
            "kernel": np.concatenate([cell[f"i{gate}"]["kernel"] for gate in "ifgo"], axis=-1),
            "recurrent_kernel": np.concatenate([cell[f"h{gate}"]["kernel"] for gate in "ifgo"], axis=-1),
            "bias": np.concatenate([cell[f"h{gate}"]["bias"] for gate in "ifgo"]),
            **{f"dense.{kind}": np.asarray(w) for kind, w in dense.items()},
        }

    def run(self):
        """A pass over the batches."""
        for batch in self.batches:
            self.state, _ = step(self.state, *batch)
        jax.block_until_ready(self.state.params)
