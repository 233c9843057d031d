"""The mutants of activations that no test can kill, because they say the same: module -> change -> why."""

EQUIVALENT: dict[str, dict[str, str]] = {}
