"""The arrays that the functions of the list are called with, and the two ways to write a call down.

Every array is small, fixed and free of ties: its numbers are evenly spaced in a range, in a drawn order.
"""

import jax
import jax.numpy as jnp
import numpy as np


def grid(*shape, low=0.1, high=0.9, seed=0):
    """A float32 array of distinct numbers in (low, high), the same at every run."""
    size = int(np.prod(shape, dtype=int))
    numbers = low + (high - low) * (np.arange(size) + 0.37) / size
    return np.random.default_rng([seed, *shape]).permutation(numbers).reshape(shape).astype(np.float32)


def of(*args, **kwargs):
    """The call f(*args, **kwargs)."""
    return None, args, kwargs


def via(wrapper, *args, **kwargs):
    """The call wrapper(f, *args, **kwargs), for functions that cannot be called directly."""
    return wrapper, args, kwargs


def is_float(leaf):
    """Whether a leaf of the arguments is a float32 array; everything else is bound."""
    return isinstance(leaf, np.ndarray) and leaf.dtype == np.float32


def bind(function, args, kwargs, leading=0):
    """The function of the float arrays alone, and those arrays; all other arguments are bound.

    The first `leading` arguments of the bound function are passed on as they are.
    """
    leaves, tree = jax.tree.flatten((args, kwargs))
    places = [place for place, leaf in enumerate(leaves) if is_float(leaf)]

    def bound(*floats):
        filled = list(leaves)
        for place, x in zip(places, floats[leading:], strict=True):
            filled[place] = x
        args, kwargs = jax.tree.unflatten(tree, filled)
        return function(*floats[:leading], *args, **kwargs)

    return bound, tuple(jnp.asarray(leaves[place]) for place in places)


A, B = grid(seed=1), np.array(0.7, np.float32)  # two numbers
X, Y, Z = grid(5), grid(5, seed=1), grid(5, seed=2)  # three vectors
U, V = grid(3, seed=3), grid(3, seed=4)  # two shorter ones
SIGNED = grid(5, low=-2.2, high=1.9)
ABOVE_ONE = grid(5, low=1.2, high=2.9)
PROBABILITIES = (X / X.sum()).astype(np.float32)
M, N = grid(3, 4), grid(3, 4, seed=1)  # two matrices
BATCH = grid(2, 3, 3)
SQUARE = (np.diag([1, 2, 3]) + grid(3, 3, high=0.4)).astype(np.float32)  # real and distinct eigenvalues
DEFINITE = (np.diag([2, 3, 4]) + 0.2 * (SQUARE + SQUARE.T)).astype(np.float32)  # symmetric
LOWER = np.linalg.cholesky(DEFINITE).astype(np.float32)
KEY = np.array([0, 7], np.uint32)  # the key that every drawing uses
ROWS = np.array([[0], [2]], np.int32)  # the indices of gather and scatter
MASK = np.array([True, False, True, True, False])
