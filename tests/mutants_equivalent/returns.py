"""The mutants of returns that no test can kill, because they say the same: module -> change -> why."""

ONE_ANSWER = "both ways give the same numbers, and one of them is faster"

EQUIVALENT = {
    "rl.returns": {
        "_backwards: jnp.zeros -> jnp.ones": "the last step is cut, so what would follow it is not looked at",
        "n_step_returns: num_steps >= len(cut) -> num_steps > len(cut)": ONE_ANSWER,
        "n_step_returns: turns <= FEW -> turns < FEW": ONE_ANSWER,
        "n_step_returns: turns <= FEW -> turns > FEW": ONE_ANSWER,
    },
}
