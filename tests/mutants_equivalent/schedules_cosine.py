"""The mutants of schedules_cosine that say the same: module -> change -> why."""

FIRST = "of a rise of one step only the beginning is seen, and of one of no steps nothing"

EQUIVALENT = {
    "jaxnets.schedules_cosine": {
        "warmup_cosine_decay: max(warmup, 1) -> max(warmup, 2)": FIRST,
        "one_cycle: max(rise, 1) -> max(rise, 2)": FIRST,
    },
}
