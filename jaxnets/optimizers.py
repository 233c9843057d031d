"""The seven optimizers of the cheat sheet: checked hyper-parameters in front of Optax's transformations.

Each returns an `optax.GradientTransformation`: init(params) -> state, update(grads, state, params) ->
(updates, state), and `optax.apply_updates` adds the updates to the params. learning_rate is a number or a
schedule, a function of the step, which Optax counts from 0. g: gradient, v: velocity, w: weight, t: step,
from 1.
"""

import optax

from . import checks
from .descent import rate


def gradient_descent(learning_rate):
    """Gradient descent: a step against the slope.

        w[t] = w[t-1] - learning_rate * g[t]

    learning_rate: >= 0. Full batch, minibatch or a single example: that is `batch_size` of `fit`, not another
    rule. Source: Goodfellow et al. 2016, eq. 4.5.

    >>> init, update = gradient_descent(0.1)
    >>> updates, state = update(jnp.array(2.0), init(jnp.array(1.0)))
    >>> round(float(updates), 4)
    -0.2
    """
    learning_rate = rate("gradient_descent", learning_rate)
    return optax.sgd(learning_rate)


def sgd(learning_rate, momentum=None, nesterov=False):
    """Stochastic gradient descent, with momentum if asked.

        v[t] = g[t] + momentum * v[t-1],  v[0] = 0
        w[t] = w[t-1] - learning_rate * (g[t] + momentum * v[t] if nesterov else v[t])

    learning_rate: >= 0; momentum: in [0, 1), or None for the plain rule. Optax's and PyTorch's form: the
    velocity does not contain the learning rate. Source: Sutskever et al. 2013, eq. 1 to 4.

    >>> init, update = sgd(0.1, momentum=0.9)
    >>> updates, state = update(jnp.array(2.0), init(jnp.array(1.0)))
    >>> round(float(updates), 4)
    -0.2
    """
    learning_rate = rate("sgd", learning_rate)
    if momentum is not None:
        checks.fraction("sgd", "momentum", momentum)
    checks.flag("sgd", "nesterov", nesterov)
    return optax.sgd(learning_rate, momentum, nesterov)


def momentum(learning_rate, momentum=0.9):
    """Momentum: a heavy ball that rolls down the slope.

        v[t] = g[t] + momentum * v[t-1],  v[0] = 0
        w[t] = w[t-1] - learning_rate * v[t]

    learning_rate: >= 0; momentum: in [0, 1). Source: Polyak 1964; Sutskever et al. 2013, eq. 1 and 2.

    >>> init, update = momentum(0.1)
    >>> updates, state = update(jnp.array(2.0), init(jnp.array(1.0)))
    >>> round(float(updates), 4)
    -0.2
    """
    learning_rate = rate("momentum", learning_rate)
    checks.fraction("momentum", "momentum", momentum)
    return optax.sgd(learning_rate, momentum)


def nesterov(learning_rate, momentum=0.9):
    """Nesterov's accelerated gradient: a ball that looks ahead to where it is rolling.

        v[t] = g[t] + momentum * v[t-1],  v[0] = 0
        w[t] = w[t-1] - learning_rate * (g[t] + momentum * v[t])

    learning_rate: >= 0; momentum: in [0, 1). Source: Nesterov 1983; Sutskever et al. 2013, eq. 3 and 4.

    >>> init, update = nesterov(0.1)
    >>> updates, state = update(jnp.array(2.0), init(jnp.array(1.0)))
    >>> round(float(updates), 4)
    -0.38
    """
    learning_rate = rate("nesterov", learning_rate)
    checks.fraction("nesterov", "momentum", momentum)
    return optax.sgd(learning_rate, momentum, nesterov=True)


def adagrad(learning_rate, initial_accumulator_value=0.1, eps=1e-7):
    """Adagrad: a weight that has moved much moves less.

        s[t] = s[t-1] + g[t]**2,  s[0] = initial_accumulator_value
        w[t] = w[t-1] - learning_rate * g[t] / sqrt(s[t] + eps)

    learning_rate, initial_accumulator_value, eps: >= 0. Where s is 0 the weight stays. (PyTorch starts s at 0
    with eps 1e-10 outside the root.) Source: Duchi, Hazan and Singer 2011; Goodfellow et al. 2016, alg. 8.4.

    >>> init, update = adagrad(0.1, initial_accumulator_value=0.0, eps=0.0)
    >>> updates, state = update(jnp.array(2.0), init(jnp.array(1.0)))
    >>> round(float(updates), 4)
    -0.1
    """
    learning_rate = rate("adagrad", learning_rate)
    start = checks.non_negative("adagrad", "initial_accumulator_value", initial_accumulator_value)
    eps = checks.non_negative("adagrad", "eps", eps)
    return optax.adagrad(learning_rate, start, eps)


def rmsprop(learning_rate, decay=0.9, eps=1e-8, eps_in_sqrt=True):
    """RMSprop: divides the step by a running root mean square of the gradient.

        s[t] = decay * s[t-1] + (1 - decay) * g[t]**2,  s[0] = 0
        w[t] = w[t-1] - learning_rate * g[t] / (sqrt(s[t] + eps) if eps_in_sqrt else sqrt(s[t]) + eps)

    learning_rate, eps: >= 0; decay: in [0, 1). (PyTorch: decay 0.99, eps outside the root.)
    Source: Tieleman and Hinton 2012, lecture 6.5; Goodfellow et al. 2016, alg. 8.5.

    >>> init, update = rmsprop(0.1, decay=0.75, eps=0.0)
    >>> updates, state = update(jnp.array(2.0), init(jnp.array(1.0)))
    >>> round(float(updates), 4)
    -0.2
    """
    learning_rate = rate("rmsprop", learning_rate)
    checks.fraction("rmsprop", "decay", decay)
    eps = checks.non_negative("rmsprop", "eps", eps)
    checks.flag("rmsprop", "eps_in_sqrt", eps_in_sqrt)
    return optax.rmsprop(learning_rate, decay, eps, eps_in_sqrt=eps_in_sqrt)


def adam(learning_rate, b1=0.9, b2=0.999, eps=1e-8):
    """Adam: momentum for the direction, RMSprop for the length, both corrected for their start at 0.

        m[t] = b1 * m[t-1] + (1 - b1) * g[t],  m[0] = 0
        s[t] = b2 * s[t-1] + (1 - b2) * g[t]**2,  s[0] = 0
        w[t] = w[t-1] - learning_rate * (m[t] / (1 - b1**t)) / (sqrt(s[t] / (1 - b2**t)) + eps)

    learning_rate, eps: >= 0; b1, b2: in [0, 1). (Keras adds eps before the correction, 1e-7.)
    Source: Kingma and Ba 2015, algorithm 1, arXiv:1412.6980.

    >>> init, update = adam(0.1)
    >>> updates, state = update(jnp.array(2.0), init(jnp.array(1.0)))
    >>> round(float(updates), 4)
    -0.1
    """
    learning_rate = rate("adam", learning_rate)
    checks.fraction("adam", "b1", b1)
    checks.fraction("adam", "b2", b2)
    eps = checks.non_negative("adam", "eps", eps)
    return optax.adam(learning_rate, b1, b2, eps)
