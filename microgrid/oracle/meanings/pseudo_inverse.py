"""What `jnp.linalg.pinv` means where it takes singular values for 0: the inverse of a matrix of less rank.

    C = A - R,  B = C Y,  K = (B^T B)^-1 B^T,  W = K C,  pinv(C) = W^T (W W^T)^-1 K

A: the matrix, of which all singular values beyond the first r are rounding; R = A - A pinv(A) A, what is
left out, held fixed; Y [n, r]: of the columns of pinv(A), held fixed. Around A the product B W is the matrix
of rank r that is nearest to C, to first order.
"""

import jax.numpy as jnp
import numpy as np

from .. import compat
from ..arrays import Array
from ..fields import Field
from ..interpreter import walk


def is_pinv(equation):
    """Whether an equation calls JAX's pinv."""
    return compat.name_of(equation) == "_pinv" and compat.of_jax(equation)


def lowered(replay, equation, inputs):
    """The output of an equation that calls JAX's pinv of real matrices of which rounding hides the rank of
    some; None for any other equation."""
    if not is_pinv(equation):
        return None
    given = compat.real_inputs(equation, inputs)  # JAX 0.12 gives the tolerance too
    a = max(given, key=lambda array: array.ids.ndim)
    if a.imaginary is not None:
        return None
    field, eps = Field(replay.tape, a.dtype), float(jnp.finfo(a.dtype).eps)
    (p,), _ = walk(replay, compat.call_of(equation), given)
    matrices = _matrices(field, a.ids, p.ids, eps**0.5)
    if matrices is None:
        return None
    ids = np.array(p.ids)
    for k in np.ndindex(ids.shape[:-2]):
        left, largest = _hidden(field.numbers(matrices[k]), eps)
        if left is None:
            continue
        kept = np.linalg.svd(field.numbers(p.ids[k]), compute_uv=False) > 0.5 / largest  # at least 1 / that
        if int(np.sum(kept)) != left.shape[1]:
            return None  # it left out more than rounding, or less
        ids[k] = _inverse(field, matrices[k], p.ids[k], left)
    if np.array_equal(ids, p.ids):
        return None
    replay.meant = True
    return [Array(p.dtype, ids)]


def _matrices(field, a, p, near):
    """Ids [..., m, n] of the matrices whose inverses are p, ids [..., n, m]: vmap may leave its axis anywhere
    among those of a. None where they are not found."""
    for ids in [a] + [np.moveaxis(a, axis, 0) for axis in range(1, a.ndim)]:
        if p.size and ids.shape == np.swapaxes(p, -1, -2).shape:
            matrix = field.numbers(ids)
            off = np.abs(matrix @ field.numbers(p) @ matrix - matrix)
            if np.max(off) <= near * np.max(np.abs(matrix)):
                return ids
    return None


def _hidden(matrix, eps):
    """(left vectors [m, r], the largest singular value) of a matrix [m, n] whose rank r rounding hides; None
    for the vectors of another one."""
    left, sizes, _ = np.linalg.svd(matrix, full_matrices=False)
    rank = int(np.sum(sizes > eps * max(matrix.shape) * sizes[0]))
    return None if rank in (0, len(sizes)) else left[:, :rank], sizes[0]


def _inverse(field, a, p, left):
    """Ids of the inverse; left: [m, r] numbers of the run."""
    from ..rules.algebra import solution

    def held(ids):
        return field.apply("stop", ids)

    def product(x, y):
        return field.dot(x[None], y[None])[0]

    c = field.apply("sub", a, held(field.apply("sub", a, product(a, product(p, a)))))
    b = product(c, held(product(p, field.tape.constants(left))))
    k = solution(field, product(b.T, b), b.T)
    w = product(k, c)
    return product(w.T, solution(field, product(w, w.T), k))
