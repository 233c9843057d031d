"""All engines of a workload in turns: `python -m benchmarks.training.race cnn [ROUNDS [ENGINE ...]]`."""

import sys
from dataclasses import dataclass
from statistics import median

import numpy as np

from ..rounds import ROUNDS, Unavailable, Worker, take_turns
from ..tables import figure, table
from .workloads import REFERENCE, load

WORKER = "benchmarks.training.worker"
GEMM = "gemm"
# Of the largest movement of a parameter. Rounding alone stays below 1e-4 of it. But one window of the CNN's
# second pool has two cells 4e-7 apart, and which is the larger depends on who rounds: its slope then goes to
# the other cell, and moves a kernel by 0.1% of the largest movement.
TOLERANCE = 0.01


@dataclass
class Race:
    """What came of a race.

    facts: engine -> what it said of itself.
    times: engine -> seconds of a step, one a round.
    gemm: seconds of a billion floating-point operations of a large matrix product.
    left_out: a sentence for each that was not timed.
    """

    workload: object
    facts: dict
    times: dict
    gemm: list
    left_out: list

    def seconds(self, engine):
        """(minimum, median) of the rounds."""
        return min(self.times[engine]), median(self.times[engine])

    def of_peak(self, engine):
        """The step's floating-point operations over those of a matrix product in the same time."""
        return self.workload.flops / 1e9 * min(self.gemm) / min(self.times[engine])


def race(name, engines=None, rounds=ROUNDS):
    """Every engine in a fresh process, in turns. One that disagrees with the reference does not start."""
    workload = load(name)
    reference = Worker(WORKER, name, REFERENCE)
    truth = reference.ask("agreement")
    reference.close()
    start = {name: array.ravel() for name, array in workload.arrays()[0].items()}
    workers, result = {}, Race(workload, {}, {}, [], [])
    for label in engines or [label for label in workload.engines if label != REFERENCE]:
        worker = Worker(WORKER, name, label)
        try:
            answer = worker.ask("agreement")
        except Unavailable as reason:
            result.left_out.append(f"{label}: {reason}")
            continue
        wrong = disagreement(answer, truth, start)
        if wrong:
            result.left_out.append(f"{label} is not timed: {wrong}.")
            worker.close()
            continue
        workers[label] = worker
        result.facts[label] = {key: answer[key] for key in ("version", "first")}
    workers[GEMM] = Worker(WORKER, GEMM, "numpy")
    times = {label: answers["step"] for label, answers in take_turns(workers, ["step"], rounds).items()}
    for worker in workers.values():
        worker.close()
    result.gemm = times.pop(GEMM)
    result.times.update(times)
    return result


def disagreement(answer, truth, start):
    """Why an engine is not timed, in words; None where it went the way of the reference.

    answer, truth: dicts of losses and weights, flat; start: the weights before the first step.

    >>> start, truth = {"w": [0.0, 0.0]}, dict(losses=[1.0], weights={"w": [1.0, 2.0]})
    >>> disagreement(dict(losses=[1.0], weights={"w": [1.0, 2.1]}), truth, start)
    'w moved wrongly by 0.05 of its largest movement'
    """
    for k, (got, right) in enumerate(zip(answer["losses"], truth["losses"], strict=True)):
        if not abs(got - right) <= TOLERANCE * abs(right):
            return f"loss {k} is {got} and must be {right}"
    for name, right in truth["weights"].items():
        got, right, start_ = (np.asarray(x, float) for x in (answer["weights"][name], right, start[name]))
        error = np.max(np.abs(got - right)) / np.max(np.abs(right - start_))
        if not error <= TOLERANCE:
            return f"{name} moved wrongly by {error:.2g} of its largest movement"
    return None


def summary(result):
    """A table: minimum / median of a step, torch's time over it, share of the peak, s to the first steps."""
    rows = []
    for label in result.times:
        low, middle = (1000 * x for x in result.seconds(label))
        row = [label, f"{figure(low)} / {figure(middle)}"]
        if "torch" in result.times:
            against = zip(result.seconds("torch"), result.seconds(label), strict=True)
            row.append(" / ".join(figure(theirs / own) for theirs, own in against))
        else:
            row.append("-")
        rows.append([*row, f"{100 * result.of_peak(label):.0f}%", figure(result.facts[label]["first"])])
    head = ["engine", "step, ms", "times faster than torch", "of GEMM peak", "first steps after, s"]
    peak = f"Matrix products: {figure(1 / min(result.gemm))} GFLOP/s."
    return "\n\n".join([table(head, rows), peak, *result.left_out])


if __name__ == "__main__":
    name, *rest = sys.argv[1:]
    print(summary(race(name, rest[1:], int(rest[0]) if rest else ROUNDS)))
