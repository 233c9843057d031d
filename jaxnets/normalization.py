"""Normalization on arrays: shift and scale to mean 0 and variance 1, then to a scale and bias learnt.

The mean is subtracted before anything is squared: E[x**2] - E[x]**2, which Flax takes unless told otherwise,
has lost all digits of the variance where the mean is a few thousand standard deviations (float32).
n: example, c: feature.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer

from . import checks, data
from .precision import wide


def moments(inputs):
    """Mean and variance of each feature, over all examples and positions.

        mean[c] = sum_n inputs[n][c] / N
        var[c] = sum_n (inputs[n][c] - mean[c])**2 / N

    inputs: [N, ..., features]; positions count as examples. Returns mean and var, each [features]; the
    variance is that of the population (PyTorch keeps the unbiased one, over N - 1). One example has variance
    0. Raises ValueError for fewer than two axes, or none.
    Source: Ioffe and Szegedy 2015, algorithm 1, arXiv:1502.03167.

    >>> [x.tolist() for x in moments(jnp.array([[1.0, 5.0], [3.0, 5.0]]))]
    [[2.0, 5.0], [1.0, 0.0]]
    """
    inputs = _at_least("moments", inputs, 2, "[N, ..., features]")
    return tuple(x.astype(inputs.dtype) for x in _wide_moments(inputs))


def _wide_moments(inputs):
    """The moments of floats [N, ..., features], in at least float32."""
    axes, x = tuple(range(inputs.ndim - 1)), wide(inputs)
    mean, centred = _centred(x, _near(x, axes)[0], axes)
    return mean.reshape(inputs.shape[-1:]), _mean_square(centred, axes).reshape(inputs.shape[-1:])


def batch_norm(inputs, mean, var, scale=None, bias=None, eps=1e-5):
    """Batch normalization: each feature gets mean 0 and variance 1 over the batch, then a scale and a bias.

        batch_norm(inputs)[n][c] = scale[c] * (inputs[n][c] - mean[c]) / sqrt(var[c] + eps) + bias[c]

    inputs: [N, ..., features]; mean, var: [features], while training the `moments` of the batch, through
    which slopes flow too, and afterwards running averages. scale, bias: [features], or None for 1 and 0.
    eps: > 0. Returns [N, ..., features]; a constant feature becomes its bias. Raises ValueError for
    features that do not match, a negative var, or eps <= 0.
    Source: Ioffe and Szegedy 2015, algorithms 1 and 2, arXiv:1502.03167.

    >>> batch_norm(jnp.array([[1.0], [5.0]]), jnp.array([3.0]), jnp.array([4.0]), eps=1e-30).tolist()
    [[-1.0], [1.0]]
    """
    inputs = _at_least("batch_norm", inputs, 2, "[N, ..., features]")
    eps = checks.positive("batch_norm", "eps", eps)
    for name, x in (("mean", mean), ("var", var)):
        if x is None:
            raise TypeError(f"batch_norm: {name} must hold a number for each feature; got None.")
    held: Any = [
        _one_a_feature("batch_norm", name, x, inputs)
        for name, x in (("mean", mean), ("var", var), ("scale", scale), ("bias", bias))
    ]
    mean, var, *stretch = held
    if not isinstance(var, Tracer) and (negative := np.asarray(var)[np.asarray(var) < 0]).size:
        raise ValueError(f"batch_norm: var must not be negative; got {float(negative[0])}.")
    mean, var = wide(mean), wide(var)
    return _stretched((wide(inputs) - mean) / jnp.sqrt(var + eps), inputs, *stretch)


def layer_norm(inputs, scale=None, bias=None, eps=1e-6):
    """Layer normalization: the features of one example get mean 0 and variance 1, whatever the batch.

        layer_norm(inputs)[c] = scale[c] * (inputs[c] - mean) / sqrt(var + eps) + bias[c]
        mean = sum_c inputs[c] / C,  var = sum_c (inputs[c] - mean)**2 / C

    inputs: [..., features], scale, bias: [features], or None for 1 and 0. eps: > 0 (Flax 1e-6, PyTorch 1e-5,
    Keras 1e-3). Returns [..., features]; where all are equal, the bias.
    Raises ValueError for features that do not match, none at all, or eps <= 0.
    Source: Ba, Kiros and Hinton 2016, eq. 3 and 4, arXiv:1607.06450.

    >>> layer_norm(jnp.array([1.0, 3.0]), bias=jnp.array([5.0, 5.0]), eps=1e-30).tolist()
    [4.0, 6.0]
    """
    inputs = _at_least("layer_norm", inputs, 1, "[..., features]")
    eps = checks.positive("layer_norm", "eps", eps)
    scale, bias = (
        _one_a_feature("layer_norm", name, x, inputs) for name, x in (("scale", scale), ("bias", bias))
    )
    return _stretched(_standard(wide(inputs), (-1,), eps), inputs, scale, bias)


def group_norm(inputs, num_groups, scale=None, bias=None, eps=1e-6):
    """Group normalization: layer normalization in each group of features, over all positions.

        group_norm(inputs)[n][c] = scale[c] * (inputs[n][c] - mean[n][g]) / sqrt(var[n][g] + eps) + bias[c]
        mean[n][g], var[n][g]: of inputs[n][c] over all positions and those c with c // (C / num_groups) == g

    inputs: [N, ..., features]; num_groups: a divisor of features; 1 normalizes all features together, as many
    as features each of them alone (instance normalization). scale, bias: [features], or None for 1 and 0.
    eps: > 0. Returns [N, ..., features]. Raises ValueError for groups that do not divide, features that do
    not match, or eps <= 0. Source: Wu and He 2018, eq. 1, 2 and 7, arXiv:1803.08494.

    >>> group_norm(jnp.array([[1.0, 3.0, 10.0, 30.0]]), num_groups=2, eps=1e-30).tolist()
    [[-1.0, 1.0, -1.0, 1.0]]
    """
    inputs = _at_least("group_norm", inputs, 2, "[N, ..., features]")
    eps = checks.positive("group_norm", "eps", eps)
    num_groups = data.whole("group_norm", "num_groups", num_groups, 1)
    if inputs.shape[-1] % num_groups:
        raise ValueError(
            f"group_norm: num_groups must divide the {inputs.shape[-1]} features of inputs {inputs.shape}; "
            f"got {num_groups}.{_fewer_groups(inputs.shape[-1], num_groups)}"
        )
    scale, bias = (
        _one_a_feature("group_norm", name, x, inputs) for name, x in (("scale", scale), ("bias", bias))
    )
    apart = wide(inputs).reshape(*inputs.shape[:-1], num_groups, -1)
    axes = (*range(1, inputs.ndim - 1), inputs.ndim)
    return _stretched(_standard(apart, axes, eps).reshape(inputs.shape), inputs, scale, bias)


def rms_norm(inputs, scale=None, eps=1e-6):
    """Root mean square normalization: layer normalization that leaves the mean where it is.

        rms_norm(inputs)[c] = scale[c] * inputs[c] / sqrt(sum_k inputs[k]**2 / C + eps)

    inputs: [..., features], scale: [features], or None for 1. eps: > 0. Returns [..., features]; zeros stay
    zeros. Raises ValueError for features that do not match, none at all, or eps <= 0.
    Source: Zhang and Sennrich 2019, eq. 4, arXiv:1910.07467.

    >>> rms_norm(jnp.array([3.0, -3.0]), scale=jnp.array([1.0, 2.0]), eps=1e-30).tolist()
    [1.0, -2.0]
    """
    inputs = _at_least("rms_norm", inputs, 1, "[..., features]")
    eps = checks.positive("rms_norm", "eps", eps)
    scale = _one_a_feature("rms_norm", "scale", scale, inputs)
    x, axes = wide(inputs), (-1,)
    unit, eps = _unit(_size(x, axes), eps)
    x = x * unit
    return _stretched(x / jnp.sqrt(_mean_square(x, axes) + eps), inputs, scale, None)


def _size(inputs, axes):
    """The mean of |inputs| over some axes, kept; a constant."""
    return jnp.mean(jnp.abs(lax.stop_gradient(inputs)), axis=axes, keepdims=True)


def _near(inputs, axes):
    """A number near the mean over some axes, kept, and how far from it all are in the mean; constants.

    The first one, as it was: so a constant is its own mean to the last bit, and what is left of it is 0 and
    not a rounding error that eps could not hide. But no outlier, whose rounding would be that of all others,
    nor infinity, which would be hidden in inf - inf: 0 then.
    """
    first = lax.stop_gradient(inputs)
    for axis in axes:
        first = lax.slice_in_dim(first, 0, 1, axis=axis)
    apart = _size(inputs - first, axes)  # infinite where a difference overflows, and 0 is near enough then
    return jnp.where(apart <= abs(first) / 2, first, 0), apart


def _unit(size, eps):
    """A power of two in whose units no square overflows, and eps in them: 1 but for huge numbers.

    size: the mean of what is squared, without its signs. Where the power is not 1, eps is nothing beside it.
    """
    bits = jnp.finfo(size.dtype)
    unit = jnp.where(size < 2.0 ** (bits.maxexp * 3 // 8), 1, 2.0 ** (-bits.maxexp * 5 // 8))
    unit = unit.astype(size.dtype)
    return unit, jnp.maximum(eps * unit * unit, bits.tiny)


def _centred(inputs, near, axes):
    """The mean over some axes, kept, and what is left without it."""
    mean = near + jnp.mean(inputs - near, axis=axes, keepdims=True)
    return mean, inputs - mean


def _mean_square(inputs, axes):
    return jnp.mean(inputs * inputs, axis=axes, keepdims=True)


def _standard(inputs, axes, eps):
    """Numbers with mean 0 and variance 1 over some axes.

    In units of how far they are apart, not of how large they are: a constant is divided by eps alone.
    """
    near, apart = _near(inputs, axes)
    unit, eps = _unit(apart, eps)
    _, centred = _centred(inputs * unit, near * unit, axes)
    return centred / jnp.sqrt(_mean_square(centred, axes) + eps)


def _stretched(standard, inputs, scale, bias):
    """Times scale, plus bias; rounded once, to the type of the inputs together with theirs."""
    if scale is not None:
        standard = standard * wide(scale)
    if bias is not None:
        standard = standard + wide(bias)
    return standard.astype(jnp.result_type(*(x for x in (inputs, scale, bias) if x is not None)))


def _at_least(function, inputs, axes, told):
    """Inputs that have enough axes and are not empty."""
    inputs = checks.numbers(function, "inputs", inputs)
    if inputs.ndim < axes:
        raise ValueError(f"{function}: inputs must be {told}; got shape {inputs.shape}.")
    checks.not_empty(function, "inputs", inputs)
    return inputs


def _one_a_feature(function, name, x, inputs):
    """One number for each feature, shaped to meet the inputs; None stays None."""
    if x is None:
        return None
    x = checks.numbers(function, name, x)
    if x.shape != inputs.shape[-1:]:
        raise ValueError(
            f"{function}: {name} must have the shape {inputs.shape[-1:]} of the features of inputs "
            f"{inputs.shape}; got {x.shape}."
        )
    return x.reshape((1,) * (inputs.ndim - 1) + x.shape)


def _fewer_groups(features, num_groups):
    """The fix for groups that do not divide the features: as many as do, two features or more in each."""
    most = min(num_groups, max(features // 2, 1))
    return f" Fix: num_groups={next(n for n in range(most, 0, -1) if features % n == 0)}."
