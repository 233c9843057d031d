"""Layers that hold a kernel and slide it: convolution, and its transpose."""

from typing import Any

import jax
import numpy as np
from flax import nnx

from . import checks, weights, window_checks
from .convolution import conv_transpose, correlate
from .data import whole
from .layer import Layer


class Conv(Layer):
    """A layer that holds kernel [...window, in / groups, out] and bias [out] and calls `correlate`.

    window_shape: (width,) for [N, time, in], (height, width) for [N, height, width, in]. strides, padding,
    dilation, groups: as in `correlate`; padding is "SAME" by default, as in Flax. The kernel is drawn from
    N(0, 1 / inputs of a window), cut at two standard deviations (LeCun's initialisation), the bias is 0;
    kernel_init, bias_init: as in `Linear`.

    >>> layer = Conv(1, 4, (3, 3))
    >>> layer.initialize(np.random.default_rng(0))
    >>> layer.kernel.shape, layer.bias.shape
    ((3, 3, 1, 4), (4,))
    """

    in_features: int
    out_features: int
    window_shape: tuple
    strides: Any
    padding: Any
    dilation: Any
    use_bias: bool

    def __init__(
        self,
        in_features,
        out_features,
        window_shape,
        strides=1,
        padding="SAME",
        dilation=1,
        groups=1,
        use_bias=True,
        kernel_init="lecun_normal",
        bias_init="zeros",
        rngs=None,
    ):
        _store(self, in_features, out_features, window_shape, strides, dilation, use_bias)
        _store_initial(self, kernel_init, bias_init)
        self.padding = window_checks.padding_of("Conv", padding, len(self.window_shape))
        self.groups = window_checks.dividing("Conv", groups, self.in_features, self.out_features)
        _drawn_at_once(self, rngs)

    def initialize(self, generator, dtype="float32"):
        """Draw kernel and bias from a numpy random generator; in numpy, so that nothing is compiled."""
        self.kernel, self.bias = _drawn(self, generator, self.in_features // self.groups, dtype)

    def __call__(self, inputs):
        kernel, bias = _held(self)
        inputs = window_checks.batched(self, inputs)
        return correlate(inputs, kernel, bias, self.strides, self.padding, self.dilation, self.groups)


class ConvTranspose(Layer):
    """A layer that holds kernel [...window, in, out] and bias [out] and calls `conv_transpose`.

    strides: how many times larger the output is. window_shape, dilation: as in `Conv`. padding: "SAME",
    "VALID" or pairs, as in `conv_transpose`. With transpose_kernel=True the kernel is [...window, out, in],
    that of the `Conv` that goes the other way. Kernel and bias are drawn as in `Conv`.

    >>> layer = ConvTranspose(1, 4, (3, 3), strides=2)
    >>> layer.initialize(np.random.default_rng(0))
    >>> layer.kernel.shape, layer.bias.shape
    ((3, 3, 1, 4), (4,))
    """

    in_features: int
    out_features: int
    window_shape: tuple
    strides: Any
    padding: Any
    dilation: Any
    use_bias: bool

    def __init__(
        self,
        in_features,
        out_features,
        window_shape,
        strides=1,
        padding="SAME",
        dilation=1,
        use_bias=True,
        transpose_kernel=False,
        kernel_init="lecun_normal",
        bias_init="zeros",
        rngs=None,
    ):
        _store(self, in_features, out_features, window_shape, strides, dilation, use_bias)
        _store_initial(self, kernel_init, bias_init)
        rank, names = len(self.window_shape), window_checks.PADDINGS[:2]
        self.padding = window_checks.padding_of("ConvTranspose", padding, rank, names)
        window_checks.boolean("ConvTranspose", "transpose_kernel", transpose_kernel)
        self.transpose_kernel = transpose_kernel
        _drawn_at_once(self, rngs)

    def initialize(self, generator, dtype="float32"):
        """Draw kernel and bias from a numpy random generator; in numpy, so that nothing is compiled."""
        self.kernel, self.bias = _drawn(self, generator, self.in_features, dtype, self.transpose_kernel)

    def __call__(self, inputs):
        kernel, bias = _held(self)
        more = self.strides, self.padding, self.dilation, self.transpose_kernel
        inputs = window_checks.batched(self, inputs)
        return conv_transpose(inputs, kernel, bias, *more)


def _store(layer, in_features, out_features, window_shape, strides, dilation, use_bias):
    name = type(layer).__name__
    layer.in_features = whole(name, "in_features", in_features, 1)
    layer.out_features = whole(name, "out_features", out_features, 1)
    layer.window_shape = window_checks.shape_of(name, window_shape)
    layer.strides = window_checks.for_each(name, "strides", strides, len(layer.window_shape))
    layer.dilation = window_checks.for_each(name, "dilation", dilation, len(layer.window_shape))
    window_checks.boolean(name, "use_bias", use_bias)
    layer.use_bias = use_bias
    layer.kernel, layer.bias = nnx.Param(None), nnx.Param(None)


def _drawn_at_once(layer, rngs):
    if rngs is not None:
        checks.rngs(type(layer).__name__, rngs)
        layer.initialize(np.random.default_rng(np.asarray(jax.random.key_data(rngs.params()))))


def _store_initial(layer, kernel_init, bias_init):
    name, rank = type(layer).__name__, len(layer.window_shape)
    weights.check(f"{name}: kernel_init", kernel_init, (1,) * (rank + 2))
    weights.check(f"{name}: bias_init", bias_init, (layer.out_features,))
    layer.kernel_init, layer.bias_init = kernel_init, bias_init


def _drawn(layer, generator, in_features, dtype, swapped=False):
    """A kernel [...window, in, out], or with both swapped, and a bias."""
    name, shape = type(layer).__name__, (*layer.window_shape, in_features, layer.out_features)
    kernel = weights.drawn(f"{name}: kernel_init", layer.kernel_init, generator, shape, dtype)
    if swapped:
        kernel = jax.device_put(np.ascontiguousarray(np.asarray(kernel).swapaxes(-1, -2)))
    if not layer.use_bias:
        return nnx.Param(kernel), None
    bias = weights.drawn(f"{name}: bias_init", layer.bias_init, generator, shape[-1:], dtype)
    return nnx.Param(kernel), nnx.Param(bias)


def _held(layer):
    """The kernel and the bias, drawn."""
    if layer.kernel.get_value() is None:
        raise ValueError(
            f"{type(layer).__name__}: weights must be drawn before the layer is called; "
            "give rngs=nnx.Rngs(0), or put the layer into a NeuralNet."
        )
    return layer.kernel[...], None if layer.bias is None else layer.bias[...]
