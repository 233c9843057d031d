"""The mutants of losses that no test can kill, because they say the same: module -> change -> why."""

import jax

from .reasons import DISCARDED, MEETING_POINT

EQUIVALENT = {
    "jaxnets.losses": {
        "_xlog1my: y < 0.25 -> y <= 0.25": MEETING_POINT,
        "_xlog1my: jnp.where(small, 0, y) -> jnp.where(small, 1, y)": DISCARDED,
        "_xlog1my: jnp.where(small, y, 0) -> jnp.where(small, y, 1)": DISCARDED,
    },
}

if jax.__version_info__ >= (0, 12):  # up to 0.10 the library's log1p loses 128 ULP, and a test notices
    EQUIVALENT["jaxnets.losses"]["_xlog1my: y < 0.25 -> y < 1.25"] = (
        "from jax 0.12 on the library's log1p is within 1 ULP all the way to -1 (measured)"
    )
