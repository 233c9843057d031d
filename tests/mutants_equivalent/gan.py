"""The mutants of gan that no test can kill, because they say the same: module -> change -> why."""

from .reasons import CLAMPED

SCALE = "jnp.where((largest > 0) & (largest < jnp.inf), largest, {})"

EQUIVALENT = {
    "jaxnets.gan": {
        "_norm: (:, 0) -> (:, 1)": CLAMPED,
        f"_norm: {SCALE.format(1)} -> {SCALE.format(2)}": (
            "a scale for rows of 0 and of infinity, which are that on any scale"
        ),
        "_norm_jvp: jnp.where(length == 0, 1, length) -> jnp.where(length == 0, 2, length)": (
            "the direction of a row of zeros: 0 divided by any number; its own slope has no right answer"
        ),
    },
}
