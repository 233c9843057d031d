"""The mutants of stable that no test can kill, because they say the same: module -> change -> why."""

from .reasons import DISCARDED, MEETING_POINT

FAR = "both are far in the tail of 0"
SHORTER = "a shorter high part is squared exactly too"
SAME_AT_0 = "at 0 both sides are the same number, with the same slope"

EQUIVALENT: dict[str, dict[str, str]] = {
    "jaxnets.stable": {
        "tanh: jnp.abs(x) < 0.55 -> jnp.abs(x) <= 0.55": MEETING_POINT,
        "log_cosh: a < 1 -> a <= 1": MEETING_POINT,
        "log_cosh: jnp.minimum(a, 1) -> jnp.minimum(a, 2)": DISCARDED,
        "lead: jnp.where(top, 0, rest - powers) -> jnp.where(top, 1, rest - powers)": DISCARDED,
        "lead: jnp.where(top, 0, x - jnp.sum(jnp.where(top, x, 0), axis=-1, keepdims=True)) -> "
        "jnp.where(top, 1, x - jnp.sum(jnp.where(top, x, 0), axis=-1, keepdims=True))": DISCARDED,
        "lead: jnp.where(alone, 0, far) -> jnp.where(alone, 1, far)": DISCARDED,
        "_focal_jvp: jnp.clip(x, -10000.0, 10000.0) -> jnp.clip(x, -10000.0, 10001.0)": FAR,
        "_focal_jvp: jnp.clip(x, -10000.0, 10000.0) -> jnp.clip(x, -10001.0, 10000.0)": FAR,
        "scale: 1 / bits.tiny -> 2 / bits.tiny": "above it are sizes that count as 0 alone",
        "xlog1my: jnp.where(small, 0, y) -> jnp.where(small, 1, y)": DISCARDED,
        "xlog1my: jnp.where(small, y, 0) -> jnp.where(small, y, 1)": DISCARDED,
        "xlog1my: y < 0.25 -> y <= 0.25": MEETING_POINT,
    },
    "jaxnets.normal_curve": {
        "normal_cdf: x > 0 -> x >= 0": SAME_AT_0,
        "normal_cdf: jnp.minimum(jnp.abs(x), 64) -> jnp.minimum(jnp.abs(x), 65)": FAR,
        "normal_pdf: bits.nmant // 2 - 1 -> bits.nmant // 2 - 2": SHORTER,
        "normal_pdf: bits.nmant // 2 -> bits.nmant // 3": SHORTER,
    },
}
