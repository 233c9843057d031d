"""Reading and changing entries of many tables at once, one table a seed.

N: seeds, S: states, A: actions.
"""

import jax.numpy as jnp


def picked(array, index):
    """Rows of an array; the indices are known to lie inside."""
    return array.at[index].get(mode="promise_in_bounds")


def row_of(table, state, num_actions):
    """[N, A]: the row of each seed's table that its state points to."""
    return entries(table, state[:, None] * num_actions + jnp.arange(num_actions, dtype=jnp.int32)[None])


def entries(table, index):
    """Entries of each seed's own table [N, S * A], at [N] or [N, A]."""
    seed = jnp.arange(table.shape[0], dtype=jnp.int32).reshape(-1, *[1] * (index.ndim - 1))
    return table.at[seed, index].get(mode="promise_in_bounds")


def changed(table, pair, entry):
    """Each seed's table with another entry at one pair."""
    seed = jnp.arange(table.shape[0], dtype=jnp.int32)
    return table.at[seed, pair].set(entry, mode="promise_in_bounds", unique_indices=True)
