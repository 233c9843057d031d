"""Policies as densities on arrays, and the losses that make good actions likelier.

The densities take one observation's distribution and one action; `jax.vmap` makes it a batch. The losses take
the steps of a batch; reduction="sum" adds their terms up, reduction="none" returns them.
A: number of actions, D: number of action coordinates, t: step.
"""

import math

import jax
import jax.numpy as jnp
from jax.core import Tracer

from . import arguments, checks, inputs

HALF_LOG_TWO_PI = 0.9189385332046727  # log(2 * pi) / 2
SCORES = "scores [A] of one observation"


def _parts(logits):
    """log p, p, and which action is the likeliest."""
    top = jnp.arange(len(logits)) == jnp.argmax(logits)
    gaps = logits - jnp.sum(jnp.where(top, logits, 0))  # max would share its slope among ties
    powers = jnp.exp(gaps)
    rest = jnp.sum(jnp.where(top, 0, powers))
    return gaps - jnp.log1p(rest), powers / (1 + rest), top


@jax.custom_jvp
def _log_softmax(logits):
    """log p, where -inf stands for an action that cannot be taken."""
    return _parts(logits)[0]


@_log_softmax.defjvp
def _log_softmax_jvp(primals, tangents):
    # d log p[i] = (1 - p[i]) d logits[i] - sum of p[j] d logits[j] over the others: 1 - p[i] is their sum,
    # where the difference would lose the digits of an action that is nearly certain.
    (logits,), (moved,) = primals, tangents
    y, p, top = _parts(logits)
    rest = jnp.sum(jnp.where(top, 0, p))
    shares = p * moved
    others = jnp.sum(jnp.where(top, 0, shares))
    best = jnp.sum(jnp.where(top, shares, 0))
    return y, jnp.where(top, rest * moved - others, (1 - p) * moved - ((others - shares) + best))


def _row(function, name, x, meaning):
    """An array of at least one number."""
    x = arguments.floats(function, name, x)
    if x.ndim != 1 or len(x) == 0:
        raise ValueError(f"{function}: {name} must be the {meaning}; got shape {x.shape}.")
    return x


def categorical_log_prob(logits, action):
    """Log-probability of one of A actions under softmax(logits).

        log_prob = logits[action] - log(sum_b exp(logits[b]))

    logits: [A], any real numbers; -inf, or the lowest number of the type, forbids an action: its probability
    is 0, and one at least must be allowed. action: an integer in [0, A).
    Returns a number <= 0, -inf for a forbidden action (next to it where the type's lowest number forbids);
    slopes are finite for every action, and keep their digits where one is nearly certain. Raises ValueError
    for other shapes or an action outside, where it is not traced. Source: Sutton and Barto 2018, eq. 13.2.

    >>> float(categorical_log_prob(jnp.zeros(2), 1))
    -0.6931471805599453
    """
    logits = _row("categorical_log_prob", "logits", logits, SCORES)
    if not isinstance(action, Tracer):
        checks.integer_in("categorical_log_prob", "action", action, len(logits))
    elif not jnp.issubdtype(action.dtype, jnp.integer) or action.shape != ():
        raise TypeError(f"categorical_log_prob: action must be an integer; got {inputs.shown(action)}.")
    return _log_softmax(logits)[action]


def _possible(log_p):
    """log p, but 0 where p is: 0 * log(0) is 0."""
    return jnp.where(log_p == -jnp.inf, 0, log_p)


@jax.custom_jvp
def _entropy(logits):
    log_p, p, _ = _parts(logits)
    return -jnp.sum(p * _possible(log_p))


@_entropy.defjvp
def _entropy_jvp(primals, tangents):
    # d H / d logits[b] = -p[b] * (log p[b] + H)
    (logits,), (moved,) = primals, tangents
    h, log_p = _entropy(logits), _log_softmax(logits)
    p = jnp.exp(log_p)
    return h, -jnp.sum(p * (_possible(log_p) + h) * moved)


def entropy(logits):
    """Entropy of softmax(logits): how undecided a policy is, 0 when certain, log(A) when all are alike.

        entropy = -sum_b p[b] * log(p[b]),  p = softmax(logits)

    logits: [A], any real numbers; -inf, or the lowest number of the type, forbids an action: it adds nothing,
    and one at least must be allowed.
    Returns a number >= 0 in nats, with finite slopes. Raises ValueError for other shapes.
    Source: Cover and Thomas 2006, eq. 2.1; Mnih et al. 2016, section 4.

    >>> float(entropy(jnp.array([0.0, 0.0, -jnp.inf])))
    0.6931471805599453
    """
    return _entropy(_row("entropy", "logits", logits, SCORES))


def gaussian_log_prob(mean, log_std, action):
    """Log-density of an action under independent normal distributions, one for each coordinate.

        log_prob = sum_d -((action[d] - mean[d]) / exp(log_std[d]))**2 / 2 - log_std[d] - log(2 * pi) / 2

    mean, log_std, action: [D]; log_std is the logarithm of the standard deviation, in units of the action.
    Returns a number, summed over the coordinates; above 0 where the density is above 1. Smooth. Raises
    ValueError for unequal or empty shapes. Source: Sutton and Barto 2018, eq. 13.19; Bishop 2006, eq. 1.46.

    >>> float(gaussian_log_prob(jnp.zeros(1), jnp.zeros(1), jnp.zeros(1)))
    -0.9189385332046727
    """
    mean, log_std, action = arguments.blocks(
        "gaussian_log_prob", "D", mean=mean, log_std=log_std, action=action
    )
    return _normal(mean, log_std, action)


def _normal(mean, log_std, action):
    """What `gaussian_log_prob` says, without its checks."""
    deviation = (action - mean) * jnp.exp(-log_std)
    return -jnp.sum(deviation * deviation / 2 + log_std + HALF_LOG_TWO_PI)


def gaussian_entropy(log_std):
    """Entropy of independent normal distributions: how widely a policy tries, whatever its mean.

        entropy = sum_d log_std[d] + (1 + log(2 * pi)) / 2

    log_std: [D], logarithms of the standard deviations.
    Returns a number in nats, of either sign. Smooth. Raises ValueError for other shapes.
    Source: Bishop 2006, eq. 1.110.

    >>> float(gaussian_entropy(jnp.zeros(1)))
    1.4189385332046727
    """
    log_std = _row("gaussian_entropy", "log_std", log_std, "numbers [D] of one action")
    return jnp.sum(log_std + (0.5 + HALF_LOG_TWO_PI))


@jax.custom_jvp
def _log_cosh(u):
    """log(cosh(u)) + log(2), where nothing overflows."""
    size = jnp.abs(u)
    return size + jnp.log1p(jnp.exp(-2 * size))


@_log_cosh.defjvp
def _log_cosh_jvp(primals, tangents):
    (u,), (moved,) = primals, tangents
    twice = -2 * jnp.abs(u)
    tanh = jnp.sign(u) * -jnp.expm1(twice) / (1 + jnp.exp(twice))  # has its digits next to 0 and to 1
    return _log_cosh(u), tanh * moved


def squashed_gaussian_log_prob(mean, log_std, pre_tanh):
    """Log-density of tanh(pre_tanh), where pre_tanh is normally distributed in each coordinate.

        log_prob = sum_d -((pre_tanh[d] - mean[d]) / exp(log_std[d]))**2 / 2 - log_std[d] - log(2 * pi) / 2
            - 2 * (log(2) - pre_tanh[d] - log(1 + exp(-2 * pre_tanh[d])))

    mean, log_std, pre_tanh: [D]; log_std is the logarithm of the standard deviation before the tanh.
    Returns a number, summed over the coordinates: the log-density of pre_tanh less that of the slope of tanh,
    log(1 - tanh(u)**2) = 2 * (log(2) - u - log(1 + exp(-2 u))), which stays finite where tanh rounds to 1 or
    -1. Smooth. Raises ValueError for unequal or empty shapes. Source: Haarnoja et al. 2018, appendix C, eq.
    21, arXiv:1801.01290.

    >>> float(squashed_gaussian_log_prob(jnp.zeros(1), jnp.zeros(1), jnp.zeros(1)))
    -0.9189385332046727
    """
    mean, log_std, pre_tanh = arguments.blocks(
        "squashed_gaussian_log_prob", "D", mean=mean, log_std=log_std, pre_tanh=pre_tanh
    )
    return _normal(mean, log_std, pre_tanh) + 2 * jnp.sum(_log_cosh(pre_tanh) - 0.6931471805599453)


def reinforce_loss(log_prob, advantage, reduction="mean"):
    """REINFORCE as a loss: its downhill direction makes what went well likelier.

        loss = mean_t -log_prob[t] * advantage[t]

    log_prob: [T], of the actions taken, under the policy that learns. advantage: [T], what followed, less a
    baseline if there is one. Any other one shape will do. reduction="none" returns the terms in it.
    Returns the loss, in units of advantage. Nothing is held constant: take the slope of log_prob alone.
    Raises ValueError for unequal or empty shapes. Source: Williams 1992, theorem 1; Sutton and Barto 2018,
    eq. 13.11.

    >>> float(reinforce_loss(jnp.array([-1.0, -2.0]), jnp.array([3.0, -1.0])))
    0.5
    """
    arguments.reduction("reinforce_loss", reduction)
    log_prob, advantage = arguments.alike("reinforce_loss", log_prob=log_prob, advantage=advantage)
    return arguments.reduced(-log_prob * advantage, reduction)


def ppo_clip_loss(log_prob, old_log_prob, advantage, clip_eps=0.2, reduction="mean"):
    """PPO's clipped objective as a loss: no reward for moving a probability further than clip_eps at once.

        loss = mean_t -min(ratio[t] * advantage[t], clip(ratio[t], 1 - clip_eps, 1 + clip_eps) * advantage[t])
        ratio[t] = exp(log_prob[t] - old_log_prob[t])

    log_prob: [T], of the actions taken, under the policy that learns. old_log_prob: [T], under the policy
    that acted. advantage: [T]. Any other one shape will do. clip_eps: a number > 0. reduction="none" returns
    the terms in it.
    Returns the loss, in units of advantage. Where the ratio is at its clip the slope is half of that inside.
    Nothing is held constant: take the slope of log_prob alone. Raises ValueError for unequal or empty shapes
    or a clip_eps not above 0.
    Source: Schulman et al. 2017, eq. 7, arXiv:1707.06347.

    >>> log_prob, advantage = jnp.log(jnp.array([2.0, 0.5])), jnp.array([1.0, 1.0])
    >>> ppo_clip_loss(log_prob, jnp.zeros(2), advantage, reduction="none").tolist()
    [-1.2, -0.5]
    """
    arguments.positive("ppo_clip_loss", "clip_eps", clip_eps)
    arguments.reduction("ppo_clip_loss", reduction)
    log_prob, old_log_prob, advantage = arguments.alike(
        "ppo_clip_loss", log_prob=log_prob, old_log_prob=old_log_prob, advantage=advantage
    )
    # Of the clip the min leaves one side: the upper one for what went well, the lower one for what did not.
    # Above, a ratio that overflows would be caught, but its slope would be 0 * infinity.
    risen, worse = log_prob - old_log_prob, advantage < 0
    far = math.log(float(jnp.finfo(risen.dtype).max)) - 1
    ratio = jnp.exp(jnp.where(worse, risen, jnp.minimum(risen, far)))
    kept = jnp.where(worse, jnp.maximum(ratio, 1 - clip_eps), jnp.minimum(ratio, 1 + clip_eps))
    return arguments.reduced(-kept * advantage, reduction)
