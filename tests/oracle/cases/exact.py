"""Mathematics on arrays of numbers with 80 digits: what the proofs of cases are written with.

A proof is a twin of the function that a case is about. It gets the same arguments, each float array as an
object array of mpmath's numbers (a single one as a plain number), and returns what the function is meant to
compute. `derivative.py` differentiates it.
"""

import mpmath
import numpy as np

mp = mpmath.MPContext()  # a context of its own: nobody else's digits change
mp.dps = 80


class Gradient:
    """A closed form for a proof: function(args, u) -> gradients of sum(u * f), one for each float array."""

    def __init__(self, function):
        self.function = function


def each(function):
    """A function of one number as a function of arrays."""
    return np.frompyfunc(function, 1, 1)


exp, log, sin, cos, tan, sqrt = map(each, (mp.exp, mp.log, mp.sin, mp.cos, mp.tan, mp.sqrt))
tanh, cosh, sinh, erf, erfc = map(each, (mp.tanh, mp.cosh, mp.sinh, mp.erf, mp.erfc))
log_gamma, digamma = each(mp.loggamma), each(mp.digamma)
absolute, log1p = each(abs), each(lambda x: mp.log(1 + x))
real, imag = each(lambda z: mp.mpmathify(z).real), each(lambda z: mp.mpmathify(z).imag)
maximum = np.frompyfunc(lambda a, b: a if a >= b else b, 2, 1)
minimum = np.frompyfunc(lambda a, b: a if a <= b else b, 2, 1)
sigmoid = each(lambda x: 1 / (1 + mp.exp(-x)))
softplus = each(lambda x: mp.log(1 + mp.exp(x)))
relu = each(lambda x: x if x > 0 else mp.mpf(0))
gelu = each(lambda x: x * mp.ncdf(x))
gelu_tanh = each(lambda x: x / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3))))
log_ndtr = each(lambda x: mp.log(mp.erfc(-x / mp.sqrt(2)) / 2))


def sinc(x):
    """sin(pi x) / (pi x), and its series next to 0."""
    return mp.sinpi(x) / (mp.pi * x) if abs(x) > mp.mpf(10) ** -30 else 1 - (mp.pi * x) ** 2 / 6


def logsumexp(x, axis=-1, keepdims=False):
    """log(sum exp(x))."""
    return log(np.sum(exp(x), axis=axis, keepdims=keepdims))


def softmax(x, axis=-1):
    """exp(x) / sum exp(x)."""
    return exp(x) / np.sum(exp(x), axis=axis, keepdims=True)


def log_softmax(x, axis=-1):
    """x - logsumexp(x)."""
    return x - logsumexp(x, axis, True)


def mean(x, axis=None, keepdims=False):
    """The mean over some axes."""
    count = x.size if axis is None else np.prod([x.shape[i] for i in np.atleast_1d(axis)])
    return np.sum(x, axis=axis, keepdims=keepdims) / mp.mpf(int(count))


def variance(x, axis=None, keepdims=False):
    """The mean square of what is left after the mean."""
    return mean((x - mean(x, axis, True)) ** 2, axis, keepdims)


def normalise(x, axis=-1, eps="1e-6"):
    """(x - mean) / sqrt(variance + eps)."""
    return (x - mean(x, axis, True)) / sqrt(variance(x, axis, True) + mp.mpf(eps))


def norm(x):
    """The root of the sum of squares."""
    return sqrt(np.sum(absolute(x) ** 2))


def matrix(x):
    """An array as a matrix of mpmath."""
    return mp.matrix(np.asarray(x, dtype=object).tolist())


def array(x):
    """A matrix of mpmath as an array."""
    return np.array(x.tolist(), dtype=object)


def inverse(x):
    """The inverse matrix."""
    return array(matrix(x) ** -1)


def solve(a, b):
    """The solution x of a x = b."""
    return inverse(a) @ np.asarray(b, dtype=object)


def determinant(x):
    """The determinant."""
    return mp.det(matrix(x))


def cholesky(x):
    """The lower factor of the symmetric part."""
    return array(mp.cholesky(matrix((x + x.T) / 2)))


def eigenvalues(x):
    """Of the symmetric part, from the smallest up."""
    return np.array(sorted(mp.eigsy(matrix((x + x.T) / 2), eigvals_only=True)), dtype=object)


def eigenvector(x, k):
    """Of the symmetric part, to the k-th smallest eigenvalue; its sign is arbitrary."""
    values, vectors = mp.eigsy(matrix((x + x.T) / 2))
    order = sorted(range(len(values)), key=lambda i: values[i])
    return array(vectors)[:, order[k]]


def singular_values(x):
    """From the largest down."""
    return np.array(sorted(mp.svd_r(matrix(x), compute_uv=False), reverse=True), dtype=object)


def dft(x):
    """The discrete Fourier transform over the last axis."""
    n = x.shape[-1]
    roots = [[mp.expjpi(mp.mpf(-2 * i * j) / n) for j in range(n)] for i in range(n)]
    return x @ np.array(roots, dtype=object)
