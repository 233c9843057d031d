"""Losses of perceptrons, in float32, with a rule that is wrong by a given share where that is wanted."""

from dataclasses import dataclass
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np


@dataclass(frozen=True)
class Workload:
    """sizes: of the layers; batch: how many examples; checkers: who checks it."""

    title: str
    sizes: tuple
    batch: int
    checkers: tuple = ("microgrid, balls", "microgrid, float64", "jax.test_util")

    def loss(self, error=0.0):
        """(f, params): the mean cross-entropy; error: by which share the slope of every relu is too large."""
        draw = np.random.default_rng(0)
        params = [
            (draw.normal(size=(n, m)).astype("float32") / np.float32(np.sqrt(n)), np.full(m, 0.1, "float32"))
            for n, m in pairwise(self.sizes)
        ]
        x = draw.normal(size=(self.batch, self.sizes[0])).astype("float32")
        labels = draw.integers(0, self.sizes[-1], self.batch)
        relu = _off_by(error) if error else jax.nn.relu

        def f(params):
            h = x
            for kernel, bias in params[:-1]:
                h = relu(h @ kernel + bias[None])
            kernel, bias = params[-1]
            scores = jax.nn.log_softmax(h @ kernel + bias[None])
            return -jnp.mean(jnp.take_along_axis(scores, labels[:, None], 1))

        return f, params


def _off_by(error):
    @jax.custom_vjp
    def relu(x):
        return jnp.maximum(x, 0)

    relu.defvjp(lambda x: (relu(x), x), lambda x, ct: (jnp.where(x > 0, ct * (1 + error), 0),))
    return relu


WORKLOADS = {
    "small": Workload("784-128-10, batch 64: 101,770 parameters", (784, 128, 10), 64),
    "large": Workload("784-512-512-10, batch 256: 669,706 parameters", (784, 512, 512, 10), 256),
}
