"""Errors of action values on arrays: how far one transition says that the value of an action is off.

Each is a function of one transition; `jax.vmap` makes it one of a batch.
A: number of actions, b: an action. The learning rule is value[action] += learning_rate * error.
"""

import jax.numpy as jnp
from jax.core import Tracer

from . import checks, inputs


def _checked(function, reward, discount, value, next_value, **actions):
    """The shapes of one transition, and the action indices where they are known."""
    names = ("value", "next_value")
    arrays = [inputs.jax_numbers(function, *both) for both in zip(names, (value, next_value), strict=True)]
    checks.same_shape(function, names, arrays, "A")
    for name, number in (("reward", reward), ("discount", discount)):
        checks.one_number(function, name, inputs.jax_numbers(function, name, number))
    for name, action in actions.items():
        if not isinstance(action, Tracer):
            checks.integer_in(function, name, action, len(value))
        elif not jnp.issubdtype(action.dtype, jnp.integer) or action.shape != ():
            raise TypeError(f"{function}: {name} must be an integer; got {inputs.shown(action)}.")


def q_learning_error(reward, discount, value, next_value, action):
    """Q-learning error of one transition: bootstrap on the best next action, whichever is taken.

        error = reward + discount * max_b next_value[b] - value[action]

    reward: what the step paid. discount: gamma, or 0 where the episode terminated (a truncated step still
    bootstraps). value: [A], action values in obs. next_value: [A], those in the true next observation.
    action: an integer in [0, A), the action taken.
    Returns the error, in units of reward. Smooth but for ties of the max, which share its slope equally;
    nothing is held constant: for Q-learning's update take the slope of value alone. Raises ValueError for
    unequal shapes or an action outside, where it is not traced. Source: Watkins and Dayan 1992; Sutton and
    Barto 2018, eq. 6.8.

    >>> float(q_learning_error(1.0, 0.5, jnp.array([0.25, 3.0]), jnp.array([2.0, 4.0]), action=0))
    2.75
    """
    _checked("q_learning_error", reward, discount, value, next_value, action=action)
    return reward + discount * jnp.max(jnp.asarray(next_value)) - jnp.asarray(value)[action]


def sarsa_error(reward, discount, value, next_value, action, next_action):
    """SARSA error of one transition: bootstrap on the next action that the policy takes.

        error = reward + discount * next_value[next_action] - value[action]

    reward: what the step paid. discount: gamma, or 0 where the episode terminated (a truncated step still
    bootstraps). value: [A], action values in obs. next_value: [A], those in the true next observation.
    action, next_action: integers in [0, A), the action taken and the one that follows.
    Returns the error, in units of reward. Linear in the values; nothing is held constant. Raises ValueError
    for unequal shapes or an action outside, where it is not traced. Source: Sutton and Barto 2018, eq. 6.7.

    >>> values, next_values = jnp.array([0.25, 3.0]), jnp.array([2.0, 4.0])
    >>> float(sarsa_error(1.0, 0.5, values, next_values, action=0, next_action=0))
    1.75
    """
    _checked("sarsa_error", reward, discount, value, next_value, action=action, next_action=next_action)
    return reward + discount * jnp.asarray(next_value)[next_action] - jnp.asarray(value)[action]
