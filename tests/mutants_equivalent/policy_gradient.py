"""The mutants of policy_gradient that say the same: module -> change -> why."""

EQUIVALENT = {
    "microgrid.policy_gradient": {
        "categorical_log_prob: score - largest(logits) > -CLOSE -> score - largest(logits) >= -CLOSE": (
            "that far below the largest both forms have all their digits"
        ),
    },
}
