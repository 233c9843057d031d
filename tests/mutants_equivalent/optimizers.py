"""The mutants of optimizers that no test can kill, because they say the same: module -> change -> why."""

from .reasons import DISCARDED

EQUIVALENT = {
    "microgrid.optimizers": {
        "adagrad: s > 0 -> s >= 0": "where the sum of squares is 0, so is the gradient",
        "adagrad: where(s > 0, s + eps, 1) -> where(s > 0, s + eps, 2)": DISCARDED,
    },
}
