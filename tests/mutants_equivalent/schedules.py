"""The mutants of schedules that no test can kill, because they say the same: module -> change -> why."""

ANY_RATE = "the number stands in for no bound, and any number passes the check"
SEAM = "both pieces meet there, at the peak"

NO_BOUND = "exponential_decay: end_value if bounded else 0 -> end_value if bounded else 1"
BOTH = {"inverse_sqrt_decay: t < warmup_steps -> t <= warmup_steps": SEAM}

EQUIVALENT = {"microgrid.schedules": BOTH, "jaxnets.schedules": {NO_BOUND: ANY_RATE, **BOTH}}
