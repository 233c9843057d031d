"""The mutants of clipping that no test can kill, because they say the same: module -> change -> why."""

EQUIVALENT = {}
