"""The mutants of normalization that no test can kill, because they say the same: module -> change -> why."""

BETWEEN = "in other units, or from another size on, still no square overflows or vanishes"
FINITE = "where a feature is infinite any number that is not will do"
APART = "an outlier is kept out by any small multiple"

EQUIVALENT = {
    "jaxnets.normalization": {
        "_wide_moments: jnp.where(jnp.isfinite(near), near, 0) -> "
        "jnp.where(jnp.isfinite(near), near, 1)": FINITE,
        "_near: 2 * size -> 3 * size": APART,
        "_near: -2 * size -> -3 * size": APART,
        "_unit: size < 2.0 ** (bits.maxexp * 3 // 8) -> size <= 2.0 ** (bits.maxexp * 3 // 8)": BETWEEN,
        "_unit: jnp.where(size < 2.0 ** (bits.maxexp * 3 // 8), 1, 2.0 ** (-bits.maxexp * 5 // 8)) -> "
        "jnp.where(size < 2.0 ** (bits.maxexp * 3 // 8), 2, 2.0 ** (-bits.maxexp * 5 // 8))": BETWEEN,
        "_unit: bits.maxexp * 3 // 8 -> bits.maxexp * 3 // 9": BETWEEN,
        "_unit: -bits.maxexp * 5 -> -bits.maxexp * 6": BETWEEN,
        "_unit: -bits.maxexp * 5 // 8 -> -bits.maxexp * 5 // 9": BETWEEN,
    },
}
