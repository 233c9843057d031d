"""The mutants of q_learning that no test can kill, because they say the same: module -> change -> why."""

EQUIVALENT = {
    "microgrid.q_learning": {
        "dqn_loss: abs(e) <= delta -> abs(e) < delta": "at delta both forms have one value and one slope",
    },
}
