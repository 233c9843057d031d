"""One engine, one workload, one setting of the garbage collector, in a process of its own.

    python -m benchmarks.scalar.worker "plain floats" moons default

It answers gradient, step, forward, garbage and memory.
"""

import gc
import sys
import time

from ..rounds import answer_questions
from .engines import load
from .workloads import WORKLOADS

SHORTEST = 0.05  # seconds that a round lasts at least


class Measured:
    """Answers to the questions of the suite about one engine on one workload."""

    def __init__(self, engine, workload, collector):
        kind = load(engine)
        start = time.perf_counter()
        self.engine, self.collector = kind(WORKLOADS[workload]), collector
        self.engine.step()
        self.first = time.perf_counter() - start
        self.repeats = {}
        if collector == "off":
            gc.disable()

    def gradient(self):
        """Value and gradient, to be compared before any time is taken; seconds until the first were there."""
        return dict(
            value=float(self.engine.value),
            gradient=[float(slope) for slope in self.engine.gradient()],
            first=self.first,
            version=self.engine.version,
        )

    def step(self):
        """Seconds of a training step."""
        return self.seconds("step")

    def forward(self):
        """Seconds of the value alone."""
        return self.seconds("forward")

    def seconds(self, method):
        run = getattr(self.engine, method)
        if method not in self.repeats:
            self.repeats[method] = 1
            while self.repeats[method] * self.seconds(method) < SHORTEST:
                self.repeats[method] *= 2
        if self.collector == "off":
            gc.collect()  # what earlier rounds left behind would fill the memory
        repeats = range(self.repeats[method])
        start = time.perf_counter()
        for _ in repeats:
            run()
        return (time.perf_counter() - start) / len(repeats)

    def garbage(self):
        """Seconds of one step, those of them in the collector, and its runs through each generation."""
        spent, runs, start = 0.0, [0, 0, 0], 0.0

        def watch(phase, info):
            nonlocal spent, start
            if phase == "start":
                start = time.perf_counter()
            else:
                spent += time.perf_counter() - start
                runs[info["generation"]] += 1

        gc.callbacks.append(watch)
        start_of_step = time.perf_counter()
        self.engine.step()
        step = time.perf_counter() - start_of_step
        gc.callbacks.remove(watch)
        return dict(step=step, collector=spent, runs=runs)

    def memory(self):
        """Nodes of the graph, and bytes that it holds after backward."""
        import tracemalloc  # PyPy has none

        kind = self.engine.node
        gc.collect()
        before = count(kind)
        tracemalloc.start()
        result = self.engine.forward()
        result.backward()
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return dict(nodes=count(kind) - before, size=size)


def count(kind):
    """How many objects of a kind there are."""
    return sum(isinstance(x, kind) for x in gc.get_objects())


if __name__ == "__main__":
    measured = Measured(*sys.argv[1:])
    answer_questions(lambda question: getattr(measured, question)())
