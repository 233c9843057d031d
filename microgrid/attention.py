"""Attention: each position of a sequence looks at the others, and takes most from those that match its query.

t: position of a query, s: position of a key and its value, h: head, c: feature.
"""

from . import checks, weights
from .checks import each, flatten, shape
from .layer import Layer
from .linear import linear
from .operations import cos, dot, sin, softmax, sqrt
from .value import plain


def scaled_dot_product_attention(query, key, value, mask=None, is_causal=False):
    """Scaled dot-product attention: a mean of the values, weighted by how well their keys match a query.

        scaled_dot_product_attention(query, key, value)[t] = sum_s weight[t][s] * value[s]
        weight[t][s] = exp(score[t][s]) / sum_s exp(score[t][s]),  score[t][s] = query[t] . key[s] / sqrt(D)

    query: [T][D], key: [S][D], value: [S][features] of one example. mask: [T][S], or [1][S] for all t, True
    where t may attend to s, or None; is_causal: whether t may attend to s <= t alone. Sums run over those s;
    a query that may attend to none gets 0, with slope 0 (`jax.nn.dot_product_attention` averages all values,
    PyTorch gives nan). Returns [T][features]. No finite score overflows, and a dominant one keeps its slope.
    Raises ValueError for shapes that do not meet, TypeError for a mask of anything but booleans.
    Source: Vaswani et al. 2017, eq. 1, arXiv:1706.03762.

    >>> scaled_dot_product_attention([[0.0]], [[1.0], [2.0]], [[10.0], [20.0]])
    [[15.0]]
    >>> scaled_dot_product_attention([[0.0]], [[1.0], [2.0]], [[10.0], [20.0]], mask=[[False, True]])
    [[20.0]]
    """
    told = "scaled_dot_product_attention"
    return _attend(query, key, value, _allowed(told, query, key, value, mask, is_causal)[0])


def multi_head_attention(query, key, value, num_heads, mask=None, is_causal=False):
    """Multi-head attention: the features are dealt out to heads that attend each for itself.

        multi_head_attention(query, key, value)[t] = concatenation over h of head[h][t]
        head[h] = scaled_dot_product_attention(query[h], key[h], value[h]),  the h-th share of their features

    query: [T][features], key: [S][features], value: [S][value_features], already projected; num_heads: a
    divisor of both counts of features. mask: [T][S] for all heads, or [num_heads][T][S], True where t may
    attend to s (all but S may be 1), or None; is_causal: whether t may attend to s <= t alone. Returns
    [T][value_features]. Raises ValueError for shapes that do not meet or heads that do not divide.
    Source: Vaswani et al. 2017, section 3.2.2, arXiv:1706.03762.

    >>> multi_head_attention([[0.0, 0.0]], [[1.0, 1.0]] * 2, [[10.0, 1.0], [20.0, 2.0]], num_heads=2)
    [[15.0, 1.5]]
    """
    num_heads = checks.whole("multi_head_attention", "num_heads", num_heads, 1)
    allowed = _allowed("multi_head_attention", query, key, value, mask, is_causal, num_heads)
    for name, x in (("query", query), ("value", value)):
        if len(x[0]) % num_heads:
            raise ValueError(
                f"multi_head_attention: num_heads must divide the {len(x[0])} features of {name} "
                f"{shape(x)}; got {num_heads}."
            )
    heads = []
    for h in range(num_heads):
        q, k, v = (_share(x, h, num_heads) for x in (query, key, value))
        heads.append(_attend(q, k, v, allowed[h % len(allowed)]))
    return [[x for head in heads for x in head[t]] for t in range(len(query))]


def positional_encoding(positions, features, max_wavelength=10000.0):
    """Sinusoidal positions: where a number stands in a sequence, as waves of growing length.

        positional_encoding(positions)[t][c] = sin(angle[t][c]) if c % 2 == 0 else cos(angle[t][c])
        angle[t][c] = positions[t] / max_wavelength**(2 * (c // 2) / features)

    positions: [T] numbers, as a rule 0, 1, 2, ...; features: how many numbers tell a position, >= 1;
    max_wavelength: > 0, that of the slowest wave over 2 pi. Returns [T][features] in [-1, 1].
    Raises ValueError for positions that are infinite, features < 1 or max_wavelength <= 0.
    Source: Vaswani et al. 2017, section 3.5, arXiv:1706.03762.

    >>> positional_encoding([0.0], features=4)
    [[0.0, 1.0, 0.0, 1.0]]
    """
    features = checks.whole("positional_encoding", "features", features, 1)
    max_wavelength = checks.positive("positional_encoding", "max_wavelength", max_wavelength)
    checks.countable("positional_encoding", "features", features)
    given = shape(positions, "positional_encoding: positions")
    checks.fits("positional_encoding", "the encoding", *given, features)

    def waves(position):
        if checks.known(position) and abs(plain(position)) == float("inf"):
            raise ValueError(f"positional_encoding: positions must not be infinite; got {plain(position)}.")
        angles = [position / max_wavelength ** (2 * (c // 2) / features) for c in range(features)]
        return [cos(angle) if c % 2 else sin(angle) for c, angle in enumerate(angles)]

    return each(waves, positions)


def _attend(query, key, value, allowed):
    """Attention of each query to its allowed keys."""
    outputs = []
    for q, seen in zip(query, allowed, strict=True):
        scores = [dot(q, key[s]) / sqrt(len(q)) for s in seen]
        weights = softmax(scores) if seen else []
        outputs.append([dot(weights, [value[s][c] for s in seen]) for c in range(len(value[0]))])
    return outputs


def _share(rows, h, num_heads):
    """The h-th of num_heads equal shares of the features."""
    size = len(rows[0]) // num_heads
    return [row[h * size :][:size] for row in rows]


def _allowed(function, query, key, value, mask, is_causal, num_heads=None):
    """For each head, or once for all, for each query the positions that it may attend to; finds everything
    that is wrong with the shapes."""
    shapes = {}
    for name, x in (("query", query), ("key", key), ("value", value)):
        given = shapes[name] = shape(x, f"{function}: {name}")
        if len(given) < 2:
            raise ValueError(f"{function}: {name} must be [..., length, features]; got shape {given}.")
        checks.not_empty(function, name, x)
        if len(given) > 2:
            fix = checks.one_at_a_time(given, 2, name)
            raise ValueError(f"{function}: {name} must be the rows of one example; got shape {given}.{fix}")
    for one, other, axis, what in (("query", "key", 1, "features"), ("key", "value", 0, "length")):
        if shapes[one][axis] != shapes[other][axis]:
            raise ValueError(
                f"{function}: {one} and {other} must have the same {what}; "
                f"got {one} {shapes[one]} and {other} {shapes[other]}."
            )
    checks.flag(function, "is_causal", is_causal)
    past = [[not is_causal or s <= t for s in range(len(key))] for t in range(len(query))]
    heads = [past]
    if mask is not None:
        heads = [
            [[m and bool(x) for m, x in zip(*rows, strict=True)] for rows in zip(past, one, strict=True)]
            for one in _masked(function, mask, (len(query), len(key)), num_heads)
        ]
    return [[[s for s, yes in enumerate(row) if yes] for row in may] for may in heads]


def _masked(function, mask, wanted, num_heads):
    """The masks [T][S] of the heads, or one for all; finds everything that is wrong with them."""
    given = shape(mask, f"{function}: mask")
    full = (num_heads, *wanted) if num_heads is not None and len(given) == 3 else wanted
    if len(given) != len(full) or given[-1] != full[-1] or not _meets(given, full):
        fix = ""
        if given == wanted[1:]:
            fix = " Fix: mask[..., None, :]."
        elif len(given) == 3 and given[-1] == wanted[-1] and _meets(given, (1, *wanted)):
            fix = " Fix: mask[..., 0, :, :]."
        raise ValueError(
            f"{function}: mask must have the shape {wanted} of [query length, key length]; got {given}.{fix}"
        )
    for x in flatten(mask):
        if not isinstance(x, bool):
            told = f"{x!r}. Fix: True for 1, False for 0." if isinstance(x, int) else f"{x!r}."
            raise TypeError(f"{function}: mask must be True where a query may attend, else False; got {told}")
    heads = mask if len(given) == 3 else [mask]
    return [list(rows) * (wanted[0] if len(rows) == 1 else 1) for rows in heads]


def _meets(given, full):
    """Whether every axis is as long as it should be, or 1."""
    return all(n in (1, most) for n, most in zip(given, full, strict=True))


class MultiHeadAttention(Layer):
    """A layer that projects query, key and value, calls `multi_head_attention`, and projects what comes back.

    Kernels: query_kernel, key_kernel, value_kernel [in_features, qkv_features], out_kernel [qkv_features,
    out_features], and as many biases. qkv_features, out_features: in_features unless told. `layer(x)` lets a
    sequence attend to itself, `layer(query, key, value, mask)` to another. kernel_init, bias_init: as in
    `Linear`, for each kernel and each bias by itself.

    >>> import random
    >>> layer = MultiHeadAttention(4, num_heads=2)
    >>> layer.initialize(random.Random(0))
    >>> shape(layer.forward([[[1.0] * 4] * 3]))
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
    ):
        super().__init__()
        name, sizes = "MultiHeadAttention", (qkv_features, out_features)
        qkv_features, out_features = (in_features if size is None else size for size in sizes)
        self.in_features = checks.whole(name, "in_features", in_features, 1)
        self.qkv_features = checks.whole(name, "qkv_features", qkv_features, 1)
        self.out_features = checks.whole(name, "out_features", out_features, 1)
        self.num_heads = checks.whole(name, "num_heads", num_heads, 1)
        if self.qkv_features % self.num_heads:
            rule = f"num_heads must divide the {self.qkv_features} qkv_features; got {self.num_heads}"
            raise ValueError(f"{name}: {rule}.")
        checks.flag(name, "use_bias", use_bias)
        checks.flag(name, "is_causal", is_causal)
        weights.check(f"{name}: kernel_init", kernel_init, (self.in_features, self.qkv_features))
        weights.check(f"{name}: bias_init", bias_init, (self.qkv_features,))
        self.use_bias, self.is_causal = use_bias, is_causal
        self.kernel_init, self.bias_init = kernel_init, bias_init

    def initialize(self, draw):
        """Draws kernels and biases from a `random.Random`, unless they are there."""
        if self.parameters:
            return
        for name in ("query", "key", "value", "out"):
            sizes = (self.in_features, self.qkv_features, self.out_features)
            shape = sizes[1:] if name == "out" else sizes[:2]
            told = "MultiHeadAttention: kernel_init", "MultiHeadAttention: bias_init"
            self.parameters[f"{name}_kernel"] = weights.drawn(told[0], self.kernel_init, draw, shape)
            if self.use_bias:
                self.parameters[f"{name}_bias"] = weights.drawn(told[1], self.bias_init, draw, shape[1:])

    def __call__(self, query, key=None, value=None, mask=None):
        """[T][out_features] Values of one example: query [T][in_features]; key, value [S][in_features].

        Without key and value the query attends to itself, without value to the key.
        """
        if not self.parameters:
            raise ValueError(
                "MultiHeadAttention: weights must be drawn before the layer is called; "
                "call initialize(random.Random(0)), or put the layer into a NeuralNet."
            )
        if key is None and value is not None:
            raise ValueError("MultiHeadAttention: value must come with a key; got no key.")
        key = query if key is None else key
        given = dict(query=query, key=key, value=key if value is None else value)
        query, key, value = (self._linear(name, rows) for name, rows in given.items())
        together = multi_head_attention(query, key, value, self.num_heads, mask, self.is_causal)
        return self._linear("out", together)

    def _linear(self, name, rows):
        kernel, bias = self.parameters[f"{name}_kernel"], self.parameters.get(f"{name}_bias")
        if len(given := shape(rows, f"MultiHeadAttention: {name}")) != 2:
            fix = (
                f"[{name}], or in a net [x] for one example"
                if len(given) < 2
                else f"forward({name}) for a batch, or one axis less"
            )
            rule = f"{name} must be [length, features] of one example; got {given}"
            raise ValueError(f"MultiHeadAttention: {rule}. Fix: {fix}.")
        checks.features("MultiHeadAttention", name, given, len(kernel))
        return [linear(row, kernel, bias) for row in rows]
