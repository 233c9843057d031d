"""This project: its own loop of whole chunks of steps, on one CPU device or two."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import lax
from jax.sharding import Mesh, PartitionSpec

from jaxnets import loop
from jaxnets.activations import relu
from jaxnets.fast.convolution import correlate
from jaxnets.fast.pooling import max_pool
from jaxnets.losses import softmax_cross_entropy
from jaxnets.optimizers import sgd

from ..workloads import CHECKED
from . import BATCH

SAME, ONE, TWO, NONE = ((1, 1), (1, 1)), (1, 1), (2, 2), ((0, 0), (0, 0))


class Weights(nnx.Module):
    def __init__(self, kernel, bias):
        self.kernel, self.bias = nnx.Param(jnp.asarray(kernel)), nnx.Param(jnp.asarray(bias))


class CNN(nnx.Module):
    def __init__(self, weights):
        for layer in ("conv1", "conv2", "dense"):
            setattr(self, layer, Weights(weights[f"{layer}.kernel"], weights[f"{layer}.bias"]))

    def __call__(self, x):
        for layer in (self.conv1, self.conv2):
            x = correlate(x, layer.kernel[...], ONE, SAME, ONE, 1) + layer.bias[...]
            x = max_pool(relu(x), TWO, TWO, NONE)
        return x.reshape(len(x), -1) @ self.dense.kernel[...] + self.dense.bias[...]


def objective(module, batch):
    """The loss, and no metrics."""
    return softmax_cross_entropy(module(batch.inputs), batch.targets), []


class OneDevice:
    version = f"jax {jax.__version__}"

    def __init__(self, workload):
        self.build(workload)
        weights, batches = workload.arrays()
        graphdef, params, rest = loop.split(CNN(weights))
        optimizer = self.synchronized(sgd(workload.learning_rate))
        step = loop.train_step(graphdef, objective, optimizer)
        self.steps = len(batches["labels"])
        self.chunk = self.parallel(loop.chunk(step, self.steps, 1, jnp.float32))
        data = loop.Batch(*(a.reshape(-1, *a.shape[2:]) for a in (batches["inputs"], batches["labels"])))
        table = np.arange(self.steps * BATCH).reshape(self.steps, BATCH)
        self.data, self.table = jax.device_put((data, table))
        self.short = np.zeros(self.steps, bool)
        self.carry = loop.Carry(params, rest, loop.initial_state(optimizer, params))
        self.losses = self.train(CHECKED)
        held = {layer: self.carry.params[layer] for layer in ("conv1", "conv2", "dense")}
        self.weights = {name: np.asarray(held[name.split(".")[0]][name.split(".")[1]]) for name in weights}

    def build(self, workload):
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

    def build(self, workload):
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
