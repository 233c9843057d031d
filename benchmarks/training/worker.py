"""One engine on one workload, in a process of its own: `python -m benchmarks.training.worker cnn torch`.

It answers agreement and step. `worker gemm numpy` times a large matrix product instead.
"""

import sys
import time

from ..rounds import answer_questions
from .workloads import engine

SHORTEST = 0.25  # seconds that a round lasts at least


class Measured:
    """Answers about one engine on one workload."""

    def __init__(self, workload, label):
        start = time.perf_counter()
        self.engine = engine(workload, label)
        self.first = time.perf_counter() - start
        self.repeats = None

    def agreement(self):
        """What is compared with the reference; seconds from the import to the end of the first steps."""
        return dict(
            losses=[float(loss) for loss in self.engine.losses],
            weights={name: array.ravel().tolist() for name, array in self.engine.weights.items()},
            first=self.first,
            version=self.engine.version,
        )

    def step(self):
        """Seconds of a training step."""
        if self.repeats is None:
            self.engine.run()
            self.repeats = 1
            while self.repeats * self.seconds() < SHORTEST:
                self.repeats *= 2
        return self.seconds() / self.engine.steps

    def seconds(self):
        """Seconds of a call of run."""
        start = time.perf_counter()
        for _ in range(self.repeats):
            self.engine.run()
        return (time.perf_counter() - start) / self.repeats


class Gemm:
    """Large matrix products in float32: what the machine can do at most."""

    def __init__(self, size=2048):
        import numpy as np

        self.matrix, self.flops = np.ones((size, size), np.float32), 2 * size**3
        self.step()

    def step(self):
        """Seconds of a billion floating-point operations."""
        start = time.perf_counter()
        self.matrix @ self.matrix
        return (time.perf_counter() - start) / self.flops * 1e9


if __name__ == "__main__":
    workload, label = sys.argv[1:]
    measured = Gemm() if workload == "gemm" else Measured(workload, label)
    answer_questions(lambda question: getattr(measured, question)())
