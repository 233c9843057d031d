"""Layers that hold a kernel and slide it: convolution, and its transpose.

A kernel sees one window at a time, so it is drawn as that of a linear layer over the numbers of a window.
"""

from math import prod
from typing import Any

from . import window_checks
from .checks import whole
from .convolution import _swapped, conv_transpose, correlate
from .layer import Layer
from .linear import Linear


class Conv(Layer):
    """A layer that holds kernel [...window][in / groups][out] and bias [out] and calls `correlate`.

    window_shape: (width,) for [time][in], (height, width) for [height][width][in]. strides, padding,
    dilation, groups: as in `correlate`; padding is "SAME" by default, as in Flax. The kernel is drawn from
    N(0, 1 / inputs of a window), cut at two standard deviations (LeCun's initialisation), the bias is 0.

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
    ):
        super().__init__()
        _store(self, in_features, out_features, window_shape, strides, dilation, use_bias)
        self.padding = window_checks.padding_of("Conv", padding, len(self.window_shape))
        self.groups = window_checks.dividing("Conv", groups, self.in_features, self.out_features)

    def initialize(self, draw):
        """Draws kernel and bias from a `random.Random`, unless they are there."""
        if not self.parameters:
            window = (*self.window_shape, self.in_features // self.groups)
            self.parameters = _drawn(draw, window, self.out_features, self.use_bias)

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
    ):
        super().__init__()
        _store(self, in_features, out_features, window_shape, strides, dilation, use_bias)
        self.padding = window_checks.padding_of(
            "ConvTranspose", padding, len(self.window_shape), window_checks.PLAIN
        )
        window_checks.boolean("ConvTranspose", "transpose_kernel", transpose_kernel)
        self.transpose_kernel = transpose_kernel

    def initialize(self, draw):
        """Draws kernel and bias from a `random.Random`, unless they are there."""
        if not self.parameters:
            window = (*self.window_shape, self.in_features)
            self.parameters = _drawn(draw, window, self.out_features, self.use_bias)
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


def _drawn(draw, window, out_features, use_bias):
    """Parameters whose kernel [...window][out] is drawn as that of a linear layer over a whole window."""
    linear = Linear(prod(window), out_features, use_bias)
    linear.initialize(draw)
    rows = linear.parameters["kernel"]
    for size in window[:0:-1]:
        rows = [rows[i : i + size] for i in range(0, len(rows), size)]
    return {**linear.parameters, "kernel": rows}


def _drawn_before_called(layer):
    if not layer.parameters:
        raise ValueError(
            f"{type(layer).__name__}: weights must be drawn before the layer is called; "
            "call initialize(random.Random(0)), or put the layer into a NeuralNet."
        )
