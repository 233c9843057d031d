"""The mutants of adaptive_optimizers that say the same: module -> change -> why."""

RESTING = "where p is 0 the step size stays what it was"

EQUIVALENT = {
    "microgrid.adaptive_optimizers": {"rprop: p > 0 -> p >= 0": RESTING},
    "jaxnets.adaptive_optimizers": {
        "rprop: p > 0 -> p >= 0": RESTING,
        "rprop: None -> 0": "rprop never looks at params, so their default is no part of it",
    },
}
