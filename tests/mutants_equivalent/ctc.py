"""The mutants of ctc that no test can kill, because they say the same: module -> change -> why."""

BLANK = "place 2 is a blank, which skips nothing"

EQUIVALENT = {
    "microgrid.ctc": {
        "_log_likelihood: 3 if skips else 2 -> 4 if skips else 2": "there are three places to come from",
        "_log_likelihood: s >= 2 -> s > 2": BLANK,
        "_log_likelihood: s >= 2 -> s >= 3": BLANK,
    },
}
