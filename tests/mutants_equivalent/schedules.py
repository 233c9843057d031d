"""The mutants of schedules that no test can kill, because they say the same: module -> change -> why."""

ANY_RATE = "the number stands in for no bound, and any number passes the check"
SEAM = "both pieces meet there, at the peak"

NO_BOUND = {
    "microgrid": "exponential_decay: {} if end_value is None else end_value",
    "jaxnets": "exponential_decay: end_value if bounded else {}",
}

EQUIVALENT = {
    f"{room}.schedules": {
        f"{line.format(0)} -> {line.format(1).partition(': ')[2]}": ANY_RATE,
        "inverse_sqrt_decay: t < warmup_steps -> t <= warmup_steps": SEAM,
    }
    for room, line in NO_BOUND.items()
}
