"""What a trajectory was worth on scalars: returns, advantages, value targets, from the last step backwards.

Numbers may be floats, Fractions (then every answer is exact) or Values.
t: step, T: how many there are. `discount` is gamma, or 0 where the episode terminated: what follows has no
value. `last` is 1 where it ended for any reason: what follows belongs to another episode.
A discount outside [0, 1], a last that is neither 0 nor 1 or a ratio below 0 is a ValueError.
Values pass unread.
"""

from typing import Any

from . import checks
from .checks import flatten, shape
from .losses import _nest
from .mdp import _each, _numbers, _same_shape, _shares
from .operations import minimum


def td_error(reward, discount, value, next_value):
    """Error of temporal differences: how much better one step went than the value of its start had said.

        error = reward + discount * next_value - value

    reward: what the step paid. discount: gamma, or 0 where the episode terminated (a truncated step still
    bootstraps). value: of the observation. next_value: of the true next observation. Each is one number or
    nested lists, all of them of one shape.
    Returns the error, one number or in the same nesting, in units of reward. Linear in the values; nothing is
    held constant. Raises ValueError for unequal shapes. Source: Sutton and Barto 2018, eq. 6.5.

    >>> td_error([1.0, 1.0], [0.5, 0.0], 0.25, [2.0, 9.0])
    [1.75, 0.75]
    """
    given = dict(reward=reward, discount=discount, value=value, next_value=next_value)
    for name, x in given.items():
        _numbers("td_error", name, x)
    shapes = [shape(x, f"td_error: {name}") for name, x in given.items()]
    full = {one for one in shapes if one}
    if len(full) > 1 or any(0 in one for one in full):
        raise ValueError(
            "td_error: reward, discount, value and next_value must share one shape or be one number; "
            f"got {', '.join(map(str, shapes))}."
        )
    _shares("td_error", "discount", discount)
    nesting = full.pop() if full else ()
    count = max(len(flatten(x)) for x in given.values())
    columns = [flatten(x) if one == nesting else flatten(x) * count
               for x, one in zip(given.values(), shapes, strict=True)]  # fmt: skip
    return _nest((r + d * after - v for r, d, v, after in zip(*columns, strict=True)), nesting)


def _cuts(function, last, **given):
    """What is given as it is computed with, and where the trajectory is cut: at the end of an episode, and
    after its last step."""
    *found, last = _same_shape(function, (*given, "last"), (*given.values(), last), "T")
    _shares(function, "discount", given["discount"])
    _each(function, "last", last, "0 or 1", lambda x: x in (0, 1))
    if "ratio" in given:
        _each(function, "ratio", given["ratio"], ">= 0", lambda x: not x < 0)
    return *found, [ended or t == len(last) - 1 for t, ended in enumerate(last)]


def _backwards(function, last, given):
    """The numbers of every step and whether the trajectory is cut there, the last step first."""
    return reversed(list(zip(*_cuts(function, last, **given), strict=True)))


def discounted_returns(reward, discount, next_value, last):
    """Discounted returns: what each step and all that follow it in its episode were worth.

        G[t] = reward[t] + discount[t] * (next_value[t] if last[t] or t = T-1 else G[t+1])

    reward: [T], what each step paid. discount: [T], gamma, or 0 where the episode terminated (a truncated
    step still bootstraps). next_value: [T], of the true next observation, only looked at where the
    trajectory is cut. last: [T], 1 on the last step of an episode, terminated or truncated.
    Returns G [T], in units of reward. Smooth. Raises ValueError for unequal or empty shapes.
    Source: Sutton and Barto 2018, eq. 3.9.

    >>> discounted_returns([1.0, 1.0], [0.5, 0.0], [2.0, 9.0], last=[0, 1])
    [1.5, 1.0]
    """
    given = dict(reward=reward, discount=discount, next_value=next_value)
    following, returns = None, []
    for r, d, after, ends in _backwards("discounted_returns", last, given):
        following = r + d * (after if ends else following)
        returns.append(following)
    return returns[::-1]


def n_step_returns(reward, discount, next_value, last, num_steps):
    """n-step returns: num_steps steps as they were, then the value of where they led.

        G[t] = G[t,num_steps]
        G[t,n] = reward[t] + discount[t] * (next_value[t] if n = 1 or last[t] or t = T-1 else G[t+1,n-1])

    reward: [T], what each step paid. discount: [T], gamma, or 0 where the episode terminated (a truncated
    step still bootstraps). next_value: [T], of the true next observation. last: [T], 1 on the last step of
    an episode, terminated or truncated: there fewer steps count. num_steps: an integer >= 1.
    Returns G [T], in units of reward; with num_steps >= T the discounted returns. Smooth. Raises ValueError
    for unequal or empty shapes or num_steps below 1. Source: Sutton and Barto 2018, eq. 7.1.

    >>> n_step_returns([1.0] * 3, [0.5] * 3, [4.0, 8.0, 16.0], last=[0, 0, 0], num_steps=2)
    [3.5, 5.5, 9.0]
    """
    if isinstance(num_steps, bool) or not hasattr(num_steps, "__index__"):
        raise TypeError(f"n_step_returns: num_steps must be an integer; got {checks.shown(num_steps)}.")
    if num_steps < 1:
        raise ValueError(f"n_step_returns: num_steps must be >= 1; got {num_steps}.")
    given = dict(reward=reward, discount=discount, next_value=next_value)
    reward, discount, next_value, cut = _cuts("n_step_returns", last, **given)
    returns = []
    for start in range(len(cut)):
        end = start + 1
        while end - start < num_steps and not cut[end - 1]:
            end += 1
        worth = next_value[end - 1]
        for t in reversed(range(start, end)):
            worth = reward[t] + discount[t] * worth
        returns.append(worth)
    return returns


def lambda_returns(reward, discount, next_value, last, gae_lambda=0.95):
    """Lambda returns: after each step some weight on what the value says, the rest on how it went on.

        G[t] = reward[t] + discount[t] * (next_value[t] if last[t] or t = T-1
            else (1 - gae_lambda) * next_value[t] + gae_lambda * G[t+1])

    reward: [T], what each step paid. discount: [T], gamma, or 0 where the episode terminated (a truncated
    step still bootstraps). next_value: [T], of the true next observation. last: [T], 1 on the last step of
    an episode, terminated or truncated. gae_lambda: in [0, 1]; 0 looks one step ahead, 1 gives the
    discounted returns.
    Returns G [T], in units of reward. Smooth. Raises ValueError for unequal or empty shapes or a gae_lambda
    outside [0, 1]. Source: Sutton and Barto 2018, eq. 12.3; the recursion is eq. 12.18.

    >>> lambda_returns([1.0, 1.0], [0.5, 0.5], [4.0, 2.0], last=[0, 1], gae_lambda=0.5)
    [2.5, 2.0]
    """
    gae_lambda = checks.share("lambda_returns", "gae_lambda", gae_lambda)
    given = dict(reward=reward, discount=discount, next_value=next_value)
    following: Any = None
    returns = []
    for r, d, after, ends in _backwards("lambda_returns", last, given):
        following = r + d * (after if ends else (1 - gae_lambda) * after + gae_lambda * following)
        returns.append(following)
    return returns[::-1]


def gae(reward, discount, value, next_value, last, gae_lambda=0.95):
    """Generalized advantage estimation: how much better it went than the value said, over all that followed.

        A[t] = delta[t] + discount[t] * gae_lambda * (1 - last[t]) * A[t+1],  A[T] = 0
        delta[t] = reward[t] + discount[t] * next_value[t] - value[t]

    reward, value, next_value: [T], all in units of reward; next_value is that of the true next observation.
    discount: [T], gamma, or 0 where the episode terminated (a truncated step still bootstraps).
    last: [T], 1 on the last step of an episode, terminated or truncated: advantages do not leak across.
    gae_lambda: in [0, 1]; 0 gives the TD errors, 1 the discounted returns less the values.
    Returns [T] advantages; value plus advantage is the lambda return. Smooth; nothing is held constant.
    Raises ValueError for unequal or empty shapes or a gae_lambda outside [0, 1].
    Source: Schulman et al. 2016, eq. 16, arXiv:1506.02438.

    >>> gae([1.0, 1.0], [0.5, 0.0], [0.0, 0.0], [2.0, 9.0], last=[0, 1], gae_lambda=1.0)
    [2.5, 1.0]
    """
    gae_lambda = checks.share("gae", "gae_lambda", gae_lambda)
    given = dict(reward=reward, discount=discount, value=value, next_value=next_value)
    following, advantages = None, []
    for r, d, v, after, ends in _backwards("gae", last, given):
        delta = r + d * after - v
        following = delta if ends else delta + d * gae_lambda * following
        advantages.append(following)
    return advantages[::-1]


def vtrace(reward, discount, value, next_value, last, ratio, clip_rho=1.0, clip_c=1.0):
    """V-trace: value targets for a policy from the steps of another, with clipped importance weights.

        v[t] = value[t] + min(ratio[t], clip_rho) * delta[t]
            + discount[t] * min(ratio[t], clip_c) * (0 if last[t] or t = T-1 else v[t+1] - value[t+1])
        delta[t] = reward[t] + discount[t] * next_value[t] - value[t]

    reward, value, next_value: [T], all in units of reward; next_value is that of the true next observation.
    discount: [T], gamma, or 0 where the episode terminated (a truncated step still bootstraps).
    last: [T], 1 on the last step of an episode, terminated or truncated. ratio: [T], how much likelier the
    policy takes the action than the one that acted, >= 0. clip_rho, clip_c: numbers > 0, infinity clips
    nothing; clip_rho decides whose value is found, clip_c only how fast.
    Returns v [T], targets for value. Where a ratio is at its clip the slope is half of that below; nothing is
    held constant. Raises ValueError for unequal or empty shapes or a clip not above 0.
    Source: Espeholt et al. 2018, eq. 1 and remark 1, arXiv:1802.01561.

    >>> vtrace([1.0, 1.0], [0.5, 0.0], [1.0, 0.0], [0.0, 9.0], last=[0, 1], ratio=[4.0, 0.5])
    [1.25, 0.5]
    """
    clip_rho = checks.above_0("vtrace", "clip_rho", clip_rho)
    clip_c = checks.above_0("vtrace", "clip_c", clip_c)
    given = dict(reward=reward, discount=discount, value=value, next_value=next_value, ratio=ratio)
    ahead, targets = None, []  # ahead: how far the target of the step after is above its value
    for r, d, v, after, w, ends in _backwards("vtrace", last, given):
        correction = minimum(w, clip_rho) * (r + d * after - v)
        ahead = correction if ends else correction + d * minimum(w, clip_c) * ahead
        targets.append(v + ahead)
    return targets[::-1]
