"""The mutants of pooling that no test can kill, because they say the same: module -> change -> why."""

EQUIVALENT = {
    "microgrid.pooling": {
        "_pooled: (0, 0) -> (1, 0)": "the place in the window, which pooling does not look at",
    },
}
