"""The mutants of activations that no test can kill, because they say the same: module -> change -> why."""

from .reasons import DISCARDED, MEETING_POINT

SMALL = "between 0 and 1 the outer `where` discards exp(x), which does not overflow there"
FLAT = "below -3 any number is multiplied by 0"

EQUIVALENT: dict[str, dict[str, str]] = {
    "microgrid.activations_piecewise": {
        "hard_silu: maximum(x, -4) -> maximum(x, -5)": FLAT,
    },
    "microgrid.activations_smooth": {
        "_rounded: abs(number) < SHUT -> abs(number) <= SHUT": MEETING_POINT,
        "_elu: minimum(x, 1) -> minimum(x, 2)": DISCARDED,
        "celu: x > 0 -> x >= 0": "at 0 both sides are 0, with slope 1",
        "softsign: size < 1 -> size <= 1": MEETING_POINT,
        "softsign: size < 1 -> size < 2": MEETING_POINT,
    },
    "jaxnets.activations_piecewise": {
        "hard_silu: jnp.maximum(x, -4) -> jnp.maximum(x, -5)": FLAT,
    },
    "jaxnets.activations_smooth": {
        "elu: jnp.where(x > 0, 0, x) -> jnp.where(x > 0, 1, x)": DISCARDED,
        "elu: x > 0 -> x > 1": SMALL,
        "celu: jnp.where(bent, x, 0) -> jnp.where(bent, x, 1)": DISCARDED,
        "celu: jnp.where(bent, alpha, 1) -> jnp.where(bent, alpha, 2)": DISCARDED,
        "celu: x >= -(alpha * jnp.finfo(x.dtype).tiny) -> x > -(alpha * jnp.finfo(x.dtype).tiny)": (
            MEETING_POINT
        ),
    },
}
