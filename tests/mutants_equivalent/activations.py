"""The mutants of activations that no test can kill, because they say the same: module -> change -> why."""

from .reasons import DISCARDED, MEETING_POINT

EQUIVALENT: dict[str, dict[str, str]] = {
    "microgrid.activations_smooth": {
        "_elu: minimum(x, 1) -> minimum(x, 2)": DISCARDED,
        "celu: x > 0 -> x >= 0": "at 0 both sides are 0, with slope 1",
        "softsign: size < 1 -> size <= 1": MEETING_POINT,
        "softsign: size < 1 -> size < 2": MEETING_POINT,
    },
}
