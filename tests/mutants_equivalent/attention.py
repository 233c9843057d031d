"""The mutants of attention that no test can kill, because they say the same: module -> change -> why."""

from .reasons import DISCARDED

EQUIVALENT = {
    "jaxnets.attention": {
        "_weights: jnp.where(rest, scores - largest, 0) -> jnp.where(rest, scores - largest, 1)": DISCARDED,
    },
}
