"""The mutants of clipping that no test can kill, because they say the same: module -> change -> why."""

from .reasons import DISCARDED

EQUIVALENT = {
    "jaxnets.clipping": {
        "_measured: jnp.where(short, 1, squares) -> jnp.where(short, 2, squares)": DISCARDED,
        "_measured: jnp.where(short, 1, max_norm / length) -> jnp.where(short, 2, max_norm / length)": (
            "at most 1 of it is taken"
        ),
    },
    "microgrid.clipping": {
        "clip_by_global_norm: where(short, 1, length) -> where(short, 2, length)": DISCARDED,
    },
}
