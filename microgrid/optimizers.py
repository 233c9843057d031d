"""The seven optimizers of the cheat sheet, as the books write them.

Each returns (init, update): init(params) -> state, update(grads, state, params) -> (updates, state), where
params, grads and updates are lists of numbers, or of nested lists of them; add the updates to the params. No
state is ever changed in place. learning_rate is a number or a schedule, a function of the step, which counts
from 0. g: gradient, v: velocity, m: mean of gradients, s: sum or mean of squares, w: weight, t: step, from 1.
"""

from . import checks
from .descent import Optimizer as Optimizer, by_weight
from .operations import sqrt, where


def gradient_descent(learning_rate):
    """Gradient descent: a step against the slope.

        w[t] = w[t-1] - learning_rate * g[t]

    learning_rate: >= 0. Source: Goodfellow et al. 2016, eq. 4.5.

    >>> init, update = gradient_descent(0.5)
    >>> update([2.0], init([1.0]))[0]
    [-1.0]
    """
    return by_weight("gradient_descent", learning_rate, lambda g, w, t, memory: (g, None))


def sgd(learning_rate, momentum=None, nesterov=False):
    """Stochastic gradient descent, with momentum if asked.

        v[t] = g[t] + momentum * v[t-1],  v[0] = 0
        w[t] = w[t-1] - learning_rate * (g[t] + momentum * v[t] if nesterov else v[t])

    learning_rate: >= 0; momentum: in [0, 1), or None for the plain rule. The velocity does not contain the
    learning rate, as in Optax and PyTorch. Source: Sutskever et al. 2013, eq. 1 to 4.

    >>> init, update = sgd(0.5, momentum=0.5)
    >>> update([2.0], init([1.0]))[0]
    [-1.0]
    """
    checks.flag("sgd", "nesterov", nesterov)
    if momentum is None:
        return by_weight("sgd", learning_rate, lambda g, w, t, memory: (g, None))
    return _ball("sgd", learning_rate, momentum, nesterov)


def momentum(learning_rate, momentum=0.9):
    """Momentum: a heavy ball rolls on where the slopes agree, and swings less where they do not.

        v[t] = g[t] + momentum * v[t-1],  v[0] = 0
        w[t] = w[t-1] - learning_rate * v[t]

    learning_rate: >= 0; momentum: in [0, 1). Source: Polyak 1964; Sutskever et al. 2013, eq. 1 and 2.

    >>> init, update = momentum(0.5, momentum=0.5)
    >>> updates, state = update([2.0], init([1.0]))
    >>> update([2.0], state)[0]
    [-1.5]
    """
    return _ball("momentum", learning_rate, momentum, ahead=False)


def nesterov(learning_rate, momentum=0.9):
    """Nesterov's accelerated gradient: the ball looks ahead to where its velocity will take it.

        v[t] = g[t] + momentum * v[t-1],  v[0] = 0
        w[t] = w[t-1] - learning_rate * (g[t] + momentum * v[t])

    learning_rate: >= 0; momentum: in [0, 1). Source: Nesterov 1983; Sutskever et al. 2013, eq. 3 and 4.

    >>> init, update = nesterov(0.5, momentum=0.5)
    >>> update([2.0], init([1.0]))[0]
    [-1.5]
    """
    return _ball("nesterov", learning_rate, momentum, ahead=True)


def _ball(function, learning_rate, momentum, ahead):
    momentum = checks.fraction(function, "momentum", momentum)

    def rule(g, w, t, v):
        v = g + momentum * v
        return g + momentum * v if ahead else v, v

    return by_weight(function, learning_rate, rule, memory=0.0)


def adagrad(learning_rate, initial_accumulator_value=0.1, eps=1e-7):
    """Adagrad: the more a weight has moved, the smaller its steps become.

        s[t] = s[t-1] + g[t]**2,  s[0] = initial_accumulator_value
        w[t] = w[t-1] - learning_rate * g[t] / sqrt(s[t] + eps)

    learning_rate, initial_accumulator_value, eps: >= 0. Where s is 0 the weight stays. (PyTorch starts s at 0
    with eps 1e-10 outside the root.) Source: Duchi, Hazan and Singer 2011; Goodfellow et al. 2016, alg. 8.4.

    >>> init, update = adagrad(0.5, initial_accumulator_value=0.0, eps=0.0)
    >>> update([2.0], init([1.0]))[0]
    [-0.5]
    """
    accumulator = checks.non_negative("adagrad", "initial_accumulator_value", initial_accumulator_value)
    eps = checks.non_negative("adagrad", "eps", eps)

    def rule(g, w, t, s):
        s = s + g * g
        root = sqrt(where(s > 0, s + eps, 1))
        return where(s > 0, g / root, 0.0), s

    return by_weight("adagrad", learning_rate, rule, accumulator)


def rmsprop(learning_rate, decay=0.9, eps=1e-8, eps_in_sqrt=True):
    """RMSprop: every weight's step is measured in units of its recent gradients.

        s[t] = decay * s[t-1] + (1 - decay) * g[t]**2,  s[0] = 0
        w[t] = w[t-1] - learning_rate * g[t] / (sqrt(s[t] + eps) if eps_in_sqrt else sqrt(s[t]) + eps)

    learning_rate, eps: >= 0; decay: in [0, 1). (PyTorch: decay 0.99, eps outside the root.)
    Source: Tieleman and Hinton 2012, lecture 6.5; Goodfellow et al. 2016, alg. 8.5.

    >>> init, update = rmsprop(0.5, decay=0.75, eps=0.0)
    >>> update([2.0], init([1.0]))[0]
    [-1.0]
    """
    decay = checks.fraction("rmsprop", "decay", decay)
    eps = checks.non_negative("rmsprop", "eps", eps)

    checks.flag("rmsprop", "eps_in_sqrt", eps_in_sqrt)

    def rule(g, w, t, s):
        s = decay * s + (1 - decay) * (g * g)
        return g / (sqrt(s + eps) if eps_in_sqrt else sqrt(s) + eps), s

    return by_weight("rmsprop", learning_rate, rule, memory=0.0)


def adam(learning_rate, b1=0.9, b2=0.999, eps=1e-8):
    """Adam: momentum chooses the direction, RMSprop the length; both are corrected for having started at 0.

        m[t] = b1 * m[t-1] + (1 - b1) * g[t],  m[0] = 0
        s[t] = b2 * s[t-1] + (1 - b2) * g[t]**2,  s[0] = 0
        w[t] = w[t-1] - learning_rate * (m[t] / (1 - b1**t)) / (sqrt(s[t] / (1 - b2**t)) + eps)

    learning_rate, eps: >= 0; b1, b2: in [0, 1). (Keras adds eps before the correction, 1e-7.)
    Source: Kingma and Ba 2015, algorithm 1, arXiv:1412.6980.

    >>> init, update = adam(0.5, b1=0.5, b2=0.5, eps=0.0)
    >>> update([2.0], init([1.0]))[0]
    [-0.5]
    """
    b1 = checks.fraction("adam", "b1", b1)
    b2 = checks.fraction("adam", "b2", b2)
    eps = checks.non_negative("adam", "eps", eps)

    def rule(g, w, t, memory):
        m, s = memory
        m = b1 * m + (1 - b1) * g
        s = b2 * s + (1 - b2) * (g * g)
        return (m / (1 - b1**t)) / (sqrt(s / (1 - b2**t)) + eps), (m, s)

    return by_weight("adam", learning_rate, rule, memory=(0.0, 0.0))
