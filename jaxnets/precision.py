"""Half precision: what is summed is summed in float32, and rounded once at the end.

float16 ends at 65504 and has 3 digits, bfloat16 has 2: a sum of a few hundred terms has none of them left.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

Formula = TypeVar("Formula", bound=Callable[..., Any])


def wide(x):
    """An array in at least float32."""
    return x.astype(jnp.promote_types(x.dtype, jnp.float32))


def rounded_once(formula: Formula) -> Formula:
    """Decorates a formula: arrays of half precision are taken as float32, and the result rounded to the type
    of the arrays. Of others nothing changes.

    >>> float(rounded_once(lambda x: jnp.sum(x * x) / 8)(jnp.full(8, 250.0, jnp.float16)))
    62496.0
    """

    @wraps(formula)
    def rounded(*arguments: Any, **named: Any):
        leaves, tree = jax.tree.flatten((arguments, named))
        floats = [x for x in leaves if _is_float(x)]
        if not any(_is_half(x.dtype) for x in floats):
            return formula(*arguments, **named)
        taken = [wide(x) if _is_float(x) and _is_half(x.dtype) else x for x in leaves]
        arguments, named = jax.tree.unflatten(tree, taken)
        dtype = jnp.result_type(*floats)  # one that is weak, as jnp.array(2.0), widens no other
        return jax.tree.map(lambda y: y.astype(dtype), formula(*arguments, **named))

    return rounded  # pyright: ignore[reportReturnType]


def _is_float(x):
    return isinstance(x, np.ndarray | np.generic | jax.Array) and jnp.issubdtype(x.dtype, jnp.floating)


def _is_half(dtype):
    return jnp.finfo(dtype).bits == 16
