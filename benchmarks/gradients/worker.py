"""One checker, one workload, in a process of its own.

    python -m benchmarks.gradients.worker "microgrid, balls" small

It answers check, sees and memory.
"""

import resource
import sys
import time
import warnings

import jax

from ..rounds import answer_questions
from .workloads import WORKLOADS

ERRORS = (1e-1, 1e-2, 1e-3, 1e-5)  # wrong rules, by share: in float32 1 + 1e-7 would be 1


def by_microgrid(engine):
    """A checker that raises AssertionError where microgrid finds a gradient wrong."""
    from microgrid.oracle import check_grads

    def check(f, params):
        check_grads(f, (params,), modes="rev", engine=engine)

    return check


def by_jax(f, params):
    """JAX's checker at its defaults."""
    from jax.test_util import check_grads

    check_grads(f, (params,), order=1, modes="rev")


CHECKERS = {
    "microgrid, balls": lambda: by_microgrid("exact"),
    "microgrid, float64": lambda: by_microgrid("float64"),
    "jax.test_util": lambda: by_jax,
}


class Measured:
    """Answers about one checker on one workload."""

    def __init__(self, checker, workload):
        self.check_with, self.workload = CHECKERS[checker](), WORKLOADS[workload]
        self.version = f"jax {jax.__version__}"

    def passes(self, error=0.0):
        """Whether the checker finds nothing wrong."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self.check_with(*self.workload.loss(error))
            except AssertionError:
                return False
        return True

    def sees(self):
        """Whether the right gradient passes, and which wrong ones do not."""
        seen = [error for error in ERRORS if not self.passes(error)]
        return dict(right=self.passes(), least=min(seen, default=None), version=self.version)

    def check(self):
        """Seconds of one check of the right gradient, tracing and compiling included."""
        start = time.perf_counter()
        self.passes()
        return time.perf_counter() - start

    def memory(self):
        """GiB that the process has had at most."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    measured = Measured(*sys.argv[1:])
    answer_questions(lambda question: getattr(measured, question)())
