"""What keeps a network from learning its training data by heart: penalties on weights, and dropout."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.core import Tracer

from . import checks
from .layer import Layer
from .precision import rounded_once


@rounded_once
def l1_penalty(params, rate):
    """L1 penalty (lasso): pulls every weight to 0 with the same force, and leaves it there.

        l1_penalty(params) = rate * sum_i |params[i]|

    params: an array or any pytree of arrays; rate: >= 0, in units of loss per weight. Returns a number >= 0.
    The slope is 0 at 0. Raises ValueError for a negative rate. Source: Goodfellow et al. 2016, eq. 7.18.

    >>> float(l1_penalty(jnp.array([1.0, -2.0]), rate=0.5))
    1.5
    """
    rate = checks.non_negative("l1_penalty", "rate", rate)
    return rate * sum(jnp.sum(leaf * jnp.sign(leaf)) for leaf in _floats("l1_penalty", params))


@rounded_once
def l2_penalty(params, rate):
    """L2 penalty (ridge): pulls a weight to 0 in proportion to its size.

        l2_penalty(params) = rate * sum_i params[i]**2 / 2

    params: an array or any pytree of arrays; rate: >= 0. Returns a number >= 0; its slope is rate *
    params[i]. (Keras leaves out the half. Decoupled weight decay, as in AdamW, is something else.)
    Raises ValueError for a negative rate. Source: Goodfellow et al. 2016, eq. 7.2.

    >>> float(l2_penalty(jnp.array([1.0, -2.0]), rate=0.5))
    1.25
    """
    rate = checks.non_negative("l2_penalty", "rate", rate)
    return rate * (sum(jnp.sum(leaf**2) for leaf in _floats("l2_penalty", params)) / 2)


def _floats(function, params):
    if params is None:  # a tree without leaves, for JAX
        raise TypeError(f"{function}: params must be an array or a pytree of arrays; got None.")
    return [checks.numbers(function, "params", leaf) for leaf in jax.tree.leaves(params)]


def dropout(inputs, mask, rate=0.5):
    """Inverted dropout: silences neurons, and scales up the rest so that the expected sum stays.

        dropout(inputs)[i] = inputs[i] * mask[i] / (1 - rate)

    inputs: [...], mask: [...] of the same shape, 1 where the neuron stays (drawn with probability 1 - rate).
    rate: in [0, 1). Returns [...]. Raises ValueError for a rate outside [0, 1) or unequal shapes.
    Source: Srivastava et al. 2014, section 4, in the scaled form of section 10.

    >>> dropout(jnp.array([1.0, 2.0]), jnp.array([1, 0]), rate=0.5).tolist()
    [2.0, 0.0]
    """
    checks.fraction("dropout", "rate", rate)
    inputs, mask = checks.numbers("dropout", "inputs", inputs), checks.array("dropout", "mask", mask)
    checks.same_shape("dropout", ("inputs", "mask"), inputs, mask, fixable=False)
    if not isinstance(mask, Tracer) and ((marks := np.asarray(mask)) * (1 - marks) != 0).any():
        odd = marks[(marks != 0) & (marks != 1)][0]
        raise ValueError(f"dropout: mask must be 1 where the neuron stays, else 0; got {odd}.")
    return inputs * mask.astype(inputs.dtype) / (1 - rate)


class Dropout(Layer):
    """A layer that draws a mask at each training step and calls `dropout`; at prediction it does nothing.

    `train()` and `eval()` of the module that holds it switch it, as for every Flax layer. Without `rngs` its
    stream of random numbers stays unset until `initialize`, which `NeuralNet` calls with its seed.

    >>> layer = Dropout(0.5, rngs=nnx.Rngs(0))
    >>> layer.eval()
    >>> layer(jnp.ones(3)).tolist()
    [1.0, 1.0, 1.0]
    """

    def __init__(self, rate, rngs=None):
        checks.fraction("Dropout", "rate", rate)
        self.rate = float(rate)
        self.deterministic = False
        if rngs is not None:
            checks.rngs("Dropout", rngs)
        self.rngs = nnx.data(None if rngs is None else rngs["dropout"].fork())

    def initialize(self, generator, dtype="float32"):
        """Seed the stream of masks from a numpy random generator."""
        del dtype  # a mask has the dtype of its inputs
        seed = generator.integers(2**32, size=2, dtype=np.uint32)
        self.rngs = nnx.RngStream(jax.random.wrap_key_data(seed, impl="threefry2x32"), tag="dropout")

    def __call__(self, inputs):
        checks.fraction("Dropout", "rate", self.rate)  # it may have been set since
        if self.deterministic or self.rate == 0:
            return inputs
        if self.rngs is None:
            raise ValueError(
                "Dropout: its random stream must be seeded before training; "
                "give rngs=nnx.Rngs(0), or put the layer into a NeuralNet."
            )
        mask = jax.random.bernoulli(self.rngs(), 1 - self.rate, np.shape(inputs))
        return dropout(inputs, mask, self.rate)
