"""Whole processes that train PPO on CartPole-v1 to 475: ours with an empty and a warm cache, the peer's.

    python -m benchmarks.rl.process                        the table
    python -m benchmarks.rl.process "ours, compiled" 0     one process, with seed 0

The latter writes one line: for how long its clock stood still, and whether it was solved.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from statistics import median

from ..rounds import ROOT
from ..tables import figure, measured, table
from . import agents

COLD, WARM = "ours, cache empty", "ours, cache warm"
TARGETS = {COLD: 0.6, WARM: 0.35}
ROUNDS = 5


def seconds(label, seed, cache):
    """Wall time of a fresh process, without its looks; cache: the folder in which JAX keeps programs."""
    kept = dict(
        JAX_COMPILATION_CACHE_DIR=cache,
        JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS="0",
        JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES="-1",
    )
    command = [sys.executable, "-m", "benchmarks.rl.process", label, str(seed)]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=os.environ | kept, stdout=subprocess.PIPE, check=True)
    taken = time.perf_counter() - start
    told = json.loads(done.stdout.splitlines()[-1])
    if not told["solved"]:
        raise RuntimeError(f"{label} has not reached {agents.SOLVED:g} with seed {seed}")
    return taken - told["looking"]


def race(rounds=ROUNDS):
    """{label: seconds, one a round}, in turns."""
    times = {COLD: [], WARM: [], agents.SB3: []}
    with tempfile.TemporaryDirectory() as warm:
        seconds(agents.OURS, 0, warm)
        for seed in range(rounds):
            with tempfile.TemporaryDirectory() as empty:
                times[COLD].append(seconds(agents.OURS, seed, empty))
                times[agents.SB3].append(seconds(agents.SB3, seed, empty))
            times[WARM].append(seconds(agents.OURS, seed, warm))
    return times


def sections():
    """Markdown: one table."""
    times = race()
    theirs = times[agents.SB3]
    rows = [
        [
            label,
            f"{figure(min(taken))} / {figure(median(taken))}",
            f"at most {TARGETS[label]}" if label in TARGETS else "",
            measured(
                (min(taken) / min(theirs), median(taken) / median(theirs)),
                most=TARGETS.get(label, math.inf),
            ),
        ]
        for label, taken in times.items()
    ]
    yield "### PPO on CartPole-v1, whole process to 475"
    yield (
        "From the start of the interpreter to its end, imports and compilation included, with the settings "
        "of the last table; only the time of the evaluations is subtracted. Seconds, minimum / median of "
        f"{ROUNDS} rounds, each with its own seed."
    )
    yield table(["process", "s", "target", "of Stable-Baselines3's time"], rows)


def main(label, seed):
    """Trains, and tells."""
    from .worker import Clock

    engine, workload = agents.engine("solve_ppo", label), agents.WORKLOADS["solve_ppo"]
    clock = Clock(engine)
    engine.run(int(seed), workload.steps, workload.every, clock.look)
    print(json.dumps(dict(looking=clock.looking, solved=bool(clock.solved))))


if __name__ == "__main__":
    if arguments := sys.argv[1:]:
        main(*arguments)
    else:
        print(*sections(), sep="\n\n")
