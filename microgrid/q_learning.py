"""Errors of action values on scalars: how far one transition says that the value of an action is off.

A: number of actions, b: an action. The learning rule is value[action] += learning_rate * error.
"""

from .mdp import _index, _numbers, _same_shape, _shape
from .operations import largest


def _checked(function, reward, discount, value, next_value, **actions):
    """The shapes and the action indices of one transition."""
    _same_shape(function, ("value", "next_value"), (value, next_value), "A")
    for name, number in (("reward", reward), ("discount", discount)):
        _numbers(function, name, number)
        if _shape(number) != ():
            raise ValueError(f"{function}: {name} must be one number; got shape {_shape(number)}.")
    for name, action in actions.items():
        _index(function, name, action, len(value), "an integer")


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
    _checked("q_learning_error", reward, discount, value, next_value, action=action)
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
    _checked("sarsa_error", reward, discount, value, next_value, action=action, next_action=next_action)
    return reward + discount * next_value[next_action] - value[action]
