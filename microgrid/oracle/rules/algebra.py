"""Factorisations of matrices, as the scalar algorithms of the textbooks, of real and of complex numbers."""

import numpy as np
from scipy.linalg import lu_factor

from ..fields import Field, packed, unpacked
from .registry import rule


def batched(array):
    """Ids [b, m, n] of an array of matrices."""
    ids = packed(array)
    return ids.reshape(int(np.prod(ids.shape[:-2])), *ids.shape[-2:])


def like(array, ids):
    """The array of matrices, ids [b, m, n], with the leading axes and the dtype of another one."""
    return unpacked(array.dtype, ids.reshape(*array.shape[:-2], *ids.shape[1:]))


def hermitian(field, matrix):
    """Ids of the Hermitian matrices [b, n, n] whose lower triangles these are."""
    eye = np.eye(matrix.shape[1], dtype=bool)
    made = np.where(np.tri(len(eye), dtype=bool), matrix, field.conj(matrix).swapaxes(1, 2))
    return np.where(eye, field.whole(field.real(matrix)), made)


@rule("triangular_solve")
def _triangular_solve(replay, equation, a, b):
    p, field = equation.params, Field(replay.tape, b.dtype)
    matrix, right = batched(a), batched(b)
    if p["conjugate_a"]:
        matrix = field.conj(matrix)
    if not p["left_side"]:
        matrix, right = matrix.swapaxes(1, 2), right.swapaxes(1, 2)
    lower = p["lower"] != (not p["left_side"])
    if p["transpose_a"]:
        matrix, lower = matrix.swapaxes(1, 2), not lower
    solved = _substituted(field, matrix, right, lower, p["unit_diagonal"])
    return like(b, solved if p["left_side"] else solved.swapaxes(1, 2))


def _substituted(field, matrix, right, lower, unit):
    """Ids [b, n, p] of what a triangular matrix [b, n, n] makes right: row by row."""
    n, done = matrix.shape[1], []
    solved = np.zeros_like(right)
    for i in range(n) if lower else range(n - 1, -1, -1):
        row = right[:, i]
        if done:
            before = np.stack([matrix[:, i, j] for j in done], axis=1)[:, None, :]  # [b, 1, k]
            known = np.stack([solved[:, j] for j in done], axis=1)
            row = field.apply("sub", row, field.dot(before, known)[:, 0])
        solved[:, i] = row if unit else field.apply("truediv", row, matrix[:, i, i][:, None])
        done.append(i)
    return solved


def solution(field, matrix, right):
    """Ids [n, p] of the X with matrix [n, n] @ X = right [n, p]: elimination with the pivots of the run."""
    order = np.arange(len(matrix))
    for k, pivot in enumerate(lu_factor(field.numbers(matrix))[1]):
        order[[k, pivot]] = order[[pivot, k]]
    work = _eliminated(field, matrix[order][None])
    half = _substituted(field, work, right[order][None], lower=True, unit=True)
    return _substituted(field, work, half, lower=False, unit=False)[0]


@rule("cholesky")
def _cholesky(replay, equation, a):
    field, matrix = Field(replay.tape, a.dtype), batched(a)
    n = matrix.shape[1]
    made = field.full(matrix.shape)
    for j in range(n):
        column = matrix[:, j:, j]
        if j:
            row = field.conj(made[:, j, :j])
            column = field.apply("sub", column, field.dot(made[:, j:, :j], row[:, :, None])[:, :, 0])
        root = field.apply("sqrt", field.real(column[:, 0]))
        made[:, j, j] = field.whole(root)
        if j + 1 < n:
            made[:, j + 1 :, j] = field.apply("truediv", column[:, 1:], root[:, None])
    return like(a, made)


@rule("lu")
def _lu(replay, equation, a):
    _, pivots, order = replay.guide(equation, (a,))
    matrix = batched(a)
    rows = np.asarray(order.given).reshape(-1, matrix.shape[1])
    rowed = np.take_along_axis(matrix, rows[:, :, None], axis=1)
    return [like(a, _eliminated(Field(replay.tape, a.dtype), rowed)), pivots, order]


def _eliminated(field, matrix):
    """Ids of L and U of matrices whose rows are in the order of their pivots, in one."""
    work = matrix.copy()
    for k in range(min(work.shape[1:])):
        if k + 1 < work.shape[1]:
            factor = field.apply("truediv", work[:, k + 1 :, k], work[:, k, k][:, None])
            work[:, k + 1 :, k] = factor
            if k + 1 < work.shape[2]:
                taken = field.apply("mul", factor[:, :, None], work[:, k, None, k + 1 :])
                work[:, k + 1 :, k + 1 :] = field.apply("sub", work[:, k + 1 :, k + 1 :], taken)
    return work


@rule("tridiagonal_solve")
def _tridiagonal_solve(replay, equation, low, diagonal, high, right):
    """Elimination downwards, substitution upwards, without pivots."""
    field = Field(replay.tape, right.dtype)
    dl, d, du = (packed(array).reshape(-1, array.shape[-1]) for array in (low, diagonal, high))
    b, n = batched(right), diagonal.shape[-1]
    diagonals, rows = [d[:, 0]], [b[:, 0]]
    for k in range(1, n):
        factor = field.apply("truediv", dl[:, k], diagonals[-1])
        diagonals.append(field.apply("sub", d[:, k], field.apply("mul", factor, du[:, k - 1])))
        rows.append(field.apply("sub", b[:, k], field.apply("mul", factor[:, None], rows[-1])))
    solved = [field.apply("truediv", rows[-1], diagonals[-1][:, None])]
    for k in range(n - 2, -1, -1):
        row = field.apply("sub", rows[k], field.apply("mul", du[:, k, None], solved[-1]))
        solved.append(field.apply("truediv", row, diagonals[k][:, None]))
    return like(right, np.stack(solved[::-1], axis=1))


@rule("qr")
def _qr(replay, equation, a):
    """Gram and Schmidt: each column without its shares along the ones before, with the signs of JAX's R."""
    m, n = a.shape[-2:]
    guide = replay.guide(equation, (a,))
    field, matrix = Field(replay.tape, a.dtype), batched(a)
    if equation.params["pivoting"]:
        order = np.asarray(guide[2].given).reshape(-1, 1, n)
        matrix = np.take_along_axis(matrix, order, axis=2)
    signs = replay.numbers(guide[1]).real.reshape(-1, guide[1].shape[-2], n)
    q, r = orthogonal(field, matrix, signs)
    if equation.params["full_matrices"] and m > n:
        q = np.concatenate([q, np.stack([_completed(field, one) for one in q])], axis=2)
        r = np.concatenate([r, field.full((len(r), m - n, n))], axis=1)
    return [like(a, q), like(a, r), *guide[2:]]


def orthogonal(field, matrix, signs=None):
    """Ids of Q [b, m, k] and R [b, k, n] of a matrix [b, m, n], by Gram and Schmidt; signs: whose diagonal
    has those of R's, or None where they are all above 0."""
    (m, n), signs = matrix.shape[1:], np.ones(matrix.shape) if signs is None else signs
    q, r = field.full((len(matrix), m, min(m, n))), field.full((len(matrix), min(m, n), n))
    for j in range(n):
        column, before = matrix[:, :, j], min(j, m)
        if before:
            shares = field.dot(field.conj(q[:, :, :before]).swapaxes(1, 2), column[:, :, None])
            r[:, :before, j] = shares[:, :, 0]
            column = field.apply("sub", column, field.dot(q[:, :, :before], shares)[:, :, 0])
        if j < m:
            size = length(field, column)
            size = np.where(signs[:, j, j] < 0, field.apply("neg", size), size)
            r[:, j, j], q[:, :, j] = field.whole(size), field.apply("truediv", column, size[:, None])
    return q, r


def length(field, columns):
    """Ids [b] of the lengths of columns [b, n]."""
    squares = field.dot(field.conj(columns)[:, None, :], columns[:, :, None])[:, 0, 0]
    return field.apply("sqrt", field.real(squares))


def _completed(field, q):
    """Ids [m, m - n] of the columns that LAPACK's reflectors append to Q [m, n]. Their product is
    I - V T V^H, so with Z = Q[n:] (Q[:n] - I)^-1 those are the last columns of I, plus (Q - I[:, :n]) Z^H."""
    m, n = q.shape
    eye = np.where(np.eye(m, dtype=bool), field.number(1.0), field.number(0.0))
    less = field.apply("sub", q, eye[:, :n])
    z = solution(field, field.conj(less[:n]).T, field.conj(q[n:]).T)  # [n, m - n], Z^H
    return field.apply("add", eye[:, n:], field.dot(less[None], z[None])[0])
