"""REINFORCE: the oldest policy gradient. Whole episodes, and each action as much as what followed was worth.

T: num_steps, N: num_envs.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from .. import learning, policy_gradient, returns
from .actor_critic import ActorCritic


@dataclass(eq=False)
class REINFORCE(ActorCritic):
    """REINFORCE, with a learnt baseline or without.

        G[t] = reward[t] + gamma * G[t+1],  G = 0 beyond the end of the episode
        loss = mean(-(G - baseline) * log_prob(action)) + vf_coef * mean((baseline - G)**2)
               - ent_coef * mean(entropy)

    Every iteration plays N environments for T steps from the start, and learns, by one step of Adam, from the
    episodes that ended; T is the environment's step limit if None, so that at least one ends in each. An
    episode that the limit cut off goes on to be worth baseline(next_obs), where there is a baseline.
    Source: Williams 1992; Sutton and Barto 2018, section 13.3 and 13.4.

    >>> REINFORCE("CartPole-v1", seed=0, num_envs=2).train(1000, progress=False).steps
    1000
    """

    num_steps: int | None = None
    learning_rate: Any = 1e-3
    baseline: bool = True  # subtract what the value network expects

    fresh_episodes = True
    _warned = False  # that nothing can be learnt

    def _default_steps(self):
        limit = self._limit()
        if limit is None:
            raise ValueError(
                "REINFORCE: num_steps must be given where the environment has no step limit; got None."
            )
        return limit

    def _record(self, training, figures, episodes, faults=None):
        super()._record(training, figures, episodes, faults)
        if not episodes.ended.any() and not self.episode_returns and not self._warned:
            self._warned = True
            warnings.warn(
                f"REINFORCE: num_steps must be as long as an episode to learn from it; none ended within "
                f"{self.num_steps} steps. Fix: a larger num_steps.",
                stacklevel=2,
            )

    def _learn(self, learner, rollout, chance, step):
        params = learner.params
        scales, reward = self._scaled(learner.scales, rollout)
        seen, next_seen = (self._seen(scales, obs) for obs in (rollout.obs, rollout.next_obs))
        beyond = self._value(params, next_seen) if self.baseline else jnp.zeros_like(reward)
        target = jax.vmap(returns.discounted_returns, in_axes=1, out_axes=1)(
            reward, rollout.discount(self.gamma), beyond, rollout.last
        )
        whole = jnp.flip(jnp.cumsum(jnp.flip(rollout.last, 0), 0), 0) > 0  # of an episode that ended
        mask = rollout.mask & whole
        advantage = target - self._value(params, seen) if self.baseline else target
        if self.normalize_advantage:
            advantage = learning.standardized(advantage, mask)
        steps = (seen, rollout.action, advantage, target, mask, rollout.legal)
        return self._stepped(learner, scales, step, *steps)

    def _loss(self, params, seen, action, advantage, target, mask, legal):
        outputs = self._policy(params, seen, legal)
        log_prob = self.distribution.log_prob(outputs, action)
        terms = policy_gradient.reinforce_loss(log_prob.ravel(), advantage.ravel(), reduction="none")
        return self._together(params, seen, target, outputs, learning.mean(terms, mask.ravel()), mask)
