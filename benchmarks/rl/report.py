"""The tables of the suite `rl`: agents, environment steps, and what is tabular."""

import subprocess
import sys
from statistics import median

from ..rounds import ROOT, ROUNDS, Unavailable, Worker, take_turns
from ..tables import figure, machine, measured, table
from . import agents, race

PYTHON = ROOT / ".venv-bench-rl" / "bin" / "python"
TABULAR = ("value_iteration", "many_tables")
ELSEWHERE = ("process", *TABULAR)  # modules that print sections themselves
STEPS, GYMNAX = "steps", "gymnax"
TARGET = 4  # times gymnax
WORKLOADS = (*agents.WORKLOADS, "process", STEPS, *TABULAR)
LOWEST = 1e-5  # the largest difference in an observation after a few steps in float32
ABOUT = f"""\
Agents on CartPole-v1, on CPU. Before an engine is timed, one update from the same steps and the same networks
must move the networks as Stable-Baselines3 does. Then the engines take turns, {ROUNDS} rounds: best /
median."""


def sections(workloads=WORKLOADS):
    """Markdown: a table for each workload."""
    yield "## Reinforcement learning"
    if not PYTHON.exists():
        yield "Not measured: the other libraries are not installed (`make bench` installs them)."
        return
    yield ABOUT
    yield f"Measured on: {machine()}."
    for name in workloads:
        print(f"rl: {name}", file=sys.stderr)
        if name in agents.WORKLOADS:
            workload = agents.WORKLOADS[name]
            yield f"### {workload.title}"
            yield workload.about
            yield race.summary(race.race(name, python=PYTHON))
        elif name == STEPS:
            yield "### Steps of 64 CartPole-v1"
            yield (
                "Random actions. Actions and initial states are drawn inside the timed program, which "
                f"returns sums of observations, rewards and flags. Target: {TARGET} times as fast as gymnax."
            )
            yield stepped()
        else:
            yield elsewhere(name)


def elsewhere(name):
    """What a module of this folder prints, run by the Python that has the peers."""
    told = subprocess.run(
        [PYTHON, "-m", f"benchmarks.rl.{name}"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return lower(told.stdout.strip())


def lower(markdown):
    """Every heading one level down, where the first is that of a suite.

    >>> lower("## Value iteration")
    '### Value iteration'
    """
    if not markdown.startswith("## "):
        return markdown
    return "\n".join(f"#{line}" if line.startswith("#") else line for line in markdown.split("\n"))


def stepped(rounds=ROUNDS, python=PYTHON):
    """The table of environment steps; engines whose physics is another one are not timed."""
    workers, told, left_out = {}, {}, []
    for label in (agents.OURS, GYMNAX):
        worker = Worker("benchmarks.rl.stepping", label, python=python)
        try:
            answer = worker.ask("agreement")
        except Unavailable as reason:
            left_out.append(f"{label}: {reason}")
            continue
        if answer["error"] > LOWEST:
            left_out.append(f"{label} is not timed: an observation is wrong by {answer['error']:.2g}.")
            worker.close()
            continue
        workers[label], told[label] = worker, answer
    answers = take_turns(workers, ["rate"], rounds)
    rates = {label: [answer["rate"] for answer in told["rate"]] for label, told in answers.items()}
    rows, own = [], rates.get(agents.OURS)
    for label, found in rates.items():
        workers[label].close()
        times = "-"
        if own:
            least = TARGET if label == GYMNAX else 0
            times = measured((max(own) / max(found), median(own) / median(found)), least)
        millions = f"{figure(max(found) / 1e6)} / {figure(median(found) / 1e6)}"
        rows.append([label, millions, figure(told[label]["length"]), times])
    head = ["engine", "million steps/s", "steps of an episode, mean", "speed-up of ours"]
    versions = ", ".join(dict.fromkeys(answer["version"] for answer in told.values()))
    return "\n\n".join([table(head, rows), *left_out, f"{versions}."])
