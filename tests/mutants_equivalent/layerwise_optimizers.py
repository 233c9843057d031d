"""The mutants of layerwise_optimizers that say the same: module -> change -> why."""

EQUIVALENT = {
    "microgrid.layerwise_optimizers": {
        "lamb: where(other > 0, other, 1) -> where(other > 0, other, 2)": (
            "where the direction has no length, any multiple of it is 0"
        ),
    },
}
