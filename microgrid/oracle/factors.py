"""Eigenvalues and singular values with their vectors, in floats and in balls: their values, not their slopes.

A maker takes the numbers of one matrix, real parts first and behind them the imaginary ones, and makes
numbers in the same order. Vectors are of length 1 and turned as those of the run are. `complex` says whether
a matrix, and so its vectors, are complex.
"""

import numpy as np


class Hermitian:
    """Of symmetric or Hermitian matrices [n, n]: n eigenvalues in rising order, then the vectors, columns."""

    def __init__(self, values, vectors):
        self.n, self.vectors, self.complex = len(values), vectors, np.iscomplexobj(vectors)
        self.run = np.concatenate([values, _flat(vectors)])
        self.size = self.run.size

    def floats(self, numbers):
        """[size] from the numbers of the matrix, a float64 array."""
        values, vectors = np.linalg.eigh(_matrix(numbers, (self.n, self.n), self.complex))
        return np.concatenate([values, _flat(vectors * _turns(vectors, self.vectors))])

    def balls(self, numbers):
        """[size] balls from the numbers of the matrix, a list of balls."""
        values, columns = _eigen(_balls(numbers, (self.n, self.n), self.complex), self.vectors)
        return [*(x.real for x in values), *_parts(columns, self.complex)]

    def error(self, numbers, unit):
        """How far rounding may move each: in units of the largest, and of the smallest gap for vectors."""
        values, size = self.run[: self.n], 32 * self.n * unit * np.max(np.abs(numbers))
        gap = np.min(np.diff(values), initial=np.inf)
        with np.errstate(all="ignore"):
            return np.concatenate([np.full(self.n, size), np.full(self.size - self.n, size / gap)])


class Singular:
    """Of matrices [m, n], m >= n: n singular values in falling order, then U [m, n], then V [n, n]."""

    def __init__(self, values, left, right):
        self.shape, self.right, self.complex = left.shape, right, np.iscomplexobj(right)
        self.run = np.concatenate([values, _flat(left), _flat(right)])
        self.size = self.run.size

    def floats(self, numbers):
        """[size] from the numbers of the matrix, a float64 array."""
        matrix = _matrix(numbers, self.shape, self.complex)
        left, values, right = np.linalg.svd(matrix, full_matrices=False)
        turns = _turns(right.conj().T, self.right)
        return np.concatenate([values, _flat(left * turns), _flat(right.conj().T * turns)])

    def balls(self, numbers):
        """[size] balls from the numbers of the matrix, balls: eigenvectors of A^H A, then U = A V / s."""
        matrix = _balls(numbers, self.shape, self.complex)
        squares, columns = _eigen(matrix.conjugate().transpose() * matrix, self.right[:, ::-1])
        values, right = [x.real.sqrt() for x in squares[::-1]], columns[::-1]
        left = (matrix * _as_matrix(right)).table()
        scaled = [[row[j] / value for row in left] for j, value in enumerate(values)]
        return [*values, *_parts(scaled, self.complex), *_parts(right, self.complex)]

    def error(self, numbers, unit):
        """How far rounding may move each: in units of the largest, and of the smallest gap for vectors."""
        n = self.shape[1]
        values, size = self.run[:n], 32 * max(self.shape) * unit * np.max(np.abs(numbers))
        gap = min(np.min(-np.diff(values), initial=np.inf), values[-1])
        with np.errstate(all="ignore"):
            return np.concatenate([np.full(n, size), np.full(self.size - n, size / gap)])


class General:
    """Of any matrices [n, n]: n eigenvalues in the order of the run, the vectors V as columns, and the
    inverse of V; all complex."""

    def __init__(self, values, vectors):
        self.n, self.values, self.vectors = len(values), values, vectors
        self.run = np.concatenate([_flat(x) for x in (values, vectors, _inverse(vectors))])
        self.size = self.run.size

    def floats(self, numbers):
        """[size] from the numbers of the matrix, a float64 array."""
        matrix = _matrix(numbers, (self.n, self.n), True)
        values = np.linalg.eigvals(matrix)
        values = values[_nearest(values, self.values)]
        vectors = eigenvectors(matrix, values)
        vectors = vectors * _turns(vectors, self.vectors)
        return np.concatenate([_flat(x) for x in (values, vectors, _inverse(vectors))])

    def balls(self, numbers):
        """[size] balls from the numbers of the matrix, a list of balls."""
        values, columns = _eigen(_balls(numbers, (self.n, self.n), True), self.vectors, self.values)
        inverse = _as_matrix(columns).inv().transpose().table()
        return [*_parts([values], True), *_parts(columns, True), *_parts(inverse, True)]

    def error(self, numbers, unit):
        """How far rounding may move each: as in a Hermitian matrix, times the condition of the vectors."""
        condition = np.linalg.cond(self.vectors)
        size = 32 * self.n * unit * np.max(np.abs(numbers)) * condition
        apart = np.abs(self.values[:, None] - self.values) + np.diag(np.full(self.n, np.inf))
        with np.errstate(all="ignore"):
            vectors = size * condition / np.min(apart, initial=np.inf)
        return np.concatenate([np.full(2 * self.n, size), np.full(self.size - 2 * self.n, vectors)])


def eigenvectors(matrix, values):
    """Vectors of length 1 as columns, each in the place of the eigenvalue that it is nearest to."""
    found, vectors = np.linalg.eig(matrix)
    return vectors[:, _nearest(found, values)]


def _inverse(matrix):
    """The inverse, nan where there is none."""
    try:
        return np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        return np.full_like(matrix, np.nan)


def _flat(numbers):
    """[n] real parts, and behind them the imaginary ones of complex numbers."""
    numbers = np.asarray(numbers)
    parts = [np.real(numbers), np.imag(numbers)] if np.iscomplexobj(numbers) else [numbers]
    return np.concatenate([part.ravel() for part in parts]).astype(float)


def _matrix(numbers, shape, is_complex):
    if not is_complex:
        return numbers.reshape(shape)
    real, imaginary = np.split(numbers, 2)
    return (real + 1j * imaginary).reshape(shape)


def _balls(numbers, shape, is_complex):
    """The matrix of acb numbers of a list of balls."""
    import flint

    half = len(numbers) // 2
    if is_complex:
        numbers = [flint.acb(x, y) for x, y in zip(numbers[:half], numbers[half:], strict=True)]
    rows, columns = shape
    return flint.acb_mat(rows, columns, numbers)


def _as_matrix(columns):
    import flint

    return flint.acb_mat(
        len(columns[0]), len(columns), [x for row in zip(*columns, strict=True) for x in row]
    )


def _parts(columns, is_complex):
    """The balls of a matrix given by its columns, row by row: the real parts, then the imaginary ones."""
    entries = [x for row in zip(*columns, strict=True) for x in row]
    return [x.real for x in entries] + ([x.imag for x in entries] if is_complex else [])


def _turns(vectors, like):
    """[n] the numbers of size 1 that turn vectors, columns, as others are."""
    shares = np.sum(vectors.conj() * like, axis=0)
    if np.iscomplexobj(shares):
        return shares / np.abs(shares)
    return np.where(shares < 0, -1.0, 1.0)


def _nearest(values, wanted):
    """The order of values that puts each in the place of the nearest wanted one."""
    order, left = [], list(range(len(values)))
    for x in wanted:
        order.append(min(left, key=lambda k: abs(values[k] - x)))
        left.remove(order[-1])
    return order


def _eigen(matrix, like, wanted=None):
    """(values, columns of length 1, turned as those of `like`) of a matrix of acb numbers: in rising order,
    or in that of the wanted values."""
    import flint

    values, vectors = matrix.eig(right=True)
    rising = sorted(range(len(values)), key=lambda j: values[j].real.mid())  # a float may not tell two apart
    order = rising if wanted is None else _nearest(list(map(complex, values)), wanted.tolist())
    columns, rows = [], vectors.table()
    for j, other in zip(order, like.T.tolist(), strict=True):
        column = [row[j] for row in rows]
        length = sum((x.real * x.real + x.imag * x.imag for x in column), flint.arb(0)).sqrt()
        pairs = zip(column, map(flint.acb, other), strict=True)
        share = sum((x.conjugate() * y for x, y in pairs), flint.acb(0))
        columns.append([x * share / (abs(share) * length) for x in column])
    return [values[j] for j in order], columns
