"""Activations of straight pieces: relu's relatives, and cheap stand-ins for the sigmoid, tanh and silu.

x: the weighted sum, a number or a Value. At a kink the slope is that of jax.nn.
"""

from . import checks
from .layer import Layer
from .operations import clip, maximum, relu, step, where
from .ranges import together
from .value import Value


def relu6(x):
    """Rectified linear unit with a ceiling of 6.

        relu6(x) = min(max(0, x), 6)
        relu6'(x) = 1 if 0 < x < 6 else 0

    x: any real number. Returns a number in [0, 6]. At both kinks the slope is 0. Source: Krizhevsky 2010,
    Convolutional deep belief networks on CIFAR-10, section 2.

    >>> relu6(-2.0), relu6(3.0), relu6(8.0)
    (0, 3.0, 6)
    """
    return _cut(checks.operand("relu6", "x", x))


def _cut(x):
    return where(x < 6, relu(x), 6 * step(x))  # a step is a constant that knows x: slope 0


def hard_sigmoid(x):
    """Hard sigmoid: the sigmoid as three straight pieces.

        hard_sigmoid(x) = min(max(0, x + 3), 6) / 6
        hard_sigmoid'(x) = 1 / 6 if -3 < x < 3 else 0

    x: any real number. Returns a number in [0, 1]. At both kinks the slope is 0. (Keras before version 3:
    0.2 * x + 0.5.) Source: Howard et al. 2019, section 5.2.

    >>> hard_sigmoid(-4.0), hard_sigmoid(0.0), hard_sigmoid(4.0)
    (0.0, 0.5, 1.0)
    """
    return _cut(checks.operand("hard_sigmoid", "x", x) + 3) / 6


def hard_tanh(x):
    """Hard tanh: the identity, cut off at -1 and 1.

        hard_tanh(x) = min(max(-1, x), 1)
        hard_tanh'(x) = 1 if -1 <= x <= 1 else 0

    x: any real number. Returns a number in [-1, 1]. At both kinks the slope is 1 (PyTorch 0).
    Source: Collobert 2004, section 2.3.

    >>> hard_tanh(-2.0), hard_tanh(0.5), hard_tanh(2.0)
    (-1, 0.5, 1)
    """
    x = checks.operand("hard_tanh", "x", x)
    return where(abs(x) > 1, clip(x, -1, 1), x)  # clip alone has slope 1/2 at a kink


def hard_silu(x):
    """Hard silu, also called hard swish: the input times its hard sigmoid.

        hard_silu(x) = x * min(max(0, x + 3), 6) / 6
        hard_silu'(x) = hard_sigmoid(x) + x * hard_sigmoid'(x)

    x: any real number. Returns a number >= -0.375. At -3 the slope is 0, at 3 it is 1.
    Source: Howard et al. 2019, section 5.2.

    >>> hard_silu(-1.5), hard_silu(4.0)
    (-0.375, 4.0)
    """
    x = checks.operand("hard_silu", "x", x)
    return maximum(x, -4) * hard_sigmoid(x)  # -infinity times 0 is no number


def prelu(x, negative_slope):
    """Parametric rectified linear unit: a leaky relu that learns its own leak.

        prelu(x) = x if x >= 0 else negative_slope * x
        prelu'(x) = 1 if x >= 0 else negative_slope

    x: any real number; negative_slope: a number that is learnt. Returns a number. At the kink the slope is 1.
    Source: He et al. 2015, eq. 1.

    >>> prelu(-2.0, 0.25), prelu(3.0, 0.25)
    (-0.5, 3.0)
    """
    x = checks.operand("prelu", "x", x)
    negative_slope = checks.operand("prelu", "negative_slope", negative_slope)
    together("prelu", x, negative_slope)
    return where(x >= 0, x, negative_slope * x)


class PReLU(Layer):
    """A layer that holds negative_slope, one number for all (features None) or one for each of the features
    of the last axis, and calls `prelu`. It starts at initial_slope.

    >>> layer = PReLU()
    >>> layer.forward([[-4.0, 2.0]])
    [[-1.0, 2.0]]
    """

    def __init__(self, features=None, initial_slope=0.25):
        super().__init__()
        self.features = None if features is None else checks.whole("PReLU", "features", features, 1)
        checks.countable("PReLU", "features", self.features or 1)
        checks.fits("PReLU", "its weights", self.features or 1, copies=8)
        initial_slope = checks.finite("PReLU", "initial_slope", initial_slope)
        self.initial_slope = initial_slope
        self.parameters["negative_slope"] = (
            Value(initial_slope) if features is None else [Value(initial_slope) for _ in range(features)]
        )

    def __call__(self, inputs):
        """What the layer makes of one example, [..., features]."""
        slopes = self.parameters["negative_slope"]
        given = checks.shape(inputs, "PReLU: inputs")
        if self.features is None:
            return checks.each(lambda x: prelu(x, slopes), inputs)
        checks.features("PReLU", "inputs", given, self.features)
        if len(given) > 1:
            return [self(row) for row in inputs]
        return [prelu(x, slope) for x, slope in zip(inputs, slopes, strict=True)]
