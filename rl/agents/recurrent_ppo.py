"""PPO with a memory: a recurrent layer in front of policy and value, for what one observation does not show.

T: num_steps, N: num_envs, H: memory_features, F: features of an observation.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxnets.initializers import orthogonal
from jaxnets.recurrent import gru_step

from .. import checks
from ..rollout import flat
from .ppo import PPO


@dataclass(eq=False)
class RecurrentPPO(PPO):
    """Proximal policy optimization whose policy and value see a GRU's memory h in place of the observation.

        h[t] = gru(h[t-1], obs[t]),  h = 0 before the first step of an episode
        policy, value = networks of h[t],  value beyond the last step: of gru(h[t], next_obs[t])

    Gradients go back through the T steps of an iteration, from the memory that it began with. A batch is
    whole sequences: batch_size must be a multiple of num_steps. Everything else as in PPO.
    Source: Schulman et al. 2017; Cho et al. 2014; sequences as in Hausknecht and Stone 2015, section 4.

    >>> agent = RecurrentPPO("CartPole-v1", seed=0, num_envs=4, num_steps=16, batch_size=32)
    >>> agent.train(128, progress=False).steps
    128
    """

    memory_features: int = 32  # numbers that the policy remembers

    def _check(self):
        super()._check()
        checks.whole_number(self._name, "memory_features", self.memory_features, 1)
        if self.batch_size % self.num_steps:
            raise ValueError(
                f"RecurrentPPO: batch_size must be a multiple of num_steps = {self.num_steps}, so that a "
                f"batch is whole sequences; got {self.batch_size}. Fix: batch_size={self._usable()}."
            )

    def _learner(self, rng):
        learner = super()._learner(rng)
        params = learner.params | {"body": self._body(rng)}
        return learner._replace(params=params, optimizer=self._optimizer.init(params))

    @property
    def _fed(self):
        return self.memory_features

    def _body(self, rng):
        """The recurrent layer as it starts: each gate's kernels are orthogonal."""

        def gates(ins):
            three = [orthogonal(rng.standard_normal((ins, self.memory_features))) for _ in range(3)]
            return np.concatenate(three, axis=1).astype(np.float32)

        zeros = np.zeros(3 * self.memory_features, np.float32)
        kernels = dict(kernel=gates(self._features), recurrent_kernel=gates(self.memory_features))
        return kernels | dict(bias=zeros, recurrent_bias=zeros)

    def act(self, obs, memory=None, deterministic=True, seed=None, legal=None):
        """(action, memory) in one observation of an episode; the memory is for the next one.

        memory: what the observation before led to, None at the start of an episode. The rest as for PPO.

        >>> agent = RecurrentPPO("CartPole-v1", seed=0)
        >>> action, memory = agent.act([0.0, 0.0, 0.0, 0.0])
        >>> action, memory = agent.act([0.0, 0.1, 0.0, 0.0], memory)
        >>> memory.shape
        (1, 32)
        """
        return self._acted(obs, self._handed("act", memory), deterministic, seed, legal)

    def value(self, obs, memory=None, legal=None):
        """What the rest of an episode is worth from one observation of it on, as for PPO.

        memory: what act returned at the observation before, None at the start of an episode.

        >>> agent = RecurrentPPO("CartPole-v1", seed=0)
        >>> action, memory = agent.act([0.0, 0.2, 0.0, 0.0])
        >>> agent.value([0.0, 0.1, 0.0, 0.0], memory) != agent.value([0.0, 0.1, 0.0, 0.0])
        True
        """
        return self._valued(obs, self._handed("value", memory), legal)

    def _handed(self, function, memory):
        """The memory that a user handed on; zeros for None."""
        memory = self._memory(1) if memory is None else memory
        if getattr(memory, "shape", None) != (1, self.memory_features):
            raise ValueError(
                f"{function}: memory must be what act returned, (1, {self.memory_features}), or None; got "
                f"{getattr(memory, 'shape', type(memory).__name__)}."
            )
        checks.finite(function, "memory", memory)
        return memory

    def _memory(self, num_envs):
        return jnp.zeros((num_envs, self.memory_features), jnp.float32)

    def _rows(self):
        return self.num_envs

    def _act(self, actor, noise, obs, memory, legal):
        params, scales = actor
        memory = gru_step(memory, self._seen(scales, obs), **params["body"])
        return self.distribution.sample(self._policy(params, memory, legal), noise), memory

    def _choose(self, deterministic, actor, key, obs, memory, legal):
        params, scales = actor
        memory = gru_step(memory, self._seen(scales, obs), **params["body"])
        return self._chosen(deterministic, self._policy(params, memory, legal), key), memory

    def _worth(self, learner, obs, memory, legal):
        params, scales = learner.params, learner.scales
        memory = gru_step(memory, self._seen(scales, obs), **params["body"])
        return self._in_units(scales, self._value(params, memory))

    def _remembered(self, params, memory, seen, last):
        """h [T, N, H] of seen [T, N, F], from memory [N, H]; last: [T, N], after which an episode begins."""

        def step(h, row):
            seen, last = row
            h = gru_step(h, seen, **params["body"])
            return jnp.where(last[:, None], 0.0, h), h

        return lax.scan(step, memory, (seen, last))[1]

    def _learn(self, learner, rollout, chance, step):
        params, memory = learner.params, rollout.memory
        scales, reward = self._scaled(learner.scales, rollout)
        seen, next_seen = (self._seen(scales, obs) for obs in (rollout.obs, rollout.next_obs))
        h = self._remembered(params, memory, seen, rollout.last)
        beyond = flat(lambda h, rows: gru_step(h, rows, **params["body"]), h, next_seen)
        value, next_value = (flat(lambda rows: self._value(params, rows), x) for x in (h, beyond))
        advantage, target = self._judged(rollout, reward, value, next_value)
        old = self.distribution.log_prob(self._policy(params, h, rollout.legal), rollout.action)
        steps = (
            seen,
            rollout.last,
            rollout.action,
            advantage,
            target,
            rollout.mask,
            rollout.legal,
            old,
        )
        rows = memory, *jax.tree.map(lambda x: jnp.moveaxis(x, 0, 1), steps)
        size = self.batch_size // self.num_steps
        return self._improved(learner, scales, step, self._sequence_loss, rows, chance, size)

    def _sequence_loss(self, params, batch, clip_eps):
        """The loss of whole sequences, [n, T, ...]."""
        memory, seen, last, *rest = batch
        h = self._remembered(params, memory, jnp.moveaxis(seen, 0, 1), jnp.moveaxis(last, 0, 1))
        rows = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), (jnp.moveaxis(h, 0, 1), *rest))
        return self._loss(params, rows, clip_eps)
