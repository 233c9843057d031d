"""The mutants of optimizers that no test can kill, because they say the same: module -> change -> why."""

from .reasons import DISCARDED

UNUSED = "an optimizer without weight decay never looks at params, so their default is no part of it"

EQUIVALENT = {
    "microgrid.optimizers": {
        "adagrad: s > 0 -> s >= 0 #2": "where the sum of squares is 0, so is the gradient",
        "adagrad: s > 0 -> s >= 0": "where the sum of squares is 0, so is the gradient",
        "adagrad: where(s > 0, s + eps, 1) -> where(s > 0, s + eps, 2)": DISCARDED,
        "gradient_descent: None -> 0": UNUSED,
        "sgd: None -> 0": UNUSED,
        "adagrad: None -> 0": UNUSED,
        "rmsprop: None -> 0": UNUSED,
        "adam: None -> 0": UNUSED,
    },
}
