"""The eight activations of the cheat sheet: what a neuron makes of its weighted sum.

x: the weighted sum, a number or a Value. The elementary operations behind the names (derivatives.py,
systems) hold the digits where a formula as it stands would overflow or cancel.
"""

from . import checks, operations
from .operations import exp, largest, total, where
from .ranges import together
from .value import plain


def identity(x):
    """Identity: fires the weighted sum as it is.

        identity(x) = x
        identity'(x) = 1

    x: any real number. Returns a number. Source: Bishop 2006, section 5.1, output units for regression.

    >>> identity(2.5)
    2.5
    """
    return checks.operand("identity", "x", x)


def linear(x, slope=1.0, intercept=0.0):
    """Linear: a straight line; however many are stacked, the result is one straight line.

        linear(x) = slope * x + intercept
        linear'(x) = slope

    x: any real number; slope, intercept: numbers. Returns a number.
    Source: Goodfellow et al. 2016, section 6.2.2.1. Keras calls `linear` what is `identity` here, the
    default.

    >>> linear(3.0, slope=2.0, intercept=1.0)
    7.0
    """
    x, slope = checks.operand("linear", "x", x), checks.operand("linear", "slope", slope)
    return slope * x + checks.operand("linear", "intercept", intercept)


def sigmoid(x):
    """Logistic sigmoid: a soft switch between 0 and 1, read as a probability.

        sigmoid(x) = 1 / (1 + exp(-x))
        sigmoid'(x) = sigmoid(x) * sigmoid(-x)

    x: any real number. Returns a number in [0, 1]. Source: Bishop 2006, eq. 4.59 and 4.88.

    >>> sigmoid(0.0)
    0.5
    """
    return operations.sigmoid(checks.operand("sigmoid", "x", x))


def tanh(x):
    """Hyperbolic tangent: a soft switch between -1 and 1.

        tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))
        tanh'(x) = 1 / cosh(x)**2

    x: any real number. Returns a number in [-1, 1]. Source: Bishop 2006, eq. 5.59 and 5.60.

    >>> tanh(0.0)
    0.0
    """
    return operations.tanh(checks.operand("tanh", "x", x))


def binary_step(x):
    """Binary step: a hard switch. Flat on both sides, so gradient descent learns nothing through it.

        binary_step(x) = 1 if x >= 0 else 0
        binary_step'(x) = 0

    x: any real number. Returns 0 or 1; 1 at 0. Source: McCulloch and Pitts 1943.

    >>> binary_step(-0.1), binary_step(0.0)
    (0, 1)
    """
    return operations.step(checks.operand("binary_step", "x", x))


def relu(x):
    """Rectified linear unit: fires only what is positive.

        relu(x) = max(0, x)
        relu'(x) = 1 if x > 0 else 0

    x: any real number. Returns a number >= 0. At the kink the slope is 0.
    Source: Nair and Hinton 2010, section 2; Goodfellow et al. 2016, section 6.3.1.

    >>> relu(-2.0), relu(3.0)
    (0, 3.0)
    """
    return operations.relu(checks.operand("relu", "x", x))


def leaky_relu(x, negative_slope=0.01, positive_slope=1.0):
    """Leaky rectified linear unit: lets a little of the negative side through, so that no neuron dies.

        leaky_relu(x) = positive_slope * x if x >= 0 else negative_slope * x
        leaky_relu'(x) = positive_slope if x >= 0 else negative_slope

    x: any real number; both slopes are finite numbers. Returns a number. At the kink the slope is
    positive_slope (JAX's choice; PyTorch takes negative_slope). Raises ValueError for a slope that is not
    finite. Source: Maas, Hannun and Ng 2013, section 2.

    >>> leaky_relu(-2.0, negative_slope=0.25), leaky_relu(3.0, positive_slope=2.0)
    (-0.5, 6.0)
    """
    x = checks.operand("leaky_relu", "x", x)
    negative_slope = checks.finite("leaky_relu", "negative_slope", negative_slope)
    positive_slope = checks.finite("leaky_relu", "positive_slope", positive_slope)
    together("leaky_relu", x, negative_slope, positive_slope)
    return where(x >= 0, positive_slope * x, negative_slope * x)


def softmax(x):
    """Softmax: scores become probabilities; the larger score wins softly.

        softmax(x)[i] = exp(x[i]) / sum_j exp(x[j])
        d softmax(x)[i] / d x[j] = softmax(x)[i] * ((1 if i == j else 0) - softmax(x)[j])

    x: a list of C real numbers. Returns C numbers in [0, 1] that sum to 1. Raises ValueError for an empty
    list.
    Source: Bishop 2006, eq. 4.62 and 4.106.

    >>> softmax([0.0, 0.0, 0.0, 0.0])
    [0.25, 0.25, 0.25, 0.25]
    """
    checks.not_empty("softmax", "x", x)
    if len(given := checks.shape(x)) != 1:
        fix = checks.one_at_a_time(given, 1, "x")
        raise ValueError(f"softmax: x must be the list of scores of one example; got shape {given}.{fix}")
    x = checks.flatten(x)
    shift = largest([plain(score) for score in x])
    powers = [exp(score - shift) for score in x]  # never overflows, and the shift cancels in the quotient
    normalizer = total(powers)
    return [power / normalizer for power in powers]
