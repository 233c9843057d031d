"""The mutants of initializers that no test can kill, because they say the same: module -> change -> why."""

EQUIVALENT = {
    "microgrid.initializers": {
        "_orthonormal: basis * 2 -> basis * 3": "what two passes made orthogonal a third leaves alone",
    },
}
