"""Value iteration: a sweep over a million states against scipy.sparse, a small solve against plain numpy.

python -m benchmarks.rl.value_iteration
"""

from statistics import median
from time import perf_counter

import numpy as np

import rl
from rl.solvers.compiled import value_sweeps
from rl.solvers.sweep import Sweep

from ..rounds import ROUNDS
from ..tables import figure, measured, table

GAMMA, TOLERANCE, SWEEPS, SOLVES = 0.99, 1e-10, 10, 5
LARGE, SMALL = 2.5, 1  # targets: times the time of rl


def random_process(num_states=1_000_000, num_actions=4, num_outcomes=3, seed=0):
    """A process whose outcomes lead anywhere, as columns of transitions."""
    draw = np.random.default_rng(seed)
    pairs = np.arange(num_states * num_actions)
    total = len(pairs) * num_outcomes
    weights = draw.random((len(pairs), num_outcomes)) + 0.1
    columns = dict(
        state=np.repeat(pairs // num_actions, num_outcomes),
        action=np.repeat(pairs % num_actions, num_outcomes),
        probability=(weights / weights.sum(1, keepdims=True)).ravel(),
        next_state=draw.integers(0, num_states, total),
        reward=draw.normal(size=total),
        terminated=draw.random(total) < 0.05,
    )
    return rl.TabularMDP.from_transitions(columns, num_states, num_actions)


def by_rl(mdp):
    """value -> value after SWEEPS sweeps, compiled."""
    many = value_sweeps(Sweep(mdp, GAMMA))
    return lambda value: many(value, SWEEPS)[0]


def by_scipy(mdp):
    """value -> value after SWEEPS sweeps of one sparse product and a maximum over whole rows."""
    from scipy.sparse import csr_array

    sweep = Sweep(mdp, GAMMA)
    num_rows, num_outcomes = sweep.mean.size, sweep.num_outcomes
    entries = [np.moveaxis(x, 0, -1).ravel() for x in (sweep.kept, sweep.next_state)]
    ends = np.arange(num_rows + 1, dtype=np.int32) * num_outcomes
    matrix, mean = csr_array((*entries, ends), shape=(num_rows, sweep.num_states)), sweep.mean.ravel()

    def sweeps(value):
        for _ in range(SWEEPS):
            value = (matrix @ value + mean).reshape(sweep.num_actions, -1).max(0)
        return value

    return sweeps


def traffic(mdp):
    """Bytes that a sweep must at least move: each array once."""
    entries, pairs = mdp.next_state.size, mdp.num_states * mdp.num_actions
    return entries * (8 + 4) + pairs * 8 + mdp.num_states * 16


def copied():
    """Bytes a second that numpy copies, read and written."""
    source, target = np.ones(25_000_000), np.empty(25_000_000)

    def copy():
        np.copyto(target, source)

    return 2 * source.nbytes / min(seconds(copy) for _ in range(ROUNDS))


def solved_by_rl(mdp):
    """() -> the values of a small process, as users ask for them."""
    return lambda: mdp.solve("value_iteration", gamma=GAMMA, tolerance=TOLERANCE).value


def solved_by_numpy(mdp):
    """() -> the same by the loop one writes over P [S, A, S], to the same tolerance."""
    shape = (*mdp.next_state.shape[:2], mdp.num_states)
    kept, rows = np.zeros(shape), np.arange(shape[0])[:, None, None]
    columns = np.arange(shape[1])[None, :, None]
    np.add.at(kept, (rows, columns, mdp.next_state), mdp.probability * GAMMA * ~mdp.terminated)
    mean = (mdp.probability * mdp.reward).sum(2)

    def solve():
        value = np.zeros(shape[0])
        while True:
            new = (mean + kept @ value).max(axis=1)
            if np.abs(new - value).max() * GAMMA / (1 - GAMMA) <= TOLERANCE:
                return new
            value = new

    return solve


def seconds(function, *arguments):
    """How long one call takes."""
    start = perf_counter()
    function(*arguments)
    return perf_counter() - start


def in_turns(functions, rounds=ROUNDS):
    """{name: seconds of each round}, after one call each that is not timed."""
    for function in functions.values():
        function()
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            times[name].append(seconds(function))
    return times


def large(mdp, rounds=ROUNDS):
    """Rows of the table of sweeps; raises AssertionError where the two find different values."""
    start = np.zeros(mdp.num_states)
    sweeps = {"rl, compiled": by_rl(mdp), "scipy.sparse": by_scipy(mdp)}
    np.testing.assert_allclose(*(run(start) for run in sweeps.values()), rtol=1e-12, atol=1e-12)
    times = in_turns({name: lambda run=run: run(start) for name, run in sweeps.items()}, rounds)
    per_sweep = {name: [t / SWEEPS for t in taken] for name, taken in times.items()}
    return rows(per_sweep, LARGE, lambda best: f"{traffic(mdp) / best / copied():.2f}")


def small(mdp, rounds=ROUNDS):
    """Rows of the table of whole solves; raises AssertionError where the two find different values."""
    solves = {"rl": solved_by_rl(mdp), "plain numpy": solved_by_numpy(mdp)}
    np.testing.assert_allclose(*(solve() for solve in solves.values()), atol=2 * TOLERANCE)
    times = in_turns({n: lambda f=f: [f() for _ in range(SOLVES)] for n, f in solves.items()}, rounds)
    return rows({name: [t / SOLVES for t in taken] for name, taken in times.items()}, SMALL)


def rows(times, least, bandwidth=lambda best: ""):
    """Minimum and median in ms, each time over the first one, and the share of memory bandwidth."""
    first = next(iter(times.values()))
    return [
        [
            name,
            f"{figure(min(taken) * 1e3)} / {figure(median(taken) * 1e3)}",
            measured(
                (min(taken) / min(first), median(taken) / median(first)), 0 if taken is first else least
            ),
            bandwidth(min(taken)),
        ]
        for name, taken in times.items()
    ]


def sections():
    """Markdown: a table for each workload."""
    yield "## Value iteration"
    yield "### A sweep over 1,000,000 states, 4 actions, 3 outcomes"
    yield f"Target: {LARGE} times as fast as scipy.sparse."
    head = ["sweep", "ms", "time over that of rl", "of a copy's bandwidth"]
    yield table(head, large(random_process()))
    yield "### FrozenLake-v1 solved to 1e-10"
    yield "Target: no slower than plain numpy."
    lake = rl.TabularMDP.from_gymnasium("FrozenLake-v1")
    yield table(["solve", "ms", "time over that of rl", ""], small(lake))


if __name__ == "__main__":
    print(*sections(), sep="\n\n")
