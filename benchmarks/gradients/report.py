"""The tables of the gradient suite."""

import sys
from statistics import median

from ..rounds import ROUNDS, Worker, take_turns
from ..tables import figure, table
from .workloads import WORKLOADS

ABOUT = """\
A check of all parameters in reverse mode, tracing and compiling included, in float32. *Sees* is the smallest
share by which the slope of every relu may be too large and is found, of 10%, 1%, 0.1% and 0.001%.
`jax.test_util` compares one random direction with a finite difference, at its defaults; microgrid proves
every parameter: in balls to 50 digits, in float64 to a bound of rounding."""
PROMISED = {
    ("small", "microgrid, balls"): 2,
    ("large", "microgrid, float64"): 1,
    ("large", "microgrid, balls"): 30,
}


def sections(workloads=tuple(WORKLOADS)):
    """Markdown: a table for each workload."""
    yield "## Checking a gradient"
    yield ABOUT
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
        taken, promised = times[checker]["check"], PROMISED.get((name, checker))
        rows.append([
            checker,
            f"{figure(min(taken))} / {figure(median(taken))}",
            f"{promised} s" if promised else "",
            "passes" if seen[checker]["right"] else "false alarm",
            f"{seen[checker]['least']:.3%}" if seen[checker]["least"] else "none of them",
            figure(worker.ask("memory")),
        ])  # fmt: skip
        worker.close()
    versions = ", ".join({answer["version"] for answer in seen.values()})
    head = ["checker", "check, s", "promised", "right gradient", "sees", "GiB"]
    return f"{table(head, rows)}\n\n{versions}."
