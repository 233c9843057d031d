"""Layers that hold a kernel and slide it: convolution, and its transpose."""

from typing import Any

from . import weights, window_checks
from .checks import whole
from .convolution import _swapped, conv_transpose, correlate
from .layer import Layer


class Conv(Layer):
    """A layer that holds kernel [...window][in / groups][out] and bias [out] and calls `correlate`.

    window_shape: (width,) for [time][in], (height, width) for [height][width][in]. strides, padding,
    dilation, groups: as in `correlate`; padding is "SAME" by default, as in Flax. The kernel is drawn from
    N(0, 1 / inputs of a window), cut at two standard deviations (LeCun's initialisation), the bias is 0;
    kernel_init, bias_init: as in `Linear`.

    >>> import random
    >>> layer = Conv(1, 4, (3, 3))
    >>> layer.initialize(random.Random(0))
    >>> len(layer.parameters["kernel"]), len(layer([[[1.0], [2.0]]])[0][1])
    (3, 4)
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
    ):
        super().__init__()
        _store(self, in_features, out_features, window_shape, strides, dilation, use_bias)
        _store_initial(self, kernel_init, bias_init)
        self.padding = window_checks.padding_of("Conv", padding, len(self.window_shape))
        self.groups = window_checks.dividing("Conv", groups, self.in_features, self.out_features)

    def initialize(self, draw):
        """Draws kernel and bias from a `random.Random`, unless they are there."""
        if not self.parameters:
            self.parameters = _drawn(self, draw, self.in_features // self.groups)

    def __call__(self, inputs) -> Any:
        """[time][out] or [height][width][out] Values of one example, [time][in] or [height][width][in]."""
        _drawn_before_called(self)
        kernel, bias = self.parameters["kernel"], self.parameters.get("bias")
        return correlate(inputs, kernel, bias, self.strides, self.padding, self.dilation, self.groups)


class ConvTranspose(Layer):
    """A layer that holds kernel [...window][in][out] and bias [out] and calls `conv_transpose`.

    strides: how many times larger the output is. window_shape, dilation: as in `Conv`. padding: "SAME",
    "VALID" or pairs, as in `conv_transpose`. With transpose_kernel=True the kernel is [...window][out][in],
    that of the `Conv` that goes the other way. Kernel and bias are drawn as in `Conv`.

    >>> import random
    >>> layer = ConvTranspose(1, 1, (2,), strides=2)
    >>> layer.initialize(random.Random(0))
    >>> len(layer([[1.0], [2.0], [3.0]]))
    6
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
    ):
        super().__init__()
        _store(self, in_features, out_features, window_shape, strides, dilation, use_bias)
        _store_initial(self, kernel_init, bias_init)
        self.padding = window_checks.padding_of(
            "ConvTranspose", padding, len(self.window_shape), window_checks.PLAIN
        )
        window_checks.boolean("ConvTranspose", "transpose_kernel", transpose_kernel)
        self.transpose_kernel = transpose_kernel

    def initialize(self, draw):
        """Draws kernel and bias from a `random.Random`, unless they are there."""
        if not self.parameters:
            self.parameters = _drawn(self, draw, self.in_features)
            if self.transpose_kernel:
                rank, kernel = len(self.window_shape), self.parameters["kernel"]
                self.parameters["kernel"] = _swapped(kernel, rank)

    def __call__(self, inputs) -> Any:
        """[time][out] or [height][width][out] Values of one example, [time][in] or [height][width][in]."""
        _drawn_before_called(self)
        kernel, bias = self.parameters["kernel"], self.parameters.get("bias")
        more = self.strides, self.padding, self.dilation, self.transpose_kernel
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


def _store_initial(layer, kernel_init, bias_init):
    name, rank = type(layer).__name__, len(layer.window_shape)
    weights.check(f"{name}: kernel_init", kernel_init, (1,) * (rank + 2))
    weights.check(f"{name}: bias_init", bias_init, (layer.out_features,))
    layer.kernel_init, layer.bias_init = kernel_init, bias_init


def _drawn(layer, draw, in_features):
    """A kernel [...window][in][out], and a bias."""
    name, shape = type(layer).__name__, (*layer.window_shape, in_features, layer.out_features)
    drawn = {"kernel": weights.drawn(f"{name}: kernel_init", layer.kernel_init, draw, shape)}
    if layer.use_bias:
        drawn["bias"] = weights.drawn(f"{name}: bias_init", layer.bias_init, draw, shape[-1:])
    return drawn


def _drawn_before_called(layer):
    if not layer.parameters:
        raise ValueError(
            f"{type(layer).__name__}: weights must be drawn before the layer is called; "
            "call initialize(random.Random(0)), or put the layer into a NeuralNet."
        )
