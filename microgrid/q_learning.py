"""Errors of action values on scalars: how far one transition says that the value of an action is off.

A: number of actions, b: an action. The learning rule is value[action] += learning_rate * error.
A discount outside [0, 1] or a probability that is none is a ValueError; Values pass unread.
"""

from . import checks
from .checks import read
from .mdp import _distribution, _index, _numbers, _same_shape, _shape, _shares
from .operations import dot, largest, where
from .policy_gradient import _loss


def _checked(function, reward, discount, actions, **rows):
    """The shapes and the action indices of one transition; rows: what is [A]."""
    arrays = _same_shape(function, tuple(rows), tuple(rows.values()), "A")
    for name, number in (("reward", reward), ("discount", discount)):
        _numbers(function, name, number)
        if _shape(number) != ():
            raise ValueError(f"{function}: {name} must be one number; got shape {_shape(number)}.")
    _shares(function, "discount", discount)
    for name, action in actions.items():
        _index(function, name, action, len(rows["value"]), "an integer")
    return read(reward), read(discount), *arrays


def q_learning_error(reward, discount, value, next_value, action):
    """Q-learning error of one transition: bootstrap on the best next action, whichever is taken.

        error = reward + discount * max_b next_value[b] - value[action]

    reward: what the step paid. discount: gamma, or 0 where the episode terminated (a truncated step still
    bootstraps). value: [A], action values in obs. next_value: [A], those in the true next observation.
    action: an integer in [0, A), the action taken.
    Returns the error, in units of reward. Smooth but for ties of the max, which share its slope equally;
    nothing is held constant: for Q-learning's update take the slope of value alone. Raises ValueError for
    unequal shapes or an action outside. Source: Watkins and Dayan 1992; Sutton and Barto 2018, eq. 6.8.

    >>> q_learning_error(1.0, 0.5, [0.25, 3.0], [2.0, 4.0], action=0)
    2.75
    """
    actions = dict(action=action)
    rows = dict(value=value, next_value=next_value)
    reward, discount, value, next_value = _checked("q_learning_error", reward, discount, actions, **rows)
    return reward + discount * largest(next_value) - value[action]


def sarsa_error(reward, discount, value, next_value, action, next_action):
    """SARSA error of one transition: bootstrap on the next action that the policy takes.

        error = reward + discount * next_value[next_action] - value[action]

    reward: what the step paid. discount: gamma, or 0 where the episode terminated (a truncated step still
    bootstraps). value: [A], action values in obs. next_value: [A], those in the true next observation.
    action, next_action: integers in [0, A), the action taken and the one that follows.
    Returns the error, in units of reward. Linear in the values; nothing is held constant. Raises ValueError
    for unequal shapes or an action outside. Source: Sutton and Barto 2018, eq. 6.7.

    >>> sarsa_error(1.0, 0.5, [0.25, 3.0], [2.0, 4.0], action=0, next_action=0)
    1.75
    """
    actions = dict(action=action, next_action=next_action)
    rows = dict(value=value, next_value=next_value)
    reward, discount, value, next_value = _checked("sarsa_error", reward, discount, actions, **rows)
    return reward + discount * next_value[next_action] - value[action]


def expected_sarsa_error(reward, discount, value, next_value, action, probability):
    """Expected SARSA error of one transition: bootstrap on the mean over what the policy may do next.

        error = reward + discount * sum_b probability[b] * next_value[b] - value[action]

    reward: what the step paid. discount: gamma, or 0 where the episode terminated (a truncated step still
    bootstraps). value: [A], action values in obs. next_value: [A], those in the true next observation.
    action: an integer in [0, A), the action taken. probability: [A], of each action there, sums to 1.
    Returns the error, in units of reward. Smooth; nothing is held constant. Raises ValueError for unequal
    shapes or an action outside. Source: Sutton and Barto 2018, eq. 6.9.

    >>> expected_sarsa_error(1.0, 0.5, [0.25, 3.0], [2.0, 4.0], action=0, probability=[0.5, 0.5])
    2.25
    """
    rows = dict(value=value, next_value=next_value, probability=probability)
    reward, discount, value, next_value, probability = _checked(
        "expected_sarsa_error", reward, discount, dict(action=action), **rows
    )
    _distribution("expected_sarsa_error", "probability", probability)
    return reward + discount * dot(probability, next_value) - value[action]


def double_q_error(reward, discount, value, next_value, selector_value, action):
    """Double Q-learning error of one transition: bootstrap where one table selects and another values.

        error = reward + discount * next_value[argmax_b selector_value[b]] - value[action]

    reward: what the step paid. discount: gamma, or 0 where the episode terminated (a truncated step still
    bootstraps). value: [A], action values in obs. next_value: [A], those in the true next observation, from
    the table (in DQN the target net) that values; selector_value: [A], there too, from the one that selects.
    action: an integer in [0, A), the action taken.
    Returns the error, in units of reward. Of selected actions that tie the first counts; selector_value has
    slope 0, nothing else is held constant. Raises ValueError for unequal shapes or an action outside.
    Source: van Hasselt et al. 2016, eq. 4; Sutton and Barto 2018, eq. 6.10.

    >>> double_q_error(1.0, 0.5, [0.25, 3.0], [2.0, 4.0], [7.0, 5.0], action=0)
    1.75
    """
    rows = dict(value=value, next_value=next_value, selector_value=selector_value)
    reward, discount, value, next_value, selector_value = _checked(
        "double_q_error", reward, discount, dict(action=action), **rows
    )
    best, worth = selector_value[0], next_value[0]
    for rival, its_worth in zip(selector_value[1:], next_value[1:], strict=True):
        better = rival > best
        best, worth = where(better, rival, best), where(better, its_worth, worth)
    return reward + discount * worth - value[action]


def dqn_loss(error, delta=1.0, reduction="mean"):
    """DQN's loss of TD errors: squared for small ones, straight for large ones, so that none pulls too hard.

        loss = mean_n error[n]**2 / 2 if |error[n]| <= delta else delta * (|error[n]| - delta / 2)

    error: nested lists, such as those of `q_learning_error` over a batch; delta: a number > 0, in units of
    reward, the largest slope. reduction="sum" adds the terms up, reduction="none" returns them.
    Returns the loss, or its terms >= 0 in the same nesting. Smooth. Raises ValueError for no errors or a
    delta that is not above 0. Source: Mnih et al. 2015, methods, where errors are clipped to [-1, 1]; Huber
    1964, section 4.

    >>> dqn_loss([1.0, -4.0], reduction="none")
    [0.5, 3.5]
    """
    delta = checks.positive("dqn_loss", "delta", delta)

    def term(e):
        return where(abs(e) <= delta, e * e / 2, delta * (abs(e) - delta / 2))

    return _loss("dqn_loss", reduction, term, error=error)
