"""Policy iteration: a policy is evaluated, then made greedy; evaluated exactly, or by a few sweeps."""

from types import SimpleNamespace

import numpy as np

from . import compiled as device
from .endless import ending_actions
from .sweep import Sweep

DENSE = 8_192  # states up to which a policy's linear system is solved densely (512 MiB)
TOLERANCE, SWEEPS = 1e-10, 1_000_000  # of a policy's value where it is swept
EVALUATIONS = 20  # sweeps of one policy between two that look at every action


def policy_value(mdp, weights, gamma):
    """[S]: (I - discounted transitions) value = mean reward, solved for; of many states by sweeps."""
    num_states = len(weights)
    if num_states > DENSE:
        return _swept(mdp, weights, gamma)
    chosen = weights[:, :, None] * mdp.probability
    matrix, rows = np.eye(num_states), np.arange(num_states)[:, None, None]
    kept = chosen * (gamma * ~mdp.terminated)
    np.subtract.at(matrix, (np.broadcast_to(rows, kept.shape), mdp.next_state), kept)
    return np.linalg.solve(matrix, (chosen * mdp.reward).sum((1, 2)))


def _swept(mdp, weights, gamma):
    """The same by value iteration in the process where the policy is the one action."""
    states, policy = np.arange(len(weights))[:, None], weights.argmax(1)[:, None]
    arrays = mdp.next_state, mdp.probability, mdp.reward, mdp.terminated
    if (weights[states, policy] == 1).all():
        next_state, probability, reward, terminated = (x[states, policy] for x in arrays)
    else:
        shape = len(weights), 1, -1
        next_state, probability, reward, terminated = (x.reshape(shape) for x in arrays)
        probability = probability * np.repeat(weights, mdp.next_state.shape[2], 1)[:, None]
    process = SimpleNamespace(
        next_state=next_state, probability=probability, reward=reward, terminated=terminated
    )
    sweep = Sweep(process, gamma)
    many, chunk = (device.value_sweeps(sweep), 64) if device.pays(sweep) else (sweep.many, 16)
    try:
        return sweep.until_proven(_near(sweep), many, "policy_value", TOLERANCE, SWEEPS, chunk).value
    except ValueError:
        raise ValueError(
            f"policy_value: gamma must be low enough for {SWEEPS:,} sweeps to settle the values; "
            f"got {gamma}. Fix: a lower gamma, or max_steps."
        ) from None


def _near(sweep):
    """Values [S] to sweep from, of a process with one action: by BiCGSTAB, 0 where that finds none.

    It settles in hundreds of products what takes sweeps a hundred thousand, a random walk on a grid; where
    nothing is left to chance it finds nothing, but there a value has come to every state in so many sweeps
    as it is away. Source: van der Vorst 1992.
    """
    from scipy.sparse import csr_array, eye_array
    from scipy.sparse.linalg import bicgstab

    size, mean = sweep.num_states, sweep.mean[0]
    state = np.broadcast_to(np.arange(size), sweep.kept.shape).ravel()
    kept = csr_array((sweep.kept.ravel(), (state, sweep.next_state.ravel())), shape=(size, size))
    matrix, value, left = eye_array(size, format="csr") - kept, np.zeros(size), mean
    with np.errstate(all="ignore"):
        for _ in range(3):  # what is left of the first solution's errors is solved for again
            near = value + bicgstab(matrix, left, rtol=1e-10, maxiter=1_000)[0]
            rest = mean - matrix @ near
            if not np.abs(rest).max() < np.abs(left).max() / 2:
                break
            value, left = near, rest
    return value


def policy_iteration(mdp, gamma, tolerance, max_sweeps, compiled):
    """Evaluates and improves until the values stop rising; starts from a policy that ends where one can."""
    sweep, columns = Sweep(mdp, gamma), np.arange(mdp.num_states)
    actions = np.eye(mdp.num_actions)
    policy = ending_actions(mdp)
    value, rounds = policy_value(mdp, actions[policy], gamma), 1
    while True:
        q = sweep.q(value)
        better = np.where(q[policy, columns] == q.max(0), policy, q.argmax(0))
        new_value, rounds = policy_value(mdp, actions[better], gamma), rounds + 1
        if not new_value.sum() > value.sum():
            return sweep.solution(value, "policy_iteration", rounds)
        value, policy = new_value, better


def modified_policy_iteration(mdp, gamma, tolerance, max_sweeps, compiled):
    """Between two sweeps over all actions, EVALUATIONS that look at the greedy one alone.

    It pays with many actions and a gamma near 1: 2,000 states, 50 actions and gamma 0.995 take a tenth of
    value iteration's time, 4 actions and gamma 0.999 three quarters; a maze, whose policy is wrong until it
    has heard of the goal, seven times as long.
    Source: Puterman and Shin 1978; Puterman 1994, section 6.5.
    """
    sweep = Sweep(mdp, gamma)
    on_device = device.pays(sweep) if compiled is None else compiled
    many = device.policy_rounds(sweep, EVALUATIONS) if on_device else _rounds(sweep)
    start = np.zeros(mdp.num_states)
    if gamma == 1:  # a policy that never ends could carry the values off: rise from one that does end
        start = policy_value(mdp, np.eye(mdp.num_actions)[ending_actions(mdp)], gamma)
    return sweep.until_proven(start, many, "modified_policy_iteration", tolerance, max_sweeps, 8)


def _rounds(sweep):
    """(value, n) -> the values after n rounds and one plain sweep, and what that moved at most."""
    columns = np.arange(sweep.num_states)

    def many(value, num_rounds):
        for _ in range(num_rounds):
            q = sweep.q(value)
            policy, value = q.argmax(0), q.max(0)
            mean = sweep.mean[policy, columns]
            kept, to = sweep.kept[:, policy, columns], sweep.next_state[:, policy, columns]
            for _ in range(EVALUATIONS):
                value = np.add.reduce(kept * value[to]) + mean
        return sweep.many(value, 1)

    return many
