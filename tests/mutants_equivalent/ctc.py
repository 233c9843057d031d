"""The mutants of ctc that no test can kill, because they say the same: module -> change -> why."""

from .reasons import DISCARDED

BLANK = "place 2 is a blank, which skips nothing"

EQUIVALENT = {
    "microgrid.ctc": {
        "_log_likelihood: 3 if skips else 2 -> 4 if skips else 2": "there are three places to come from",
        "_log_likelihood: s >= 2 -> s > 2": BLANK,
        "_log_likelihood: s >= 2 -> s >= 3": BLANK,
    },
    "jaxnets.ctc": {
        "_log_sum: jnp.where(rest, x - largest[None], 0) -> jnp.where(rest, x - largest[None], 1)": DISCARDED,
        "_log_sum: -jnp.inf -> jnp.inf #2": "exp(-inf) is the 0 that would stand there, and so is its slope",
        "_log_sum: -jnp.inf -> jnp.inf #3": "-inf + log1p(0) is -inf, and a place without paths has no slope",
    },
}
