"""Layers that hold a kernel and slide it: convolution, and its transpose."""

from typing import Any

from . import checks, weights, window_checks
from .checks import whole
from .convolution import _correlate, _swapped, _transposed
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
        super().__init__()
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

    def initialize(self, draw):
        """Draws kernel and bias from a `random.Random`, unless they are there."""
        if self.parameters:
            return
        name, shape = type(self).__name__, self._shape()
        kernel = weights.drawn(f"{name}: kernel_init", self.kernel_init, draw, shape)
        self.parameters = {"kernel": self._laid_out(kernel)}
        if self.use_bias:
            bias = weights.drawn(f"{name}: bias_init", self.bias_init, draw, shape[-1:])
            self.parameters["bias"] = bias

    def _shape(self):
        """[...window, inputs of an output, out], as the initializers want it."""
        return *self.window_shape, self.in_features, self.out_features

    def _laid_out(self, kernel):
        return kernel

    def _held(self, inputs):
        """The kernel and the bias, drawn, for inputs that end in the channels of the layer."""
        if not self.parameters:
            raise ValueError(
                f"{type(self).__name__}: weights must be drawn before the layer is called; "
                "call initialize(random.Random(0)), or put the layer into a NeuralNet."
            )
        name = type(self).__name__
        checks.features(name, "inputs", checks.shape(inputs, f"{name}: inputs"), self.in_features)
        return self.parameters["kernel"], self.parameters.get("bias")


class Conv(KernelLayer):
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
        window = window_shape, strides, padding, dilation
        super().__init__(in_features, out_features, *window, use_bias, kernel_init, bias_init)
        self.groups = window_checks.dividing("Conv", groups, self.in_features, self.out_features)

    def _shape(self):
        return *self.window_shape, self.in_features // self.groups, self.out_features

    def __call__(self, inputs) -> Any:
        """[time][out] or [height][width][out] Values of one example, [time][in] or [height][width][in]."""
        kernel, bias = self._held(inputs)
        more = self.strides, self.padding, self.dilation, self.groups
        return _correlate("Conv", inputs, kernel, bias, *more)


class ConvTranspose(KernelLayer):
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

    paddings = window_checks.PLAIN

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
        window = window_shape, strides, padding, dilation
        super().__init__(in_features, out_features, *window, use_bias, kernel_init, bias_init)
        window_checks.boolean("ConvTranspose", "transpose_kernel", transpose_kernel)
        self.transpose_kernel = transpose_kernel

    def _laid_out(self, kernel):
        return _swapped(kernel, len(self.window_shape)) if self.transpose_kernel else kernel

    def __call__(self, inputs) -> Any:
        """[time][out] or [height][width][out] Values of one example, [time][in] or [height][width][in]."""
        kernel, bias = self._held(inputs)
        more = self.strides, self.padding, self.dilation, self.transpose_kernel
        return _transposed("ConvTranspose", inputs, kernel, bias, *more)
