"""This project: its own loop of whole chunks of steps, on one CPU device or two."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import lax
from jax.sharding import Mesh, PartitionSpec

from jaxnets import loop
from jaxnets.fast.gru import gru
from jaxnets.fast.lstm import lstm
from jaxnets.losses import mean_squared_error
from jaxnets.optimizers import sgd

from ..workloads import CHECKED
from . import BATCH, HIDDEN


class Net(nnx.Module):
    def __init__(self, weights):
        for name, w in weights.items():
            setattr(self, name.replace(".", "_"), nnx.Param(jnp.asarray(w)))

    def __call__(self, x):
        weights = [self.kernel[...], self.recurrent_kernel[...], self.bias[...]]
        zeros = jnp.zeros((len(x), HIDDEN), x.dtype)
        if hasattr(self, "recurrent_bias"):
            outputs = gru(x, *weights, self.recurrent_bias[...], zeros)[1]
        else:
            outputs = lstm(x, *weights, (zeros, zeros))[1]
        return outputs[:, -1] @ self.dense_kernel[...] + self.dense_bias[...]


def objective(module, batch):
    """The loss, and no metrics."""
    return mean_squared_error(module(batch.inputs), batch.targets), []


class OneDevice:
    version = f"jax {jax.__version__}"

    def __init__(self, workload):
        self.build()
        weights, batches = workload.arrays()
        graphdef, params, rest = loop.split(Net(weights))
        optimizer = self.synchronized(sgd(workload.learning_rate))
        step = loop.train_step(graphdef, objective, optimizer)
        self.steps = len(batches["targets"])
        self.chunk = self.parallel(loop.chunk(step, self.steps, 1, jnp.float32))
        data = loop.Batch(*(a.reshape(-1, *a.shape[2:]) for a in (batches["inputs"], batches["targets"])))
        table = np.arange(self.steps * BATCH).reshape(self.steps, BATCH)
        self.data, self.table = jax.device_put((data, table))
        self.short = np.zeros(self.steps, bool)
        self.carry = loop.Carry(params, rest, loop.initial_state(optimizer, params))
        self.losses = self.train(CHECKED)
        self.weights = {name: np.asarray(self.carry.params[name.replace(".", "_")]) for name in weights}

    def build(self):
        """Nothing to prepare on one device."""

    def synchronized(self, optimizer):
        """The optimizer that sees the gradient of the whole batch."""
        return optimizer

    def parallel(self, chunk):
        """The chunk on all devices."""
        return chunk

    def train(self, count):
        """The losses of some steps."""
        self.carry, figures = self.chunk(self.carry, self.data, self.table, self.short, np.int32(count))
        return np.asarray(figures)[:count, 0]

    def run(self):
        """A pass over the batches."""
        self.train(self.steps)


class TwoDevices(OneDevice):
    """Half of each batch on each of two CPU devices; the gradients' mean is the batch's gradient."""

    def build(self):
        jax.config.update("jax_num_cpu_devices", 2)

    def synchronized(self, optimizer):
        mean = optax.stateless(lambda grads, params: lax.pmean(grads, "devices"))
        return optax.chain(mean, optimizer)

    def parallel(self, chunk):
        everywhere, rows = PartitionSpec(), PartitionSpec(None, "devices")

        def mean_figures(*arguments):
            carry, figures = chunk(*arguments)
            return carry, lax.pmean(figures, "devices")

        return jax.jit(
            jax.shard_map(
                mean_figures,
                mesh=Mesh(np.array(jax.devices()), ("devices",)),
                in_specs=(everywhere, everywhere, rows, everywhere, everywhere),
                out_specs=(everywhere, everywhere),
                check_vma=False,
            )
        )
