"""The arguments of a formula as its room takes them."""

import jax.numpy as jnp
import numpy as np


def as_arrays(case, function):
    """The case as a function's room takes it: nested lists in microgrid, arrays elsewhere."""
    if function.__module__.startswith("microgrid"):
        return case
    return {name: jnp.asarray(np.asarray(x)) if isinstance(x, list) else x for name, x in case.items()}
