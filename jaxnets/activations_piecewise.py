"""Activations of straight pieces, on arrays. At a kink the slope is that of jax.nn.

Every function is elementwise and keeps the shape of x.
"""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from . import checks, data
from .layer import Layer


def relu6(x):
    """Rectified linear unit that saturates at 6, for low precision.

        relu6(x) = min(max(0, x), 6)
        relu6'(x) = 1 if 0 < x < 6 else 0

    x: [...], any real number. Returns [...] in [0, 6]. At both kinks the slope is 0. Source: Krizhevsky 2010,
    Convolutional deep belief networks on CIFAR-10, section 2.

    >>> float(relu6(-2.0)), float(relu6(3.0)), float(relu6(8.0))
    (0.0, 3.0, 6.0)
    """
    x = checks.numbers("relu6", "x", x)
    return jnp.where(x <= 0, 0, jnp.where(x >= 6, 6, x))


def hard_sigmoid(x):
    """Hard sigmoid: a sigmoid without exp.

        hard_sigmoid(x) = min(max(0, x + 3), 6) / 6
        hard_sigmoid'(x) = 1 / 6 if -3 < x < 3 else 0

    x: [...], any real number. Returns [...] in [0, 1]. At both kinks the slope is 0. (Keras before version 3:
    0.2 * x + 0.5.) Source: Howard et al. 2019, section 5.2.

    >>> float(hard_sigmoid(-4.0)), float(hard_sigmoid(0.0)), float(hard_sigmoid(4.0))
    (0.0, 0.5, 1.0)
    """
    return relu6(checks.numbers("hard_sigmoid", "x", x) + 3) / 6


def hard_tanh(x):
    """Hard tanh: linear between -1 and 1, flat outside.

        hard_tanh(x) = min(max(-1, x), 1)
        hard_tanh'(x) = 1 if -1 <= x <= 1 else 0

    x: [...], any real number. Returns [...] in [-1, 1]. At both kinks the slope is 1 (PyTorch 0).
    Source: Collobert 2004, section 2.3.

    >>> float(hard_tanh(-2.0)), float(hard_tanh(0.5)), float(hard_tanh(2.0))
    (-1.0, 0.5, 1.0)
    """
    x = checks.numbers("hard_tanh", "x", x)
    return jnp.where(x > 1, 1, jnp.where(x < -1, -1, x))


def hard_silu(x):
    """Hard silu, also called hard swish: silu without exp.

        hard_silu(x) = x * min(max(0, x + 3), 6) / 6
        hard_silu'(x) = hard_sigmoid(x) + x * hard_sigmoid'(x)

    x: [...], any real number. Returns [...] >= -0.375. At -3 the slope is 0, at 3 it is 1.
    Source: Howard et al. 2019, section 5.2.

    >>> float(hard_silu(-1.5)), float(hard_silu(4.0))
    (-0.375, 4.0)
    """
    x = checks.numbers("hard_silu", "x", x)
    return jnp.maximum(x, -4) * hard_sigmoid(x)  # -infinity times 0 is no number


def prelu(x, negative_slope):
    """Parametric rectified linear unit: a leaky relu whose leak is a parameter.

        prelu(x) = x if x >= 0 else negative_slope * x
        prelu'(x) = 1 if x >= 0 else negative_slope

    x: [...], any real number; negative_slope: a number, or one for each feature of the last axis of x.
    Returns [...]. At the kink the slope is 1. Raises ValueError where the features do not meet.
    Source: He et al. 2015, eq. 1.

    >>> float(prelu(-2.0, 0.25)), float(prelu(3.0, 0.25))
    (-0.5, 3.0)
    """
    x, slope = checks.numbers("prelu", "x", x), checks.numbers("prelu", "negative_slope", negative_slope)
    if slope.ndim:
        if slope.shape != x.shape[-1:]:
            raise ValueError(
                f"prelu: negative_slope must be a number or have the features of x {x.shape}; "
                f"got {slope.shape}."
            )
        slope = slope.reshape((1,) * (x.ndim - 1) + slope.shape)
    return jnp.where(x >= 0, x, slope * x)


class PReLU(Layer):
    """A layer that holds negative_slope, one number for all (features None) or one for each of the features
    of the last axis, and calls `prelu`. It starts at initial_slope.

    >>> layer = PReLU(rngs=nnx.Rngs(0))
    >>> layer(jnp.array([[-4.0, 2.0]])).tolist()
    [[-1.0, 2.0]]
    """

    def __init__(self, features=None, initial_slope=0.25, rngs=None):
        self.features = None if features is None else data.whole("PReLU", "features", features, 1)
        self.initial_slope = checks.finite("PReLU", "initial_slope", initial_slope)
        self.negative_slope = nnx.Param(None)
        if rngs is not None:
            checks.rngs("PReLU", rngs)
            self.initialize(None)

    def initialize(self, generator, dtype="float32"):
        """Set the slopes; nothing is drawn."""
        del generator
        shape = () if self.features is None else (self.features,)
        checks.countable("PReLU", "features", *shape)
        checks.fits("PReLU", "its weights", shape, dtype)
        self.negative_slope = nnx.Param(jax.device_put(np.full(shape, self.initial_slope, dtype)))

    def __call__(self, inputs):
        if self.negative_slope.get_value() is None:
            raise ValueError(
                "PReLU: weights must be drawn before the layer is called; "
                "give rngs=nnx.Rngs(0), or put the layer into a NeuralNet."
            )
        inputs = checks.array("PReLU", "inputs", inputs)
        if self.features is not None:
            checks.features("PReLU", "inputs", inputs, self.features)
        return prelu(inputs, self.negative_slope[...])
