"""JAX as one writes it by hand: the formula in a `lax.scan`, one jitted training step."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, nn

from ..workloads import CHECKED
from . import HIDDEN


def last_output(w, inputs):
    """The hidden state after the last step, from [batch, time, features]."""
    zeros = jnp.zeros((len(inputs), HIDDEN))
    gru = "recurrent_bias" in w

    def lstm_cell(carry, x):
        c, h = carry
        i, f, g, o = jnp.split(x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"], 4, axis=-1)
        c = nn.sigmoid(f) * c + nn.sigmoid(i) * jnp.tanh(g)
        h = nn.sigmoid(o) * jnp.tanh(c)
        return (c, h), h

    def gru_cell(h, x):
        x_r, x_z, x_n = jnp.split(x @ w["kernel"] + w["bias"], 3, axis=-1)
        h_r, h_z, h_n = jnp.split(h @ w["recurrent_kernel"] + w["recurrent_bias"], 3, axis=-1)
        r, z = nn.sigmoid(x_r + h_r), nn.sigmoid(x_z + h_z)
        h = (1 - z) * jnp.tanh(x_n + r * h_n) + z * h
        return h, h

    cell, carry = (gru_cell, zeros) if gru else (lstm_cell, (zeros, zeros))
    return lax.scan(cell, carry, inputs.swapaxes(0, 1))[1][-1]


def loss(w, inputs, targets):
    """Mean squared error."""
    return jnp.mean((last_output(w, inputs) @ w["dense.kernel"] + w["dense.bias"] - targets) ** 2)


class Scan:
    version = f"jax {jax.__version__}"

    def __init__(self, workload):
        weights, batches = workload.arrays()

        @jax.jit
        def step(weights, inputs, targets):
            value, slopes = jax.value_and_grad(loss)(weights, inputs, targets)
            return jax.tree.map(lambda w, g: w - workload.learning_rate * g, weights, slopes), value

        self.step, self.held = step, jax.device_put(weights)
        self.batches = jax.device_put(list(zip(batches["inputs"], batches["targets"], strict=True)))
        self.steps, self.losses = len(self.batches), []
        for batch in self.batches[:CHECKED]:
            self.held, value = step(self.held, *batch)
            self.losses.append(float(value))
        self.weights = {name: np.asarray(w) for name, w in self.held.items()}

    def run(self):
        """A pass over the batches."""
        for batch in self.batches:
            self.held, _ = self.step(self.held, *batch)
        jax.block_until_ready(self.held)
