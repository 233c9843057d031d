"""The mutants of clipping that no test can kill, because they say the same: module -> change -> why."""

from .reasons import DISCARDED

NOTHING_OR_TOO_MUCH = "the unit of a gradient that is 0, or not finite: the norm is 0, or nan, in any"

EQUIVALENT = {
    "jaxnets.clipping": {
        "clip_by_global_norm: jnp.where(long, norm, 1) -> jnp.where(long, norm, 2)": DISCARDED,
        "_norm: jnp.where(squares > 0, squares, 1) -> jnp.where(squares > 0, squares, 2)": DISCARDED,
        "_norm: jnp.where((largest > 0) & jnp.isfinite(largest), largest, 1) -> "
        "jnp.where((largest > 0) & jnp.isfinite(largest), largest, 2)": NOTHING_OR_TOO_MUCH,
    },
    "microgrid.clipping": {
        "clip_by_global_norm: where(length > max_norm, length, 1) -> where(length > max_norm, length, 2)": (
            DISCARDED
        ),
        "clip_by_global_norm: length > max_norm -> length >= max_norm #2": "there the divisor is unused",
    },
}
