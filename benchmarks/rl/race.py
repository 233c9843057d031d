"""All engines of a workload of deep agents in turns: `python -m benchmarks.rl.race ppo [ROUNDS]`."""

import sys
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np

from ..rounds import ROUNDS, Unavailable, Worker, take_turns
from ..tables import figure, measured, table
from . import agents

WORKER = "benchmarks.rl.worker"
# Of the largest movement of an array. Stable-Baselines3 divides advantages by the deviation of a sample, that
# is sqrt(256/255) of ours: so a policy moves otherwise by 0.0006 of it.
TOLERANCE = 0.005


@dataclass
class Race:
    """workload: its row. versions: of the libraries. answers: engine -> dicts, one a round.

    left_out: a sentence for each engine that was not timed, or is not the same.
    """

    workload: agents.Workload
    versions: list
    answers: dict
    left_out: list

    def figures(self, engine):
        """Rates, or seconds, one a round."""
        key = "rate" if self.workload.question == "rate" else "seconds"
        return [answer[key] for answer in self.answers[engine]]

    def times_faster(self, engine, peer=agents.SB3):
        """(at their best, by the medians)."""
        own, theirs = self.figures(engine), self.figures(peer)
        if self.workload.question == "rate":
            return max(own) / max(theirs), median(own) / median(theirs)
        return min(theirs) / min(own), median(theirs) / median(own)


def race(name, rounds=ROUNDS, python=sys.executable):
    """Every engine in a fresh process, in turns; first the peer tells what the others must agree with.

    A race to 475 is between settings that differ: there the engines are those that the rates have compared.
    """
    workload = agents.WORKLOADS[name]
    workers, result, truth = {}, Race(workload, [], {}, []), None
    for label in (agents.SB3, *(label for label in workload.engines if label != agents.SB3)):
        worker = Worker(WORKER, name, label, python=python)
        compared = workload.question == "rate" and label not in workload.differs
        try:
            answer = worker.ask("agreement" if compared else "version")
        except Unavailable as reason:
            result.left_out.append(f"{label}: {reason}")
            continue
        if label in workload.differs:
            result.left_out.append(f"{label} does not compute the same: {workload.differs[label]}.")
        if compared:
            truth = truth or answer["learnt"]
            wrong = disagreement(workload, answer["learnt"], truth)
            if wrong:
                result.left_out.append(f"{label} is not timed: {wrong}.")
                worker.close()
                continue
        workers[label] = worker
        result.versions += [v for v in answer["version"].split(", ") if v not in result.versions]
    ordered = {label: workers[label] for label in workload.engines if label in workers}
    answers = take_turns(ordered, [workload.question], rounds)
    result.answers = {label: told[workload.question] for label, told in answers.items()}
    for worker in workers.values():
        worker.close()
    return result


def disagreement(workload, learnt, truth):
    """Why an engine is not timed, in words; None where its networks moved as the peer's."""
    from . import data

    start = data.named(data.networks(workload.agent, workload.settings["hidden"]))
    for name, right in truth.items():
        got, right, first = (np.asarray(x, float).ravel() for x in (learnt[name], right, start[name]))
        error = np.abs(got - right).max() / np.abs(right - first).max()
        if not error <= TOLERANCE:
            return f"{name} moved wrongly by {error:.2g} of its largest movement"
    return None


def summary(result):
    """A table of steps a second, or of seconds to 475, and the targets."""
    targets, rates, rows = dict(result.workload.targets), result.workload.question == "rate", []
    for label, told in result.answers.items():
        figures = result.figures(label)
        if rates:
            learnt = [answer["learnt"] for answer in told if answer["learnt"] is not None]
            row = [f"{max(figures):,.0f} / {median(figures):,.0f}", figure(median(learnt)) if learnt else "-"]
        else:
            solved = sum(answer["solved"] for answer in told)
            steps = f"{fmean(answer['steps'] for answer in told):,.0f}"
            row = [f"{figure(min(figures))} / {figure(median(figures))}", steps, f"{solved} of {len(told)}"]
        target = f"at least {targets[label]:g}" if label in targets else ""
        against = "-"
        if agents.SB3 in result.answers:
            against = measured(result.times_faster(label), targets.get(label, 0))
        rows.append([label, *row, target, against])
    columns = ["steps/s", "return at the end"] if rates else ["s", "steps, mean", "solved"]
    head = ["engine", *columns, "target", f"times {agents.SB3}"]
    return "\n\n".join([table(head, rows), *result.left_out, f"{', '.join(result.versions)}."])


if __name__ == "__main__":
    name, *rest = sys.argv[1:]
    print(summary(race(name, int(rest[0]) if rest else ROUNDS)))
