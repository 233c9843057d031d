"""The mutants of schedules that no test can kill, because they say the same: module -> change -> why."""

ANY_RATE = "the number stands in for no bound, and any number passes the check"
SEAM = "both pieces meet there, at the peak"

BOUND = "if end_value is None else end_value"

EQUIVALENT = {
    room: {
        f"exponential_decay: 0 {BOUND} -> 1 {BOUND}": ANY_RATE,
        "inverse_sqrt_decay: t < warmup_steps -> t <= warmup_steps": SEAM,
    }
    for room in ("microgrid.schedules", "jaxnets.schedules")
}
