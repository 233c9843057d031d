"""Eigenvalues, singular values and their vectors: first order around the decomposition of the run, which
itself is held fixed.

A: the matrix, w: eigenvalues, V: vectors as columns, s: singular values.
"""

import numpy as np

from ..arrays import Array, Unsupported
from ..factors import General, Hermitian, Singular, eigenvectors
from ..fields import Field, flat, join, split, unpacked
from .algebra import batched, hermitian, like, orthogonal
from .registry import rule


@rule("eigh")
def _eigh(replay, equation, a):
    """B = V^H A V is diagonal, its diagonal has the slopes of w, and V (I + F * B) those of V, where F[i, j]
    is 1 / (w[j] - w[i]), and 0 on the diagonal."""
    n, field, subset = a.shape[-1], Field(replay.tape, a.dtype), equation.params["subset_by_index"]
    if subset not in (None, (0, n)):
        raise Unsupported("replay knows eigh of all eigenvalues only.", equation)
    vectors, values = map(replay.numbers, replay.guide(equation, (a,)))
    matrices = hermitian(field, batched(a) if equation.params["lower"] else batched(a).swapaxes(1, 2))
    matrices = matrices if equation.params["lower"] else field.conj(matrices)
    found = []
    for matrix, w, v in zip(matrices, values.reshape(-1, n), vectors.reshape(-1, n, n), strict=True):
        made = replay.tape.factor(flat(matrix), Hermitian(w.astype(float), _wide(v)), field.part)
        w, v = made[:n], _shaped(field, made[n:], (n, n))
        b = _product(field, _adjoint(field, v), matrix, v)
        found.append((_moved(field, v, w, b), field.real(np.diagonal(b))))
    if not found:  # with sample=, where no slope of equal eigenvalues is finite
        raise Unsupported("replay knows eigh of no coordinates. Fix: check without sample=.", equation)
    v, w = (np.stack(parts) for parts in zip(*found, strict=True))
    return [like(a, v), Array(equation.outvars[1].aval.dtype, w.reshape(a.shape[:-1]))]


def _wide(numbers):
    """Numbers in double precision."""
    return numbers.astype(complex if np.iscomplexobj(numbers) else float)


def _shaped(field, ids, shape):
    """Flat ids as a matrix, packed for a complex type."""
    if not field.complex:
        return ids.reshape(shape)
    return join(*np.split(ids, 2)).reshape(shape)


def _adjoint(field, matrix):
    return field.conj(matrix).T


def _product(field, *matrices):
    """Ids of the product of matrices, ids [m, n] each."""
    made = matrices[0][None]
    for matrix in matrices[1:]:
        made = field.dot(made, matrix[None])
    return made[0]


def _moved(field, v, w, b):
    """Ids of V (I + F * B)."""
    turn = field.apply("mul", _gaps(field, w), b)
    return field.apply("add", v, _product(field, v, turn))


def _gaps(field, w):
    """Ids [n, n] of F, 1 / (w[j] - w[i]), 0 on the diagonal."""
    n, tape = len(w), field.tape
    differences = field.apply("sub", w[None, :].repeat(n, 0), w[:, None].repeat(n, 1))
    off = ~np.eye(n, dtype=bool)
    made = np.full((n, n), join(tape.zero(), tape.zero()) if np.iscomplexobj(w) else tape.zero())
    made[off] = field.apply("truediv", np.broadcast_to(tape.constants(1.0), off.sum()), differences[off])
    return made


@rule("svd")
def _svd(replay, equation, a):
    """As for eigh, after Townsend 2016, "Differentiating the SVD"."""
    p, (m, n) = equation.params, a.shape[-2:]
    if p["subset_by_index"] not in (None, (0, min(m, n))) or (
        p["compute_uv"] and p["full_matrices"] and m != n
    ):
        raise Unsupported("replay knows svd of all singular values, and no vectors beyond them.", equation)
    field, matrices = Field(replay.tape, a.dtype), batched(a)
    if p["compute_uv"]:
        u, vt = (_wide(replay.numbers(x)) for x in replay.guide(equation, (a,))[1:])
        left, right = u.reshape(len(matrices), m, -1), _back(vt.reshape(len(matrices), -1, n))
    else:
        left, _, vt = np.linalg.svd(field.numbers(matrices), full_matrices=False)
        right = _back(vt)
    if m < n:
        matrices, left, right = field.conj(matrices).swapaxes(1, 2), right, left
    found = [_thin(field, *three, m < n) for three in zip(matrices, left, right, strict=True)]
    s, u, v = (np.stack(parts) for parts in zip(*found, strict=True))
    made = [Array(equation.outvars[0].aval.dtype, s.reshape(*a.shape[:-2], -1))]
    if p["compute_uv"]:
        u, v = (u, v) if m >= n else (v, u)
        made += [like(a, u), like(a, field.conj(v).swapaxes(1, 2))]
    return made


def _back(matrices):
    return matrices.conj().swapaxes(1, 2)


def _thin(field, matrix, left, right, lying):
    """Ids of the singular values [k], U [m, k] and V [k, k] of a matrix [m, k], m >= k. left, right: those of
    the run; lying: whether it is the conjugate transpose of the user's."""
    m, k = matrix.shape
    values = np.linalg.svd(field.numbers(matrix), compute_uv=False)
    made = field.tape.factor(flat(matrix), Singular(values, left, right), field.part)
    s, u, v = np.split(made, [k, k + m * k * (1 + field.complex)])
    u, v = _shaped(field, u, (m, k)), _shaped(field, v, (k, k))
    b = _product(field, _adjoint(field, u), matrix, v)
    small = np.where(np.eye(k, dtype=bool), field.number(0.0), b)
    gaps = _gaps(field, field.apply("mul", s, s))
    columns, rows, back = s[None, :].repeat(k, 0), s[:, None].repeat(k, 1), _adjoint(field, small)
    of_u = field.apply("add", field.apply("mul", small, columns), field.apply("mul", rows, back))
    of_v = field.apply("add", field.apply("mul", rows, small), field.apply("mul", back, columns))
    new_u, new_v = (
        field.apply("add", x, _product(field, x, field.apply("mul", gaps, of)))
        for x, of in ((u, of_u), (v, of_v))
    )
    if m > k:
        outside = field.apply("sub", _product(field, matrix, v), _product(field, u, b))
        new_u = field.apply("add", new_u, field.apply("truediv", outside, s[None, :].repeat(m, 0)))
    if field.complex:  # the phases of the user's V are held fixed, so those of U = A V / s move
        phases = field.apply("truediv", split(np.diagonal(b))[1], s)
        if lying:
            new_v = _phased(field, new_v, v, field.apply("neg", phases))
        else:
            new_u = _phased(field, new_u, u, phases)
    return field.real(np.diagonal(b)), new_u, new_v


def _phased(field, new, columns, angles):
    """Ids of new + i columns * angles."""
    turns = join(np.full(len(angles), field.tape.zero()), angles)
    return field.apply("add", new, field.apply("mul", columns, turns[None, :].repeat(len(columns), 0)))


@rule("eig")
def _eig(replay, equation, a):
    """As for eigh, with V^-1 in the place of V^H; then each vector is made as LAPACK makes it: of length 1,
    its largest component real. Left vectors are the right ones of A^H, its eigenvalues the conjugates."""
    p, n, dtype = equation.params, a.shape[-1], equation.outvars[0].aval.dtype
    field = Field(replay.tape, dtype)
    matrices = field.whole(batched(a))
    values, *vectors = (replay.numbers(x).astype(complex) for x in replay.guide(equation, (a,)))
    values = values.reshape(-1, n)
    found = []
    for k, left in enumerate([True, False] if p["compute_left_eigenvectors"] else [False]):
        of = field.conj(matrices).swapaxes(1, 2) if left else matrices
        wanted = values.conj() if left else values
        given = vectors[k].reshape(-1, n, n) if k < len(vectors) else [None] * len(of)
        found.append([_pairs(field, *three) for three in zip(of, wanted, given, strict=True)])
    made = [np.stack([w for w, _ in found[-1]])]
    made += [np.stack([v for _, v in one]) for one in found[: len(vectors)]]
    shapes = [variable.aval.shape for variable in equation.outvars]
    return [unpacked(dtype, ids.reshape(shape)) for ids, shape in zip(made, shapes, strict=True)]


@rule("schur")
def _schur(replay, equation, a):
    """The vectors Z are those of the eigenvalues, in their order, made orthogonal one after the other."""
    if not equation.params["compute_schur_vectors"]:
        raise Unsupported("replay knows schur with its vectors only.", equation)
    n, field = a.shape[-1], Field(replay.tape, a.dtype)
    forms, vectors = (_wide(replay.numbers(x)).reshape(-1, n, n) for x in replay.guide(equation, (a,)))
    if np.tril(forms, -1).any():
        raise Unsupported("replay knows the real schur form of real eigenvalues only.", equation)
    t, z = [], []
    for matrix, form, given in zip(batched(a), forms, vectors, strict=True):
        whole = Field(replay.tape, np.result_type(a.dtype, np.complex64))
        _, v = _pairs(whole, whole.whole(matrix), np.diagonal(form).astype(complex), None)
        made, _ = orthogonal(field, (v if field.complex else split(v)[0])[None])
        turns = _like(field, made[0], given)
        z.append(field.apply("mul", made[0], turns[None, :].repeat(n, 0)))
        whole_form = _product(field, _adjoint(field, z[-1]), matrix, z[-1])
        t.append(np.where(np.tri(n, k=-1, dtype=bool), field.number(0.0), whole_form))
    return [like(a, np.stack(t)), like(a, np.stack(z))]


def _like(field, z, given):
    """Ids [n] of the numbers of size 1, held fixed, that turn columns z as those of the run are."""
    known = [field.tape.constants(part) for part in (given.real, given.imag)]
    known = join(*known) if field.complex else known[0]
    shares = field.total(field.apply("mul", field.conj(z), known).T)
    if not field.complex:
        ones = np.where(field.numbers(shares) < 0, -1.0, 1.0)
        return field.tape.constants(ones)
    return field.apply("stop", field.apply("truediv", shares, field.apply("hypot", *split(shares))))


def _pairs(field, matrix, values, vectors):
    """Ids of the eigenvalues [n] and of the vectors [n, n] of a matrix, and those of the run; vectors may be
    None."""
    n = len(values)
    if vectors is None:
        vectors = eigenvectors(field.numbers(matrix), values)
    made = field.tape.factor(flat(matrix), General(values, vectors), field.part)
    w, v, inverse = np.split(made, [2 * n, 2 * n + 2 * n * n])
    w, v, inverse = _shaped(field, w, n), _shaped(field, v, (n, n)), _shaped(field, inverse, (n, n))
    b = _product(field, inverse, matrix, v)
    moved = _moved(field, v, w, b)
    largest = np.argmax(np.abs(vectors), axis=0), np.arange(n)
    a, c = split(moved)
    squares = field.apply("add", field.apply("mul", a, a), field.apply("mul", c, c))
    length = field.apply("sqrt", field.total(squares.T))
    share = field.apply("truediv", field.conj(moved[largest]), field.apply("sqrt", squares[largest]))
    share = np.where(np.real(vectors[largest]) < 0, field.apply("neg", share), share)
    turned = field.apply("mul", moved, share[None, :].repeat(n, 0))
    return np.diagonal(b), field.apply("truediv", turned, length[None, :].repeat(n, 0))
