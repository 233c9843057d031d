"""Optimizers that find a step size for every weight, other than the seven of the cheat sheet.

Checked hyper-parameters in front of Optax's transformations; `rprop` is written here. learning_rate is a
number or a schedule, a function of the step, which counts from 0; `rprop` alone takes a number, its first
step size. g: gradient, w: weight, t: step, from 1.
"""

from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import optax

from . import checks
from .descent import rate, with_params


def adamw(learning_rate, b1=0.9, b2=0.999, eps=1e-8, weight_decay=1e-4):
    """AdamW: Adam with weight decay beside the gradient, not inside it, so that Adam cannot rescale it.

        m[t] = b1 * m[t-1] + (1 - b1) * g[t],  m[0] = 0
        s[t] = b2 * s[t-1] + (1 - b2) * g[t]**2,  s[0] = 0
        a[t] = (m[t] / (1 - b1**t)) / (sqrt(s[t] / (1 - b2**t)) + eps)
        w[t] = w[t-1] - learning_rate * (a[t] + weight_decay * w[t-1])

    learning_rate, eps, weight_decay: >= 0; b1, b2: in [0, 1). Biases decay too: `optax.masked` spares them.
    The decay is a share of the learning rate, as in PyTorch (0.01) and Keras (0.004); in the paper it follows
    the schedule alone. Its update must see the params.
    Source: Loshchilov and Hutter 2019, algorithm 2, arXiv:1711.05101.

    >>> init, update = adamw(0.1, weight_decay=0.5)
    >>> updates, state = update(jnp.array(2.0), init(jnp.array(4.0)), jnp.array(4.0))
    >>> round(float(updates), 4)
    -0.3
    """
    learning_rate = rate("adamw", learning_rate)
    eps = _moments("adamw", b1, b2, eps)
    weight_decay = checks.non_negative("adamw", "weight_decay", weight_decay)
    return with_params("adamw", optax.adamw(learning_rate, b1, b2, eps, weight_decay=weight_decay))


def nadam(learning_rate, b1=0.9, b2=0.999, eps=1e-8):
    """NAdam: Adam with Nesterov's look ahead.

        m[t] = b1 * m[t-1] + (1 - b1) * g[t],  m[0] = 0
        s[t] = b2 * s[t-1] + (1 - b2) * g[t]**2,  s[0] = 0
        n[t] = b1 * m[t] / (1 - b1**(t+1)) + (1 - b1) * g[t] / (1 - b1**t)
        w[t] = w[t-1] - learning_rate * n[t] / (sqrt(s[t] / (1 - b2**t)) + eps)

    learning_rate, eps: >= 0; b1, b2: in [0, 1). b1 is constant, as in Optax; PyTorch and Keras warm it up.
    Source: Dozat 2016, algorithm 2, without its extra factor b2.

    >>> init, update = nadam(0.3, b1=0.5, b2=0.5)
    >>> updates, state = update(jnp.array(2.0), init(jnp.array(1.0)))
    >>> round(float(updates), 4)
    -0.4
    """
    learning_rate = rate("nadam", learning_rate)
    eps = _moments("nadam", b1, b2, eps)
    return optax.nadam(learning_rate, b1, b2, eps)


def amsgrad(learning_rate, b1=0.9, b2=0.999, eps=1e-8):
    """AMSGrad: Adam that remembers the largest of its mean squares, so that no step size grows again.

        m[t] = b1 * m[t-1] + (1 - b1) * g[t],  m[0] = 0
        s[t] = b2 * s[t-1] + (1 - b2) * g[t]**2,  s[0] = 0
        u[t] = max(u[t-1], s[t] / (1 - b2**t)),  u[0] = 0
        w[t] = w[t-1] - learning_rate * (m[t] / (1 - b1**t)) / (sqrt(u[t]) + eps)

    learning_rate, eps: >= 0; b1, b2: in [0, 1). The largest corrected mean, as in Optax; PyTorch and Keras
    correct the largest mean, the paper corrects none. Source: Reddi, Kale and Kumar 2018, algorithm 2.

    >>> init, update = amsgrad(0.1, b1=0.0)
    >>> updates, state = update(jnp.array(2.0), init(jnp.array(1.0)))
    >>> round(float(update(jnp.array(1.0), state)[0]), 4)
    -0.05
    """
    learning_rate = rate("amsgrad", learning_rate)
    eps = _moments("amsgrad", b1, b2, eps)
    return optax.amsgrad(learning_rate, b1, b2, eps)


def adamax(learning_rate, b1=0.9, b2=0.999, eps=1e-8):
    """AdaMax: Adam under the infinity norm: a step is measured in units of the largest recent gradient.

        m[t] = b1 * m[t-1] + (1 - b1) * g[t],  m[0] = 0
        u[t] = max(b2 * u[t-1], abs(g[t]) + eps),  u[0] = 0
        w[t] = w[t-1] - learning_rate * (m[t] / (1 - b1**t)) / u[t]

    learning_rate: >= 0; eps: > 0; b1, b2: in [0, 1). eps is in the maximum, as in Optax and PyTorch; Keras
    adds it to u. Source: Kingma and Ba 2015, algorithm 2, arXiv:1412.6980, which has no eps.

    >>> init, update = adamax(0.1)
    >>> updates, state = update(jnp.array(2.0), init(jnp.array(1.0)))
    >>> round(float(updates), 4)
    -0.1
    """
    learning_rate = rate("adamax", learning_rate)
    checks.positive("adamax", "eps", eps)
    eps = _moments("adamax", b1, b2, eps)
    return optax.adamax(learning_rate, b1, b2, eps)


def adadelta(learning_rate=1.0, rho=0.9, eps=1e-6):
    """Adadelta: the ratio of two running root mean squares stands where others have a learning rate.

        s[t] = rho * s[t-1] + (1 - rho) * g[t]**2,  s[0] = 0
        a[t] = sqrt(d[t-1] + eps) / sqrt(s[t] + eps) * g[t]
        d[t] = rho * d[t-1] + (1 - rho) * a[t]**2,  d[0] = 0
        w[t] = w[t-1] - learning_rate * a[t]

    learning_rate: >= 0; eps: > 0; rho: in [0, 1). (Keras: learning_rate 0.001, rho 0.95, eps 1e-7.)
    Source: Zeiler 2012, algorithm 1, arXiv:1212.5701, which has no learning rate.

    >>> init, update = adadelta(rho=0.75, eps=3.0)
    >>> updates, state = update(jnp.array(2.0), init(jnp.array(1.0)))
    >>> round(float(updates), 4)
    -1.7321
    """
    learning_rate = rate("adadelta", learning_rate)
    checks.fraction("adadelta", "rho", rho)
    eps = checks.positive("adadelta", "eps", eps)
    # optax.adadelta asks for the params, though without weight decay it does not look at them
    return optax.chain(optax.scale_by_adadelta(rho, eps), optax.scale_by_learning_rate(learning_rate))


def lion(learning_rate, b1=0.9, b2=0.99, weight_decay=1e-3):
    """Lion: every weight moves by the learning rate, in the direction of a running mean's sign.

        w[t] = w[t-1] - learning_rate * (sign(b1 * m[t-1] + (1 - b1) * g[t]) + weight_decay * w[t-1])
        m[t] = b2 * m[t-1] + (1 - b2) * g[t],  m[0] = 0

    learning_rate, weight_decay: >= 0; b1, b2: in [0, 1). sign(0) is 0. Its update must see the params.
    Source: Chen et al. 2023, algorithm 2, arXiv:2302.06675.

    >>> init, update = lion(0.1, weight_decay=0.25)
    >>> updates, state = update(jnp.array(2.0), init(jnp.array(4.0)), jnp.array(4.0))
    >>> round(float(updates), 4)
    -0.2
    """
    learning_rate = rate("lion", learning_rate)
    checks.fraction("lion", "b1", b1)
    checks.fraction("lion", "b2", b2)
    weight_decay = checks.non_negative("lion", "weight_decay", weight_decay)
    return with_params("lion", optax.lion(learning_rate, b1, b2, weight_decay=weight_decay))


class RpropState(NamedTuple):
    """e: step sizes, c: signs of the gradients that were followed, 0 after a turn."""

    e: Any
    c: Any


def rprop(learning_rate, eta_minus=0.5, eta_plus=1.2, min_step_size=1e-6, max_step_size=50.0):
    """Rprop: a weight's step grows while its slope keeps its sign, and shrinks where it has jumped a valley.

        p[t] = sign(g[t]) * c[t-1],  c[0] = 0
        e[t] = e[t-1] * (eta_plus if p[t] > 0 else eta_minus if p[t] < 0 else 1),  e[0] = learning_rate
        c[t] = 0 if p[t] < 0 else sign(g[t])
        w[t] = w[t-1] - e[t] * c[t]

    learning_rate: >= 0, a number; eta_minus: in [0, 1); eta_plus, min_step_size, max_step_size: > 0. A
    changed step size e is cut to [min_step_size, max_step_size]. After a turn the weight rests for a step,
    as in PyTorch. (Optax 0.2.8 makes every step one update late.) For whole batches, whose slopes have no
    noise. Source: Riedmiller and Braun 1993; Igel and Huesken 2000, the variant iRprop-.

    >>> init, update = rprop(0.5)
    >>> updates, state = update(jnp.array(3.0), init(jnp.array(1.0)))
    >>> round(float(update(jnp.array(0.1), state)[0]), 4)
    -0.6
    """
    learning_rate = checks.non_negative("rprop", "learning_rate", learning_rate)
    checks.fraction("rprop", "eta_minus", eta_minus)
    eta_plus = checks.positive("rprop", "eta_plus", eta_plus)
    min_step_size = checks.positive("rprop", "min_step_size", min_step_size)
    max_step_size = checks.positive("rprop", "max_step_size", max_step_size)
    checks.ordered("rprop", min_step_size=min_step_size, max_step_size=max_step_size)

    def init(params):
        e = jax.tree.map(lambda w: jnp.full_like(w, learning_rate), params)
        return RpropState(e, jax.tree.map(jnp.zeros_like, params))

    def size(g, e, c):
        p = jnp.sign(g) * c
        cut = jnp.clip(e * jnp.where(p > 0, eta_plus, eta_minus), min_step_size, max_step_size)
        return jnp.where(p == 0, e, cut)

    def update(grads, state, params=None):
        e = jax.tree.map(size, grads, state.e, state.c)
        c = jax.tree.map(lambda g, c: jnp.where(g * c < 0, 0, jnp.sign(g)), grads, state.c)
        return jax.tree.map(lambda e, c: -e * c, e, c), RpropState(e, c)

    return optax.GradientTransformation(init, cast(Any, update))


def _moments(function, b1, b2, eps):
    checks.fraction(function, "b1", b1)
    checks.fraction(function, "b2", b2)
    return checks.non_negative(function, "eps", eps)
