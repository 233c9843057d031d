"""The linear (dense, fully connected) layer: every output is a neuron that sees every input.

i: input feature, o: output feature.
"""

from . import weights
from .checks import features, flag, nested, one_at_a_time, shape, whole
from .layer import Layer
from .neuron import neuron


def linear(inputs, kernel, bias=None):
    """Linear layer: one weighted sum for each output neuron.

        linear(inputs)[o] = sum_i inputs[i] * kernel[i][o] + bias[o]

    inputs: [in] numbers of one example, kernel: [in][out], bias: [out] or None. Returns [out].
    Raises ValueError for shapes that do not meet. Source: Bishop 2006, eq. 5.2; the kernel is (in, out).

    >>> linear([1.0, 2.0], [[1.0], [10.0]], [0.5])
    [21.5]
    """
    given, kernel_shape = shape(inputs, "linear: inputs"), shape(kernel, "linear: kernel")
    if not given or len(kernel_shape) != 2 or given[-1] != kernel_shape[0]:
        raise ValueError(
            f"linear: inputs must end in the in_features of kernel [in, out]; "
            f"got inputs {given} and kernel {kernel_shape}."
        )
    if len(given) > 1:
        fix = one_at_a_time(given, 1)
        raise ValueError(f"linear: inputs must be the numbers of one example; got {given}.{fix}")
    if bias is not None and shape(bias, "linear: bias") != kernel_shape[1:]:
        raise ValueError(
            f"linear: bias must have the out_features of kernel {kernel_shape}; got {shape(bias)}."
        )
    columns = zip(*kernel, strict=True)
    return [neuron(inputs, list(column), 0 if bias is None else bias[o]) for o, column in enumerate(columns)]


class Linear(Layer):
    """A layer that holds kernel [in][out] and bias [out] and calls `linear`.

    kernel_init, bias_init: names of initializers.py, or functions of (draw, shape). By default the kernel
    is drawn from N(0, 1 / in_features), cut at two standard deviations, and the bias is 0. The weights stay
    undrawn until `initialize`, which `NeuralNet` calls with its seed.

    >>> import random
    >>> layer = Linear(2, 3)
    >>> layer.initialize(random.Random(0))
    >>> len(layer.forward([[1.0, 2.0]])[0])
    3
    """

    def __init__(
        self, in_features, out_features, use_bias=True, kernel_init="lecun_normal", bias_init="zeros"
    ):
        super().__init__()
        self.in_features = whole("Linear", "in_features", in_features, 1)
        self.out_features = whole("Linear", "out_features", out_features, 1)
        flag("Linear", "use_bias", use_bias)
        self.use_bias = use_bias
        weights.check("Linear: kernel_init", kernel_init, (self.in_features, self.out_features))
        weights.check("Linear: bias_init", bias_init, (self.out_features,))
        self.kernel_init, self.bias_init = kernel_init, bias_init

    def initialize(self, draw):
        """Draws kernel and bias from a `random.Random`, unless they are there."""
        if self.parameters:
            return
        kernel = weights.drawn(
            "Linear: kernel_init", self.kernel_init, draw, (self.in_features, self.out_features)
        )
        self.parameters["kernel"] = kernel
        if self.use_bias:
            shape = (self.out_features,)
            self.parameters["bias"] = weights.drawn("Linear: bias_init", self.bias_init, draw, shape)

    def __call__(self, inputs):
        """[..., out] Values of one example, [..., in] numbers or Values: each innermost list by itself."""
        if not self.parameters:
            raise ValueError(
                "Linear: weights must be drawn before the layer is called; "
                "call initialize(random.Random(0)), or put the layer into a NeuralNet."
            )
        features("Linear", "inputs", shape(inputs, "Linear: inputs"), self.in_features)
        return self._each(inputs)

    def _each(self, inputs):
        if any(map(nested, inputs)):
            return [self._each(row) for row in inputs]
        return linear(inputs, self.parameters["kernel"], self.parameters.get("bias"))
