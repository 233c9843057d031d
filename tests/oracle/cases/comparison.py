"""Runs checkers over a half of the set, and counts what they found."""

from dataclasses import dataclass
from threading import Timer

from benchmarks.rounds import Unavailable, Worker
from tests.oracle.cases.checkers import ALARM, CHECKERS, NOT_CHECKED, PASS

HEAD = (
    "checker",
    "found",
    "missed",
    "not checked",
    "false alarms",
    "not checked",
    "guilty right",
    "CPU seconds",
)


@dataclass
class Result:
    """What a checker made of cases. key: its name in CHECKERS; tuning: with what; answers: case -> answer."""

    key: str
    tuning: dict
    answers: dict

    def of(self, label, *said):
        """The cases of a label of which the checker said so."""
        return [c for c, answer in self.answers.items() if c.label == label and answer["said"] in said]

    @property
    def mistakes(self):
        """Wrong gradients that it did not find, and right ones that it called wrong."""
        return len(self.of("wrong", PASS, NOT_CHECKED)) + len(self.of("right", ALARM))

    @property
    def blamed(self):
        """(how often it named the equation that is to blame, how often it named one or should have)."""
        found = self.of("wrong", ALARM)
        return sum(self.answers[case]["guilty"] == case.guilty for case in found), len(found)

    def row(self):
        """The line of the table."""
        label = {
            (label, said): str(len(self.of(label, said)))
            for label in ("wrong", "right")
            for said in (ALARM, PASS, NOT_CHECKED)
        }
        right, found = self.blamed
        return [
            CHECKERS[self.key].title,
            label["wrong", ALARM],
            label["wrong", PASS],
            label["wrong", NOT_CHECKED],
            label["right", ALARM],
            label["right", NOT_CHECKED],
            f"{right} of {found}" if self.key == "ours" else "-",
            f"{sum(answer['seconds'] for answer in self.answers.values()):.0f}",
        ]

    def told(self):
        """A line for each case that was not seen as it is labelled, or where the wrong equation is blamed."""
        lines = []
        for case, answer in self.answers.items():
            if answer["said"] != (ALARM if case.label == "wrong" else PASS):
                lines.append(f"{case.label}, said {answer['said']} ({answer['verdict']}): {case.name}")
            elif self.key == "ours" and case.label == "wrong" and answer["guilty"] != case.guilty:
                lines.append(f"guilty is {case.guilty}, said {answer['guilty'] or 'none'}: {case.name}")
        return lines


def compare(key, half, cases, timeout):
    """The result of a checker with the best of its tunings. Its times are those of a fresh process."""
    numbers = range(len(CHECKERS[key].tunings))
    if len(numbers) > 1:
        tried = run(key, half, cases, numbers, timeout)
        numbers = [min(numbers, key=lambda number: tried[number].mistakes)]
    return run(key, half, cases, numbers, timeout)[numbers[0]]


def run(key, half, cases, numbers, timeout):
    """number of a tuning -> the result, all in one process, and a new one where a case took too long."""
    worker, answers = worker_of(key, half), {number: {} for number in numbers}
    for case in cases:
        for number in numbers:
            answers[number][case] = ask(worker, f"{number} {case.name}", timeout)
            if answers[number][case]["verdict"] == "no answer":
                worker = worker_of(key, half)
    worker.close()
    return {number: Result(key, CHECKERS[key].tunings[number], answers[number]) for number in numbers}


def worker_of(key, half):
    """A fresh process for a checker."""
    return Worker("tests.oracle.cases.worker", key, half)


def ask(worker, question, timeout):
    """The answer of a worker, or that there was none: it is ended when the time is out."""
    timer = Timer(timeout, worker.process.kill)
    timer.start()
    try:
        return worker.ask(question)
    except Unavailable:
        return dict(said=NOT_CHECKED, verdict="no answer", guilty="", seconds=timeout)
    finally:
        timer.cancel()
