"""Embedding: each word, user or move of a finite set has a row of numbers of its own, which is learnt."""

from . import checks, weights
from .checks import each, read, shape
from .layer import Layer
from .value import Value, plain


def embedding(ids, table):
    """Embedding: looks up the row of each id.

        embedding(ids)[n][c] = table[ids[n]][c]

    ids: [...] whole numbers in 0..num_embeddings - 1; table: [num_embeddings, features]. Returns [...,
    features]. The slopes of a row that is looked up twice add up, a row that is not has slope 0.
    Raises TypeError for ids that are not whole, ValueError for one outside the table, also a negative one.
    Source: Bengio et al. 2003, section 2, the matrix C.

    >>> embedding([2, 0], [[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]])
    [[2.0, 2.5], [0.0, 0.5]]
    """
    if len(given := shape(table, "embedding: table")) != 2:
        raise ValueError(f"embedding: table must be [num_embeddings, features]; got shape {given}.")
    checks.not_empty("embedding", "table", table)
    checks.not_empty("embedding", "ids", ids)
    table = read(table)

    def row(i):
        if isinstance(i, bool) or not hasattr(i, "__index__"):
            raise TypeError(f"embedding: ids must be whole numbers; got {checks.shown(i)}.")
        if not 0 <= i < len(table):
            raise ValueError(f"embedding: ids must be in 0..{len(table) - 1}; got {i}.")
        return list(table[i])

    return each(row, ids)


class Embedding(Layer):
    """A layer that holds a table [num_embeddings, features] and calls `embedding` on the ids of an example.

    The table is drawn from N(0, 1 / features), as Flax does, or by embedding_init: a name of initializers.py,
    or a function, as in `Linear`, that reads the table as a kernel [num_embeddings, features]. Ids are no
    quantities: `backward` returns 0 for each of them.

    >>> import random
    >>> layer = Embedding(10, 4)
    >>> layer.initialize(random.Random(0))
    >>> checks.shape(layer.forward([[7, 1, 7]]))
    (1, 3, 4)
    """

    def __init__(self, num_embeddings, features, embedding_init=None):
        super().__init__()
        self.num_embeddings = checks.whole("Embedding", "num_embeddings", num_embeddings, 1)
        self.features = checks.whole("Embedding", "features", features, 1)
        if embedding_init is not None:
            weights.check("Embedding: embedding_init", embedding_init, (self.num_embeddings, self.features))
        self.embedding_init = embedding_init

    def initialize(self, draw):
        """Draws the table from a `random.Random`, unless it is there."""
        if self.parameters:
            return
        # A Value is as large as seven numbers.
        checks.fits("Embedding", "its table", self.num_embeddings, self.features, copies=8)
        if self.embedding_init is None:
            size, rows = self.features**-0.5, range(self.num_embeddings)
            table = [[Value(draw.gauss(0, size)) for _ in range(self.features)] for _ in rows]
        else:
            shape = self.num_embeddings, self.features
            table = weights.drawn("Embedding: embedding_init", self.embedding_init, draw, shape)
        self.parameters["table"] = table

    def check(self, function, examples):
        """Raises ValueError for the first id that the table does not have."""
        for at, i in _indexed(examples):
            if isinstance(i, int) and not 0 <= i < self.num_embeddings:
                raise ValueError(
                    f"{function}: x must be ids from 0 to {self.num_embeddings - 1}; got {i} at index {at}."
                )

    def __call__(self, inputs):
        """[..., features] Values of one example, [...] ids."""
        if not self.parameters:
            raise ValueError(
                "Embedding: weights must be drawn before the layer is called; "
                "call initialize(random.Random(0)), or put the layer into a NeuralNet."
            )
        ids = each(lambda i: plain(i) if isinstance(i, Value) else i, inputs)
        return embedding(ids, self.parameters["table"])


def _indexed(array, at=()):
    """Each number of nested lists, and where it is."""
    if not isinstance(array, list | tuple):
        yield at, array
        return
    for k, inner in enumerate(array):
        yield from _indexed(inner, (*at, k))
