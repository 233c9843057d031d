"""The mutants of optimizers_adaptive that say the same: module -> change -> why."""

RESTING = "where p is 0 the step size stays what it was"

EQUIVALENT = {
    "microgrid.optimizers_adaptive": {"rprop: p > 0 -> p >= 0": RESTING},
    "jaxnets.optimizers_adaptive": {
        "rprop: p > 0 -> p >= 0": RESTING,
        "rprop: None -> 0": "rprop never looks at params, so their default is no part of it",
    },
}
