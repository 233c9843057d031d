"""Normalization: numbers are shifted and scaled to mean 0 and variance 1, then to a scale and bias learnt.

What the mean is taken over tells the kinds apart: batch normalization one feature over all examples, layer
normalization all features of one example, group normalization some of them. n: example, c: feature.
"""

from . import checks
from .checks import flatten, nested, read, shape
from .operations import dot, sqrt, total
from .ranges import together
from .value import plain


def moments(inputs):
    """Mean and variance of each feature, over all examples and positions.

        mean[c] = sum_n inputs[n][c] / N
        var[c] = sum_n (inputs[n][c] - mean[c])**2 / N

    inputs: [N, ..., features]; positions count as examples. Returns mean and var, each [features]; the
    variance is that of the population (PyTorch keeps the unbiased one, over N - 1). One example has variance
    0. Raises ValueError for fewer than two axes, or none.
    Source: Ioffe and Szegedy 2015, algorithm 1, arXiv:1502.03167.

    >>> moments([[1.0, 5.0], [3.0, 5.0]])
    ([2.0, 5.0], [1.0, 0.0])
    """
    _at_least("moments", inputs, 2, "[N, ..., features]")
    centred = [_centred(list(column)) for column in zip(*_rows(read(inputs)), strict=True)]
    return [mean for mean, _ in centred], [_mean_square(rest) for _, rest in centred]


def batch_norm(inputs, mean, var, scale=None, bias=None, eps=1e-5):
    """Batch normalization: each feature gets mean 0 and variance 1 over the batch, then a scale and a bias.

        batch_norm(inputs)[n][c] = scale[c] * (inputs[n][c] - mean[c]) / sqrt(var[c] + eps) + bias[c]

    inputs: [N, ..., features]; mean, var: [features], while training the `moments` of the batch, through
    which slopes flow too, and afterwards running averages. scale, bias: [features], or None for 1 and 0.
    eps: > 0. Returns [N, ..., features]; a constant feature becomes its bias. Raises ValueError for
    features that do not match, a negative var, or eps <= 0.
    Source: Ioffe and Szegedy 2015, algorithms 1 and 2, arXiv:1502.03167.

    >>> batch_norm([[1.0], [5.0]], [3.0], [4.0], eps=1e-30)
    [[-1.0], [1.0]]
    """
    given = _at_least("batch_norm", inputs, 2, "[N, ..., features]")
    eps = checks.positive("batch_norm", "eps", eps)
    together("batch_norm", eps, *flatten(inputs))
    for name, x in (("mean", mean), ("var", var)):
        if x is None:
            raise TypeError(f"batch_norm: {name} must hold a number for each feature; got None.")
    for name, x in (("mean", mean), ("var", var), ("scale", scale), ("bias", bias)):
        _one_a_feature("batch_norm", name, x, given)
    mean, var, scale, bias = map(read, (mean, var, scale, bias))
    if negative := [plain(x) for x in var if checks.known(x) and plain(x) < 0]:
        raise ValueError(f"batch_norm: var must not be negative; got {float(negative[0])}.")
    deviations = [sqrt(v + eps) for v in var]

    def one(row):
        quotients = [(x - m) / d for x, m, d in zip(row, mean, deviations, strict=True)]
        return _stretched(quotients, scale, bias)

    return _each_row(one, read(inputs))


def layer_norm(inputs, scale=None, bias=None, eps=1e-6):
    """Layer normalization: the features of one example get mean 0 and variance 1, whatever the batch.

        layer_norm(inputs)[c] = scale[c] * (inputs[c] - mean) / sqrt(var + eps) + bias[c]
        mean = sum_c inputs[c] / C,  var = sum_c (inputs[c] - mean)**2 / C

    inputs: [features] of one example, scale, bias: [features], or None for 1 and 0. eps: > 0 (Flax 1e-6,
    PyTorch 1e-5, Keras 1e-3). Returns [features]; where all are equal, the bias.
    Raises ValueError for features that do not match, none at all, or eps <= 0.
    Source: Ba, Kiros and Hinton 2016, eq. 3 and 4, arXiv:1607.06450.

    >>> layer_norm([1.0, 3.0], bias=[5.0, 5.0], eps=1e-30)
    [4.0, 6.0]
    """
    given = _at_least("layer_norm", inputs, 1, "[..., features]")
    _one_example("layer_norm", given)
    eps = checks.positive("layer_norm", "eps", eps)
    together("layer_norm", eps, *flatten(inputs))
    for name, x in (("scale", scale), ("bias", bias)):
        _one_a_feature("layer_norm", name, x, given)
    return _stretched(_standard(read(inputs), eps), read(scale), read(bias))


def group_norm(inputs, num_groups, scale=None, bias=None, eps=1e-6):
    """Group normalization: layer normalization in each group of features, over all positions.

        group_norm(inputs)[n][c] = scale[c] * (inputs[n][c] - mean[n][g]) / sqrt(var[n][g] + eps) + bias[c]
        mean[n][g], var[n][g]: of inputs[n][c] over all positions and those c with c // (C / num_groups) == g

    inputs: [N, ..., features]; num_groups: a divisor of features; 1 normalizes all features together, as many
    as features each of them alone (instance normalization). scale, bias: [features], or None for 1 and 0.
    eps: > 0. Returns [N, ..., features]. Raises ValueError for groups that do not divide, features that do
    not match, or eps <= 0. Source: Wu and He 2018, eq. 1, 2 and 7, arXiv:1803.08494.

    >>> group_norm([[1.0, 3.0, 10.0, 30.0]], num_groups=2, eps=1e-30)
    [[-1.0, 1.0, -1.0, 1.0]]
    """
    given = _at_least("group_norm", inputs, 2, "[N, ..., features]")
    eps = checks.positive("group_norm", "eps", eps)
    together("group_norm", eps, *flatten(inputs))
    size = given[-1] // _divisor("group_norm", num_groups, given)
    for name, x in (("scale", scale), ("bias", bias)):
        _one_a_feature("group_norm", name, x, given)
    scale, bias = read(scale), read(bias)

    def one(example):
        rows, starts = _rows(example), range(0, given[-1], size)
        groups = [_standard([x for row in rows for x in row[c : c + size]], eps) for c in starts]
        done = iter([[x for group in groups for x in group[i * size :][:size]] for i in range(len(rows))])
        return _each_row(lambda _: _stretched(next(done), scale, bias), example)

    return [one(example) for example in read(inputs)]


def rms_norm(inputs, scale=None, eps=1e-6):
    """Root mean square normalization: layer normalization that leaves the mean where it is.

        rms_norm(inputs)[c] = scale[c] * inputs[c] / sqrt(sum_k inputs[k]**2 / C + eps)

    inputs: [features] of one example, scale: [features], or None for 1. eps: > 0. Returns [features]; zeros
    stay zeros. Raises ValueError for features that do not match, none at all, or eps <= 0.
    Source: Zhang and Sennrich 2019, eq. 4, arXiv:1910.07467.

    >>> rms_norm([3.0, -3.0], scale=[1.0, 2.0], eps=1e-30)
    [1.0, -2.0]
    """
    given = _at_least("rms_norm", inputs, 1, "[..., features]")
    _one_example("rms_norm", given)
    eps = checks.positive("rms_norm", "eps", eps)
    together("rms_norm", eps, *flatten(inputs))
    _one_a_feature("rms_norm", "scale", scale, given)
    inputs = read(inputs)
    size = sqrt(_mean_square(inputs) + eps)
    return _stretched([x / size for x in inputs], read(scale), None)


def _centred(numbers):
    """The mean of numbers, and how far each is from it."""
    mean = total(numbers) / len(numbers)
    return mean, [x - mean for x in numbers]


def _mean_square(numbers):
    return dot(numbers, numbers) / len(numbers)


def _standard(numbers, eps):
    """Numbers with mean 0 and variance 1."""
    _, centred = _centred(numbers)
    deviation = sqrt(_mean_square(centred) + eps)
    return [x / deviation for x in centred]


def _stretched(row, scale, bias):
    row = row if scale is None else [s * x for s, x in zip(scale, row, strict=True)]
    return row if bias is None else [x + b for x, b in zip(row, bias, strict=True)]


def _rows(array):
    """The innermost lists of nested lists, in order."""
    return [row for part in array for row in _rows(part)] if nested(array[0]) else [array]


def _each_row(function, array):
    """Nested lists of one shape with array, of function(row) for every innermost list."""
    return [_each_row(function, part) for part in array] if nested(array[0]) else function(array)


def _at_least(function, inputs, axes, told):
    """The shape of inputs that have enough axes and are not empty."""
    given = shape(inputs, f"{function}: inputs")
    if len(given) < axes:
        raise ValueError(f"{function}: inputs must be {told}; got shape {given}.")
    checks.not_empty(function, "inputs", inputs)
    return given


def _one_example(function, given):
    if len(given) > 1:
        fix = checks.one_at_a_time(given, 1)
        raise ValueError(f"{function}: inputs must be the numbers of one example; got shape {given}.{fix}")


def _one_a_feature(function, name, x, given):
    if x is not None and (got := shape(x, f"{function}: {name}")) != given[-1:]:
        raise ValueError(
            f"{function}: {name} must have the shape {given[-1:]} of the features of inputs {given}; "
            f"got {got}."
        )


def _divisor(function, num_groups, given):
    num_groups = checks.whole(function, "num_groups", num_groups, 1)
    if given[-1] % num_groups:
        raise ValueError(
            f"{function}: num_groups must divide the {given[-1]} features of inputs {given}; "
            f"got {num_groups}.{_fewer_groups(given[-1], num_groups)}"
        )
    return num_groups


def _fewer_groups(features, num_groups):
    """The fix for groups that do not divide the features: as many as do, two features or more in each."""
    most = min(num_groups, max(features // 2, 1))
    return f" Fix: num_groups={next(n for n in range(most, 0, -1) if features % n == 0)}."
