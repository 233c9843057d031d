"""The mutants of gan that no test can kill, because they say the same: module -> change -> why."""

EQUIVALENT = {
    "jaxnets.gan": {
        "_norm_jvp: jnp.where(squares == 0, 1, squares) -> jnp.where(squares == 0, 2, squares)": (
            "the direction of a row of zeros: 0 divided by any number; its own slope has no right answer"
        ),
    },
}
