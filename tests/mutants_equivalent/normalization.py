"""The mutants of normalization that no test can kill, because they say the same: module -> change -> why."""

BETWEEN = "in other units, or from another size on, still no square overflows or vanishes"

EQUIVALENT = {
    "jaxnets.normalization": {
        "_unit: size < 2.0 ** (bits.maxexp * 3 // 8) -> size <= 2.0 ** (bits.maxexp * 3 // 8)": BETWEEN,
        "_unit: jnp.where(size < 2.0 ** (bits.maxexp * 3 // 8), 1, 2.0 ** (-bits.maxexp * 5 // 8)) -> "
        "jnp.where(size < 2.0 ** (bits.maxexp * 3 // 8), 2, 2.0 ** (-bits.maxexp * 5 // 8))": BETWEEN,
        "_unit: bits.maxexp * 3 // 8 -> bits.maxexp * 3 // 9": BETWEEN,
        "_unit: -bits.maxexp * 5 -> -bits.maxexp * 6": BETWEEN,
        "_unit: -bits.maxexp * 5 // 8 -> -bits.maxexp * 5 // 9": BETWEEN,
    },
}
