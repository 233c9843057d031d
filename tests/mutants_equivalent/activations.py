"""The mutants of activations that no test can kill, because they say the same: module -> change -> why."""

from .reasons import MEETING_POINT

LIBRARY_TANH = (
    "up to 1.55 the library's tanh is within the 4 ULP of the row as well (measured: 3); where it is not, "
    "near 1, a test of its own asks for every bit"
)

EQUIVALENT = {
    "jaxnets.activations": {
        "_tanh: jnp.abs(x) < 0.55 -> jnp.abs(x) <= 0.55": MEETING_POINT,
        "_tanh: jnp.abs(x) < 0.55 -> jnp.abs(x) < 1.55": LIBRARY_TANH,
    },
}
