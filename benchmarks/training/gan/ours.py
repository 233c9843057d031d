"""jaxnets.GAN, as its users write it."""

from unittest.mock import patch

import jax
import numpy as np

import jaxnets as jn
from jaxnets import kernels

from ..workloads import CHECKED
from . import BATCHES, RING, SLOPE, sizes_of


def leaky(x):
    return jn.leaky_relu(x, SLOPE)


class Fit:
    """GAN.fit, the compiled loop, one call of many steps."""

    def __init__(self, workload):
        self.version = f"jax {jax.__version__}"
        self.passes = max(1, round(64 * RING.flops / workload.flops))
        self.steps = self.passes * BATCHES
        weights, batches = workload.arrays()
        sizes = sizes_of(workload)
        self.net = self.network(sizes, weights)
        self.net.compile(jn.sgd(workload.learning_rate), jn.sgd(workload.learning_rate))
        self.losses = []
        for k in range(CHECKED):  # one step each, on the given noise
            self.net._programs.forget()
            with patch.object(kernels, "normal", return_value=batches["noise"][k]):
                history = self.net.fit(batches["real"][k], batch_size=None, shuffle=False, verbose=0)
            self.losses.append(history.step_losses[0])
        self.weights = {name: np.array(array) for name, array in self.named()}
        self.net.compile(jn.adam(2e-4, b1=0.5), jn.adam(2e-4, b1=0.5))
        self.real, self.batch = batches["real"].reshape(-1, sizes.data), sizes.batch

    def network(self, sizes, weights):
        layers = {}
        for name, shapes in sizes.shapes.items():
            linear = [jn.Linear(*shape) for shape in shapes]
            layers[name] = [linear[0], leaky, linear[1], leaky, linear[2]]
        tail = [jn.tanh] if sizes.squashed else []
        net = jn.GAN([*layers["generator"], *tail], layers["discriminator"], sizes.latent, seed=0)
        for name, module in (("generator", net.generator), ("discriminator", net.discriminator)):
            for i, layer in enumerate(module.layers[:5:2]):
                layer.kernel[...] = jax.device_put(weights[f"{name}.{i}.kernel"])
                layer.bias[...] = jax.device_put(weights[f"{name}.{i}.bias"])
        return net

    def named(self):
        for name in ("generator", "discriminator"):
            for i, layer in enumerate(getattr(self.net, name).layers[:5:2]):
                yield f"{name}.{i}.kernel", layer.kernel[...]
                yield f"{name}.{i}.bias", layer.bias[...]

    def run(self):
        """Some passes over the batches, in one call."""
        self.net.fit(self.real, epochs=self.passes, batch_size=self.batch, verbose=0)
