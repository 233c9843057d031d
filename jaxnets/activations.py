"""The eight activations of the cheat sheet, on arrays, each in the form that loses no digits.

Every function is elementwise and keeps the shape of x, except softmax, which works along the last axis. More
are in activations_smooth, activations_piecewise and activations_rows.
"""

import jax.numpy as jnp
from jax import lax

from . import checks, stable
from .precision import rounded_once


def identity(x):
    """Identity: the neuron fires its weighted sum as it is.

        identity(x) = x
        identity'(x) = 1

    x: [...], any real number. Returns [...]. Source: Bishop 2006, section 5.1, output units for regression.

    >>> float(identity(2.5))
    2.5
    """
    return checks.array("identity", "x", x)


def linear(x, slope=1.0, intercept=0.0):
    """Linear: a straight line; a stack of them is again one straight line.

        linear(x) = slope * x + intercept
        linear'(x) = slope

    x: [...], any real number; slope, intercept: numbers. Returns [...].
    Source: Goodfellow et al. 2016, section 6.2.2.1. Keras calls `linear` what is `identity` here, the
    default.

    >>> float(linear(3.0, slope=2.0, intercept=1.0))
    7.0
    """
    slope = checks.number("linear", "slope", slope)
    intercept = checks.number("linear", "intercept", intercept)
    return slope * checks.numbers("linear", "x", x) + intercept


def sigmoid(x):
    """Logistic sigmoid: squeezes a score into a probability.

        sigmoid(x) = 1 / (1 + exp(-x))
        sigmoid'(x) = sigmoid(x) * sigmoid(-x)

    x: [...], any real number. Returns [...] in [0, 1]. Source: Bishop 2006, eq. 4.59 and 4.88.

    >>> float(sigmoid(0.0))
    0.5
    """
    return stable.sigmoid(checks.numbers("sigmoid", "x", x))


def tanh(x):
    """Hyperbolic tangent: a sigmoid centred on 0.

        tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))
        tanh'(x) = 1 / cosh(x)**2

    x: [...], any real number. Returns [...] in [-1, 1]. Source: Bishop 2006, eq. 5.59 and 5.60.

    >>> float(tanh(0.0))
    0.0
    """
    return stable.tanh(checks.numbers("tanh", "x", x))


def binary_step(x):
    """Binary step: fires or does not; its slope is 0 everywhere, so gradient descent cannot train it.

        binary_step(x) = 1 if x >= 0 else 0
        binary_step'(x) = 0

    x: [...], any real number. Returns [...] of 0 and 1; 1 at 0. Source: McCulloch and Pitts 1943.

    >>> float(binary_step(-0.1)), float(binary_step(0.0))
    (0.0, 1.0)
    """
    x = checks.numbers("binary_step", "x", x)
    return jnp.where(jnp.isnan(x), lax.stop_gradient(x), x >= 0).astype(x.dtype)


def relu(x):
    """Rectified linear unit.

        relu(x) = max(0, x)
        relu'(x) = 1 if x > 0 else 0

    x: [...], any real number. Returns [...] >= 0. At the kink the slope is 0.
    Source: Nair and Hinton 2010, section 2; Goodfellow et al. 2016, section 6.3.1.

    >>> float(relu(-2.0)), float(relu(3.0))
    (0.0, 3.0)
    """
    x = checks.numbers("relu", "x", x)
    return jnp.where(x <= 0, 0, x)  # nan stays nan: a net that has diverged shows it


def leaky_relu(x, negative_slope=0.01, positive_slope=1.0):
    """Leaky rectified linear unit: a dead neuron still learns.

        leaky_relu(x) = positive_slope * x if x >= 0 else negative_slope * x
        leaky_relu'(x) = positive_slope if x >= 0 else negative_slope

    x: [...], any real number; both slopes are finite numbers. Returns [...]. At the kink the slope is
    positive_slope (JAX's choice; PyTorch takes negative_slope). Raises ValueError for a slope that is not
    finite. Source: Maas, Hannun and Ng 2013, section 2.

    >>> float(leaky_relu(-2.0, negative_slope=0.25)), float(leaky_relu(3.0, positive_slope=2.0))
    (-0.5, 6.0)
    """
    negative_slope = checks.finite("leaky_relu", "negative_slope", negative_slope)
    positive_slope = checks.finite("leaky_relu", "positive_slope", positive_slope)
    x = checks.numbers("leaky_relu", "x", x)
    return jnp.where(x >= 0, positive_slope, negative_slope) * x


@rounded_once
def softmax(x):
    """Softmax: turns scores into probabilities that sum to 1.

        softmax(x)[i] = exp(x[i]) / sum_j exp(x[j])
        d softmax(x)[i] / d x[j] = softmax(x)[i] * ((1 if i == j else 0) - softmax(x)[j])

    x: [..., C], any real numbers. Returns [..., C] in [0, 1], summing to 1 along the last axis.
    Source: Bishop 2006, eq. 4.62 and 4.106.

    >>> softmax(jnp.zeros(4)).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    x = checks.numbers("softmax", "x", x)
    checks.last_axis("softmax", "x", x)
    checks.not_empty("softmax", "x", x)
    # Never overflows. The shift cancels in the quotient, and is differentiated all the same: so a score that
    # dominates stands still while the others move, and its slope is made of theirs alone.
    powers = jnp.exp(x - jnp.max(x, axis=-1, keepdims=True))
    return powers / jnp.sum(powers, axis=-1, keepdims=True)
