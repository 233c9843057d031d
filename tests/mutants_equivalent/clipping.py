"""The mutants of clipping that no test can kill, because they say the same: module -> change -> why."""

from .reasons import DISCARDED

NOTHING_OR_TOO_MUCH = "the unit of a gradient that is 0, or not finite: the norm is 0, or nan, in any"

EQUIVALENT = {
    "jaxnets.clipping": {
        "clip_by_global_norm: jnp.where(short, 1, norm) -> jnp.where(short, 2, norm)": DISCARDED,
        "_norm: jnp.where(squares == 0, 1, squares) -> jnp.where(squares == 0, 2, squares)": DISCARDED,
        "_norm: jnp.where((largest > 0) & jnp.isfinite(largest), largest, 1) -> "
        "jnp.where((largest > 0) & jnp.isfinite(largest), largest, 2)": NOTHING_OR_TOO_MUCH,
    },
    "microgrid.clipping": {
        "clip_by_global_norm: where(length <= max_norm, 1, length) -> where(length <= max_norm, 2, length)": (
            DISCARDED
        ),
        "clip_by_global_norm: length <= max_norm -> length < max_norm #2": DISCARDED,
    },
}
