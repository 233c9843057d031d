"""Attention on arrays: each position of a sequence takes most from those whose keys match its query.

t: position of a query, s: position of a key and its value, h: head, c: feature.
"""

import math

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import lax
from jax.core import Tracer

from . import checks, data, masks, untraced, weights
from .layer import Layer
from .linear import linear
from .precision import rounded_once


@rounded_once
def scaled_dot_product_attention(query, key, value, mask=None, is_causal=False):
    """Scaled dot-product attention: a mean of the values, weighted by how well their keys match a query.

        scaled_dot_product_attention(query, key, value)[t] = sum_s weight[t][s] * value[s]
        weight[t][s] = exp(score[t][s]) / sum_s exp(score[t][s]),  score[t][s] = query[t] . key[s] / sqrt(D)

    query: [..., T, D], key: [..., S, D], value: [..., S, features]. mask: [..., T, S], True where t may
    attend to s (T and leading axes may be 1, leading ones left out), or None; is_causal: whether t may attend
    to s <= t alone. Sums run over those s; a query that may attend to none gets 0, with slope 0
    (`jax.nn.dot_product_attention` averages all values, PyTorch gives nan). Returns [..., T, features]. The
    power of no finite score overflows, and a dominant score keeps its slope.
    Raises ValueError for shapes that do not meet, TypeError for a mask of anything but booleans.
    Source: Vaswani et al. 2017, eq. 1, arXiv:1706.03762.

    >>> x = jnp.array([[1.0], [2.0]])
    >>> scaled_dot_product_attention(jnp.zeros((1, 1)), x, 10 * x).tolist()
    [[15.0]]
    >>> mask = jnp.array([[False, True]])
    >>> scaled_dot_product_attention(jnp.zeros((1, 1)), x, 10 * x, mask).tolist()
    [[20.0]]
    """
    return _attend(*_checked("scaled_dot_product_attention", query, key, value, mask, is_causal))


@rounded_once
def multi_head_attention(query, key, value, num_heads, mask=None, is_causal=False):
    """Multi-head attention: the features are dealt out to heads that attend each for itself.

        multi_head_attention(query, key, value)[t] = concatenation over h of head[h][t]
        head[h] = scaled_dot_product_attention(query[h], key[h], value[h]),  the h-th share of their features

    query: [..., T, features], key: [..., S, features], value: [..., S, value_features], already projected;
    num_heads: a divisor of both counts of features. mask: [..., T, S] for all heads, or [..., num_heads, T,
    S], True where t may attend to s (all but S may be 1, leading axes left out), or None; is_causal: whether
    t may attend to s <= t alone. Returns [..., T, value_features].
    Raises ValueError for shapes that do not meet or heads that do not divide.
    Source: Vaswani et al. 2017, section 3.2.2, arXiv:1706.03762.

    >>> x = jnp.array([[10.0, 1.0], [20.0, 2.0]])
    >>> multi_head_attention(jnp.zeros((1, 2)), jnp.ones((2, 2)), x, num_heads=2).tolist()
    [[15.0, 1.5]]
    """
    data.whole("multi_head_attention", "num_heads", num_heads, 1)
    *arrays, allowed = _checked("multi_head_attention", query, key, value, mask, is_causal, num_heads)
    for name, x in (("query", arrays[0]), ("value", arrays[2])):
        if x.shape[-1] % num_heads:
            raise ValueError(
                f"multi_head_attention: num_heads must divide the {x.shape[-1]} features of {name} "
                f"{x.shape}; got {num_heads}."
            )
    query, key, value = (jnp.swapaxes(x.reshape(*x.shape[:-1], num_heads, -1), -3, -2) for x in arrays)
    if allowed is not None and allowed.ndim < query.ndim:
        allowed = jnp.expand_dims(allowed, -3)
    together = jnp.swapaxes(_attend(query, key, value, allowed), -3, -2)
    return together.reshape(*together.shape[:-2], -1)


def positional_encoding(positions, features, max_wavelength=10000.0):
    """Sinusoidal positions: where a number stands in a sequence, as waves of growing length.

        positional_encoding(positions)[t][c] = sin(angle[t][c]) if c % 2 == 0 else cos(angle[t][c])
        angle[t][c] = positions[t] / max_wavelength**(2 * (c // 2) / features)

    positions: [..., T] numbers, as a rule 0, 1, 2, ...; features: how many numbers tell a position, >= 1;
    max_wavelength: > 0, that of the slowest wave over 2 pi. Returns [..., T, features] in [-1, 1].
    Raises ValueError for positions that are infinite, features < 1 or max_wavelength <= 0.
    Source: Vaswani et al. 2017, section 3.5, arXiv:1706.03762.

    >>> positional_encoding(jnp.array([0.0]), features=4).tolist()
    [[0.0, 1.0, 0.0, 1.0]]
    """
    features = data.whole("positional_encoding", "features", features, 1)
    max_wavelength = checks.positive("positional_encoding", "max_wavelength", max_wavelength)
    checks.countable("positional_encoding", "features", features)
    positions = checks.numbers("positional_encoding", "positions", positions)
    if not isinstance(positions, Tracer) and (far := (host := np.asarray(positions))[np.isinf(host)]).size:
        raise ValueError(f"positional_encoding: positions must not be infinite; got {float(far[0])}.")
    checks.fits("positional_encoding", "the encoding", (*positions.shape, features), float, copies=4)
    c = np.arange(features).reshape((1,) * positions.ndim + (features,))
    lengths = jnp.asarray(max_wavelength ** (2 * (c // 2) / features), positions.dtype)
    angles = jnp.expand_dims(positions, -1) / lengths
    return jnp.where(c % 2, jnp.cos(angles), jnp.sin(angles))


def _attend(query, key, value, allowed):
    scores = query @ jnp.swapaxes(key, -1, -2) / math.sqrt(query.shape[-1])
    return _weights(scores, allowed).astype(value.dtype) @ value


def _weights(scores, allowed):
    """Softmax along the last axis over what is allowed; 0 everywhere where nothing is.

    The largest score is taken out of the others, so its own power is the constant 1: its slope is then made
    of the other weights, where that of exp(0) / sum would cancel to 0 as soon as it dominates.
    """
    scores = scores.astype(jnp.promote_types(scores.dtype, jnp.float32))
    seen = scores if allowed is None else jnp.where(allowed, scores, -jnp.inf)
    top = lax.broadcasted_iota(int, scores.shape, scores.ndim - 1) == jnp.argmax(seen, -1, keepdims=True)
    rest = ~top if allowed is None else allowed & ~top
    largest = jnp.sum(jnp.where(top, scores, 0), -1, keepdims=True)
    powers = jnp.where(rest, jnp.exp(jnp.where(rest, scores - largest, 0)), 0)
    one = top if allowed is None else top & allowed
    return jnp.where(one, 1, powers) / (1 + jnp.sum(powers, -1, keepdims=True))


def _checked(function, query, key, value, mask, is_causal, num_heads=None):
    """The arrays, and what may attend to what: [..., T, S], [..., H, T, S] or None; finds what is wrong."""
    arrays = dict(query=query, key=key, value=value)
    for name, x in arrays.items():
        x = arrays[name] = checks.numbers(function, name, x)
        if x.ndim < 2:
            raise ValueError(f"{function}: {name} must be [..., length, features]; got shape {x.shape}.")
        checks.not_empty(function, name, x)
    query, key, value = arrays.values()
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(
            f"{function}: query and key must have the same features; "
            f"got query {query.shape} and key {key.shape}."
        )
    if key.shape[-2] != value.shape[-2]:
        raise ValueError(
            f"{function}: key and value must have the same length; "
            f"got key {key.shape} and value {value.shape}."
        )
    if not query.shape[:-2] == key.shape[:-2] == value.shape[:-2]:
        raise ValueError(
            f"{function}: query, key and value must have the same leading axes; "
            f"got {query.shape}, {key.shape} and {value.shape}."
        )
    checks.flag(function, "is_causal", is_causal)
    wanted = (*query.shape[:-1], key.shape[-2])
    allowed = None if mask is None else masks.allowed(function, mask, wanted, num_heads)
    if is_causal:
        allowed = masks.with_past(allowed, wanted)
    if allowed is not None:
        asking, used = masks.used(allowed, wanted)  # what only fills up a sequence may be nan
        query, key, value = (
            jnp.where(some, x, 0) for some, x in ((asking, query), (used, key), (used, value))
        )
    return query, key, value, allowed


class MultiHeadAttention(Layer):
    """A layer that projects query, key and value, calls `multi_head_attention`, and projects what comes back.

    Kernels: query_kernel, key_kernel, value_kernel [in_features, qkv_features], out_kernel [qkv_features,
    out_features], and as many biases. qkv_features, out_features: in_features unless told. `layer(x)` lets
    sequences attend to themselves, `layer(query, key, value, mask)` to others. kernel_init, bias_init: as in
    `Linear`, for each kernel and each bias by itself.

    >>> layer = MultiHeadAttention(4, num_heads=2)
    >>> layer.initialize(np.random.default_rng(0))
    >>> layer(np.ones((1, 3, 4), "float32")).shape
    (1, 3, 4)
    """

    def __init__(
        self,
        in_features,
        num_heads,
        qkv_features=None,
        out_features=None,
        use_bias=True,
        is_causal=False,
        kernel_init="lecun_normal",
        bias_init="zeros",
        rngs=None,
    ):
        name, sizes = "MultiHeadAttention", (qkv_features, out_features)
        qkv_features, out_features = (in_features if size is None else size for size in sizes)
        self.in_features = data.whole(name, "in_features", in_features, 1)
        self.qkv_features = data.whole(name, "qkv_features", qkv_features, 1)
        self.out_features = data.whole(name, "out_features", out_features, 1)
        self.num_heads = data.whole(name, "num_heads", num_heads, 1)
        if self.qkv_features % self.num_heads:
            raise ValueError(
                f"MultiHeadAttention: num_heads must divide the {self.qkv_features} qkv_features; "
                f"got {self.num_heads}."
            )
        checks.flag(name, "use_bias", use_bias)
        checks.flag(name, "is_causal", is_causal)
        weights.check(f"{name}: kernel_init", kernel_init, (self.in_features, self.qkv_features))
        weights.check(f"{name}: bias_init", bias_init, (self.qkv_features,))
        self.use_bias, self.is_causal = use_bias, is_causal
        self.kernel_init, self.bias_init = kernel_init, bias_init
        for part in ("query", "key", "value", "out"):
            setattr(self, f"{part}_kernel", nnx.Param(None))
            setattr(self, f"{part}_bias", nnx.Param(None) if use_bias else None)
        if rngs is not None:
            self.initialize(untraced.generator(name, rngs))

    def initialize(self, generator, dtype="float32"):
        """Draw kernels and biases from a numpy random generator; in numpy, so that nothing is compiled."""
        for name in ("query", "key", "value", "out"):
            sizes = (self.in_features, self.qkv_features, self.out_features)
            shape = sizes[1:] if name == "out" else sizes[:2]
            told = "MultiHeadAttention: kernel_init", "MultiHeadAttention: bias_init"
            kernel = weights.drawn(told[0], self.kernel_init, generator, shape, dtype)
            setattr(self, f"{name}_kernel", nnx.Param(kernel))
            if self.use_bias:
                bias = weights.drawn(told[1], self.bias_init, generator, shape[1:], dtype)
                setattr(self, f"{name}_bias", nnx.Param(bias))

    def __call__(self, query, key=None, value=None, mask=None):
        if key is None and value is not None:
            raise ValueError("MultiHeadAttention: value must come with a key; got no key.")
        key = query if key is None else key
        given = dict(query=query, key=key, value=key if value is None else value)
        query, key, value = (self._linear(name, x) for name, x in given.items())
        together = multi_head_attention(query, key, value, self.num_heads, mask, self.is_causal)
        return self._linear("out", together)

    def _linear(self, name, inputs):
        kernel, bias = getattr(self, f"{name}_kernel"), getattr(self, f"{name}_bias")
        if kernel.get_value() is None:
            raise ValueError(
                "MultiHeadAttention: weights must be drawn before the layer is called; "
                "give rngs=nnx.Rngs(0), or put the layer into a NeuralNet."
            )
        inputs = checks.numbers("MultiHeadAttention", name, inputs)
        if inputs.ndim < 3:  # with two axes the examples of a batch would attend to each other
            raise ValueError(
                f"MultiHeadAttention: {name} must be [N, length, features]; got {inputs.shape}. "
                f"Fix: {name}[None] for one example."
            )
        checks.features("MultiHeadAttention", name, inputs, kernel.shape[0])
        return linear(inputs, kernel[...], None if bias is None else bias[...])
