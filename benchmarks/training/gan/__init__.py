"""A generator against a discriminator, both of three linear layers, as the tutorials have them.

A step: noise, fakes, one step of the discriminator on a real batch and the fakes, one step of the generator
on the same fakes; the non-saturating loss on scores, leaky relu 0.2. "gan_ring" makes points of a plane
(latent 16, twice 128 hidden, batch 128; "gan_ring_64" batch 64), "gan_digits" images of 784 pixels that end
in a tanh (latent 64, twice 256 hidden, batch 100).

The compared steps are gradient descent on given noise. The timed ones are what users run: Adam with 2e-4 and
b1 0.5, a state for each network, and each step draws noise of its own.
"""

from dataclasses import dataclass

import numpy as np

from ..workloads import CHECKED, Workload

ENGINES = {"jaxnets": "ours:Fit", "torch": "peer:Eager", "reference": "reference:Reference"}
BATCHES, SLOPE = 32, 0.2


@dataclass(frozen=True)
class Sizes:
    latent: int
    hidden: int
    data: int
    batch: int
    squashed: bool  # whether the generator ends in a tanh

    @property
    def shapes(self):
        """The kernels [in, out] of each network."""
        return dict(
            generator=[(self.latent, self.hidden), (self.hidden, self.hidden), (self.hidden, self.data)],
            discriminator=[(self.data, self.hidden), (self.hidden, self.hidden), (self.hidden, 1)],
        )

    def arrays(self):
        """({"generator.0.kernel": ...}, {"real": [BATCHES, B, data], "noise": [CHECKED, B, latent]})."""
        draw, weights = np.random.default_rng(0), {}
        for network, shapes in self.shapes.items():
            for i, (inputs, outputs) in enumerate(shapes):
                kernel = draw.standard_normal((inputs, outputs)) / np.sqrt(inputs)
                weights[f"{network}.{i}.kernel"] = kernel.astype(np.float32)
                weights[f"{network}.{i}.bias"] = (0.1 * draw.standard_normal(outputs)).astype(np.float32)
        real = np.tanh(draw.standard_normal((BATCHES, self.batch, self.data))).astype(np.float32)
        noise = draw.standard_normal((CHECKED, self.batch, self.latent)).astype(np.float32)
        return weights, dict(real=real, noise=noise)

    @property
    def flops(self):
        """Of the matrix products. What learns needs no slope of its inputs, and the discriminator that only
        answers needs none of its weights."""
        maker, judge = (sum(i * o for i, o in shapes) for shapes in self.shapes.values())
        noise, pixels = self.latent * self.hidden, self.data * self.hidden
        made = maker + (2 * maker - noise)
        learnt = 2 * (judge + (2 * judge - pixels))
        return 2 * self.batch * (made + learnt + 2 * judge)


RING = Sizes(latent=16, hidden=128, data=2, batch=128, squashed=False)
SMALL = Sizes(latent=16, hidden=128, data=2, batch=64, squashed=False)
DIGITS = Sizes(latent=64, hidden=256, data=784, batch=100, squashed=True)
SIZES = {"gan_ring": RING, "gan_ring_64": SMALL, "gan_digits": DIGITS}
WORKLOADS = {
    name: Workload(title, SIZES[name].arrays, SIZES[name].flops, 0.05, ENGINES)
    for name, title in {
        "gan_ring": "GAN on points: latent 16, hidden 128 and 128, batch 128",
        "gan_ring_64": "the same, batch 64",
        "gan_digits": "GAN on 784 pixels: latent 64, hidden 256 and 256, batch 100",
    }.items()
}


def sizes_of(workload):
    """The Sizes behind a Workload."""
    return workload.arrays.__self__
