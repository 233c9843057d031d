"""The mutants of losses that no test can kill, because they say the same: module -> change -> why."""

from .reasons import CLAMPED, DISCARDED, MEETING_POINT

AT_DELTA = "at delta both forms have one value and one slope"
FAR = "the power is 0 or 1 long before"

EQUIVALENT: dict[str, dict[str, str]] = {
    "microgrid.losses": {
        "_rowwise: where(size > 0, size, 1) -> where(size > 0, size, 2)": (
            "where the weights are 0, so are the terms"
        ),
        "_smoothed: smoothing == 0 -> smoothing == 1": "with 0 the formula gives the targets too",
    },
    "microgrid.losses_classification": {
        "_focal: minimum(maximum(z, -10000.0), 10000.0) -> minimum(maximum(z, -10000.0), 10001.0)": FAR,
        "_focal: maximum(z, -10000.0) -> maximum(z, -10001.0)": FAR,
    },
    "microgrid.losses_regression": {
        "huber: abs(e) <= delta -> abs(e) < delta": AT_DELTA,
        "log_cosh: size < 1 -> size <= 1": MEETING_POINT,
        "log_cosh: size < 1 -> size < 2": MEETING_POINT,
        "log_cosh: minimum(size, 2) -> minimum(size, 3)": DISCARDED,
    },
    "microgrid.losses_similarity": {
        "cosine_distance: where(d == 0, 1, d) -> where(d == 0, 2, d)": DISCARDED,
    },
    "jaxnets.losses": {
        "_reduce: jnp.where(size > 0, size, 1) -> jnp.where(size > 0, size, 2)": (
            "where the weights are 0, so are the terms"
        ),
    },
    "jaxnets.losses_regression": {
        "huber: error <= delta -> error < delta": AT_DELTA,
        "huber: jnp.where(inside, error, 0) -> jnp.where(inside, error, 1)": DISCARDED,
    },
    "jaxnets.losses_similarity": {
        "_direction: (..., 0) -> (..., 1)": CLAMPED,
        "_direction: jnp.where(some, x, 1) -> jnp.where(some, x, 2)": DISCARDED,
    },
}
