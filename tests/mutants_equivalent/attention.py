"""The mutants of attention that no test can kill, because they say the same: module -> change -> why."""

from .reasons import DISCARDED

UNUSED = "any finite number does where no query may look"

EQUIVALENT = {
    "microgrid.attention": {
        "_masked: wanted[-1] -> wanted[1]": "it has two numbers, of queries and of keys",
    },
    "jaxnets.attention": {
        "_weights: jnp.where(rest, scores - largest, 0) -> jnp.where(rest, scores - largest, 1)": DISCARDED,
        "_checked: jnp.where(some, x, 0) -> jnp.where(some, x, 1)": UNUSED,
    },
}
