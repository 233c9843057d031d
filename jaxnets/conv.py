"""Layers that hold a kernel and slide it: convolution, and its transpose."""

from typing import Any

import jax
import numpy as np
from flax import nnx

from . import checks, untraced, weights, window_checks
from .convolution import _correlate, _transposed
from .data import whole
from .layer import Layer


class KernelLayer(Layer):
    """What Conv and ConvTranspose share: the window, and how kernel and bias are drawn.

    paddings: the names that padding may have.
    """

    strides: Any
    padding: Any
    dilation: Any
    paddings = window_checks.PADDINGS

    def __init__(
        self,
        in_features,
        out_features,
        window_shape,
        strides,
        padding,
        dilation,
        use_bias,
        kernel_init,
        bias_init,
    ):
        name = type(self).__name__
        self.in_features = whole(name, "in_features", in_features, 1)
        self.out_features = whole(name, "out_features", out_features, 1)
        self.window_shape = window_checks.shape_of(name, window_shape)
        rank = len(self.window_shape)
        self.strides = window_checks.for_each(name, "strides", strides, rank)
        self.dilation = window_checks.for_each(name, "dilation", dilation, rank)
        window_checks.boolean(name, "use_bias", use_bias)
        self.use_bias = use_bias
        weights.check(f"{name}: kernel_init", kernel_init, (1,) * (rank + 2))
        weights.check(f"{name}: bias_init", bias_init, (self.out_features,))
        self.kernel_init, self.bias_init = kernel_init, bias_init
        self.padding = window_checks.padding_of(name, padding, rank, self.paddings)
        self.kernel, self.bias = nnx.Param(None), nnx.Param(None)

    def initialize(self, generator, dtype="float32"):
        """Draw kernel and bias from a numpy random generator; in numpy, so that nothing is compiled."""
        name, shape = type(self).__name__, self._shape()
        kernel = weights.drawn(f"{name}: kernel_init", self.kernel_init, generator, shape, dtype)
        bias = None
        if self.use_bias:
            out = shape[-1:]
            bias = nnx.Param(weights.drawn(f"{name}: bias_init", self.bias_init, generator, out, dtype))
        self.kernel, self.bias = nnx.Param(self._laid_out(kernel)), bias

    def _shape(self):
        """[...window, inputs of an output, out], as the initializers want it."""
        return *self.window_shape, self.in_features, self.out_features

    def _laid_out(self, kernel):
        return kernel

    def _taken(self, inputs):
        """The inputs, many examples that end in the channels of the layer."""
        inputs = window_checks.batched(self, inputs)
        checks.features(type(self).__name__, "inputs", inputs, self.in_features)
        return inputs

    def _drawn_at_once(self, rngs):
        if rngs is not None:
            self.initialize(untraced.generator(type(self).__name__, rngs))

    def _held(self):
        """The kernel and the bias, drawn."""
        if self.kernel.get_value() is None:
            raise ValueError(
                f"{type(self).__name__}: weights must be drawn before the layer is called; "
                "give rngs=nnx.Rngs(0), or put the layer into a NeuralNet."
            )
        return self.kernel[...], None if self.bias is None else self.bias[...]


class Conv(KernelLayer):
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
        window = window_shape, strides, padding, dilation
        super().__init__(in_features, out_features, *window, use_bias, kernel_init, bias_init)
        self.groups = window_checks.dividing("Conv", groups, self.in_features, self.out_features)
        self._drawn_at_once(rngs)

    def _shape(self):
        return *self.window_shape, self.in_features // self.groups, self.out_features

    def __call__(self, inputs):
        kernel, bias = self._held()
        more = self.strides, self.padding, self.dilation, self.groups
        return _correlate("Conv", self._taken(inputs), kernel, bias, *more)


class ConvTranspose(KernelLayer):
    """A layer that holds kernel [...window, in, out] and bias [out] and calls `conv_transpose`.

    strides: how many times larger the output is. window_shape, dilation: as in `Conv`. padding: "SAME",
    "VALID" or pairs, as in `conv_transpose`. With transpose_kernel=True the kernel is [...window, out, in],
    that of the `Conv` that goes the other way. Kernel and bias are drawn as in `Conv`.

    >>> layer = ConvTranspose(1, 4, (3, 3), strides=2)
    >>> layer.initialize(np.random.default_rng(0))
    >>> layer.kernel.shape, layer.bias.shape
    ((3, 3, 1, 4), (4,))
    """

    paddings = window_checks.PADDINGS[:2]

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
        window = window_shape, strides, padding, dilation
        super().__init__(in_features, out_features, *window, use_bias, kernel_init, bias_init)
        window_checks.boolean("ConvTranspose", "transpose_kernel", transpose_kernel)
        self.transpose_kernel = transpose_kernel
        self._drawn_at_once(rngs)

    def _laid_out(self, kernel):
        return jax.device_put(np.asarray(kernel).swapaxes(-1, -2)) if self.transpose_kernel else kernel

    def __call__(self, inputs):
        kernel, bias = self._held()
        more = self.strides, self.padding, self.dilation, self.transpose_kernel
        return _transposed("ConvTranspose", self._taken(inputs), kernel, bias, *more)
