"""The linear (dense, fully connected) layer: every output is a neuron that sees every input.

i: input feature, o: output feature.
"""

from .checks import shape, whole
from .layer import Layer
from .neuron import neuron
from .value import Value


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
        raise ValueError(f"linear: inputs must be the numbers of one example; got {given}.")
    if bias is not None and shape(bias, "linear: bias") != kernel_shape[1:]:
        raise ValueError(
            f"linear: bias must have the out_features of kernel {kernel_shape}; got {shape(bias)}."
        )
    columns = zip(*kernel, strict=True)
    return [
        neuron(inputs, list(weights), 0 if bias is None else bias[o]) for o, weights in enumerate(columns)
    ]


class Linear(Layer):
    """A layer that holds kernel [in][out] and bias [out] and calls `linear`.

    The kernel is drawn from N(0, 1 / in_features), cut at two standard deviations (LeCun's initialisation),
    the bias is 0. The weights stay undrawn until `initialize`, which `NeuralNet` calls with its seed.

    >>> import random
    >>> layer = Linear(2, 3)
    >>> layer.initialize(random.Random(0))
    >>> len(layer.forward([[1.0, 2.0]])[0])
    3
    """

    def __init__(self, in_features, out_features, use_bias=True):
        super().__init__()
        for name, size in (("in_features", in_features), ("out_features", out_features)):
            whole("Linear", name, size, 1)
        self.in_features, self.out_features, self.use_bias = int(in_features), int(out_features), use_bias

    def initialize(self, draw):
        """Draws kernel and bias from a `random.Random`, unless they are there."""
        if self.parameters:
            return
        scale = 0.87962566103423978 * self.in_features**0.5  # standard deviation of the cut normal

        def weight():
            while abs(size := draw.gauss(0, 1)) > 2:
                continue
            return Value(size / scale)

        self.parameters["kernel"] = [
            [weight() for _ in range(self.out_features)] for _ in range(self.in_features)
        ]
        if self.use_bias:
            self.parameters["bias"] = [Value(0.0) for _ in range(self.out_features)]

    def __call__(self, inputs):
        """[out] Values of one example, [in] numbers or Values."""
        if not self.parameters:
            raise ValueError(
                "Linear: weights must be drawn before the layer is called; "
                "call initialize(random.Random(0)), or put the layer into a NeuralNet."
            )
        return linear(inputs, self.parameters["kernel"], self.parameters.get("bias"))
