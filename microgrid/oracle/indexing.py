"""Where gathers and scatters go, asked of JAX itself with whole numbers in the place of scalars."""

import jax.numpy as jnp
import numpy as np
from jax import lax


def gather(equation, ids, indices, outside):
    """Whole numbers gathered as an equation does it, `outside` for what is out of bounds."""
    params = dict(equation.params, fill_value=outside)
    ids = jnp.asarray(ids.astype(np.int32))
    return np.asarray(lax.gather_p.bind(ids, jnp.asarray(indices), **params)).astype(np.int64)


def outside(equation, shape, indices):
    """The first index of a gather that is out of bounds, with the size of its axis, in words; "" for none."""
    axes = equation.params["dimension_numbers"].start_index_map
    most = [shape[axis] - equation.params["slice_sizes"][axis] for axis in axes]
    rows = np.asarray(indices).astype(np.int64).reshape(-1, len(axes))
    for row, k in np.argwhere((rows < 0) | (rows > most)).tolist():
        return f"index {rows[row, k]} is outside of an axis of {shape[axes[k]]}"
    return ""


def scatter_targets(equation, shape, indices, updates):
    """The flat position in an array that each update goes to, -1 for one that is dropped.

    shape, updates: the shapes of the array and of the updates.
    """
    p = equation.params
    numbers = p["dimension_numbers"]
    single = {*numbers.inserted_window_dims, *numbers.operand_batching_dims}
    sizes = iter([updates[k] for k in numbers.update_window_dims])
    slices = tuple(1 if axis in single else next(sizes) for axis in range(len(shape)))
    gathered = lax.GatherDimensionNumbers(
        offset_dims=numbers.update_window_dims,
        collapsed_slice_dims=numbers.inserted_window_dims,
        start_index_map=numbers.scatter_dims_to_operand_dims,
        operand_batching_dims=numbers.operand_batching_dims,
        start_indices_batching_dims=numbers.scatter_indices_batching_dims,
    )
    mode = p["mode"]
    if mode == lax.GatherScatterMode.PROMISE_IN_BOUNDS:  # XLA drops what breaks the promise
        mode = lax.GatherScatterMode.FILL_OR_DROP
    positions = jnp.arange(int(np.prod(shape, dtype=int)), dtype=jnp.int32).reshape(shape)
    made = lax.gather(positions, jnp.asarray(indices), gathered, slices, mode=mode, fill_value=-1)
    return np.asarray(made).astype(np.int64)
