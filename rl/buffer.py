"""The replay buffer: the last steps of N environments in order, from which batches are drawn.

Because the order is kept, returns over several steps are put together when they are drawn.
C: rows that the buffer holds, one step of all N environments each, T: rows that come in at once, B: a batch.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .rollout import Rollout


class Buffer(NamedTuple):
    """steps: a Rollout of [C, N, ...]. head: rows ever written; row r stands at r % C."""

    steps: Rollout
    head: Any


class Batch(NamedTuple):
    """B transitions over up to n steps, [B, ...].

    reward: sum of gamma**k * reward[k] over them. discount: what next_obs is worth: gamma**(their number), or
    0 where the episode terminated. The rest as in a Rollout; next_obs: after the last of them.
    """

    obs: Any
    action: Any
    reward: Any
    next_obs: Any
    discount: Any
    legal: Any
    next_legal: Any
    mask: Any


def capacity(agent):
    """C of an agent: rows for its buffer_size, in whole iterations. ValueError where n_step is more."""
    size = agent.num_steps * agent.num_envs
    rows = -(-max(agent.buffer_size, size) // size) * agent.num_steps
    if agent.n_step > rows:
        name = type(agent).__name__
        raise ValueError(
            f"{name}: n_step must be at most the rows of the buffer, {rows}; got {agent.n_step}."
        )
    return rows


def empty(row, capacity):
    """A buffer for `capacity` rows like row, a Rollout of [N, ...] shapes and dtypes."""
    return Buffer(jax.tree.map(lambda x: np.zeros((capacity, *x.shape), x.dtype), row), np.int32(0))


def added(buffer, rollout):
    """The buffer after T more rows, which must divide C: the oldest give way."""
    capacity, count = buffer.steps.reward.shape[0], rollout.reward.shape[0]
    at = buffer.head % capacity

    def put(old, new):
        return jax.lax.dynamic_update_slice_in_dim(old, new.astype(old.dtype), at, axis=0)

    rows = jax.tree.map(put, buffer.steps, rollout._replace(memory=None))
    return Buffer(rows, buffer.head + count)


def broken_off(buffer):
    """The buffer whose newest steps have no next one: there the environments started again."""
    newest = (buffer.head - 1) % buffer.steps.reward.shape[0]
    steps = buffer.steps
    cut = steps.truncated.at[newest].set(~steps.terminated[newest])
    return buffer._replace(steps=steps._replace(truncated=cut))


def drawn(buffer, uniform, n_step):
    """(rows, envs), [..., B] each: transitions drawn uniformly from those that have n_step steps ahead.

    uniform: [..., B] in [0, 1); one batch, or all of a round.
    """
    capacity, num_envs = buffer.steps.reward.shape
    ready = jnp.maximum(jnp.minimum(buffer.head, capacity) - n_step + 1, 1)
    at = (uniform * (ready * num_envs)).astype(jnp.int32)
    at = jnp.minimum(at, ready * num_envs - 1)  # rounding may lead to the end itself
    return (buffer.head - n_step - at // num_envs) % capacity, at % num_envs


def batch(buffer, rows, envs, gamma, n_step=1):
    """The Batch that starts at rows, envs, [..., B] each: up to n_step steps, fewer at an end."""
    steps, capacity = buffer.steps, buffer.steps.reward.shape[0]

    def at(field, row):
        return jax.tree.map(lambda x: x[row, envs], field)

    reward, discount = jnp.zeros(rows.shape, jnp.float32), jnp.ones(rows.shape, jnp.float32)
    going, final = jnp.ones(rows.shape, bool), rows
    for k in range(n_step):
        row = (rows + k) % capacity
        final = jnp.where(going, row, final)
        reward += jnp.where(going, discount * at(steps.reward, row), 0.0)
        kept = jnp.where(at(steps.terminated, row), 0.0, jnp.float32(gamma))
        discount *= jnp.where(going, kept, 1.0)
        going &= ~at(steps.last, row)
    return Batch(
        at(steps.obs, rows),
        at(steps.action, rows),
        reward,
        at(steps.next_obs, final),
        discount,
        at(steps.legal, rows),
        at(steps.next_legal, final),
        at(steps.mask, rows),
    )


class Priorities(NamedTuple):
    """A sum tree: sums[1] is the total, sums[i] = sums[2 * i] + sums[2 * i + 1]; leaves from L >= C * N on.

    largest: the largest priority given so far, which new transitions get.
    Source: Schaul et al. 2016, section 3.3 and appendix B.2.1, arXiv:1511.05952.
    """

    sums: Any
    largest: Any


def priorities(count):
    """Priorities of `count` transitions, all 0: none is drawn."""
    leaves = 1 << (count - 1).bit_length()
    return Priorities(np.zeros(2 * leaves, np.float32), np.float32(1.0))


def prioritized(tree, leaves, values):
    """The tree after values [B] for leaves [B], whose order decides where one comes twice."""
    sums = tree.sums
    at = leaves + sums.shape[0] // 2
    sums = sums.at[at].set(values)
    for _ in range(int(np.log2(sums.shape[0])) - 1):
        at = at // 2
        sums = sums.at[at].set(sums[2 * at] + sums[2 * at + 1])
    return Priorities(sums, jnp.maximum(tree.largest, jnp.max(values)))


def drawn_by_priority(tree, uniform):
    """(leaves, probability), [B] each, drawn in B strata of equal total; uniform: [B] in [0, 1)."""
    count, sums = uniform.shape[0], tree.sums
    target = (jnp.arange(count, dtype=jnp.float32) + uniform) / count * sums[1]
    at = jnp.ones(count, jnp.int32)
    for _ in range(int(np.log2(sums.shape[0])) - 1):
        left = sums[2 * at]
        right = (target >= left) & (sums[2 * at + 1] > 0)  # rounding must not lead to a leaf of priority 0
        target = jnp.where(right, target - left, target)
        at = 2 * at + right
    return at - sums.shape[0] // 2, sums[at] / sums[1]
