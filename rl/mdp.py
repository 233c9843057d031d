"""Markov decision processes on arrays: the backup of one action, and the two ways to solve a process.

A process is four arrays [S, A, K]: what each outcome pays, how much of the future it keeps, where it leads,
how likely it is. A discount outside [0, 1] or rows of probabilities that do not sum to 1 are a ValueError
where they are not traced. `rl.TabularMDP` makes them from an environment.
s: state, a: action, k: outcome. S, A, K: how many there are of each.
"""

import jax
import jax.numpy as jnp
from jax import lax
from jax.core import Tracer

from . import arguments, checks, inputs


def bellman_backup(reward, discount, next_value, probability):
    """Bellman backup of one action in one state: the mean of what its outcomes are worth.

        q = sum_k probability[k] * (reward[k] + discount[k] * next_value[k])

    reward: [K], what each outcome pays. discount: [K], gamma, or 0 where the outcome ends the episode.
    next_value: [K], value of the state each outcome leads to. probability: [K], sums to 1.
    Returns q, in units of reward. Smooth in every argument. Raises ValueError for unequal or empty shapes, a
    discount outside [0, 1] or a probability that is none, where they are not traced.
    Source: Sutton and Barto 2018, section 3.6, the backup of q_pi.

    >>> reward, discount = jnp.array([1.0, 0.0]), jnp.array([0.5, 0.0])
    >>> float(bellman_backup(reward, discount, jnp.array([4.0, 9.0]), jnp.array([0.25, 0.75])))
    0.75
    """
    names = ("reward", "discount", "next_value", "probability")
    arguments = (reward, discount, next_value, probability)
    arrays = [inputs.jax_numbers("bellman_backup", *both) for both in zip(names, arguments, strict=True)]
    checks.same_shape("bellman_backup", names, arrays, "K")
    reward, discount, next_value, probability = arrays
    _law("bellman_backup", discount, probability)
    return jnp.sum(probability * (reward + discount * next_value))


def _law(function, discount, probability):
    """Raises where, known, the future counts for more than all of it, or outcomes are not all there are."""
    arguments.shares(function, "discount", discount)
    arguments.distributions(function, "probability", probability)


def _process(function, reward, discount, next_state, probability):
    """The four arrays of a process, checked."""
    names = ("reward", "discount", "next_state", "probability")
    arguments = (reward, discount, next_state, probability)
    arrays = [inputs.jax_numbers(function, *both) for both in zip(names, arguments, strict=True)]
    checks.same_shape(function, names, arrays, "SAK")
    _indices(function, "next_state", arrays[2], arrays[0].shape[0])
    return arrays[0], arrays[1], arrays[2], arrays[3]


def _indices(function, name, array, end):
    """Integers, and in [0, end) where they are known."""
    if not isinstance(array, Tracer):
        checks.indices_in(function, name, array, end)
    elif not jnp.issubdtype(array.dtype, jnp.integer):
        raise TypeError(f"{function}: {name} must be integers; got {array.dtype}.")


def _action_values(reward, discount, next_state, probability, value):
    """q [S, A] of one sweep: the backup of every action in every state."""
    backups = jax.vmap(jax.vmap(bellman_backup))
    return backups(reward, discount, value[next_state], probability)


def value_iteration(reward, discount, next_state, probability, num_sweeps=100, value=None):
    """Value iteration: num_sweeps sweeps, each of which backs up every state from the values of the last.

        value[s] <- max_a q[s,a]
        q[s,a] = sum_k probability[s,a,k] * (reward[s,a,k] + discount[s,a,k] * value[next_state[s,a,k]])

    reward: [S, A, K], what each outcome pays. discount: [S, A, K], gamma, or 0 where it ends the episode.
    next_state: [S, A, K], integers in [0, S). probability: [S, A, K], sums to 1 over k.
    num_sweeps: an integer >= 0, static. value: [S], where to start, zeros if None.
    Returns value [S]: from zeros, exactly the best that can be earned in num_sweeps steps. After a sweep that
    moved no value by more than d, the optimal values are at most gamma / (1 - gamma) * d away.
    Actions that tie share the slope of the max equally. Raises ValueError for unequal shapes or a next_state
    outside, where it is not traced. Source: Sutton and Barto 2018, eq. 4.10.

    >>> process = [jnp.array(x) for x in ([[[0.0], [1.0]]], [[[0.5], [0.0]]], [[[0], [0]]], [[[1.0], [1.0]]])]
    >>> value_iteration(*process, num_sweeps=2).tolist()
    [1.0]
    """
    process = _process("value_iteration", reward, discount, next_state, probability)
    _law("value_iteration", process[1], process[3])
    checks.whole_number("value_iteration", "num_sweeps", num_sweeps, 0)
    reward, discount, next_state, probability = process
    num_states, dtype = reward.shape[0], jnp.result_type(reward, discount, probability)
    value = jnp.zeros(num_states) if value is None else inputs.jax_numbers("value_iteration", "value", value)
    if value.shape != (num_states,):
        raise ValueError(f"value_iteration: value must have shape ({num_states},); got {value.shape}.")

    def sweep(value, _):
        return jnp.max(_action_values(reward, discount, next_state, probability, value), axis=1), None

    return lax.scan(sweep, value.astype(dtype), length=num_sweeps)[0]


def _policy_value(reward, discount, next_state, probability, policy):
    """The value of a policy: (I - discounted transitions) value = mean reward, solved exactly."""
    states = jnp.arange(len(policy))
    p, kept, to = probability[states, policy], discount[states, policy], next_state[states, policy]
    matrix = jnp.eye(len(policy), dtype=p.dtype).at[states[:, None], to].add(-p * kept)
    return jnp.linalg.solve(matrix, jnp.sum(p * reward[states, policy], axis=1))


def policy_iteration(reward, discount, next_state, probability, policy=None):
    """Policy iteration: solve for the values of the policy, make it greedy, until the values stop rising.

        value[s] = q[s,policy[s]],  policy[s] <- argmax_a q[s,a]
        q[s,a] = sum_k probability[s,a,k] * (reward[s,a,k] + discount[s,a,k] * value[next_state[s,a,k]])

    reward: [S, A, K], what each outcome pays. discount: [S, A, K], gamma, or 0 where it ends the episode.
    next_state: [S, A, K], integers in [0, S). probability: [S, A, K], sums to 1 over k.
    policy: [S], integers in [0, A), where to start, all 0 if None; an action gives way only to a better one.
    Returns (value [S], policy [S]), optimal and exact up to the rounding of the linear solve. The values stop
    rising after finitely many rounds, so there is no tolerance to choose. Slopes are those of the returned
    policy's values. The system is dense, [S, S]. Raises ValueError for unequal shapes, an index outside, nan
    or infinity, or a singular system (a policy that never ends although nothing is discounted), where they
    are not traced.
    Source: Sutton and Barto 2018, section 4.3.

    >>> process = [jnp.array(x) for x in ([[[0.0], [1.0]]], [[[0.5], [0.0]]], [[[0], [0]]], [[[1.0], [1.0]]])]
    >>> value, policy = policy_iteration(*process)
    >>> value.tolist(), policy.tolist()
    ([1.0], [1])
    """
    process = _process("policy_iteration", reward, discount, next_state, probability)
    num_states, num_actions = process[0].shape[:2]
    for i, name in ((0, "reward"), (1, "discount"), (3, "probability")):
        if not isinstance(process[i], Tracer):
            checks.finite("policy_iteration", name, process[i])
    _law("policy_iteration", process[1], process[3])
    if policy is None:
        start = jnp.zeros(num_states, int)
    else:
        start = inputs.jax_numbers("policy_iteration", "policy", policy)
    if start.shape != (num_states,):
        raise ValueError(f"policy_iteration: policy must have shape ({num_states},); got {start.shape}.")
    _indices("policy_iteration", "policy", start, num_actions)
    constants = lax.stop_gradient(process)  # which policy wins has no slope; what it is worth has

    def improved(value, policy):
        q = _action_values(*constants, value)
        kept = jnp.take_along_axis(q, policy[:, None], axis=1)[:, 0] == jnp.max(q, axis=1)
        better = jnp.where(kept, policy, jnp.argmax(q, axis=1).astype(policy.dtype))
        return _policy_value(*constants, better), better

    def rising(state):
        (value, _), (new_value, _) = state
        return jnp.sum(new_value) > jnp.sum(value)

    first = (_policy_value(*constants, start), start)
    (_, policy), _ = lax.while_loop(
        rising, lambda state: (state[1], improved(*state[1])), (first, improved(*first))
    )
    value = _policy_value(*process, policy)
    if not isinstance(value, Tracer) and not jnp.all(jnp.isfinite(value)):
        raise ValueError(
            "policy_iteration: discount must be below 1 where a policy never ends; got a singular system."
        )
    return value, policy
