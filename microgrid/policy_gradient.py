"""Policies as densities on scalars, and the losses that make good actions likelier.

The densities take one observation's distribution and one action. The losses take the steps of a batch;
reduction="sum" adds their terms up, reduction="none" returns them.
A: number of actions, D: number of action coordinates, t: step.
"""

from . import checks
from .activations_rows import _surprise
from .checks import flatten, read, shape
from .losses import _reduce
from .mdp import _index, _numbers, _same_shape, _shape
from .operations import exp, largest, logsumexp, maximum, minimum, softmax, softplus, total, where

HALF_LOG_TWO_PI, LOG_TWO = 0.9189385332046727, 0.6931471805599453
SCORES = "scores [A] of one observation"
CLOSE = 50  # a score that far below the largest has a probability of which 1 - p is 1 in every float


def _row(function, name, x, meaning):
    """A list of at least one number."""
    _numbers(function, name, x)
    if len(_shape(x)) != 1 or len(x) == 0:
        raise ValueError(f"{function}: {name} must be the {meaning}; got shape {_shape(x)}.")
    return read(x)


def categorical_log_prob(logits, action):
    """Log-probability of one of A actions under softmax(logits).

        log_prob = logits[action] - log(sum_b exp(logits[b]))

    logits: [A], any real numbers; -inf, or the lowest number of the type, forbids an action: its probability
    is 0, and one at least must be allowed. action: an integer in [0, A).
    Returns a number <= 0, -inf for a forbidden action (next to it where the type's lowest number forbids);
    slopes are finite for every action, and keep their digits where one is nearly certain. Raises ValueError
    for other shapes or an action outside. Source: Sutton and Barto 2018, eq. 13.2.

    >>> categorical_log_prob([0.0, 0.0], 1)
    -0.6931471805599453
    """
    logits = _row("categorical_log_prob", "logits", logits, SCORES)
    _index("categorical_log_prob", "action", action, len(logits), "an integer")
    score = logits[action]
    likely = score - largest(logits) > -CLOSE
    return where(likely, -_surprise(logits, action), score - logsumexp(logits))


def entropy(logits):
    """Entropy of softmax(logits): how undecided a policy is, 0 when certain, log(A) when all are alike.

        entropy = -sum_b p[b] * log(p[b]),  p = softmax(logits)

    logits: [A], any real numbers; -inf, or the lowest number of the type, forbids an action: it adds nothing,
    and one at least must be allowed.
    Returns a number >= 0 in nats, with finite slopes. Raises ValueError for other shapes.
    Source: Cover and Thomas 2006, eq. 2.1; Mnih et al. 2016, section 4.

    >>> entropy([0.0, 0.0, float("-inf")])
    0.6931471805599453
    """
    logits = _row("entropy", "logits", logits, SCORES)
    terms = [where(p > 0, p * _surprise(logits, b), 0) for b, p in enumerate(softmax(logits))]
    return total(terms)


def gaussian_log_prob(mean, log_std, action):
    """Log-density of an action under independent normal distributions, one for each coordinate.

        log_prob = sum_d -((action[d] - mean[d]) / exp(log_std[d]))**2 / 2 - log_std[d] - log(2 * pi) / 2

    mean, log_std, action: [D]; log_std is the logarithm of the standard deviation, in units of the action.
    Returns a number, summed over the coordinates; above 0 where the density is above 1. Smooth. Raises
    ValueError for unequal or empty shapes. Source: Sutton and Barto 2018, eq. 13.19; Bishop 2006, eq. 1.46.

    >>> gaussian_log_prob([0.0], [0.0], [0.0])
    -0.9189385332046727
    """
    names = ("mean", "log_std", "action")
    rows = _same_shape("gaussian_log_prob", names, (mean, log_std, action), "D")
    return total([_normal(*one) for one in zip(*rows, strict=True)])


def _normal(mean, log_std, x):
    """The log-density of one coordinate."""
    return -(((x - mean) / exp(log_std)) ** 2) / 2 - log_std - HALF_LOG_TWO_PI


def gaussian_entropy(log_std):
    """Entropy of independent normal distributions: how widely a policy tries, whatever its mean.

        entropy = sum_d log_std[d] + (1 + log(2 * pi)) / 2

    log_std: [D], logarithms of the standard deviations.
    Returns a number in nats, of either sign. Smooth. Raises ValueError for other shapes.
    Source: Bishop 2006, eq. 1.110.

    >>> gaussian_entropy([0.0])
    1.4189385332046727
    """
    log_std = _row("gaussian_entropy", "log_std", log_std, "numbers [D] of one action")
    return total(log_std) + len(log_std) * (0.5 + HALF_LOG_TWO_PI)


def squashed_gaussian_log_prob(mean, log_std, pre_tanh):
    """Log-density of tanh(pre_tanh), where pre_tanh is normally distributed in each coordinate.

        log_prob = sum_d -((pre_tanh[d] - mean[d]) / exp(log_std[d]))**2 / 2 - log_std[d] - log(2 * pi) / 2
            - 2 * (log(2) - pre_tanh[d] - log(1 + exp(-2 * pre_tanh[d])))

    mean, log_std, pre_tanh: [D]; log_std is the logarithm of the standard deviation before the tanh.
    Returns a number, summed over the coordinates: the log-density of pre_tanh less that of the slope of tanh,
    log(1 - tanh(u)**2) = 2 * (log(2) - u - log(1 + exp(-2 u))), which stays finite where tanh rounds to 1 or
    -1. Smooth. Raises ValueError for unequal or empty shapes. Source: Haarnoja et al. 2018, appendix C, eq.
    21, arXiv:1801.01290.

    >>> squashed_gaussian_log_prob([0.0], [0.0], [0.0])
    -0.9189385332046727
    """
    names = ("mean", "log_std", "pre_tanh")
    mean, log_std, pre_tanh = _same_shape("squashed_gaussian_log_prob", names, (mean, log_std, pre_tanh), "D")
    log_slopes = [2 * (LOG_TWO - u - softplus(-2 * u)) for u in pre_tanh]
    densities = [_normal(*one) for one in zip(mean, log_std, pre_tanh, strict=True)]
    return total([p - slope for p, slope in zip(densities, log_slopes, strict=True)])


def _loss(function, reduction, term, **arguments):
    """The loss whose terms are term(...) of the numbers that stand at one place of all arguments."""
    checks.reduction(function, reduction)
    for name, x in arguments.items():
        _numbers(function, name, x)
    names = list(arguments)
    given, *others = [shape(x, f"{function}: {name}") for name, x in arguments.items()]
    if any(other != given for other in others):
        raise ValueError(
            f"{function}: {', '.join(names[:-1])} and {names[-1]} must share one shape; "
            f"got {', '.join(map(str, [given, *others[:-1]]))} and {others[-1]}."
        )
    checks.not_empty(function, names[0], arguments[names[0]])
    terms = [term(*numbers) for numbers in zip(*map(flatten, arguments.values()), strict=True)]
    return _reduce(terms, reduction, given)


def reinforce_loss(log_prob, advantage, reduction="mean"):
    """REINFORCE as a loss: its downhill direction makes what went well likelier.

        loss = mean_t -log_prob[t] * advantage[t]

    log_prob: [T], of the actions taken, under the policy that learns. advantage: [T], what followed, less a
    baseline if there is one. Any other one shape will do. reduction="none" returns the terms in it.
    Returns the loss, in units of advantage. Nothing is held constant: take the slope of log_prob alone.
    Raises ValueError for unequal or empty shapes. Source: Williams 1992, theorem 1; Sutton and Barto 2018,
    eq. 13.11.

    >>> reinforce_loss([-1.0, -2.0], [3.0, -1.0])
    0.5
    """
    return _loss("reinforce_loss", reduction, lambda p, a: -p * a, log_prob=log_prob, advantage=advantage)


def ppo_clip_loss(log_prob, old_log_prob, advantage, clip_eps=0.2, reduction="mean"):
    """PPO's clipped objective as a loss: no reward for moving a probability further than clip_eps at once.

        loss = mean_t -min(ratio[t] * advantage[t], clip(ratio[t], 1 - clip_eps, 1 + clip_eps) * advantage[t])
        ratio[t] = exp(log_prob[t] - old_log_prob[t])

    log_prob: [T], of the actions taken, under the policy that learns. old_log_prob: [T], under the policy
    that acted. advantage: [T]. Any other one shape will do. clip_eps: a number > 0. reduction="none" returns
    the terms in it.
    Returns the loss, in units of advantage. Where the ratio is at its clip the slope is half of that inside.
    Nothing is held constant: take the slope of log_prob alone. Raises ValueError for unequal or empty shapes
    or a clip_eps not above 0. Source: Schulman et al. 2017, eq. 7, arXiv:1707.06347.

    >>> from math import log
    >>> ppo_clip_loss([log(2.0), log(0.5)], [0.0, 0.0], [1.0, 1.0], reduction="none")
    [-1.2, -0.5]
    """
    clip_eps = checks.positive("ppo_clip_loss", "clip_eps", clip_eps)

    def term(new, old, a):
        ratio = exp(new - old)
        # The min leaves one side of the clip: the upper one for what went well, the lower one for what did
        # not. Written so, no tie of the min takes part in the slope at the clip.
        kept = where(a < 0, maximum(ratio, 1 - clip_eps), minimum(ratio, 1 + clip_eps))
        return -kept * a

    steps = dict(log_prob=log_prob, old_log_prob=old_log_prob, advantage=advantage)
    return _loss("ppo_clip_loss", reduction, term, **steps)
