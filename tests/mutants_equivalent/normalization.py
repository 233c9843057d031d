"""The mutants of normalization that no test can kill, because they say the same: module -> change -> why."""

BETWEEN = "in other units, or from another size on, still no square overflows or vanishes"
APART = "what is near, and how large is huge, may be off by a small multiple"

EQUIVALENT = {
    "jaxnets.normalization": {
        "_size: jnp.mean -> jnp.sum": APART,
        "_near: apart <= abs(first) / 2 -> apart < abs(first) / 2": APART,
        "_near: abs(first) / 2 -> abs(first) / 3": APART,
        "_unit: size < 2.0 ** (bits.maxexp * 3 // 8) -> size <= 2.0 ** (bits.maxexp * 3 // 8)": BETWEEN,
        "_unit: bits.maxexp * 3 // 8 -> bits.maxexp * 3 // 9": BETWEEN,
        "_unit: -bits.maxexp * 5 -> -bits.maxexp * 6": BETWEEN,
        "_unit: -bits.maxexp * 5 // 8 -> -bits.maxexp * 5 // 9": BETWEEN,
    },
}
