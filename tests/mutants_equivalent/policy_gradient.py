"""The mutants of policy_gradient that say the same: module -> change -> why."""

EQUIVALENT = {
    "microgrid.policy_gradient": {
        "categorical_log_prob: score - largest(logits) > -CLOSE -> score - largest(logits) >= -CLOSE": (
            "that far below the largest both forms have all their digits"
        ),
    },
    "rl.policy_gradient": {
        "_possible: jnp.where(log_p == -jnp.inf, 0, log_p) -> jnp.where(log_p == -jnp.inf, 1, log_p)": (
            "the p that it meets is 0"
        ),
        "ppo_clip_loss: math.log(float(jnp.finfo(risen.dtype).max)) - 1 -> "
        "math.log(float(jnp.finfo(risen.dtype).max)) - 2": "both are far beyond the clip, and no overflow",
    },
}
