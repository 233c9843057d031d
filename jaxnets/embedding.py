"""Embedding on arrays: a table whose rows are looked up by id, and learnt."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.core import Tracer

from . import checks, data, untraced, weights
from .layer import Layer


def embedding(ids, table):
    """Embedding: looks up the row of each id.

        embedding(ids)[n][c] = table[ids[n]][c]

    ids: [...] whole numbers in 0..num_embeddings - 1; table: [num_embeddings, features]. Returns [...,
    features]. The slopes of a row that is looked up twice add up, a row that is not has slope 0.
    Raises TypeError for ids that are not whole, ValueError for one outside the table, also a negative one;
    inside compiled code, where ids have no value yet, such an id gives a row of nan instead, and no slope.
    Source: Bengio et al. 2003, section 2, the matrix C.

    >>> embedding(np.array([2, 0]), jnp.array([[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]])).tolist()
    [[2.0, 2.5], [0.0, 0.5]]
    """
    table = checks.numbers("embedding", "table", table)
    if table.ndim != 2:
        raise ValueError(f"embedding: table must be [num_embeddings, features]; got shape {table.shape}.")
    checks.not_empty("embedding", "table", table)
    checks.not_empty("embedding", "ids", ids := checks.array("embedding", "ids", ids))
    if not jnp.issubdtype(ids.dtype, jnp.integer):
        came = f"numbers of type {ids.dtype}" if isinstance(ids, Tracer) else repr(np.asarray(ids).item(0))
        raise TypeError(f"embedding: ids must be whole numbers; got {came}.")
    checks.labels("embedding", "ids", ids, len(table))
    return table.at[ids].get(mode="fill", fill_value=jnp.nan, wrap_negative_indices=False)


class Embedding(Layer):
    """A layer that holds a table [num_embeddings, features] and calls `embedding` on ids [...].

    The table is drawn from N(0, 1 / features), as Flax does, or by embedding_init: a name of initializers.py,
    or a function, as in `Linear`, that reads the table as a kernel [num_embeddings, features]. Without
    `rngs` it stays undrawn until `initialize`, which `NeuralNet` calls with its seed. A `NeuralNet` that
    begins with an Embedding leaves integers as they are, and refuses ids outside the table before anything is
    computed.

    >>> layer = Embedding(10, 4)
    >>> layer.initialize(np.random.default_rng(0))
    >>> layer(np.array([[7, 1, 7]])).shape
    (1, 3, 4)
    """

    def __init__(self, num_embeddings, features, embedding_init=None, rngs=None):
        self.num_embeddings = data.whole("Embedding", "num_embeddings", num_embeddings, 1)
        self.features = data.whole("Embedding", "features", features, 1)
        if embedding_init is not None:
            weights.check("Embedding: embedding_init", embedding_init, (self.num_embeddings, self.features))
        self.embedding_init = embedding_init
        self.table = nnx.Param(None)
        if rngs is not None:
            self.initialize(untraced.generator("Embedding", rngs))

    def initialize(self, generator, dtype="float32"):
        """Draw the table from a numpy random generator; in numpy, so that nothing is compiled."""
        shape = self.num_embeddings, self.features
        checks.fits("Embedding", "its table", shape, float)
        if self.embedding_init is None:
            draws = generator.standard_normal(shape) / np.sqrt(self.features)
            table = jax.device_put(draws.astype(dtype))
        else:
            told = "Embedding: embedding_init"
            table = weights.drawn(told, self.embedding_init, generator, shape, dtype)
        self.table = nnx.Param(table)

    def __call__(self, inputs):
        if self.table.get_value() is None:
            raise ValueError(
                "Embedding: weights must be drawn before the layer is called; "
                "give rngs=nnx.Rngs(0), or put the layer into a NeuralNet."
            )
        return embedding(inputs, self.table[...])
