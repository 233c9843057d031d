"""A race: who may be timed on a workload, and their times, taken in turns."""

import sys
from dataclasses import dataclass
from statistics import median

from ..rounds import ROUNDS, Unavailable, Worker, take_turns

WORKER = "benchmarks.scalar.worker"
COLLECTORS = ("default", "off")
TRUTH = "plain floats"


@dataclass
class Race:
    """Keys are (entrant, collector).

    facts: what each said of itself.
    times: its seconds, [question][round].
    left_out: a sentence for each that was not timed.
    """

    facts: dict
    times: dict
    left_out: list

    def seconds(self, entrant, collector, question="step"):
        """(minimum, median) of the rounds; None for an entrant that was left out."""
        if (entrant, collector) not in self.times:
            return None
        rounds = self.times[entrant, collector][question]
        return min(rounds), median(rounds)

    def times_faster(self, fast, slow, collector):
        """How many times the step of `fast` fits into that of `slow`: by the minima, by the medians."""
        below, above = self.seconds(fast, collector), self.seconds(slow, collector)
        return below and above and tuple(a / b for a, b in zip(above, below, strict=True))


def race(workload, entrants, questions=("step",), rounds=ROUNDS):
    """Every entrant with the collector at its default and off, a fresh process each, in turns.

    entrants: {label: (engine, python)}. One whose gradient is wrong does not start.
    """
    truth, workers, result = ask("gradient", TRUTH, workload), {}, Race({}, {}, [])
    for label, (engine, python) in entrants.items():
        for collector in COLLECTORS:
            worker = Worker(WORKER, engine, workload, collector, python=python)
            try:
                answer = worker.ask("gradient")
            except Unavailable as reason:
                result.left_out.append(f"{label}: {reason}")
                break
            wrong = disagreement(answer, truth)
            if wrong:
                result.left_out.append(f"{label} is not timed: {wrong}.")
                worker.close()
                break
            workers[label, collector], result.facts[label, collector] = worker, answer
    result.times.update(take_turns(workers, questions, rounds))
    for worker in workers.values():
        worker.close()
    return result


def ask(question, engine, workload, collector="default", python=sys.executable):
    """The answer of a fresh worker to one question."""
    worker = Worker(WORKER, engine, workload, collector, python=python)
    try:
        return worker.ask(question)
    finally:
        worker.close()


def disagreement(answer, truth):
    """Why an engine is not timed, in words; None where its gradient is right.

    answer, truth: dicts of value and gradient. Rounding may move each number by 1e-9 of the largest.

    >>> right = dict(value=1.0, gradient=[2.0, 3.0])
    >>> disagreement(dict(value=1.0, gradient=[2.0, 3.1]), right)
    'gradient[1] is 3.1 and must be 3.0'
    """
    if len(answer["gradient"]) != len(truth["gradient"]):
        return f"it has {len(answer['gradient'])} slopes and must have {len(truth['gradient'])}"
    names = ["value", *(f"gradient[{i}]" for i in range(len(truth["gradient"])))]
    got, right = ([numbers["value"], *numbers["gradient"]] for numbers in (answer, truth))
    tolerance = 1e-9 * max(map(abs, right))
    for name, a, b in zip(names, got, right, strict=True):
        if not abs(a - b) <= tolerance:  # so that nan is refused as well
            return f"{name} is {a} and must be {b}"
    return None
