"""Orthonormal bases, of numpy's arrays and of JAX's."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

FEW = 64  # vectors that are made orthogonal one by one; of more than that LAPACK is many times faster


def orthonormal(vectors):
    """The orthonormal basis that Gram and Schmidt make of vectors: each as near to its vector as it can be.

    vectors: [n, m], n <= m, independent. Returns [n, m]; numbers of up to 64 vectors are right to a few ULP
    each, those of more to a few ULP of 1. Raises ValueError for dependent vectors, unless they are traced.

    >>> orthonormal(np.array([[0.0, 2.0], [3.0, 5.0]])).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    library = jnp if isinstance(vectors, jax.Array) else np
    if len(vectors) > FEW:
        q, r = library.linalg.qr(vectors.T)
        _independent(r.diagonal())
        return (q * library.sign(r.diagonal()).reshape(1, -1)).T  # QR leaves the signs open
    basis = []
    for vector in vectors:
        for q in basis * 2:  # the second time takes away what rounding has left
            vector = vector - (q @ vector) * q
        length = library.sqrt(vector @ vector)
        _independent(length)
        basis.append(vector / length)
    return library.stack(basis)


def _independent(lengths):
    """Refuses what is nothing compared with the vectors before it."""
    if not isinstance(lengths, Tracer) and np.any(np.asarray(lengths) == 0):
        raise ValueError("orthogonal: noise must have independent columns; got a matrix of lower rank.")
