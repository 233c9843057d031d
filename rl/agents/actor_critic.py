"""What agents share that learn a policy and the value of what they see: the two networks, and how they act.

T: num_steps, N: num_envs, F: features of an observation.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .. import checks, inputs, learning, returns, schedules
from ..chance import Draw, drawn
from ..distributions import distribution
from ..networks import agent_net
from ..rollout import flat
from .agent import Agent

LOG_STD = (-20.0, 20.0)  # what exp and its square take in float32


class Learner(NamedTuple):
    """params: {"policy", "value", "free"}. optimizer: its state. scales: running means and deviations."""

    params: Any
    optimizer: Any
    scales: Any


@dataclass(eq=False)
class ActorCritic(Agent):
    """A policy network, a value network, and one gradient for both; subclasses say which."""

    env: Any  # an id, a Gymnasium environment, or a FunctionalEnv
    seed: int = 0  # of weights, actions, environments and batches
    num_envs: int = 8  # environments side by side
    num_steps: Any = 128  # steps of each between two rounds of learning
    learning_rate: Any = 3e-4  # a number, or a function of the steps taken (rl.linear)
    gamma: float = 0.99  # what a reward one step away is worth
    gae_lambda: float = 0.95  # 0: one step of reward and the value beyond, 1: all rewards
    ent_coef: float = 0.0  # how much an undecided policy is rewarded
    vf_coef: float = 0.5  # weight of the value's loss
    max_grad_norm: float = 0.5  # longer gradients are shortened
    normalize_advantage: bool = True  # to mean 0 and deviation 1 in each batch
    normalize_obs: bool = False  # by the running mean and deviation of what was seen
    normalize_reward: bool = False  # by the running deviation of the discounted return
    hidden: tuple[int, ...] = (64, 64)  # hidden layers of policy and value
    activation: str = "tanh"
    log_std: float = 0.0  # of a Box's actions, as it starts
    action_mask: bool = False  # take the legal actions from info["action_mask"]
    compiled: bool | None = None  # None: where the environment is a JAX function

    def _check(self):
        name = self._name
        for setting in ("gamma", "gae_lambda"):
            checks.number_in(name, setting, getattr(self, setting), 0, 1)
        for setting in ("ent_coef", "vf_coef"):
            checks.amount(name, setting, getattr(self, setting))
        inputs.positive(name, "max_grad_norm", self.max_grad_norm)
        checks.number_in(name, "log_std", self.log_std, *LOG_STD)
        self.distribution = distribution(name, self.action_space)
        self.net = agent_net(self)
        self._optimizer = self._stepper()

    def _stepper(self):
        """The optimizer."""
        return learning.Stepper(learning.adam(1.0, eps=1e-5), self.max_grad_norm)

    def _learner(self, rng):
        params = {
            "policy": self.net.init(rng, self._fed, self.distribution.size, 0.01),
            "value": self.net.init(rng, self._fed, 1, 1.0),
            "free": np.full(self.distribution.free, self.log_std, np.float32),
        }
        return Learner(params, self._optimizer.init(params), learning.scales(self._features, self.num_envs))

    @property
    def _fed(self):
        """How many numbers the two networks are fed."""
        return self._features

    # How it acts.

    def _actor(self, learner):
        params = {name: part for name, part in learner.params.items() if name != "value"}
        return params, learner.scales if self.normalize_obs else None

    def _to_env(self, action):
        return self.distribution.to_env(action)

    def _chance(self):
        return dict(act=Draw(self.distribution.kind, (self.num_steps, self.num_envs, self.distribution.size)))

    def _noise(self, chance, step):
        return chance["act"]

    def _seen(self, scales, obs):
        """What the networks are fed, [..., F]."""
        rows = self._encoded(obs)
        return learning.normalized(scales.obs, rows) if self.normalize_obs else rows

    def _policy(self, params, seen, legal):
        return self.distribution.outputs(self.net(params["policy"], seen), params["free"], legal)

    def _value(self, params, seen):
        return self.net(params["value"], seen)[..., 0]

    def _act(self, actor, noise, obs, memory, legal):
        params, scales = actor
        return self.distribution.sample(self._policy(params, self._seen(scales, obs), legal), noise), memory

    def _choose(self, deterministic, actor, key, obs, memory, legal):
        params, scales = actor
        outputs = self._policy(params, self._seen(scales, obs), legal)
        return self._chosen(deterministic, outputs, key), memory

    def _chosen(self, deterministic, outputs, key):
        """The likeliest actions of a batch, or drawn ones."""
        if deterministic:
            return self.distribution.mode(outputs)
        count = jax.tree.leaves(outputs)[0].shape[0]
        draw = Draw(self.distribution.kind, (count, self.distribution.size))
        return self.distribution.sample(outputs, drawn(key, dict(act=draw))["act"])

    def _worth(self, learner, obs, memory, legal):
        return self._in_units(learner.scales, self._value(learner.params, self._seen(learner.scales, obs)))

    def _in_units(self, scales, value):
        """What the value network says, in the environment's units; learning needs those it was taught."""
        return learning.in_reward_units(scales, value) if self.normalize_reward else value

    # What it learns from.

    def _broken_off(self, learner):
        scales = learner.scales
        return learner._replace(scales=scales._replace(under_way=jnp.zeros_like(scales.under_way)))

    def _scaled(self, scales, rollout):
        """(scales, reward) after this rollout, each as it is where nothing is normalised."""
        if self.normalize_obs:
            rows = self._encoded(rollout.obs)
            scales = scales._replace(obs=learning.seen_more(scales.obs, rows, rollout.mask))
        if self.normalize_reward:
            return learning.scaled_reward(scales, rollout, self.gamma)
        return scales, rollout.reward

    def _advantages(self, params, scales, rollout, reward):
        """(seen, advantage, target of the value), [T, N, ...] each."""
        seen, next_seen = (self._seen(scales, obs) for obs in (rollout.obs, rollout.next_obs))
        value, next_value = (flat(lambda rows: self._value(params, rows), x) for x in (seen, next_seen))
        return seen, *self._judged(rollout, reward, value, next_value)

    def _judged(self, rollout, reward, value, next_value):
        """(advantage, target of the value), [T, N] each."""
        advantage = jax.vmap(returns.gae, in_axes=(1, 1, 1, 1, 1, None), out_axes=1)(
            reward, rollout.discount(self.gamma), value, next_value, rollout.last, self.gae_lambda
        )
        return advantage, advantage + value

    def _stepped(self, learner, scales, step, *steps):
        """(learner, figures) after one step of the optimizer along the gradient of `_loss` over all steps."""
        vector, as_params = learning.ravel_pytree(learner.params)
        grad, figures = jax.grad(lambda v: self._loss(as_params(v), *steps), has_aux=True)(vector)
        learning_rate = schedules.scheduled(self.learning_rate, step)
        vector, optimizer = self._optimizer.step(vector, grad, learner.optimizer, learning_rate)
        return Learner(as_params(vector), optimizer, scales), figures

    def _loss(self, params, *steps):
        """(loss, figures) of the algorithm."""
        raise NotImplementedError

    def _together(self, params, seen, target, outputs, policy_loss, mask):
        """(loss, figures): the policy's, the value's and the entropy's in one."""
        value_loss = learning.mean((self._value(params, seen) - target) ** 2, mask)
        entropy = learning.mean(self.distribution.entropy(outputs), mask)
        loss = policy_loss + self.vf_coef * value_loss - self.ent_coef * entropy
        return loss, dict(policy_loss=policy_loss, value_loss=value_loss, entropy=entropy)
