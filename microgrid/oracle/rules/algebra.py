"""Factorisations of matrices, as the scalar algorithms of the textbooks."""

from functools import partial

import numpy as np
from scipy.linalg import lu_factor

from ..arrays import Array, Unsupported
from ..factors import Singular, Symmetric
from .registry import rule


class _Rounded:
    """A tape whose operations are rounded to one type."""

    def __init__(self, tape, dtype):
        self.apply, self.dot = partial(tape.apply, dtype=dtype), partial(tape.dot, dtype=dtype)
        self.zero, self.one = tape.zero, lambda: int(tape.constants(1.0))


def _batched(array):
    ids = array.ids
    return ids.reshape(-1, *ids.shape[-2:])


@rule("triangular_solve")
def _triangular_solve(replay, equation, a, b):
    p, tape = equation.params, _Rounded(replay.tape, b.dtype)
    matrix, right = _batched(a), _batched(b)
    if not p["left_side"]:
        matrix, right = matrix.swapaxes(1, 2), right.swapaxes(1, 2)
    lower = p["lower"] != (not p["left_side"])
    if p["transpose_a"]:
        matrix, lower = matrix.swapaxes(1, 2), not lower
    solved = _substituted(tape, matrix, right, lower, p["unit_diagonal"])
    solved = solved if p["left_side"] else solved.swapaxes(1, 2)
    return Array(b.dtype, solved.reshape(b.shape))


def _substituted(tape, matrix, right, lower, unit):
    """Ids [b, n, p] of what a triangular matrix [b, n, n] makes right: row by row."""
    n, done = matrix.shape[1], []
    solved = np.zeros_like(right)
    for i in range(n) if lower else range(n - 1, -1, -1):
        row = right[:, i]
        if done:
            before = np.stack([matrix[:, i, j] for j in done], axis=1)[:, None, :]  # [b, 1, k]
            known = np.stack([solved[:, j] for j in done], axis=1)
            row = tape.apply("sub", row, tape.dot(before, known)[:, 0])
        solved[:, i] = row if unit else tape.apply("truediv", row, matrix[:, i, i][:, None])
        done.append(i)
    return solved


def solution(replay, matrix, right, dtype):
    """Ids [n] of the x with matrix [n, n] @ x = right [n], by elimination with the pivots of the run."""
    tape, order = _Rounded(replay.tape, dtype), np.arange(len(matrix))
    for k, pivot in enumerate(lu_factor(replay.tape.run[matrix])[1]):
        order[[k, pivot]] = order[[pivot, k]]
    work = _eliminated(tape, matrix[order][None])
    half = _substituted(tape, work, right[order][None, :, None], lower=True, unit=True)
    return _substituted(tape, work, half, lower=False, unit=False)[0, :, 0]


@rule("cholesky")
def _cholesky(replay, equation, a):
    tape, matrix = _Rounded(replay.tape, a.dtype), _batched(a)
    n = matrix.shape[1]
    made = np.full(matrix.shape, tape.zero())
    for j in range(n):
        column = matrix[:, j:, j]
        if j:
            before = made[:, j:, :j]
            column = tape.apply("sub", column, tape.dot(before, made[:, j, :j, None])[:, :, 0])
        root = tape.apply("sqrt", column[:, 0])
        made[:, j, j] = root
        if j + 1 < n:
            made[:, j + 1 :, j] = tape.apply("truediv", column[:, 1:], root[:, None])
    return Array(a.dtype, made.reshape(a.shape))


@rule("lu")
def _lu(replay, equation, a):
    _, pivots, order = replay.guide(equation, (a,))
    tape, matrix = _Rounded(replay.tape, a.dtype), _batched(a)
    rows = np.asarray(order.given).reshape(-1, matrix.shape[1])
    work = _eliminated(tape, np.take_along_axis(matrix, rows[:, :, None], axis=1))
    return [Array(a.dtype, work.reshape(a.shape)), pivots, order]


def _eliminated(tape, matrix):
    """Ids of L and U of matrices whose rows are in the order of their pivots, in one."""
    work = matrix.copy()
    for k in range(min(work.shape[1:])):
        if k + 1 < work.shape[1]:
            factor = tape.apply("truediv", work[:, k + 1 :, k], work[:, k, k][:, None])
            work[:, k + 1 :, k] = factor
            if k + 1 < work.shape[2]:
                taken = tape.apply("mul", factor[:, :, None], work[:, k, None, k + 1 :])
                work[:, k + 1 :, k + 1 :] = tape.apply("sub", work[:, k + 1 :, k + 1 :], taken)
    return work


@rule("tridiagonal_solve")
def _tridiagonal_solve(replay, equation, low, diagonal, high, right):
    """Elimination downwards, substitution upwards, without pivots."""
    tape = _Rounded(replay.tape, right.dtype)
    dl, d, du = (array.ids.reshape(-1, array.shape[-1]) for array in (low, diagonal, high))
    b, n = _batched(right), diagonal.shape[-1]
    diagonals, rows = [d[:, 0]], [b[:, 0]]
    for k in range(1, n):
        factor = tape.apply("truediv", dl[:, k], diagonals[-1])
        diagonals.append(tape.apply("sub", d[:, k], tape.apply("mul", factor, du[:, k - 1])))
        rows.append(tape.apply("sub", b[:, k], tape.apply("mul", factor[:, None], rows[-1])))
    solved = [tape.apply("truediv", rows[-1], diagonals[-1][:, None])]
    for k in range(n - 2, -1, -1):
        row = tape.apply("sub", rows[k], tape.apply("mul", du[:, k, None], solved[-1]))
        solved.append(tape.apply("truediv", row, diagonals[k][:, None]))
    return Array(right.dtype, np.stack(solved[::-1], axis=1).reshape(right.shape))


@rule("qr")
def _qr(replay, equation, a):
    """Gram and Schmidt: each column without its shares along the ones before, with the signs of JAX's R."""
    p, (m, n) = equation.params, a.shape[-2:]
    if p["pivoting"] or (p["full_matrices"] and m > n):
        raise Unsupported(
            "replay knows qr without pivoting and without columns beyond those of its input.", equation
        )
    signs = replay.numbers(replay.guide(equation, (a,))[1]).reshape(-1, min(m, n), n)
    tape, matrix = _Rounded(replay.tape, a.dtype), _batched(a)
    q = np.full((len(matrix), m, min(m, n)), tape.zero())
    r = np.full((len(matrix), min(m, n), n), tape.zero())
    for j in range(n):
        column, before = matrix[:, :, j], min(j, m)
        if before:
            shares = tape.dot(q[:, :, :before].swapaxes(1, 2), column[:, :, None])
            r[:, :before, j] = shares[:, :, 0]
            column = tape.apply("sub", column, tape.dot(q[:, :, :before], shares)[:, :, 0])
        if j < m:
            size = tape.apply("sqrt", tape.dot(column[:, None, :], column[:, :, None])[:, 0, 0])
            size = np.where(signs[:, j, j] < 0, tape.apply("neg", size), size)
            r[:, j, j], q[:, :, j] = size, tape.apply("truediv", column, size[:, None])
    return [Array(a.dtype, ids.reshape(*a.shape[:-2], *ids.shape[1:])) for ids in (q, r)]


@rule("eigh")
def _eigh(replay, equation, a):
    """First order around the decomposition, which itself is held fixed: with V and the eigenvalues w of A,
    B = V^T A V is diagonal, its diagonal has the slopes of w, and V (I + F * B) those of V, where F[i, j] is
    1 / (w[j] - w[i]), and 0 on the diagonal."""
    vectors, values = (replay.numbers(x).astype(float) for x in replay.guide(equation, (a,)))
    n, tape = a.shape[-1], _Rounded(replay.tape, a.dtype)
    if equation.params["subset_by_index"] is not None:
        raise Unsupported("replay knows eigh of all eigenvalues only.", equation)
    low = np.tri(n, dtype=bool) if equation.params["lower"] else np.tri(n, dtype=bool).T
    found = []
    for matrix, w, v in zip(_batched(a), values.reshape(-1, n), vectors.reshape(-1, n, n), strict=True):
        matrix = np.where(low, matrix, matrix.T)
        made = replay.tape.factor(matrix, Symmetric(n, w, v), a.dtype)
        w, v = made[:n], made[n:].reshape(1, n, n)
        b = tape.dot(tape.dot(v.swapaxes(1, 2), matrix[None]), v)[0]
        turn = tape.apply("mul", _gaps(tape, w, w, n), b)
        found.append((tape.apply("add", v[0], tape.dot(v, turn[None])[0]), np.diagonal(b)))
    made = [np.stack(parts) for parts in zip(*found, strict=True)]
    shapes = a.shape, a.shape[:-1]
    return [Array(a.dtype, ids.reshape(shape)) for ids, shape in zip(made, shapes, strict=True)]


def _gaps(tape, w, of, n):
    """Ids [n, n] of 1 / (of[j] - of[i]), 0 on the diagonal. w: ids whose differences they are."""
    differences = tape.apply("sub", w[None, :].repeat(n, 0), w[:, None].repeat(n, 1))
    off = ~np.eye(n, dtype=bool)
    made = np.full((n, n), tape.zero())
    made[off] = tape.apply("truediv", np.full(int(off.sum()), tape.one()), differences[off])
    return made


@rule("svd")
def _svd(replay, equation, a):
    """First order around the decomposition, as for eigh: Townsend 2016, "Differentiating the SVD"."""
    p, (m, n) = equation.params, a.shape[-2:]
    if p["subset_by_index"] is not None or (p["compute_uv"] and p["full_matrices"] and m != n):
        raise Unsupported("replay knows svd of all singular values, and no vectors beyond them.", equation)
    matrices = _batched(a) if m >= n else _batched(a).swapaxes(1, 2)
    found = [_thin(replay, matrix, a.dtype) for matrix in matrices]
    s, u, v = (np.stack(parts) for parts in zip(*found, strict=True))
    if m < n:
        u, v = v, u
    made = [Array(a.dtype, s.reshape(*a.shape[:-2], -1))]
    if p["compute_uv"]:
        signs = [replay.numbers(x).astype(float) for x in replay.guide(equation, (a,))[1:]]
        turned = np.sum(signs[0] * replay.tape.run[u].reshape(signs[0].shape), axis=-2) < 0
        turned = turned.reshape(len(u), 1, -1)
        u, v = (np.where(turned, replay.tape.apply("neg", ids, dtype=a.dtype), ids) for ids in (u, v))
        made += [
            Array(a.dtype, u.reshape(*a.shape[:-2], m, -1)),
            Array(a.dtype, v.swapaxes(1, 2).reshape(*a.shape[:-2], -1, n)),
        ]
    return made


def _thin(replay, matrix, dtype):
    """Ids of the singular values [k], U [m, k] and V [k, k] of a matrix [m, k], m >= k."""
    tape, (m, k) = _Rounded(replay.tape, dtype), matrix.shape
    left, values, right = np.linalg.svd(replay.tape.run[matrix], full_matrices=False)
    made = replay.tape.factor(matrix, Singular((m, k), values, left, right.T), dtype)
    s, u, v = made[:k], made[k : k + m * k].reshape(1, m, k), made[k + m * k :].reshape(1, k, k)
    b = tape.dot(tape.dot(u.swapaxes(1, 2), matrix[None]), v)[0]
    diagonal = np.eye(k, dtype=bool)
    small = np.where(diagonal, tape.zero(), b)
    gaps = _gaps(tape, tape.apply("mul", s, s), s, k)
    columns, rows = s[None, :].repeat(k, 0), s[:, None].repeat(k, 1)
    of_u = tape.apply("add", tape.apply("mul", small, columns), tape.apply("mul", rows, small.T))
    of_v = tape.apply("add", tape.apply("mul", rows, small), tape.apply("mul", small.T, columns))
    turned = [tape.dot(x, tape.apply("mul", gaps, y)[None])[0] for x, y in ((u, of_u), (v, of_v))]
    u_new, v_new = (tape.apply("add", x[0], y) for x, y in zip((u, v), turned, strict=True))
    if m > k:
        outside = tape.apply("sub", tape.dot(matrix[None], v)[0], tape.dot(u, b[None])[0])
        u_new = tape.apply("add", u_new, tape.apply("truediv", outside, s[None, :].repeat(m, 0)))
    return np.diagonal(b), u_new, v_new
