"""Prioritized sweeping: the state that would move most is backed up next, until none would move much."""

from heapq import heapify, heappop, heappush

import numpy as np

from .sweep import Sweep


def prioritized_sweeping(mdp, gamma, tolerance, max_sweeps, compiled):
    """Backups by priority until a plain sweep proves the values to tolerance.

    The fewest backups, two or three a state in mazes and corridors, but in Python: a corridor of 5,000 states
    takes a third of value iteration's time (and Gauss-Seidel half of that), a maze three times as long. Where
    values creep, and each state has many actions, it does not pay: the gambler's problem with 51 states and a
    coin of 0.55, undiscounted, takes as many backups a state as value iteration sweeps, 4,000, each of which
    looks at 25 actions and raises 25 priorities in Python: a hundred times as long. Nor where nothing is
    discounted and each step costs something, as in Gauss-Seidel.

    A state's priority is what its next backup may move it: the sum of what its successors have moved since
    its last one, each times the most that the state keeps of it.
    Source: Moore and Atkeson 1993; Sutton and Barto 2018, section 8.4.
    """
    sweep = Sweep(mdp, gamma)
    value = sweep.floor()
    least = tolerance * (1 - sweep.modulus) / 4 if sweep.modulus < 1 else tolerance / 4
    backups, allowed = 0, max_sweeps * mdp.num_states
    walk = _Walk(sweep)
    while backups < allowed:
        value, done = walk.until(value, least, allowed - backups)
        backups += done
        proof = sweep.solution(value, "prioritized_sweeping", backups)
        rounding = sweep.rounding(value)
        if proof.residual <= rounding or proof.error_bound <= tolerance:
            return proof
        least = max(least / 4, rounding / 4)
    raise ValueError(
        f"solve: max_sweeps must be enough to reach tolerance {tolerance}; after {backups} backups a sweep "
        f"still moved a value by {proof.residual:.3g}. Raise max_sweeps or tolerance, or lower gamma."
    )


class _Walk:
    """The process as lists: what each state's actions lead to, and which states lead to it."""

    def __init__(self, sweep):
        self.sweep = sweep
        mean, kept, to = sweep.mean.T.tolist(), sweep.kept.T.tolist(), sweep.next_state.T.tolist()
        self.actions = [
            [
                (m, [(p, n) for p, n in zip(*row, strict=True) if p])
                for m, *row in zip(mean_s, kept_s, to_s, strict=True)
            ]
            for mean_s, kept_s, to_s in zip(mean, kept, to, strict=True)
        ]
        most = [{} for _ in mean]  # most[n][s]: the most that a backup of s keeps of the value of n
        for s, actions in enumerate(self.actions):
            for _, outcomes in actions:
                together = {}
                for p, n in outcomes:
                    together[n] = together.get(n, 0.0) + p
                for n, p in together.items():
                    most[n][s] = max(most[n].get(s, 0.0), p)
        self.sources = [list(sources.items()) for sources in most]

    def until(self, value, least, allowed):
        """Backs up states until no priority exceeds least; returns the values and the number of backups."""
        moves = np.abs(self.sweep.many(value, 1)[0] - value)
        priority = moves.tolist()
        heap = [(-p, s) for s, p in enumerate(priority) if p > least]
        heapify(heap)
        value, actions, sources, backups = value.tolist(), self.actions, self.sources, 0
        while heap and backups < allowed:
            key, s = heappop(heap)
            if -key != priority[s]:
                continue  # it has been raised or backed up since
            priority[s], old, backups = 0.0, value[s], backups + 1
            new = max([m + sum([p * value[n] for p, n in outcomes]) for m, outcomes in actions[s]])
            value[s], moved = new, abs(new - old)
            if moved:
                for source, kept in sources[s]:
                    priority[source] = raised = priority[source] + kept * moved
                    if raised > least:
                        heappush(heap, (-raised, source))
        return np.array(value), backups
