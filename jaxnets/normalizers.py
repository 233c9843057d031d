"""Layers that normalize: they hold scale and bias, and batch normalization the running statistics.

They are `flax.nnx` modules: `train()` and `eval()` of the module that holds them switch batch normalization.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from . import checks, data
from .layer import Layer
from .normalization import _fewer_groups, _wide_moments, batch_norm, group_norm, layer_norm, rms_norm


class _Stretched(Layer):
    """What these layers share: scale [features], 1 at first, and bias [features], 0 at first.

    `rngs` draws nothing here; it is taken as every layer takes it, and makes the weights float32 at once.
    axes: how many inputs must have.
    """

    axes = 1

    def __init__(self, num_features, eps, use_scale, use_bias, rngs):
        name = type(self).__name__
        self.num_features = data.whole(name, "num_features", num_features, 1)
        checks.positive(name, "eps", eps)
        checks.flag(name, "use_scale", use_scale)
        checks.flag(name, "use_bias", use_bias)
        self.eps, self.use_scale, self.use_bias = float(eps), use_scale, use_bias
        self.scale = nnx.Param(None) if use_scale else None
        self.bias = nnx.Param(None) if use_bias else None
        if rngs is not None:
            checks.rngs(name, rngs)
            self.initialize(None)

    def initialize(self, generator, dtype="float32"):
        """Set scale to 1 and bias to 0, in numpy, so that nothing is compiled."""
        del generator
        if self.use_scale:
            self.scale = nnx.Param(self._filled(1, dtype))
        if self.use_bias:
            self.bias = nnx.Param(self._filled(0, dtype))

    def _filled(self, number, dtype):
        checks.countable(type(self).__name__, "num_features", self.num_features)
        checks.fits(type(self).__name__, "its weights", (self.num_features,), dtype)
        return jax.device_put(np.full(self.num_features, number, dtype))

    def _checked(self, inputs):
        """Inputs as floats that end in the features of the layer."""
        name = type(self).__name__
        inputs = checks.numbers(name, "inputs", inputs)
        checks.not_empty(name, "inputs", inputs)
        checks.features(name, "inputs", inputs, self.num_features)
        if inputs.ndim < self.axes:
            raise ValueError(f"{name}: inputs must be [N, ..., features]; got shape {inputs.shape}.")
        return inputs

    def _held(self, *names):
        """The arrays of some variables, None for those that the layer does not use."""
        held = [getattr(self, name) for name in names]
        if any(variable is not None and variable.get_value() is None for variable in held):
            name = type(self).__name__
            raise ValueError(
                f"{name}: weights must be set before the layer is called; "
                f"give rngs=nnx.Rngs(0), or put the layer into a NeuralNet."
            )
        return [None if variable is None else variable[...] for variable in held]


class LayerNorm(_Stretched):
    """A layer that holds scale and bias [features] and calls `layer_norm` on inputs [..., features].

    >>> LayerNorm(2, rngs=nnx.Rngs(0))(np.array([[1.0, 3.0], [5.0, 5.0]], "float32"))[1].tolist()
    [0.0, 0.0]
    """

    def __init__(self, num_features, eps=1e-6, use_scale=True, use_bias=True, rngs=None):
        super().__init__(num_features, eps, use_scale, use_bias, rngs)

    def __call__(self, inputs):
        scale, bias = self._held("scale", "bias")
        return layer_norm(self._checked(inputs), scale, bias, self.eps)


class RMSNorm(_Stretched):
    """A layer that holds a scale [features] and calls `rms_norm` on inputs [..., features].

    >>> RMSNorm(2, rngs=nnx.Rngs(0))(np.array([[3.0, -3.0]], "float32")).round(4).tolist()
    [[1.0, -1.0]]
    """

    def __init__(self, num_features, eps=1e-6, use_scale=True, rngs=None):
        super().__init__(num_features, eps, use_scale, False, rngs)

    def __call__(self, inputs):
        (scale,) = self._held("scale")
        return rms_norm(self._checked(inputs), scale, self.eps)


class GroupNorm(_Stretched):
    """A layer that holds scale and bias [features] and calls `group_norm` on inputs [N, ..., features].

    >>> GroupNorm(4, num_groups=2, rngs=nnx.Rngs(0))(np.ones((1, 3, 4), "float32")).shape
    (1, 3, 4)
    """

    axes = 2

    def __init__(self, num_features, num_groups=32, eps=1e-6, use_scale=True, use_bias=True, rngs=None):
        super().__init__(num_features, eps, use_scale, use_bias, rngs)
        self.num_groups = data.whole("GroupNorm", "num_groups", num_groups, 1)
        if self.num_features % self.num_groups:
            raise ValueError(
                f"GroupNorm: num_groups must divide the {self.num_features} features; got {self.num_groups}."
                f"{_fewer_groups(self.num_features, self.num_groups)}"
            )

    def __call__(self, inputs):
        scale, bias = self._held("scale", "bias")
        return group_norm(self._checked(inputs), self.num_groups, scale, bias, self.eps)


class BatchNorm(_Stretched):
    """A layer that normalizes each feature over the batch while the net learns, and later by what it saw.

    mean, var: running statistics [features], 0 and 1 at first. A training batch moves them to
    momentum * old + (1 - momentum) * those of the batch; a layer frozen in a `NeuralNet` keeps them, and
    normalizes by them. use_running_average: what `train()` and `eval()` switch.

    >>> layer = BatchNorm(1, momentum=0.5, rngs=nnx.Rngs(0))
    >>> layer(np.array([[2.0], [6.0]], "float32")).round(4).tolist(), layer.mean[...].tolist()
    ([[-1.0], [1.0]], [2.0])
    """

    axes = 2

    def __init__(self, num_features, momentum=0.99, eps=1e-5, use_scale=True, use_bias=True, rngs=None):
        self.mean, self.var = nnx.BatchStat(None), nnx.BatchStat(None)
        super().__init__(num_features, eps, use_scale, use_bias, rngs)
        checks.share("BatchNorm", "momentum", momentum)
        self.momentum, self.use_running_average = float(momentum), False

    def initialize(self, generator, dtype="float32"):
        """Set scale and var to 1, bias and mean to 0, in numpy, so that nothing is compiled.

        The statistics are float32 at least: in half precision a step of 1 - momentum would move nothing.
        """
        super().initialize(generator, dtype)
        dtype = jnp.promote_types(dtype, jnp.float32)
        self.mean = nnx.BatchStat(self._filled(0, dtype))
        self.var = nnx.BatchStat(self._filled(1, dtype))

    def __call__(self, inputs):
        checks.share("BatchNorm", "momentum", self.momentum)  # it may have been set since
        held: Any = self._held("mean", "var", "scale", "bias")
        mean, var, scale, bias = held
        inputs = self._checked(inputs)
        if self.use_running_average:
            return batch_norm(inputs, mean, var, scale, bias, self.eps)
        seen, spread = _wide_moments(inputs)
        for held, old, new in ((self.mean, mean, seen), (self.var, var, spread)):
            new = jax.lax.stop_gradient(new)
            held.set_value((self.momentum * old + (1 - self.momentum) * new).astype(old.dtype))
        return batch_norm(inputs, seen, spread, scale, bias, self.eps)
