"""A function of pytrees as one of flat lists of float arrays."""

import jax
import jax.numpy as jnp
import numpy as np

from . import compat


class Flat:
    """A function of a list of float arrays that returns a list of float arrays, made of one of pytrees.

    paths: what the user calls each argument; numbers: the arrays at args. All that is not a float is fixed.
    returned: what the function returned when it was called last, in words.
    """

    def __init__(self, f, args):
        leaves, self._tree = jax.tree_util.tree_flatten_with_path(args)
        self._leaves = [leaf for _, leaf in leaves]
        self._f, self._which, self.returned = f, [], "nothing"
        self.paths, self.numbers = [], []
        for k, (path, leaf) in enumerate(leaves):
            if is_differentiable(leaf):
                self._which.append(k)
                self.paths.append("args" + jax.tree_util.keystr(path))
                self.numbers.append(jnp.asarray(leaf))

    def __call__(self, *numbers):
        leaves = list(self._leaves)
        for k, array in zip(self._which, numbers, strict=True):
            leaves[k] = array
        outputs = jax.tree.leaves(self._f(*jax.tree_util.tree_unflatten(self._tree, leaves)))
        self.returned = ", ".join(map(_told, outputs)) or "nothing"
        return [y for y in outputs if is_differentiable(y)]


def _told(leaf):
    if hasattr(leaf, "dtype") and hasattr(leaf, "shape"):
        return f"{leaf.dtype}{list(leaf.shape)}"
    return type(leaf).__name__


def is_differentiable(leaf):
    """Whether a leaf of a pytree is a number or array of floats."""
    known = isinstance(leaf, jax.Array | np.ndarray | np.generic | float | complex)
    return known and jnp.issubdtype(compat.dtype(leaf), jnp.inexact)


def weights(draw, avals):
    """Random weights of outputs, or directions of inputs: no gradient hides behind a sum."""
    made = []
    for aval in avals:
        numbers = draw.uniform(0.5, 2.0, aval.shape) * draw.choice((-1.0, 1.0), aval.shape)
        if compat.is_complex(aval.dtype):
            numbers = numbers + 1j * draw.uniform(0.5, 2.0, aval.shape)
        made.append(jnp.asarray(numbers).astype(aval.dtype))
    return made
