"""Householder's reflectors as LAPACK makes them, and small updates of factors. JAX differentiates none of
these: their slopes are the truth for custom rules.

A reflector is I - tau v v^H with v[0] = 1; a matrix is packed with the rest of each v below what it leaves.
"""

import numpy as np

from ..arrays import Array
from ..fields import Field, packed, unpacked
from .algebra import batched, hermitian, length, like
from .registry import rule


def _reflector(field, column):
    """Ids of what a reflector leaves of columns [b, n], its tau [b] and its v [b, n]."""
    run, alpha = field.numbers(column), column[:, 0]
    size = length(field, column)
    left = np.where(run[:, 0].real >= 0, field.apply("neg", size), size)
    tau = field.apply("truediv", field.apply("sub", field.whole(left), alpha), left)
    below = field.apply("sub", alpha, field.whole(left))
    v = field.full(column.shape, 1.0)
    v[:, 1:] = field.apply("truediv", column[:, 1:], below[:, None])
    still = (run[:, 1:] == 0).all(axis=1) & (run[:, 0].imag == 0)  # nothing to do: LAPACK's tau is 0
    v[still, 1:] = field.number(0.0)
    return np.where(still, alpha, field.whole(left)), np.where(still, field.number(0.0), tau), v


def _reflected(field, tau, v, matrix):
    """Ids of (I - tau v v^H) matrix [b, m, n]."""
    shares = field.dot(field.conj(v)[:, None, :], matrix)  # [b, 1, n]
    moved = field.apply("mul", field.apply("mul", tau[:, None], v)[:, :, None], shares)
    return field.apply("sub", matrix, moved)


def _swapped(field, matrix):
    return field.conj(matrix).swapaxes(1, 2)


def _both_sides(field, tau, v, matrix):
    """Ids of H^H matrix H, with the reflector H."""
    turned = _swapped(field, _reflected(field, field.conj(tau), v, matrix))
    return _swapped(field, _reflected(field, field.conj(tau), v, turned))


@rule("geqrf", "geqp3")
def _geqrf(replay, equation, a, *pivots):
    field, work = Field(replay.tape, a.dtype), batched(a).copy()
    order = replay.guide(equation, (a, *pivots))[1] if pivots else None
    if order is not None:
        work = np.take_along_axis(work, np.asarray(order.given).reshape(len(work), 1, -1) - 1, axis=2)
    taus = []
    for k in range(min(work.shape[1:])):
        left, tau, v = _reflector(field, work[:, k:, k])
        work[:, k:, k + 1 :] = _reflected(field, field.conj(tau), v, work[:, k:, k + 1 :])
        work[:, k, k], work[:, k + 1 :, k] = left, v[:, 1:]
        taus.append(tau)
    taus = unpacked(a.dtype, np.stack(taus, axis=1).reshape(*a.shape[:-2], -1))
    return [like(a, work), taus] if order is None else [like(a, work), order, taus]


@rule("ormqr")
def _ormqr(replay, equation, a, taus, c):
    left, transpose = equation.params["left"], equation.params["transpose"]
    field, matrix = Field(replay.tape, c.dtype), batched(c)
    if not left:
        matrix, transpose = _swapped(field, matrix), not transpose
    made = _turned(field, batched(a), _rows(taus), matrix, transpose)
    return like(c, made if left else _swapped(field, made))


@rule("householder_product")
def _householder_product(replay, equation, a, taus):
    field, (m, n) = Field(replay.tape, a.dtype), a.shape[-2:]
    eye = np.where(np.eye(m, n, dtype=bool), field.number(1.0), field.number(0.0))
    matrix = batched(a)
    return like(a, _turned(field, matrix, _rows(taus), np.broadcast_to(eye, (len(matrix), m, n)), False))


def _rows(taus):
    ids = packed(taus)
    return ids.reshape(-1, ids.shape[-1])


def _turned(field, a, taus, matrix, transpose):
    """Ids of Q matrix, or of Q^H matrix, where Q is the product of the reflectors in a [b, m, n]."""
    count = taus.shape[1]
    for k in range(count) if transpose else range(count - 1, -1, -1):
        v = np.where(np.arange(a.shape[1]) < k, field.number(0.0), a[:, :, k])
        v[:, k] = field.number(1.0)
        tau = field.conj(taus[:, k]) if transpose else taus[:, k]
        matrix = _reflected(field, tau, v, matrix)
    return matrix


@rule("hessenberg")
def _hessenberg(replay, equation, a):
    field, work = Field(replay.tape, a.dtype), batched(a).copy()
    taus = field.full((len(work), work.shape[1] - 1))
    for k in range(work.shape[1] - 1):
        left, tau, v = _reflector(field, work[:, k + 1 :, k])
        rest = _reflected(field, field.conj(tau), v, work[:, k + 1 :, k + 1 :])
        work[:, k + 1 :, k + 1 :] = rest
        above = _swapped(field, work[:, :, k + 1 :])
        work[:, :, k + 1 :] = _swapped(field, _reflected(field, field.conj(tau), v, above))
        work[:, k + 1, k], work[:, k + 2 :, k], taus[:, k] = left, v[:, 1:], tau
    return [like(a, work), unpacked(a.dtype, taus.reshape(*a.shape[:-2], -1))]


@rule("tridiagonal")
def _tridiagonal(replay, equation, a):
    """From the first column down, or with the upper triangle from the last one up."""
    field, lower = Field(replay.tape, a.dtype), equation.params["lower"]
    given = batched(a) if lower else batched(a)[:, ::-1, ::-1]
    n, work = given.shape[1], hermitian(field, given)
    made, taus, beside = given.copy(), field.full((len(work), n - 1)), field.full((len(work), n - 1))
    for k in range(n - 1):
        left, tau, v = _reflector(field, work[:, k + 1 :, k])
        made[:, k, k], made[:, k + 1, k], made[:, k + 2 :, k] = work[:, k, k], left, v[:, 1:]
        taus[:, k], beside[:, k] = tau, left
        work[:, k + 1 :, k + 1 :] = _both_sides(field, tau, v, work[:, k + 1 :, k + 1 :])
    made[:, n - 1, n - 1] = work[:, n - 1, n - 1]
    middle = np.diagonal(made, axis1=1, axis2=2)
    if not lower:
        made, middle, beside, taus = made[:, ::-1, ::-1], middle[:, ::-1], beside[:, ::-1], taus[:, ::-1]
    part, front = equation.outvars[1].aval.dtype, a.shape[:-2]
    rows = [Array(part, field.real(ids).reshape(*front, -1)) for ids in (middle, beside)]
    return [like(a, made), *rows, unpacked(a.dtype, taus.reshape(*front, -1))]


@rule("cholesky_update")
def _cholesky_update(replay, equation, r, w):
    """The R of R^T R + w w^T, row by row by rotations."""
    field, made, w = Field(replay.tape, r.dtype), np.array(r.ids), w.ids
    for k in range(len(w)):
        if field.numbers(w[k]) == 0:
            continue
        x, y = made[k, k], w[k]
        size = length(field, np.stack([x, y])[None])[0]
        cos, sin = (field.apply("truediv", one, size) for one in (x, y))
        pairs = (cos, made[k], sin, w), (cos, w, field.apply("neg", sin), made[k])
        made[k], w = (
            field.apply("add", field.apply("mul", a, b), field.apply("mul", c, d)) for a, b, c, d in pairs
        )
    return Array(r.dtype, made)


@rule("symmetric_product")
def _symmetric_product(replay, equation, a, c):
    field, matrix = Field(replay.tape, c.dtype), batched(a)
    alpha, beta = (field.number(equation.params[name]) for name in ("alpha", "beta"))
    square = field.apply("mul", field.dot(matrix, matrix.swapaxes(1, 2)), np.full((), alpha))
    return like(c, field.apply("add", square, field.apply("mul", batched(c), np.full((), beta))))
