"""The arguments of a formula as its room takes them."""

import jax.numpy as jnp
import numpy as np

# dtype, size: near the largest number, where 1 / size is so small that XLA takes it as 0
LARGEST = [("float32", 9e37), ("float32", 1e38), ("float32", 3e38), ("float64", 1e308), ("float64", 1.7e308)]


def as_arrays(case, function):
    """The case as a function's room takes it: nested lists in microgrid, arrays elsewhere."""
    if function.__module__.startswith("microgrid"):
        return case
    return {name: jnp.asarray(np.asarray(x)) if isinstance(x, list) else x for name, x in case.items()}
