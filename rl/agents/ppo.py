"""Proximal policy optimization: a policy that improves by small steps, each of which reuses its data often.

B: batch_size, E: num_epochs, T: num_steps, N: num_envs.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from .. import checks, learning, policy_gradient, schedules
from ..chance import Draw
from .actor_critic import ActorCritic, Learner


@dataclass(eq=False)
class PPO(ActorCritic):
    """Proximal policy optimization.

        A, returns = gae over T steps of N environments, A + value
        ratio = exp(log_prob(action) - log_prob of the policy that acted)
        loss = mean(-min(ratio * A, clip(ratio, 1 - clip_eps, 1 + clip_eps) * A))
               + vf_coef * mean((value - returns)**2) - ent_coef * mean(entropy)

    Each iteration collects T * N steps and goes over them E times in batches of B, with Adam. With
    normalize_obs the policy that acted is asked again once these steps have moved the running mean and
    deviation: both probabilities are of what the networks are fed now.
    Source: Schulman et al. 2017, algorithm 1, arXiv:1707.06347; details as in Stable-Baselines3.

    >>> agent = PPO("CartPole-v1", seed=0, num_envs=4, num_steps=64).train(512, progress=False)
    >>> agent.steps, agent.act([0.0, 0.0, 0.0, 0.0]) in (0, 1)
    (512, True)
    """

    num_epochs: int = 10  # rounds over the steps of an iteration
    batch_size: int = 256  # steps in one gradient; must divide num_envs * num_steps
    clip_eps: Any = 0.2  # how far the ratio may go to be rewarded; a number or a function of the steps

    schedules: ClassVar = ActorCritic.schedules | {"clip_eps": float("inf")}

    def _check(self):
        super()._check()
        for name in ("num_epochs", "batch_size"):
            checks.whole_number(self._name, name, getattr(self, name), 1)
        size = self.num_envs * self.num_steps
        if size % self.batch_size:
            raise ValueError(
                f"{self._name}: batch_size must divide num_envs * num_steps = {size}; got {self.batch_size}. "
                f"Fix: batch_size={self._usable()}."
            )

    def _usable(self):
        """The nearest sizes of a batch that divide an iteration, below and above."""
        size = self.num_envs * self.num_steps
        least = size // self._rows()
        sizes = [least * n for n in range(1, size // least + 1) if size // least % n == 0]
        below, above = [b for b in sizes if b < self.batch_size], [b for b in sizes if b > self.batch_size]
        return " or ".join(map(str, below[-1:] + above[:1]))

    def _chance(self):
        if self.batch_size == self.num_envs * self.num_steps:  # one batch of all needs no order
            return super()._chance()
        return super()._chance() | dict(order=Draw("bits", (self.num_epochs, self._rows())))

    def _rows(self):
        """How many rows are put in a new order: each step is one."""
        return self.num_envs * self.num_steps

    def _learn(self, learner, rollout, chance, step):
        params = learner.params
        scales, reward = self._scaled(learner.scales, rollout)
        seen, advantage, target = self._advantages(params, scales, rollout, reward)
        steps = (seen, rollout.action, advantage, target, rollout.mask, rollout.legal)
        steps = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), steps)
        seen, action, *_, legal = steps
        old_log_prob = self.distribution.log_prob(self._policy(params, seen, legal), action)
        rows = *steps, old_log_prob
        return self._improved(learner, scales, step, self._loss, rows, chance, self.batch_size)

    def _improved(self, learner, scales, step, loss, rows, chance, batch_rows):
        """(learner, figures) after num_epochs rounds over rows [R, ...], batch_rows of them at a time."""
        clip_eps = schedules.scheduled(self.clip_eps, step)
        learning_rate = schedules.scheduled(self.learning_rate, step)
        vector, as_params = learning.ravel_pytree(learner.params)

        def update(carry, batch):
            vector, optimizer = carry
            slope = jax.grad(lambda v: loss(as_params(v), batch, clip_eps), has_aux=True)
            grad, figures = slope(vector)
            return self._optimizer.step(vector, grad, optimizer, learning_rate), figures

        carry = vector, learner.optimizer
        rounds = self.num_epochs, batch_rows, chance.get("order")
        (vector, optimizer), figures = learning.over_batches(update, carry, rows, *rounds)
        return Learner(as_params(vector), optimizer, scales), jax.tree.map(jnp.mean, figures)

    def _loss(self, params, batch, clip_eps):
        seen, action, advantage, target, mask, legal, old_log_prob = batch
        if self.normalize_advantage:
            advantage = learning.standardized(advantage, mask)
        outputs = self._policy(params, seen, legal)
        log_prob = self.distribution.log_prob(outputs, action)
        terms = policy_gradient.ppo_clip_loss(log_prob, old_log_prob, advantage, clip_eps, reduction="none")
        loss, figures = self._together(params, seen, target, outputs, learning.mean(terms, mask), mask)
        log_ratio = log_prob - old_log_prob
        return loss, figures | dict(kl=learning.mean(jnp.expm1(log_ratio) - log_ratio, mask))
