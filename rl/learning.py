"""What learning from a Rollout needs in every algorithm: batches, masked means, running scales.

T: steps, N: environments, F: features.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.flatten_util import ravel_pytree as ravel_pytree

from jaxnets.optimizers import adam as adam, rmsprop as rmsprop

from . import spaces


class Stepper:
    """An optimizer whose gradients are shortened to max_grad_norm, with a learning rate for every step.

    It steps all parameters as one vector: one loop over the numbers in place of one for each of them, which
    is faster to compile and to run. transformation: one of jaxnets' optimizers at learning rate 1, in which
    its updates are linear.
    """

    def __init__(self, transformation, max_grad_norm):
        self._max_norm, (self._init, self._update) = max_grad_norm, transformation

    def init(self, params):
        """The state before the first step; params: arrays of numpy."""
        vector = np.concatenate([np.ravel(array) for array in jax.tree.leaves(params)])
        return self._init(vector)

    def step(self, vector, grad, state, learning_rate):
        """(vector, state) after one step; vector, grad: as `ravel_pytree` makes them of the parameters."""
        if self._max_norm != float("inf"):
            grad = grad * jnp.minimum(1.0, self._max_norm / (jnp.sqrt(jnp.sum(grad**2)) + 1e-6))
        update, state = self._update(grad, state)
        return vector + learning_rate * update, state


def over_batches(update, carry, steps, num_epochs, batch_size, lots=None):
    """update: (carry, batch) -> (carry, figures), over all steps [S, ...] E times, each time in a new order.

    lots: [E, S] random bits, by which they are ordered; one batch of all needs none. Returns (carry, figures
    [E * batches]).
    """
    if lots is None:
        return lax.scan(lambda carry, _: update(carry, steps), carry, length=num_epochs)
    orders = jnp.argsort(lots, axis=1).reshape(-1, batch_size)
    return lax.scan(lambda carry, at: update(carry, jax.tree.map(lambda x: x[at], steps)), carry, orders)


def mean(terms, mask):
    """Mean over what is not masked; mask: booleans of the same shape."""
    return jnp.sum(jnp.where(mask, terms, 0.0)) / jnp.maximum(jnp.sum(mask), 1)


def standardized(x, mask):
    """To mean 0 and deviation 1 over what is not masked."""
    middle = mean(x, mask)
    return (x - middle) / (jnp.sqrt(mean((x - middle) ** 2, mask)) + 1e-8)


class Moments(NamedTuple):
    """Running count, mean and sum of squared distances from it."""

    count: Any
    mean: Any
    squares: Any


class Scales(NamedTuple):
    """obs: Moments [F] of what was seen. reward: Moments of discounted returns; under_way: those, [N]."""

    obs: Moments
    reward: Moments
    under_way: Any


def scales(num_features, num_envs):
    """Scales before anything was seen."""

    def nothing(shape):
        return Moments(*(np.zeros(s, np.float32) for s in ((), shape, shape)))

    return Scales(nothing(num_features), nothing(()), np.zeros(num_envs, np.float32))


def seen_more(moments, rows, mask):
    """Moments after more rows, [T, N, ...]; mask: [T, N].

    Source: Chan, Golub and LeVeque 1983, eq. 2.1: two samples joined without loss of digits.
    """
    weights = mask.reshape(mask.shape + (1,) * (rows.ndim - 2)).astype(jnp.float32)
    count = jnp.sum(mask).astype(jnp.float32)
    middle = jnp.sum(rows * weights, (0, 1)) / jnp.maximum(count, 1)
    squares = jnp.sum(weights * (rows - spaces.lifted(middle, rows)) ** 2, (0, 1))
    total, gap = moments.count + count, middle - moments.mean
    share = count / jnp.maximum(total, 1)
    return Moments(
        total, moments.mean + gap * share, moments.squares + squares + gap**2 * moments.count * share
    )


def _deviation(moments):
    return jnp.sqrt(moments.squares / jnp.maximum(moments.count, 1) + 1e-8)


def normalized(moments, rows):
    """Rows to mean 0 and deviation 1, within 10; as they are before anything was seen."""
    centred = rows - spaces.lifted(moments.mean, rows)
    scaled = jnp.clip(centred / spaces.lifted(_deviation(moments), rows), -10.0, 10.0)
    return jnp.where(moments.count > 0, scaled, rows)


def scaled_reward(scales, rollout, gamma):
    """(scales, reward [T, N]): rewards over the deviation of the discounted return so far, within 10."""

    def step(under_way, row):
        reward, last = row
        under_way = gamma * under_way + reward
        return jnp.where(last, 0.0, under_way), under_way

    under_way, sums = lax.scan(step, scales.under_way, (rollout.reward, rollout.last))
    moments = seen_more(scales.reward, sums, rollout.mask)
    reward = jnp.clip(rollout.reward / _deviation(moments), -10.0, 10.0)
    return scales._replace(reward=moments, under_way=under_way), reward


def in_reward_units(scales, value):
    """Values of rewards that `scaled_reward` divided, times that deviation: in the environment's units.

    They are as they are before anything was seen. What was cut off at 10 stays cut off.
    """
    return jnp.where(scales.reward.count > 0, value * _deviation(scales.reward), value)
