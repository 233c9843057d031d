"""The linear (dense, fully connected) layer on arrays.

i: input feature, o: output feature.
"""

import numpy as np
from flax import nnx

from . import checks, untraced, weights
from .layer import Layer


def linear(inputs, kernel, bias=None):
    """Linear layer: one weighted sum for each output neuron.

        linear(inputs)[o] = sum_i inputs[i] * kernel[i][o] + bias[o]

    inputs: [..., in], kernel: [in, out], bias: [out] or None. Returns [..., out].
    Source: Bishop 2006, eq. 5.2; the kernel is (in, out) as in Flax.

    >>> linear(jnp.array([1.0, 2.0]), jnp.array([[1.0], [10.0]]), jnp.array([0.5])).tolist()
    [21.5]
    """
    inputs, kernel = checks.array("linear", "inputs", inputs), checks.array("linear", "kernel", kernel)
    if inputs.ndim == 0 or kernel.ndim != 2 or inputs.shape[-1] != kernel.shape[0]:
        raise ValueError(
            f"linear: inputs must end in the in_features of kernel [in, out]; "
            f"got inputs {inputs.shape} and kernel {kernel.shape}."
        )
    outputs = inputs @ kernel
    if bias is None:
        return outputs
    bias = checks.array("linear", "bias", bias)
    if bias.shape != kernel.shape[1:]:
        raise ValueError(
            f"linear: bias must have the out_features of kernel {kernel.shape}; got {bias.shape}."
        )
    return outputs + bias.reshape((1,) * (outputs.ndim - 1) + bias.shape)


class Linear(Layer):
    """A layer that holds kernel [in, out] and bias [out] and calls `linear`.

    kernel_init, bias_init: names of initializers.py, or functions of (generator, shape, dtype). By default
    the kernel is drawn from N(0, 1 / in_features), cut at two standard deviations as Flax does, and the
    bias is 0. Without `rngs` the weights stay undrawn until `initialize`, which `NeuralNet` calls with its
    seed: drawing in numpy compiles nothing.

    >>> layer = Linear(2, 1)
    >>> layer.initialize(np.random.default_rng(0))
    >>> layer(jnp.ones((5, 2))).shape
    (5, 1)
    """

    def __init__(
        self,
        in_features,
        out_features,
        use_bias=True,
        kernel_init="lecun_normal",
        bias_init="zeros",
        rngs=None,
    ):
        for name, size in (("in_features", in_features), ("out_features", out_features)):
            if not isinstance(size, int | np.integer) or isinstance(size, bool) or size < 1:
                raise ValueError(f"Linear: {name} must be a whole number >= 1; got {checks.shown(size)}.")
        checks.flag("Linear", "use_bias", use_bias)
        self.in_features, self.out_features, self.use_bias = int(in_features), int(out_features), use_bias
        weights.check("Linear: kernel_init", kernel_init, (self.in_features, self.out_features))
        weights.check("Linear: bias_init", bias_init, (self.out_features,))
        self.kernel_init, self.bias_init = kernel_init, bias_init
        self.kernel, self.bias = nnx.Param(None), nnx.Param(None)
        if rngs is not None:
            self.initialize(untraced.generator("Linear", rngs))

    def initialize(self, generator, dtype="float32"):
        """Draw kernel and bias from a numpy random generator; in numpy, so that nothing is compiled."""
        shape = self.in_features, self.out_features
        kernel = weights.drawn("Linear: kernel_init", self.kernel_init, generator, shape, dtype)
        self.kernel, self.bias = nnx.Param(kernel), None
        if self.use_bias:
            bias = weights.drawn("Linear: bias_init", self.bias_init, generator, shape[1:], dtype)
            self.bias = nnx.Param(bias)

    def __call__(self, inputs):
        if self.kernel.get_value() is None:
            raise ValueError(
                "Linear: weights must be drawn before the layer is called; "
                "give rngs=nnx.Rngs(0), or put the layer into a NeuralNet."
            )
        inputs = checks.array("Linear", "inputs", inputs)
        checks.features("Linear", "inputs", inputs, self.in_features)
        return linear(inputs, self.kernel[...], None if self.bias is None else self.bias[...])
