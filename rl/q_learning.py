"""Errors of action values on arrays: how far one transition says that the value of an action is off.

Each is a function of one transition; `jax.vmap` makes it one of a batch, and `dqn_loss` makes a loss of that.
A: number of actions, b: an action. The learning rule is value[action] += learning_rate * error.
A discount outside [0, 1] or a probability that is none is a ValueError; traced ones pass unread.
"""

import jax.numpy as jnp
from jax.core import Tracer

from . import arguments, checks, inputs


def _checked(function, reward, discount, actions, **rows):
    """The shapes of one transition, and the action indices where they are known; rows: what is [A]."""
    arrays = [inputs.jax_numbers(function, *both) for both in rows.items()]
    checks.same_shape(function, tuple(rows), arrays, "A")
    for name, number in (("reward", reward), ("discount", discount)):
        checks.one_number(function, name, inputs.jax_numbers(function, name, number))
    arguments.shares(function, "discount", discount)
    for name, action in actions.items():
        if not isinstance(action, Tracer):
            checks.integer_in(function, name, action, len(rows["value"]))
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
    actions = dict(action=action)
    _checked("q_learning_error", reward, discount, actions, value=value, next_value=next_value)
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
    actions = dict(action=action, next_action=next_action)
    _checked("sarsa_error", reward, discount, actions, value=value, next_value=next_value)
    return reward + discount * jnp.asarray(next_value)[next_action] - jnp.asarray(value)[action]


def expected_sarsa_error(reward, discount, value, next_value, action, probability):
    """Expected SARSA error of one transition: bootstrap on the mean over what the policy may do next.

        error = reward + discount * sum_b probability[b] * next_value[b] - value[action]

    reward: what the step paid. discount: gamma, or 0 where the episode terminated (a truncated step still
    bootstraps). value: [A], action values in obs. next_value: [A], those in the true next observation.
    action: an integer in [0, A), the action taken. probability: [A], of each action there, sums to 1.
    Returns the error, in units of reward. Smooth; nothing is held constant. Raises ValueError for unequal
    shapes or an action outside, where it is not traced. Source: Sutton and Barto 2018, eq. 6.9.

    >>> values, next_values, half = jnp.array([0.25, 3.0]), jnp.array([2.0, 4.0]), jnp.array([0.5, 0.5])
    >>> float(expected_sarsa_error(1.0, 0.5, values, next_values, action=0, probability=half))
    2.25
    """
    rows = dict(value=value, next_value=next_value, probability=probability)
    _checked("expected_sarsa_error", reward, discount, dict(action=action), **rows)
    arguments.distributions("expected_sarsa_error", "probability", jnp.asarray(probability))
    mean = jnp.sum(jnp.asarray(probability) * jnp.asarray(next_value))
    return reward + discount * mean - jnp.asarray(value)[action]


def double_q_error(reward, discount, value, next_value, selector_value, action):
    """Double Q-learning error of one transition: bootstrap where one table selects and another values.

        error = reward + discount * next_value[argmax_b selector_value[b]] - value[action]

    reward: what the step paid. discount: gamma, or 0 where the episode terminated (a truncated step still
    bootstraps). value: [A], action values in obs. next_value: [A], those in the true next observation, from
    the table (in DQN the target net) that values; selector_value: [A], there too, from the one that selects.
    action: an integer in [0, A), the action taken.
    Returns the error, in units of reward. Of selected actions that tie the first counts; selector_value has
    slope 0, nothing else is held constant. Raises ValueError for unequal shapes or an action outside, where
    it is not traced. Source: van Hasselt et al. 2016, eq. 4; Sutton and Barto 2018, eq. 6.10.

    >>> values, next_values, others = jnp.array([0.25, 3.0]), jnp.array([2.0, 4.0]), jnp.array([7.0, 5.0])
    >>> float(double_q_error(1.0, 0.5, values, next_values, others, action=0))
    1.75
    """
    rows = dict(value=value, next_value=next_value, selector_value=selector_value)
    _checked("double_q_error", reward, discount, dict(action=action), **rows)
    best = jnp.argmax(jnp.asarray(selector_value))
    return reward + discount * jnp.asarray(next_value)[best] - jnp.asarray(value)[action]


def dqn_loss(error, delta=1.0, reduction="mean"):
    """DQN's loss of TD errors: squared for small ones, straight for large ones, so that none pulls too hard.

        loss = mean_n error[n]**2 / 2 if |error[n]| <= delta else delta * (|error[n]| - delta / 2)

    error: [...], such as those of `q_learning_error` over a batch; delta: a number > 0, in units of reward,
    the largest slope. reduction="sum" adds the terms up, reduction="none" returns them.
    Returns the loss, or its terms [...] >= 0. Smooth. Raises ValueError for no errors or a delta that is not
    above 0. Source: Mnih et al. 2015, methods, where errors are clipped to [-1, 1]; Huber 1964, section 4.

    >>> dqn_loss(jnp.array([1.0, -4.0]), reduction="none").tolist()
    [0.5, 3.5]
    """
    arguments.positive("dqn_loss", "delta", delta)
    arguments.reduction("dqn_loss", reduction)
    (error,) = arguments.alike("dqn_loss", error=error)
    clipped = jnp.clip(error, -delta, delta)  # the slope of the loss
    return arguments.reduced(clipped * (error - clipped / 2), reduction)
