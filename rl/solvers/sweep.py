"""One sweep over all states and actions: what it computes, and what it proves.

S: states, A: actions, K: outcomes. Sweeps read arrays as [K, A, S], so that sums over outcomes and the best
of the actions run along whole rows.
"""

from dataclasses import dataclass

import numpy as np

from . import undiscounted

DENSE = 32_768  # entries [A * S, S] up to which a product with all states beats gathering those that follow


@dataclass(frozen=True, eq=False)
class Solution:
    """What solving found.

    value: [S], within error_bound of the optimal values. q: [S, A], the action values behind it.
    policy: [S], greedy; of actions that rounding cannot tell apart, the first.
    iterations: sweeps, rounds of policy iteration, backups of prioritized sweeping, or steps of the simplex.
    residual: how far one more sweep moves a value at most.
    error_bound: gamma / (1 - gamma) * residual plus what rounding may add; where nothing is discounted, the
    distance to bounds from above and below, and inf with more than 1,024 states.
    """

    value: np.ndarray
    q: np.ndarray
    policy: np.ndarray
    iterations: int
    residual: float
    error_bound: float
    gamma: float
    method: str

    def __repr__(self):
        return (
            f"Solution({self.method}, gamma {self.gamma:g}: {len(self.value)} states, {self.iterations:,} "
            f"iterations, error_bound {self.error_bound:.2g})"
        )


class Sweep:
    """One backup of all states and actions.

    mean: [A, S], expected reward. kept: [K, A, S], probability times discount. next_state: [K, A, S].
    modulus: the most of the next values that any backup keeps: a sweep shrinks errors by it.
    """

    def __init__(self, mdp, gamma):
        self.num_states, self.num_actions, self.num_outcomes = mdp.next_state.shape
        kept = mdp.probability * (gamma * ~mdp.terminated)
        self.modulus = min(gamma, float(kept.sum(2).max()))
        self.gamma, self.largest_mean = gamma, float((mdp.probability * np.abs(mdp.reward)).sum(2).max())
        self.mean = np.ascontiguousarray((mdp.probability * mdp.reward).sum(2).T)
        self.kept = np.ascontiguousarray(kept.T)
        self.next_state = np.ascontiguousarray(mdp.next_state.T, np.int32 if self.num_states < 2**31 else int)
        self._dense = None
        if self.mean.size * self.num_states <= DENSE:
            rows = np.arange(self.mean.size) * self.num_states
            to = self.next_state.reshape(self.num_outcomes, -1) + rows
            size = self.mean.size * self.num_states
            self._dense = np.bincount(to.ravel(), self.kept.ravel(), size).reshape(-1, self.num_states)

    def q(self, value):
        """[A, S]: the backup of every action in every state."""
        if self._dense is not None:
            return (self._dense @ value).reshape(self.mean.shape) + self.mean
        future = value[self.next_state]
        future *= self.kept
        return np.add.reduce(future) + self.mean

    def floor(self):
        """[S] values that no backup brings down: from there on they rise, and nothing promises too much.

        From 0 a step that costs something is cheapest where nothing is known yet, and values sink there bit
        by bit. Where nothing is discounted there is no such number, and the start is 0.
        """
        least = min(float(self.mean.min()), 0.0)
        return np.full(self.num_states, least / (1 - self.modulus) if self.modulus < 1 else 0.0)

    def many(self, value, num_sweeps):
        """The values after num_sweeps >= 1 sweeps, and how far the last one moved a value at most."""
        for _ in range(num_sweeps - 1):
            value = np.maximum.reduce(self.q(value))
        new = np.maximum.reduce(self.q(value))
        return new, float(np.abs(new - value).max())

    def rounding(self, value):
        """What rounding may add to one backup: a sum of 2 K products has at most 2 K + 2 roundings a term."""
        terms = self.largest_mean + self.modulus * float(np.abs(value).max())
        return (2 * self.num_outcomes + 4) * 2.0**-53 * terms

    def bound(self, residual, rounding):
        """How far the values after the sweep may be from the optimum."""
        if self.modulus >= 1:
            return np.inf
        return (self.modulus * residual + rounding) / (1 - self.modulus)

    def solution(self, value, method, iterations):
        """One more sweep from value, and the Solution that it proves."""
        q = np.ascontiguousarray(self.q(value).T)
        new, rounding = q.max(1), self.rounding(value)
        residual = float(np.abs(new - value).max())
        ties = q >= new[:, None] - 4 * rounding
        bound, policy = float(self.bound(residual, rounding)), ties.argmax(1)
        if self.modulus >= 1:
            bound = undiscounted.error_bound(self, new, policy)
        return Solution(new, q, policy, iterations, residual, bound, self.gamma, method)

    def until_proven(self, value, many, method, tolerance, max_sweeps, chunk):
        """Calls many until its last sweep proves the values to tolerance, or until only rounding moves.

        many: (value, n) -> the values after n rounds that end in a plain sweep, and what that sweep moved.
        chunk: rounds between two looks at most; no more are taken than the modulus says are needed.
        """
        swept, wanted = 0, 1
        while swept < max_sweeps:
            count = int(max(1, min(chunk, wanted, max_sweeps - swept)))
            value, residual = many(value, count)
            swept, rounding = swept + count, self.rounding(value)
            bound = self.bound(residual, rounding)
            if residual <= rounding or bound <= tolerance:
                return self.solution(value, method, swept)
            if 0 < self.modulus < 1 and tolerance > 0:
                wanted = np.log(tolerance / bound) / np.log(self.modulus)
            else:
                wanted = chunk
            wanted = min(wanted, swept)
        raise ValueError(
            f"solve: max_sweeps must be enough to reach tolerance {tolerance}; after {swept} a sweep still "
            f"moved a value by {residual:.3g}. Raise max_sweeps or tolerance, or lower gamma."
        )
