"""The mutants of optimizers_layerwise that say the same: module -> change -> why."""

EQUIVALENT = {
    "microgrid.optimizers_layerwise": {
        "lamb: where(other > 0, other, 1) -> where(other > 0, other, 2)": (
            "where the direction has no length, any multiple of it is 0"
        ),
    },
}
