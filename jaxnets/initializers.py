"""Initial weights, from random numbers that are given: noise of the kernel's shape becomes a kernel.

Numpy's arrays stay numpy's, so that drawing weights compiles nothing; JAX's may be traced. A kernel is
[..., in, out]; fan_in is in, fan_out out, each times the window in front of them. Names of this module are
what `kernel_init` and `bias_init` take; `weights.drawn` draws the noise. r: a column, i: an index.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np

from . import checks
from .bases import orthonormal

CUT = 0.87962566103423978  # the standard deviation of a normal that is cut at -2 and 2


def zeros(noise):
    """Zeros, the usual start of biases.

        zeros(noise)[i] = 0

    noise: any numbers, [...]; only their shape counts. Returns [...]. Source: Goodfellow et al. 2016, 8.4.

    >>> zeros(np.array([[0.3, -0.2]])).tolist()
    [[0.0, 0.0]]
    """
    return _room(noise := _noise("zeros", noise)).zeros_like(noise)


def ones(noise):
    """Ones, the usual start of scales.

        ones(noise)[i] = 1

    noise: any numbers, [...]; only their shape counts. Returns [...]. Source: Ioffe and Szegedy 2015, 3.

    >>> ones(np.array([[0.3, -0.2]])).tolist()
    [[1.0, 1.0]]
    """
    return _room(noise := _noise("ones", noise)).ones_like(noise)


def constant(noise, value=0.0):
    """One number everywhere.

        constant(noise)[i] = value

    noise: any numbers, [...]; only their shape counts. Returns [...]. Source: Goodfellow et al. 2016, 8.4.

    >>> constant(np.array([[0.3, -0.2]]), value=0.5).tolist()
    [[0.5, 0.5]]
    """
    value = checks.finite("constant", "value", value)
    noise = _noise("constant", noise)
    return _room(noise).ones_like(noise) * value


def uniform(noise, low=-0.05, high=0.05):
    """Evenly between two numbers.

        uniform(noise)[i] = low + (high - low) * noise[i]

    noise: uniform in [0, 1), [...]. Returns [...], in [low, high]. (Keras' bounds; JAX draws from [0, 0.01).)
    Source: Goodfellow et al. 2016, section 8.4.

    >>> uniform(np.array([[0.0, 0.5]]), low=-1.0, high=2.0).tolist()
    [[-1.0, 0.5]]
    """
    low = checks.finite("uniform", "low", low)
    high = checks.finite("uniform", "high", high)
    checks.ordered("uniform", low=low, high=high)
    return low + (high - low) * _noise("uniform", noise)


def normal(noise, stddev=0.01):
    """Normal, around 0.

        normal(noise)[i] = stddev * noise[i]

    noise: standard normal, [...]; stddev: >= 0. Returns [...]. (JAX's stddev; Keras 0.05.)
    Source: Krizhevsky et al. 2012, section 5.

    >>> normal(np.array([[1.0, -2.0]]), stddev=0.5).tolist()
    [[0.5, -1.0]]
    """
    stddev = checks.non_negative("normal", "stddev", stddev)
    return stddev * _noise("normal", noise)


def truncated_normal(noise, stddev=0.01):
    """Normal without tails, which would saturate a neuron from the start.

        truncated_normal(noise)[i] = stddev * noise[i] / 0.87962566103423978

    noise: standard normal, cut at -2 and 2, [...]; stddev: >= 0, that of the result (JAX, Keras: before the
    cut). Returns [...]. Source: Johnson, Kotz and Balakrishnan 1994, eq. 13.134.

    >>> round(float(truncated_normal(np.array([[1.0]]), stddev=0.5)[0, 0]), 4)
    0.5684
    """
    stddev = checks.non_negative("truncated_normal", "stddev", stddev)
    return _noise("truncated_normal", noise) * (stddev / CUT)


def glorot_uniform(noise):
    """Glorot, uniform: a compromise that keeps the size of what flows forward and backward.

        glorot_uniform(noise)[i] = (2 * noise[i] - 1) * sqrt(6 / (fan_in + fan_out))

    noise: uniform in [0, 1), [..., in, out]. Returns [..., in, out], variance 2 / (fan_in + fan_out).
    Source: Glorot and Bengio 2010, eq. 16.

    >>> glorot_uniform(np.array([[0.5, 1.0], [0.0, 0.75], [0.25, 0.5], [0.5, 0.5]]))[0].tolist()
    [0.0, 1.0]
    """
    noise, fan_in, fan_out = _fans("glorot_uniform", noise)
    return _even(noise, (fan_in + fan_out) / 2)


def glorot_normal(noise):
    """Glorot, normal: as `glorot_uniform`, from another distribution.

        glorot_normal(noise)[i] = noise[i] / 0.87962566103423978 * sqrt(2 / (fan_in + fan_out))

    noise: standard normal, cut at -2 and 2 (not in PyTorch), [..., in, out]. Returns [..., in, out], variance
    2 / (fan_in + fan_out). Source: Glorot and Bengio 2010, eq. 12.

    >>> round(float(glorot_normal(np.array([[1.0, 0.0], [0.0, 0.0]]))[0, 0]), 4)
    0.8039
    """
    noise, fan_in, fan_out = _fans("glorot_normal", noise)
    return _bell(noise, (fan_in + fan_out) / 2)


def he_uniform(noise):
    """He, uniform: twice LeCun's variance, for relu lets half of it pass.

        he_uniform(noise)[i] = (2 * noise[i] - 1) * sqrt(6 / fan_in)

    noise: uniform in [0, 1), [..., in, out]. Returns [..., in, out], variance 2 / fan_in.
    Source: He et al. 2015, eq. 10, arXiv:1502.01852.

    >>> he_uniform(np.array([[1.0], [0.5], [0.5], [0.5], [0.5], [0.25]]))[0].tolist()
    [1.0]
    """
    noise, fan_in, _ = _fans("he_uniform", noise)
    return _even(noise, fan_in / 2)


def he_normal(noise):
    """He, normal: twice LeCun's variance, for relu lets half of it pass.

        he_normal(noise)[i] = noise[i] / 0.87962566103423978 * sqrt(2 / fan_in)

    noise: standard normal, cut at -2 and 2, [..., in, out]. Returns [..., in, out], variance 2 / fan_in.
    (PyTorch does not cut.) Source: He et al. 2015, eq. 10, arXiv:1502.01852.

    >>> round(float(he_normal(np.array([[1.0], [0.0]]))[0, 0]), 4)
    1.1368
    """
    noise, fan_in, _ = _fans("he_normal", noise)
    return _bell(noise, fan_in / 2)


def lecun_uniform(noise):
    """LeCun, uniform: outputs of the variance of the inputs.

        lecun_uniform(noise)[i] = (2 * noise[i] - 1) * sqrt(3 / fan_in)

    noise: uniform in [0, 1), [..., in, out]. Returns [..., in, out], variance 1 / fan_in.
    Source: LeCun et al. 1998, Efficient BackProp, eq. 16.

    >>> lecun_uniform(np.array([[1.0], [0.5], [0.0]])).tolist()
    [[1.0], [0.0], [-1.0]]
    """
    noise, fan_in, _ = _fans("lecun_uniform", noise)
    return _even(noise, fan_in)


def lecun_normal(noise):
    """LeCun, normal: outputs of the variance of the inputs. What layers take unless told otherwise.

        lecun_normal(noise)[i] = noise[i] / 0.87962566103423978 * sqrt(1 / fan_in)

    noise: standard normal, cut at -2 and 2, [..., in, out]. Returns [..., in, out], variance 1 / fan_in.
    Source: LeCun et al. 1998, Efficient BackProp, eq. 16.

    >>> round(float(lecun_normal(np.array([[1.0], [0.0], [0.0], [0.0]]))[0, 0]), 4)
    0.5684
    """
    noise, fan_in, _ = _fans("lecun_normal", noise)
    return _bell(noise, fan_in)


def orthogonal(noise, scale=1.0):
    """Orthogonal: a kernel that turns and mirrors, and changes no length; for deep and recurrent nets.

        q[r] = u / norm(u),  u = noise[r] - sum_(s<r) dot(q[s], noise[r]) * q[s]
        orthogonal(noise) = scale * q

    noise: standard normal, [..., in, out], read as a matrix [fan_in, out]; r: its columns, or its rows where
    they are fewer. Returns [..., in, out], orthonormal columns (rows) times scale, >= 0. Raises ValueError
    for dependent ones. Source: Saxe et al. 2014, arXiv:1312.6120.

    >>> np.allclose(orthogonal(np.array([[0.0, -2.0], [1.0, 5.0]])), [[0.0, -1.0], [1.0, 0.0]])
    True
    """
    noise, *_ = _fans("orthogonal", noise)
    scale = checks.non_negative("orthogonal", "scale", scale)
    rows = noise.reshape(-1, noise.shape[-1])
    high = rows.shape[0] >= rows.shape[1]
    q = orthonormal(rows.T).T if high else orthonormal(rows)
    return scale * q.reshape(noise.shape)


def _room(noise):
    """The library that the noise belongs to."""
    return jnp if isinstance(noise, jax.Array) else np


def _noise(function, noise):
    if not (isinstance(noise, np.ndarray) and noise.dtype.kind == "f"):
        noise = checks.numbers(function, "noise", noise)
    checks.not_empty(function, "noise", noise)
    return noise


def _fans(function, noise):
    """The noise, fan_in and fan_out."""
    noise = _noise(function, noise)
    if noise.ndim < 2:
        rule = "must have the shape of a kernel, [..., in, out]"
        raise ValueError(f"{function}: noise {rule}; got {noise.shape}.")
    window = math.prod(noise.shape[:-2])
    return noise, noise.shape[-2] * window, noise.shape[-1] * window


def _even(noise, fan):
    """Uniform with variance 1 / fan."""
    return (2 * noise - 1) * math.sqrt(3 / fan)


def _bell(noise, fan):
    """Cut normal with variance 1 / fan."""
    return noise / (CUT * math.sqrt(fan))
