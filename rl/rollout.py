"""What happened: steps of many environments side by side, and the compiled loop that takes them.

T: steps, N: environments side by side, A: actions. Host environments are stepped in rl.host; both roads
fill the same record.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from jaxnets import kernels


class Rollout(NamedTuple):
    """Steps of N environments, [T, N, ...].

    obs: what was seen before the step. action: as the policy drew it. reward: in the environment's units.
    next_obs: the true next observation, also where the environment was reset after it.
    terminated: the episode is over for good: no value beyond. truncated: cut off here: the value counts on.
    mask: False where nothing happened (a vector environment that resets in the next step pads so).
    legal, next_legal: [T, N, A] booleans, the legal actions in obs and next_obs; None where all always are.
    memory: what a recurrent policy held before the first of the T steps, [N, ...]; None without one.
    """

    obs: Any
    action: Any
    reward: Any
    next_obs: Any
    terminated: Any
    truncated: Any
    mask: Any
    legal: Any = None
    next_legal: Any = None
    memory: Any = None

    @property
    def last(self):
        """The last step of an episode, [T, N]: recursions stop here."""
        return self.terminated | self.truncated

    def discount(self, gamma):
        """gamma, or 0 where the episode terminated, [T, N] float32: a truncated step still bootstraps."""
        return jnp.where(self.terminated, 0.0, jnp.float32(gamma))


class Episodes(NamedTuple):
    """Return and length of the episode that ended in each step, [T, N]; ended: whether one did."""

    ended: Any
    returns: Any
    lengths: Any


class Faults(NamedTuple):
    """The first of T * N steps, counted row by row, in which something was wrong; -1 for none.

    outside: an observation was not in the space. stuck: no action was legal; None where all always are.
    """

    outside: Any
    stuck: Any = None


class Running(NamedTuple):
    """N episodes under way: state, what is seen, steps and rewards so far, and the policy's memory."""

    state: Any
    obs: Any
    length: Any
    total: Any
    memory: Any


def begin(env, lots, memory=None):
    """N new episodes of a functional environment. lots: [N, ...], drawn as env.reset_draw says.

    memory: of the policy as it starts, [N, ...].
    """
    state, obs = jax.vmap(env.init)(lots)
    num_envs = lots.shape[0]
    nothing = jnp.zeros(num_envs, jnp.int32), jnp.zeros(num_envs, jnp.float32)
    return Running(state, obs, *nothing, memory)


def collect(env, act, to_env, running, lots, noise):
    """T steps of N episodes, a new one after each that ends: (running, Rollout, Episodes).

    act: (noise, obs, memory, legal) -> (action, memory), of all N at once. to_env: an action as the
    environment takes it. noise: [T, ...], one row a step, what act needs of chance.
    lots: [T, N, ...], drawn as env.reset_draw says, and [T, N] keys, or None, as env.step_draw says. All
    resets happen in front of the loop, whether they are needed or not: random numbers drawn inside it would
    cost more than the physics.
    """
    resets, step_keys = lots
    fresh = flat(jax.vmap(env.init), resets)
    start = running.memory
    rows = (noise, fresh, step_keys)
    masked = env.action_mask is not None

    def step(running, row):
        noise, (fresh_state, fresh_obs), keys = row
        state, obs, length, total, memory = running
        legal = jax.vmap(env.action_mask)(state) if masked else None
        action, memory = act(noise, obs, memory, legal)
        state, next_obs, reward, terminated = jax.vmap(env.step)(keys, state, to_env(action))
        next_legal = jax.vmap(env.action_mask)(state) if masked else None
        length, total = length + 1, total + reward
        limit = jnp.zeros_like(terminated) if env.max_steps is None else length >= env.max_steps
        truncated = limit & ~terminated
        last = terminated | truncated
        seen = Rollout(
            obs, action, reward, next_obs, terminated, truncated, jnp.ones_like(last), legal, next_legal
        )
        episode = Episodes(last, total, length)
        state, obs = where_last(last, (fresh_state, fresh_obs), (state, next_obs))
        length, total = where_last(last, (0, 0.0), (length, total))
        memory = where_last(last, jax.tree.map(jnp.zeros_like, memory), memory)
        return Running(state, obs, length, total, memory), (seen, episode)

    walk = kernels.one_kernel(lambda running, rows: lax.scan(step, running, rows))
    running, (rollout, episodes) = walk(running, rows)
    return running, rollout._replace(memory=start), episodes


def flat(function, *arrays):
    """A function of rows [B, ...] over arrays [T, N, ...], all at once: one axis compiles sooner than two."""
    rows = function(*jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), arrays))
    shape = jax.tree.leaves(arrays)[0].shape[:2]
    return jax.tree.map(lambda x: x.reshape(*shape, *x.shape[1:]), rows)


def where_last(last, new, old):
    """Leaf by leaf, new where last is True and old elsewhere; last: [N]."""
    return jax.tree.map(
        lambda a, b: jnp.where(last.reshape(last.shape + (1,) * (b.ndim - 1)), jnp.asarray(a, b.dtype), b),
        new,
        old,
    )
