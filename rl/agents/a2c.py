"""Advantage actor-critic: one gradient for every few steps of many environments.

T: num_steps, N: num_envs.
"""

from dataclasses import dataclass
from typing import Any

from .. import learning, policy_gradient
from .actor_critic import ActorCritic


@dataclass(eq=False)
class A2C(ActorCritic):
    """Advantage actor-critic, the synchronous form of A3C.

        A, returns = gae over T steps of N environments, A + value
        loss = mean(-A * log_prob(action)) + vf_coef * mean((value - returns)**2) - ent_coef * mean(entropy)

    One step of RMSprop for each T * N steps. Source: Mnih et al. 2016, algorithm S3, arXiv:1602.01783.

    >>> A2C("CartPole-v1", seed=0).train(400, progress=False).steps
    400
    """

    num_steps: int = 5
    learning_rate: Any = 7e-4
    gae_lambda: float = 1.0
    normalize_advantage: bool = False

    def _stepper(self):
        return learning.Stepper(learning.rmsprop(1.0, decay=0.99, eps=1e-5), self.max_grad_norm)

    def _learn(self, learner, rollout, chance, step):
        scales, reward = self._scaled(learner.scales, rollout)
        seen, advantage, target = self._advantages(learner.params, scales, rollout, reward)
        return self._stepped(learner, scales, step, seen, advantage, target, rollout)

    def _loss(self, params, seen, advantage, target, rollout):
        if self.normalize_advantage:
            advantage = learning.standardized(advantage, rollout.mask)
        outputs = self._policy(params, seen, rollout.legal)
        log_prob = self.distribution.log_prob(outputs, rollout.action)
        terms = policy_gradient.reinforce_loss(log_prob.ravel(), advantage.ravel(), reduction="none")
        policy_loss = learning.mean(terms, rollout.mask.ravel())
        return self._together(params, seen, target, outputs, policy_loss, rollout.mask)
