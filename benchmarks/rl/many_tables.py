"""Q-learning on a known process: 256 seeds side by side, one alone, and a loop in numpy; steps a second.

python -m benchmarks.rl.many_tables
"""

from statistics import median

import numpy as np

import rl

from ..rounds import ROUNDS
from ..tables import measured, table
from .value_iteration import in_turns

SETTINGS = dict(gamma=0.995, learning_rate=1.0, epsilon=0.1)
TARGETS = {"one seed": 8, "numpy loop": 80}  # times the steps a second that 256 seeds take
STEPS = {"256 seeds": (256, 10_240), "one seed": (1, 40_960), "numpy loop": (1, 10_240)}


def by_rl(mdp, num_seeds, steps):
    """() -> tables [seeds, S, A]."""
    return lambda: rl.train_tables(mdp, range(num_seeds), steps, **SETTINGS).q


def by_numpy(mdp, num_seeds, steps):
    """() -> one table, by the loop one writes over the arrays of the process, with the same rule."""
    below = np.cumsum(mdp.probability, 2)
    below[..., -1] = 2
    start, gamma, epsilon = int(mdp.initial.argmax()), SETTINGS["gamma"], SETTINGS["epsilon"]

    def learn():
        draw = np.random.default_rng(0)
        q, visits = np.ones(below.shape[:2]), np.zeros(below.shape[:2])
        s, length = start, 0
        for _ in range(steps):
            a = draw.integers(q.shape[1]) if draw.random() < epsilon else q[s].argmax()
            k = np.searchsorted(below[s, a], draw.random(), side="right")
            n, ends = mdp.next_state[s, a, k], mdp.terminated[s, a, k]
            error = mdp.reward[s, a, k] + gamma * (not ends) * q[n].max() - q[s, a]
            q[s, a] += error / (1 + visits[s, a] / 150)
            visits[s, a] += 1
            length += 1
            s, length = (start, 0) if ends or length >= mdp.max_steps else (n, length)
        return q[None]

    return learn


def rows(mdp, rounds=ROUNDS):
    """Rows of the table; raises AssertionError where one and many seeds learn different tables."""
    learners = {
        name: (by_numpy if name == "numpy loop" else by_rl)(mdp, *size) for name, size in STEPS.items()
    }
    steps = STEPS["256 seeds"][1]
    np.testing.assert_array_equal(learners["256 seeds"]()[:1], by_rl(mdp, 1, steps)())
    times = in_turns(learners, rounds)
    rates = {name: [seeds * steps / t for t in times[name]] for name, (seeds, steps) in STEPS.items()}
    many = rates["256 seeds"]
    return [
        [
            name,
            f"{max(rate):,.0f} / {median(rate):,.0f}",
            f"at least {TARGETS[name]}" if name in TARGETS else "",
            measured((max(many) / max(rate), median(many) / median(rate)), TARGETS.get(name, 0)),
        ]
        for name, rate in rates.items()
    ]


def sections():
    """Markdown: one table."""
    yield "## Tabular Q-learning on FrozenLake-v1, compiled"
    head = ["learner", "steps/s, best / median", "target", "speed-up of 256 seeds"]
    yield table(head, rows(rl.TabularMDP.from_gymnasium("FrozenLake-v1")))


if __name__ == "__main__":
    print(*sections(), sep="\n\n")
