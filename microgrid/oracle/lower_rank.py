"""What `jnp.linalg.pinv` means where it takes singular values for 0: the inverse of a matrix of less rank.

    C = A - R,  B = C Y,  K = (B^T B)^-1 B^T,  W = K C,  pinv(C) = W^T (W W^T)^-1 K

A: the matrix, of which all singular values beyond the first r are rounding; R = A - A pinv(A) A, what is
left out, held fixed; Y [n, r]: of the columns of pinv(A), held fixed. Around A the product B W is the matrix
of rank r that is nearest to C, to first order.
"""

import jax.numpy as jnp
import numpy as np

from . import compat
from .arrays import Array
from .fields import Field
from .interpreter import walk


def lowered(replay, equation, inputs):
    """The output of an equation that calls JAX's pinv of a real matrix whose rank rounding hides; None for
    any other equation."""
    if compat.name_of(equation) != "_pinv" or not compat.of_jax(equation):
        return None
    (a,) = compat.real_inputs(equation, inputs)
    if a.imaginary is not None or len(a.shape) != 2:
        return None
    field, matrix = Field(replay.tape, a.dtype), a.ids
    left, sizes, _ = np.linalg.svd(field.numbers(matrix), full_matrices=False)
    rank = int(np.sum(sizes > float(jnp.finfo(a.dtype).eps) * max(a.shape) * sizes[0]))
    if rank in (0, len(sizes)):
        return None
    (p,), _ = walk(replay, compat.call_of(equation), [a])
    kept = np.linalg.svd(field.numbers(p.ids), compute_uv=False) > 0.5 / sizes[0]  # each is at least 1 / that
    if int(np.sum(kept)) != rank:
        return None  # it left out more than rounding, or less
    replay.meant = True
    return [Array(p.dtype, _inverse(field, matrix, p.ids, left[:, :rank]))]


def _inverse(field, a, p, left):
    """Ids of the inverse; left: [m, r] numbers of the run."""
    from .rules.algebra import solution

    def held(ids):
        return field.apply("stop", ids)

    def product(x, y):
        return field.dot(x[None], y[None])[0]

    c = field.apply("sub", a, held(field.apply("sub", a, product(a, product(p, a)))))
    b = product(c, held(product(p, field.tape.constants(left))))
    k = solution(field, product(b.T, b), b.T)
    w = product(k, c)
    return product(w.T, solution(field, product(w, w.T), k))
