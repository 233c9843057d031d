"""One engine on one workload, in a process of its own: `python -m benchmarks.rl.worker ppo "ours, compiled"`.

It answers agreement, and rate or solve.
"""

import sys
import time
from itertools import count
from statistics import fmean

from ..rounds import answer_questions
from . import agents, data

WARM_SEED = 1_000


class Clock:
    """Seconds since it was made, without those in which `look` was looking."""

    def __init__(self, engine):
        self.engine, self.start, self.looking, self.solved = engine, time.perf_counter(), 0.0, False

    def look(self):
        """Whether it is solved."""
        start = time.perf_counter()
        mean = data.mean_return(self.engine.name, self.engine.network())
        self.solved = mean >= agents.SOLVED
        self.looking += time.perf_counter() - start
        return self.solved

    def seconds(self):
        """So far."""
        return time.perf_counter() - self.start - self.looking


class Measured:
    """Answers about one engine on one workload."""

    def __init__(self, name, label):
        self.workload = agents.WORKLOADS[name]
        self.engine = agents.engine(name, label)
        self.seeds, self.warm = count(), False

    def agreement(self):
        """What is compared."""
        learnt = {name: array.ravel().tolist() for name, array in self.engine.learnt().items()}
        return dict(learnt=learnt, version=self.engine.version)

    def version(self):
        """Of an engine that is not compared."""
        return dict(version=self.engine.version)

    def rate(self):
        """Training steps a second, and the mean return of the last 100 episodes."""
        steps = self.workload.steps
        if not self.warm:
            self.warm = True
            self.engine.run(WARM_SEED, steps)
        clock = Clock(self.engine)
        self.engine.run(next(self.seeds), steps)
        rate, returns = steps / clock.seconds(), self.engine.returns()[-100:]
        return dict(rate=rate, learnt=fmean(returns) if returns else None)

    def solve(self):
        """Seconds until 475 with a new seed, and whether it came to that."""
        if not self.warm:
            self.warm = True
            self.engine.run(WARM_SEED, 2 * self.workload.every, self.workload.every, Clock(self.engine).look)
        clock = Clock(self.engine)
        looks = count()

        def look():
            next(looks)
            return clock.look()

        self.engine.run(next(self.seeds), self.workload.steps, self.workload.every, look)
        return dict(seconds=clock.seconds(), steps=next(looks) * self.workload.every, solved=clock.solved)


if __name__ == "__main__":
    measured = Measured(*sys.argv[1:])
    answer_questions(lambda question: getattr(measured, question)())
