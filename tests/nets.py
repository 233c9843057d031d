"""Nets, data and comparisons that the tests of training share."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

import jaxnets as jn
from jaxnets import loop
from jaxnets.neural_net import NeuralNet

rng = np.random.default_rng(0)
X = rng.normal(size=(53, 6)).astype(np.float32)  # 53 examples: batches of 16 leave 5 over
LABELS = rng.integers(0, 3, 53)
LOSS = "categorical_cross_entropy"


def classifier(seed=0, rate=0.0, dtype="float32", **compiled):
    middle = [jn.Dropout(rate)] if rate else []
    net = NeuralNet([jn.Linear(6, 8), jn.relu, *middle, jn.Linear(8, 3), jn.softmax], seed=seed, dtype=dtype)
    net.compile(**{"optimizer": jn.adam(1e-2), "loss": LOSS, "metrics": ["accuracy"], **compiled})
    return net


class Convoluted(nnx.Module):
    """A module that is no list: batch statistics, dropout, and a part with a name."""

    def __init__(self, rngs):
        self.encoder = nnx.Linear(6, 8, rngs=rngs)
        self.norm = nnx.BatchNorm(8, rngs=rngs)
        self.dropout = nnx.Dropout(0.25, rngs=rngs)
        self.head = nnx.Linear(8, 3, rngs=rngs)

    def __call__(self, x):
        return self.head(self.dropout(nnx.relu(self.norm(self.encoder(x)))))


def state(net):
    """Everything that training moves, as numpy arrays."""
    leaves = jax.tree.leaves([*loop.split(net.module)[1:], net._opt_state])
    return [
        np.asarray(jax.random.key_data(a) if jnp.issubdtype(a.dtype, jax.dtypes.prng_key) else a)
        for a in leaves
    ]


def assert_same(a, b):
    assert len(a) == len(b)
    for left, right in zip(a, b, strict=True):
        np.testing.assert_array_equal(left, right)
