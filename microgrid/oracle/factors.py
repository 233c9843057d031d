"""Eigenvalues and singular values with their vectors, in floats and in balls: their values, not their slopes.

A, M: matrices; signs: the vectors of the run, whose signs the others take.
"""

import numpy as np


class Symmetric:
    """Of symmetric matrices [n, n]: n eigenvalues in rising order, then the vectors, [n, n], as columns."""

    def __init__(self, n, values, vectors):
        self.n, self.signs, self.size = n, vectors, n + n * n
        self.run = np.concatenate([values, vectors.ravel()])

    def floats(self, numbers):
        """[size] from the numbers of the matrix, a float64 array."""
        values, vectors = np.linalg.eigh(numbers.reshape(self.n, self.n))
        vectors = vectors * _signs(vectors, self.signs)
        return np.concatenate([values, vectors.ravel()])

    def balls(self, numbers):
        """[size] balls from the numbers of the matrix, a list of balls."""
        values, vectors = _eigen(numbers, self.n)
        columns = [_turned(column, self.signs[:, j]) for j, column in enumerate(vectors)]
        return [*values, *(columns[j][i] for i in range(self.n) for j in range(self.n))]

    def error(self, numbers, unit):
        """How far rounding may move each: in units of the largest, and of the smallest gap for vectors."""
        values, size = self.run[: self.n], 32 * self.n * unit * np.max(np.abs(numbers))
        gap = np.min(np.diff(values), initial=np.inf)
        with np.errstate(all="ignore"):
            return np.concatenate([np.full(self.n, size), np.full(self.n**2, size / gap)])


class Singular:
    """Of matrices [m, n], m >= n: n singular values in falling order, then U [m, n], then V [n, n]."""

    def __init__(self, shape, values, left, right):
        self.shape, self.signs = shape, right
        self.run = np.concatenate([values, left.ravel(), right.ravel()])
        self.size = self.run.size

    def floats(self, numbers):
        """[size] from the numbers of the matrix, a float64 array."""
        left, values, right = np.linalg.svd(numbers.reshape(self.shape), full_matrices=False)
        signs = _signs(right.T, self.signs)
        return np.concatenate([values, (left * signs).ravel(), (right.T * signs).ravel()])

    def balls(self, numbers):
        """[size] balls from the numbers of the matrix, balls: eigenvectors of A^T A, then U = A V / s."""
        import flint

        m, n = self.shape
        matrix = flint.arb_mat(m, n, numbers)
        squares, columns = _eigen((matrix.transpose() * matrix).entries(), n)
        columns = [_turned(column, self.signs[:, j]) for j, column in enumerate(columns[::-1])]
        values = [x.sqrt() for x in squares[::-1]]
        right = [columns[j][i] for i in range(n) for j in range(n)]
        left = (matrix * flint.arb_mat(n, n, right)).entries()
        return [*values, *(left[i * n + j] / values[j] for i in range(m) for j in range(n)), *right]

    def error(self, numbers, unit):
        """How far rounding may move each: in units of the largest, and of the smallest gap for vectors."""
        n = self.shape[1]
        values, size = self.run[:n], 32 * max(self.shape) * unit * np.max(np.abs(numbers))
        gap = min(np.min(-np.diff(values), initial=np.inf), values[-1])
        with np.errstate(all="ignore"):
            return np.concatenate([np.full(n, size), np.full(self.size - n, size / gap)])


def _signs(vectors, like):
    return np.where(np.sum(vectors * like, axis=0) < 0, -1.0, 1.0)


def _eigen(numbers, n):
    """(values in rising order, vectors of length 1) of a symmetric matrix, given as a list of balls."""
    import flint

    values, vectors = flint.acb_mat(n, n, numbers).eig(right=True)
    order = sorted(range(n), key=lambda j: float(values[j].real))
    columns = []
    for j in order:
        column = [vectors[i, j].real for i in range(n)]
        length = sum((x * x for x in column), flint.arb(0)).sqrt()
        columns.append([x / length for x in column])
    return [values[j].real for j in order], columns


def _turned(column, like):
    turned = sum(float(x) * y for x, y in zip(column, like.tolist(), strict=True)) < 0
    return [-x for x in column] if turned else column
