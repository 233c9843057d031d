"""The mutants of fused that no test can kill, because they say the same: module -> change -> why."""

GENERAL_WAY = "the quick way for floats is left, and the general one gives the same node"

EQUIVALENT = {
    "microgrid.fused": {
        "_quick_dot: type(ys[0]) is Value -> type(ys[0]) is not Value": GENERAL_WAY,
        "_quick_dot: xs + ys -> xs - ys": GENERAL_WAY,
        "_quick_dot: xs + ys + first -> xs + ys - first": GENERAL_WAY,
        "_quick_dot: xs + first -> xs - first": GENERAL_WAY,
        "_quick_dot: ys + one -> ys - one": GENERAL_WAY,
        "_fused: functions(0.0) -> functions(1.0)": "0.0 and 1.0 are floats",
        "_powers: x > numbers[top] -> x >= numbers[top]": "of numbers that tie, any may be taken out",
    },
}
