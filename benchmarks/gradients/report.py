"""The tables of the gradient suite."""

import math
import sys
from statistics import median

from ..rounds import ROUNDS, Worker, take_turns
from ..tables import figure, machine, measured, table
from .workloads import WORKLOADS

ABOUT = """\
A check of all parameters in reverse mode, tracing and compiling included, in float32. For *sees*, the slope
of every relu is too large by 10%, 1%, 0.1% or 0.001%: the smallest of these errors that the checker finds.
`jax.test_util` compares one random direction with a finite difference, at its defaults. microgrid checks
every parameter: in balls to 50 digits, in float64 to a bound on the rounding error."""
TARGETS = {
    ("small", "microgrid, balls"): 2,
    ("large", "microgrid, float64"): 1,
    ("large", "microgrid, balls"): 30,
}


def sections(workloads=tuple(WORKLOADS)):
    """Markdown: a table for each workload."""
    yield "## Checking a gradient"
    yield ABOUT
    yield f"Measured on: {machine()}."
    for name in workloads:
        print(f"gradients: {name}", file=sys.stderr)
        yield f"### {WORKLOADS[name].title}"
        yield raced(name)


def raced(name, rounds=ROUNDS):
    """The table of one workload: all checkers in turns."""
    checkers = WORKLOADS[name].checkers
    workers = {checker: Worker("benchmarks.gradients.worker", checker, name) for checker in checkers}
    seen = {checker: worker.ask("sees") for checker, worker in workers.items()}
    times = take_turns(workers, ("check",), rounds)
    rows = []
    for checker, worker in workers.items():
        taken, target = times[checker]["check"], TARGETS.get((name, checker))
        rows.append([
            checker,
            measured((min(taken), median(taken)), most=target or math.inf),
            f"at most {target} s" if target else "",
            "passes" if seen[checker]["right"] else "false alarm",
            f"{seen[checker]['least']:.3%}" if seen[checker]["least"] else "none of them",
            figure(worker.ask("memory")),
        ])  # fmt: skip
        worker.close()
    versions = ", ".join({answer["version"] for answer in seen.values()})
    head = ["checker", "check, s", "target", "right gradient", "sees", "GiB"]
    return f"{table(head, rows)}\n\n{versions}."
