"""Solvers of a TabularMDP in numpy, with a proven bound on the error; large ones sweep through JAX.

The formulas are those of rl.mdp, which tests compare; here nothing is compiled unless it pays.
"""

from dataclasses import dataclass

import numpy as np

LARGE = 500_000  # outcomes S * A * K above which a compiled sweep repays its compilation
DENSE = 8_192  # states up to which a policy's linear system is solved densely (512 MiB)


@dataclass(frozen=True, eq=False)
class Solution:
    """What solving found.

    value: [S], within error_bound of the optimal values. q: [S, A], the action values behind it.
    policy: [S], greedy; of actions that rounding cannot tell apart, the first.
    iterations: sweeps, or rounds of policy iteration. residual: how far one more sweep moves a value at most.
    error_bound: gamma / (1 - gamma) * residual plus what rounding may add; inf where nothing is discounted.
    """

    value: np.ndarray
    q: np.ndarray
    policy: np.ndarray
    iterations: int
    residual: float
    error_bound: float
    gamma: float
    method: str


class _Sweep:
    """One backup of all states and actions, and what it proves.

    mean: [S, A], expected reward. kept: [S, A, K], probability times discount.
    modulus: the most of the next values that any backup keeps: a sweep shrinks errors by it.
    """

    def __init__(self, mdp, gamma):
        self.next_state = mdp.next_state
        self.mean = (mdp.probability * mdp.reward).sum(2)
        self.kept = mdp.probability * (gamma * ~mdp.terminated)
        self.modulus = min(gamma, float(self.kept.sum(2).max()))
        self.gamma, self.largest_mean = gamma, float((mdp.probability * np.abs(mdp.reward)).sum(2).max())

    def q(self, value):
        return self.mean + np.einsum("sak,sak->sa", self.kept, value[self.next_state])

    def rounding(self, value):
        """What rounding may add to one backup: a sum of 2 K products has at most 2 K + 2 roundings a term."""
        terms = self.largest_mean + self.modulus * float(np.abs(value).max())
        return (2 * self.kept.shape[2] + 4) * 2.0**-53 * terms

    def bound(self, residual, rounding):
        """How far the values after the sweep may be from the optimum."""
        if self.modulus >= 1:
            return np.inf
        return (self.modulus * residual + rounding) / (1 - self.modulus)

    def solution(self, value, method, iterations):
        q = self.q(value)
        new, rounding = q.max(1), self.rounding(value)
        residual = float(np.abs(new - value).max())
        ties = q >= new[:, None] - 4 * rounding
        bound = float(self.bound(residual, rounding))
        return Solution(new, q, ties.argmax(1), iterations, residual, bound, self.gamma, method)


def value_iteration(mdp, gamma, tolerance, max_sweeps, compiled):
    """Sweeps until the bound is below tolerance, or until only rounding moves."""
    sweep, value, swept, chunk = _Sweep(mdp, gamma), np.zeros(len(mdp.next_state)), 0, 64
    if compiled is None:
        compiled = mdp.next_state.size > LARGE
    many = _compiled_sweeps(mdp, gamma, chunk) if compiled else None
    while swept < max_sweeps:
        if many is not None:
            value, swept = many(value), swept + chunk
        new = sweep.q(value).max(1)
        residual, rounding = float(np.abs(new - value).max()), sweep.rounding(value)
        value, swept = new, swept + 1
        if residual <= rounding or sweep.bound(residual, rounding) <= tolerance:
            return sweep.solution(value, "value_iteration", swept)
    raise ValueError(
        f"solve: max_sweeps must be enough to reach tolerance {tolerance}; after {swept} a sweep still moved "
        f"a value by {residual:.3g}. Raise max_sweeps or tolerance, or lower gamma."
    )


def _compiled_sweeps(mdp, gamma, num_sweeps):
    """value -> value after num_sweeps sweeps of rl.mdp.value_iteration, compiled, in float64."""
    import jax

    from .mdp import value_iteration as sweeps

    with jax.enable_x64(True):
        arrays = (mdp.reward, gamma * ~mdp.terminated, mdp.next_state, mdp.probability)
        process = [jax.device_put(x) for x in arrays]
        jitted = jax.jit(lambda value, *process: sweeps(*process, num_sweeps=num_sweeps, value=value))

    def run(value):
        with jax.enable_x64(True):
            return np.asarray(jitted(value, *process))

    return run


def policy_value(mdp, weights, gamma):
    """[S]: (I - discounted transitions) value = mean reward."""
    num_states = len(weights)
    if num_states > DENSE:
        raise ValueError(
            f"policy_value: process must have at most {DENSE} states for a dense linear solve; "
            f"got {num_states}. Use solve('value_iteration')."
        )
    chosen = weights[:, :, None] * mdp.probability
    matrix, rows = np.eye(num_states), np.arange(num_states)[:, None, None]
    kept = chosen * (gamma * ~mdp.terminated)
    np.subtract.at(matrix, (np.broadcast_to(rows, kept.shape), mdp.next_state), kept)
    return np.linalg.solve(matrix, (chosen * mdp.reward).sum((1, 2)))


def policy_iteration(mdp, gamma):
    """Evaluates and improves until the values stop rising; starts from a policy that ends where one can."""
    sweep, rows = _Sweep(mdp, gamma), np.arange(len(mdp.next_state))
    actions = np.eye(mdp.num_actions)
    policy = _ending_actions(mdp)
    value, rounds = policy_value(mdp, actions[policy], gamma), 1
    while True:
        q = sweep.q(value)
        better = np.where(q[rows, policy] == q.max(1), policy, q.argmax(1))
        new_value, rounds = policy_value(mdp, actions[better], gamma), rounds + 1
        if not new_value.sum() > value.sum():
            return sweep.solution(value, "policy_iteration", rounds)
        value, policy = new_value, better


def _can_end(mdp, possible):
    """States [S] from which possible outcomes [S, A, K] lead to an end, and an action [S] towards it."""
    ending = (possible & mdp.terminated).any(2)
    reached, action = ending.any(1), ending.argmax(1)
    while True:
        closer = (possible & ~mdp.terminated & reached[mdp.next_state]).any(2)
        new = closer.any(1) & ~reached
        if not new.any():
            return reached, action
        action[new] = closer[new].argmax(1)
        reached = reached | new


def _ending_actions(mdp):
    """A policy [S] that always may come nearer to an end: it ends with probability 1 if any policy does."""
    return _can_end(mdp, mdp.probability > 0)[1]


def _listed(states):
    states = [int(s) for s in states]
    return ", ".join(map(str, states[:10])) + (f" and {len(states) - 10} more" if len(states) > 10 else "")


def refuse_endless(mdp):
    """At gamma 1: raises where no policy ends, or where one may go on forever at no loss."""
    possible = mdp.probability > 0
    stuck = np.flatnonzero(~_can_end(mdp, possible)[0])
    if len(stuck):
        raise ValueError(
            "solve: gamma must be below 1 where no policy ends; got 1, and there is no way out of states "
            f"{_listed(stuck)}."
        )
    inside = np.ones(mdp.num_states, bool)  # shrinks to all the states that one can stay in forever
    while True:
        stays = ~(possible & (mdp.terminated | ~inside[mdp.next_state])).any(2) & inside[:, None]
        if (stays.any(1) == inside).all():
            break
        inside = stays.any(1)
    mean = (mdp.probability * mdp.reward).sum(2)
    free = np.flatnonzero((stays & (mean >= 0)).any(1))
    if len(free):
        raise ValueError(
            "solve: gamma must be below 1 where a policy may never end at no loss; got 1, and states "
            f"{_listed(free)} allow it. Lower gamma, or take success_probability within a step limit."
        )


def refuse_endless_policy(mdp, weights):
    """At gamma 1: raises where the policy may never end, with the states from which it may not."""
    possible = (mdp.probability > 0) & (weights > 0)[:, :, None]
    endless = ~_can_end(mdp, possible)[0]
    while True:
        more = (possible & ~mdp.terminated & endless[mdp.next_state]).any((1, 2)) & ~endless
        if not more.any():
            break
        endless = endless | more
    if endless.any():
        raise ValueError(
            "policy_value: gamma must be below 1 where the policy may never end; got 1, and from states "
            f"{_listed(np.flatnonzero(endless))} it may not. "
            "Lower gamma, or take expected_return within a step limit."
        )
