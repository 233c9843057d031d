"""Layers that normalize: they hold scale and bias, and batch normalization the running statistics."""

from . import checks
from .layer import Layer
from .normalization import _fewer_groups, batch_norm, group_norm, layer_norm, moments, rms_norm
from .value import Value, plain


class _Stretched(Layer):
    """What these layers share: scale [features], 1 at first, and bias [features], 0 at first."""

    def __init__(self, num_features, eps, use_scale, use_bias):
        super().__init__()
        name = type(self).__name__
        self.num_features = checks.whole(name, "num_features", num_features, 1)
        checks.countable(name, "num_features", self.num_features)
        checks.fits(name, "its weights", self.num_features, copies=8)
        eps = checks.positive(name, "eps", eps)
        checks.flag(name, "use_scale", use_scale)
        checks.flag(name, "use_bias", use_bias)
        self.eps, self.use_scale, self.use_bias = float(eps), use_scale, use_bias
        if use_scale:
            self.parameters["scale"] = [Value(1.0) for _ in range(self.num_features)]
        if use_bias:
            self.parameters["bias"] = [Value(0.0) for _ in range(self.num_features)]

    def _check(self, inputs):
        """Raises ValueError for an example that does not end in the features of the layer."""
        name = type(self).__name__
        given = checks.shape(inputs, f"{name}: inputs")
        checks.not_empty(name, "inputs", inputs)
        checks.features(name, "inputs", given, self.num_features)

    def __call__(self, inputs):
        """The example [..., features], each innermost list normalized by itself."""
        self._check(inputs)
        return self._each(inputs)

    def _each(self, inputs):
        if checks.nested(inputs) and any(map(checks.nested, inputs)):
            return [self._each(part) for part in inputs]
        return self._normalize(inputs)

    def _normalize(self, row):
        raise NotImplementedError


class LayerNorm(_Stretched):
    """A layer that holds scale and bias [features] and calls `layer_norm` for each position of an example.

    >>> LayerNorm(2).forward([[1.0, 3.0], [5.0, 5.0]])[1]
    [0.0, 0.0]
    """

    def __init__(self, num_features, eps=1e-6, use_scale=True, use_bias=True):
        super().__init__(num_features, eps, use_scale, use_bias)

    def _normalize(self, row):
        return layer_norm(row, self.parameters.get("scale"), self.parameters.get("bias"), self.eps)


class RMSNorm(_Stretched):
    """A layer that holds a scale [features] and calls `rms_norm` for each position of an example.

    >>> RMSNorm(2, eps=1e-30).forward([[3.0, -3.0]])
    [[1.0, -1.0]]
    """

    def __init__(self, num_features, eps=1e-6, use_scale=True):
        super().__init__(num_features, eps, use_scale, False)

    def _normalize(self, row):
        return rms_norm(row, self.parameters.get("scale"), self.eps)


class GroupNorm(_Stretched):
    """A layer that holds scale and bias [features] and calls `group_norm` for each example.

    >>> GroupNorm(4, num_groups=2, eps=1e-30).forward([[1.0, 3.0, 10.0, 30.0]])
    [[-1.0, 1.0, -1.0, 1.0]]
    """

    def __init__(self, num_features, num_groups=32, eps=1e-6, use_scale=True, use_bias=True):
        super().__init__(num_features, eps, use_scale, use_bias)
        self.num_groups = checks.whole("GroupNorm", "num_groups", num_groups, 1)
        if self.num_features % self.num_groups:
            raise ValueError(
                f"GroupNorm: num_groups must divide the {self.num_features} features; got {self.num_groups}."
                f"{_fewer_groups(self.num_features, self.num_groups)}"
            )

    def __call__(self, inputs):
        """The example [..., features], each group of features normalized over all positions."""
        self._check(inputs)
        scale, bias = self.parameters.get("scale"), self.parameters.get("bias")
        return group_norm([inputs], self.num_groups, scale, bias, self.eps)[0]


class BatchNorm(_Stretched):
    """A layer that normalizes each feature over the batch while the net learns, and later by what it saw.

    statistics: mean, var, [features] each, 0 and 1 at first. A training batch moves them to
    momentum * old + (1 - momentum) * those of the batch; a frozen layer keeps them, and normalizes by them.

    >>> layer = BatchNorm(1, momentum=0.5, eps=1e-30)
    >>> layer.training = True
    >>> layer.forward([[2.0], [6.0]]), layer.statistics
    ([[-1.0], [1.0]], {'mean': [2.0], 'var': [2.5]})
    """

    def __init__(self, num_features, momentum=0.99, eps=1e-5, use_scale=True, use_bias=True):
        super().__init__(num_features, eps, use_scale, use_bias)
        momentum = checks.share("BatchNorm", "momentum", momentum)
        self.momentum = float(momentum)
        self.statistics["mean"] = [0.0] * self.num_features
        self.statistics["var"] = [1.0] * self.num_features

    def __call__(self, inputs):
        """One example as a batch of its own."""
        return self.batch([inputs])[0]

    def batch(self, examples):
        """All examples [N, ..., features], normalized by their own moments or by the running ones."""
        checks.share("BatchNorm", "momentum", self.momentum)  # it may have been set since
        for example in examples:
            self._check(example)
        held = self.statistics["mean"], self.statistics["var"]
        mean, var = moments(examples) if self.training and not self.frozen else held
        outputs = batch_norm(
            examples, mean, var, self.parameters.get("scale"), self.parameters.get("bias"), self.eps
        )
        if self.training and not self.frozen:
            for name, new in (("mean", mean), ("var", var)):
                old = self.statistics[name]
                self.statistics[name] = [
                    self.momentum * a + (1 - self.momentum) * plain(b) for a, b in zip(old, new, strict=True)
                ]
        return outputs
