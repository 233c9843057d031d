"""Initial weights, from random numbers that are given: noise of the kernel's shape becomes a kernel.

A kernel is [...][in][out]; fan_in is in, fan_out out, each times the window in front of them. Names of this
module are what `kernel_init` and `bias_init` take; `weights.drawn` draws the noise. r: a column, i: an index.
"""

import math

from . import checks
from .checks import each, flatten, shape
from .operations import dot, norm

CUT = 0.87962566103423978  # the standard deviation of a normal that is cut at -2 and 2


def zeros(noise):
    """Zeros, the usual start of biases.

        zeros(noise)[i] = 0

    noise: any numbers, [...]; only their shape counts. Returns [...]. Source: Goodfellow et al. 2016, 8.4.

    >>> zeros([[0.3, -0.2]])
    [[0.0, 0.0]]
    """
    return each(lambda _: 0.0, _noise("zeros", noise))


def ones(noise):
    """Ones, the usual start of scales.

        ones(noise)[i] = 1

    noise: any numbers, [...]; only their shape counts. Returns [...]. Source: Ioffe and Szegedy 2015, 3.

    >>> ones([[0.3, -0.2]])
    [[1.0, 1.0]]
    """
    return each(lambda _: 1.0, _noise("ones", noise))


def constant(noise, value=0.0):
    """One number everywhere.

        constant(noise)[i] = value

    noise: any numbers, [...]; only their shape counts. Returns [...]. Source: Goodfellow et al. 2016, 8.4.

    >>> constant([[0.3, -0.2]], value=0.5)
    [[0.5, 0.5]]
    """
    value = checks.finite("constant", "value", value)
    return each(lambda _: value, _noise("constant", noise))


def uniform(noise, low=-0.05, high=0.05):
    """Evenly between two numbers.

        uniform(noise)[i] = low + (high - low) * noise[i]

    noise: uniform in [0, 1), [...]. Returns [...], in [low, high]. (Keras' bounds; JAX draws from [0, 0.01).)
    Source: Goodfellow et al. 2016, section 8.4.

    >>> uniform([[0.0, 0.5]], low=-1.0, high=2.0)
    [[-1.0, 0.5]]
    """
    low = checks.finite("uniform", "low", low)
    high = checks.finite("uniform", "high", high)
    checks.ordered("uniform", low=low, high=high)
    return each(lambda x: low + (high - low) * x, _noise("uniform", noise))


def normal(noise, stddev=0.01):
    """Normal, around 0.

        normal(noise)[i] = stddev * noise[i]

    noise: standard normal, [...]; stddev: >= 0. Returns [...]. (JAX's stddev; Keras 0.05.)
    Source: Krizhevsky et al. 2012, section 5.

    >>> normal([[1.0, -2.0]], stddev=0.5)
    [[0.5, -1.0]]
    """
    stddev = checks.non_negative("normal", "stddev", stddev)
    return each(lambda x: stddev * x, _noise("normal", noise))


def truncated_normal(noise, stddev=0.01):
    """Normal without tails, which would saturate a neuron from the start.

        truncated_normal(noise)[i] = stddev * noise[i] / 0.87962566103423978

    noise: standard normal, cut at -2 and 2, [...]; stddev: >= 0, that of the result (JAX, Keras: before the
    cut). Returns [...]. Source: Johnson, Kotz and Balakrishnan 1994, eq. 13.134.

    >>> round(truncated_normal([[1.0]], stddev=0.5)[0][0], 4)
    0.5684
    """
    stddev = checks.non_negative("truncated_normal", "stddev", stddev)
    return each(lambda x: stddev * x / CUT, _noise("truncated_normal", noise))


def glorot_uniform(noise):
    """Glorot, uniform: a compromise that keeps the size of what flows forward and backward.

        glorot_uniform(noise)[i] = (2 * noise[i] - 1) * sqrt(6 / (fan_in + fan_out))

    noise: uniform in [0, 1), [...][in][out]. Returns [...][in][out], variance 2 / (fan_in + fan_out).
    Source: Glorot and Bengio 2010, eq. 16.

    >>> glorot_uniform([[0.5, 1.0], [0.0, 0.75], [0.25, 0.5], [0.5, 0.5]])[0]
    [0.0, 1.0]
    """
    fan_in, fan_out = _fans("glorot_uniform", noise)
    return _even(noise, (fan_in + fan_out) / 2)


def glorot_normal(noise):
    """Glorot, normal: as `glorot_uniform`, from another distribution.

        glorot_normal(noise)[i] = noise[i] / 0.87962566103423978 * sqrt(2 / (fan_in + fan_out))

    noise: standard normal, cut at -2 and 2 (not in PyTorch), [...][in][out]. Returns [...][in][out], variance
    2 / (fan_in + fan_out). Source: Glorot and Bengio 2010, eq. 12.

    >>> round(glorot_normal([[1.0, 0.0], [0.0, 0.0]])[0][0], 4)
    0.8039
    """
    fan_in, fan_out = _fans("glorot_normal", noise)
    return _bell(noise, (fan_in + fan_out) / 2)


def he_uniform(noise):
    """He, uniform: twice LeCun's variance, for relu lets half of it pass.

        he_uniform(noise)[i] = (2 * noise[i] - 1) * sqrt(6 / fan_in)

    noise: uniform in [0, 1), [...][in][out]. Returns [...][in][out], variance 2 / fan_in.
    Source: He et al. 2015, eq. 10, arXiv:1502.01852.

    >>> he_uniform([[1.0], [0.5], [0.5], [0.5], [0.5], [0.25]])[0]
    [1.0]
    """
    return _even(noise, _fans("he_uniform", noise)[0] / 2)


def he_normal(noise):
    """He, normal: twice LeCun's variance, for relu lets half of it pass.

        he_normal(noise)[i] = noise[i] / 0.87962566103423978 * sqrt(2 / fan_in)

    noise: standard normal, cut at -2 and 2, [...][in][out]. Returns [...][in][out], variance 2 / fan_in.
    (PyTorch does not cut.) Source: He et al. 2015, eq. 10, arXiv:1502.01852.

    >>> round(he_normal([[1.0], [0.0]])[0][0], 4)
    1.1368
    """
    return _bell(noise, _fans("he_normal", noise)[0] / 2)


def lecun_uniform(noise):
    """LeCun, uniform: outputs of the variance of the inputs.

        lecun_uniform(noise)[i] = (2 * noise[i] - 1) * sqrt(3 / fan_in)

    noise: uniform in [0, 1), [...][in][out]. Returns [...][in][out], variance 1 / fan_in.
    Source: LeCun et al. 1998, Efficient BackProp, eq. 16.

    >>> lecun_uniform([[1.0], [0.5], [0.0]])
    [[1.0], [0.0], [-1.0]]
    """
    return _even(noise, _fans("lecun_uniform", noise)[0])


def lecun_normal(noise):
    """LeCun, normal: outputs of the variance of the inputs. What layers take unless told otherwise.

        lecun_normal(noise)[i] = noise[i] / 0.87962566103423978 * sqrt(1 / fan_in)

    noise: standard normal, cut at -2 and 2, [...][in][out]. Returns [...][in][out], variance 1 / fan_in.
    Source: LeCun et al. 1998, Efficient BackProp, eq. 16.

    >>> round(lecun_normal([[1.0], [0.0], [0.0], [0.0]])[0][0], 4)
    0.5684
    """
    return _bell(noise, _fans("lecun_normal", noise)[0])


def orthogonal(noise, scale=1.0):
    """Orthogonal: a kernel that turns and mirrors, and changes no length; for deep and recurrent nets.

        q[r] = u / norm(u),  u = noise[r] - sum_(s<r) dot(q[s], noise[r]) * q[s]
        orthogonal(noise) = scale * q

    noise: standard normal, [...][in][out], read as a matrix [fan_in][out]; r: its columns, or its rows where
    they are fewer. Returns [...][in][out], orthonormal columns (rows) times scale, >= 0. Raises ValueError
    for dependent ones. Source: Saxe et al. 2014, arXiv:1312.6120.

    >>> orthogonal([[0.0, -2.0], [1.0, 5.0]])
    [[0.0, -1.0], [1.0, 0.0]]
    """
    _fans("orthogonal", noise)
    scale = checks.non_negative("orthogonal", "scale", scale)
    numbers, columns = flatten(noise), shape(noise)[-1]
    rows = [numbers[i : i + columns] for i in range(0, len(numbers), columns)]
    high = len(rows) >= columns
    basis = _orthonormal([list(column) for column in zip(*rows, strict=True)] if high else rows)
    turned = zip(*basis, strict=True) if high else basis
    rest = iter([scale * x for row in turned for x in row])
    return each(lambda _: next(rest), noise)


def _orthonormal(vectors):
    """Gram and Schmidt's, twice over: the second time takes away what rounding has left."""
    basis = []
    for vector in vectors:
        for q in basis * 2:
            share = dot(q, vector)
            vector = [x - share * y for x, y in zip(vector, q, strict=True)]
        length = norm(vector)
        if checks.known(length) and length == 0:
            raise ValueError("orthogonal: noise must have independent columns; got a matrix of lower rank.")
        basis.append([x / length for x in vector])
    return basis


def _noise(function, noise):
    checks.not_empty(function, "noise", noise)
    return noise


def _fans(function, noise):
    """fan_in and fan_out."""
    given = shape(_noise(function, noise), f"{function}: noise")
    if len(given) < 2:
        raise ValueError(f"{function}: noise must have the shape of a kernel, [..., in, out]; got {given}.")
    window = math.prod(given[:-2])
    return given[-2] * window, given[-1] * window


def _even(noise, fan):
    """Uniform with variance 1 / fan."""
    limit = (3 / fan) ** 0.5
    return each(lambda x: (2 * x - 1) * limit, noise)


def _bell(noise, fan):
    """Cut normal with variance 1 / fan."""
    spread = CUT * fan**0.5
    return each(lambda x: x / spread, noise)
