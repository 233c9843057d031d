"""Soft actor-critic: continuous actions, learnt from a buffer, by a policy that stays as random as it can.

B: batch_size, T: num_steps, N: num_envs, D: numbers of an action.
"""

from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from gymnasium.spaces import Box
from jax import lax

from .. import buffer as replay, checks, inputs, learning, policy_gradient, schedules, spaces
from ..chance import Draw
from ..distributions import batched, suited
from ..networks import agent_net
from .agent import Agent

LOG_STD = (-20.0, 2.0)  # where the policy's deviation is held


class Learner(NamedTuple):
    """params: {"policy", "q", "log_alpha"}. target: older copies of the two q. optimizer: one Adam for each.

    buffer: the last steps.
    """

    params: Any
    target: Any
    optimizer: Any
    buffer: Any


@dataclass(eq=False)
class SAC(Agent):
    """Soft actor-critic, with two action values and a temperature alpha that tunes itself.

        action = tanh(mean + std * noise),  scaled to the bounds of the Box
        target = reward + discount * (min(q1, q2)(next_obs, next_action) - alpha * log_prob(next_action))
        q_loss = mean((q1 - target)**2 + (q2 - target)**2)
        policy_loss = mean(alpha * log_prob(action) - min(q1, q2)(obs, action))
        alpha_loss = -log_alpha * mean(log_prob(action) + target_entropy)

    Each iteration takes T steps of N environments, then gradient_steps steps of Adam for each of the three.
    Source: Haarnoja et al. 2018, algorithm 1, arXiv:1812.05905.

    >>> agent = SAC("Pendulum-v1", seed=0, hidden=(32, 32), learning_starts=50).train(100, progress=False)
    >>> agent.steps, agent.act([1.0, 0.0, 0.0]).shape
    (100, (1,))
    """

    env: Any  # an id, a Gymnasium environment, or a FunctionalEnv
    seed: int = 0  # of weights, actions, environments and batches
    num_envs: int = 1  # environments side by side
    num_steps: int = 1  # steps of each between two rounds of learning
    gradient_steps: int = 1  # gradients in a round
    batch_size: int = 256  # transitions in a gradient
    learning_rate: Any = 3e-4  # a number, or a function of the steps taken (rl.linear)
    gamma: float = 0.99  # what a reward one step away is worth
    polyak: float = 0.005  # how much of the q moves into its older copy at each gradient
    buffer_size: int = 100_000  # steps that the buffer holds, rounded up to whole iterations
    learning_starts: int = 100  # random steps before the first gradient
    target_entropy: float | None = None  # in nats, what alpha is tuned for; None: -D
    n_step: int = 1  # steps of reward before the value beyond
    hidden: tuple[int, ...] = (256, 256)  # hidden layers of policy and q
    activation: str = "relu"
    scale_obs: bool = False  # numbers between bounds are seen from -1 to 1
    compiled: bool | None = None  # None: where the environment is a JAX function
    action_mask = False
    rewritten = ("buffer",)

    def _check(self):
        space = self.action_space
        if not (isinstance(space, Box) and space.dtype.kind == "f" and space.is_bounded()):
            raise ValueError(
                f"SAC: actions must be a bounded Box of floats; got {space}. Fix: {suited(space)}."
            )
        if 0 in space.shape:
            raise ValueError(f"SAC: actions must hold one number at least; got {space}.")
        for name in ("gradient_steps", "batch_size", "buffer_size", "n_step"):
            checks.whole_number("SAC", name, getattr(self, name), 1)
        checks.step_count("SAC", "learning_starts", self.learning_starts, 0)
        for name in ("gamma", "polyak"):
            checks.number_in("SAC", name, getattr(self, name), 0, 1)
        if self.target_entropy is not None:
            checks.number_in("SAC", "target_entropy", self.target_entropy, -inputs.HUGE, inputs.HUGE)
        self._capacity = replay.capacity(self)
        self._size = prod(space.shape)
        self._entropy = float(-self._size if self.target_entropy is None else self.target_entropy)
        self._low, self._high = np.ravel(space.low), np.ravel(space.high)
        self.net = agent_net(self)
        self._optimizer = learning.Stepper(learning.adam(1.0), float("inf"))

    def _learner(self, rng):
        ins = self._features + self._size
        q = [self.net.init(rng, ins, 1) for _ in range(2)]
        params = {
            "policy": self.net.init(rng, self._features, 2 * self._size, 0.01),
            "q": jax.tree.map(lambda *both: np.stack(both), *q),
            "log_alpha": np.zeros((), np.float32),
        }
        memory = replay.empty(
            self._example(np.zeros((self.num_envs, self._size), np.float32)), self._capacity
        )
        optimizer = {name: self._optimizer.init(part) for name, part in params.items()}
        return Learner(params, params["q"], optimizer, memory)

    def _actor(self, learner):
        return learner.params["policy"]

    def _to_env(self, action):
        """Actions in [-1, 1], [..., D], to the bounds and the shape of the Box."""
        low, high = spaces.lifted(self._low, action), spaces.lifted(self._high, action)
        scaled = low + (action + 1) * (0.5 * (high - low))
        return scaled.clip(low, high).reshape(*action.shape[:-1], *self.action_space.shape)

    # How it acts.

    def _policy(self, params, seen):
        """(mean, log_std), [..., D] each, of what tanh then squashes."""
        outputs = self.net(params, seen)
        return outputs[..., : self._size], jnp.clip(outputs[..., self._size :], *LOG_STD)

    def _chance(self):
        shape, draws = (self.num_steps, self.num_envs, self._size), (self.gradient_steps, self.batch_size)
        return dict(
            act=Draw("normal", shape),
            anywhere=Draw("uniform", shape),
            replay=Draw("uniform", draws),
            next=Draw("normal", (*draws, self._size)),
            policy=Draw("normal", (*draws, self._size)),
        )

    def _noise(self, chance, step):
        start = step + jnp.arange(self.num_steps, dtype=jnp.int32) * self.num_envs < self.learning_starts
        noise = chance["act"]
        return jnp.broadcast_to(start[:, None, None], noise.shape), noise, 2 * chance["anywhere"] - 1

    def _act(self, actor, noise, obs, memory, legal):
        start, noise, anywhere = noise
        mean, log_std = self._policy(actor, self._encoded(obs))
        return jnp.where(start, anywhere, jnp.tanh(mean + jnp.exp(log_std) * noise)), memory

    def _choose(self, deterministic, actor, key, obs, memory, legal):
        mean, log_std = self._policy(actor, self._encoded(obs))
        noise = 0.0 if deterministic else jax.random.normal(key, mean.shape)
        return jnp.tanh(mean + jnp.exp(log_std) * noise), memory

    def _worth(self, learner, obs, memory, legal):
        params, seen = learner.params, self._encoded(obs)
        action = jnp.tanh(self._policy(params["policy"], seen)[0])
        return jnp.min(self._q(params["q"], seen, action), axis=0)

    # What it learns.

    def _broken_off(self, learner):
        return learner._replace(buffer=replay.broken_off(learner.buffer))

    def _learn(self, learner, rollout, chance, step):
        taken = step + self.num_steps * self.num_envs
        memory = replay.added(learner.buffer, rollout)
        carry = learner.params, learner.target, learner.optimizer

        def teach(carry):
            draws = chance["replay"], chance["next"], chance["policy"]
            return lax.scan(lambda carry, draw: self._update(carry, memory, draw, step), carry, draws)

        def wait(carry):
            names = "q_loss", "policy_loss", "alpha", "entropy"
            return carry, dict.fromkeys(names, jnp.full(self.gradient_steps, jnp.nan, jnp.float32))

        ready = (taken >= self.learning_starts) & (memory.head >= self.n_step)
        (params, target, optimizer), figures = lax.cond(ready, teach, wait, carry)
        return Learner(params, target, optimizer, memory), jax.tree.map(jnp.mean, figures)

    def _update(self, carry, memory, draw, step):
        params, target, optimizer = carry
        lots, next_noise, noise = draw
        rows, envs = replay.drawn(memory, lots, self.n_step)
        batch = replay.batch(memory, rows, envs, self.gamma, self.n_step)
        seen, next_seen = (self._encoded(o) for o in (batch.obs, batch.next_obs))
        alpha = jnp.exp(params["log_alpha"])

        next_action, next_log_prob = self._drawn(params["policy"], next_seen, next_noise)
        beyond = jnp.min(self._q(target, next_seen, next_action), axis=0) - alpha * next_log_prob
        goal = batch.reward + batch.discount * beyond

        def q_loss(q):
            errors = self._q(q, seen, batch.action) - goal[None]
            return learning.mean(jnp.sum(errors**2, axis=0), batch.mask)

        def policy_loss(policy, q):
            action, log_prob = self._drawn(policy, seen, noise)
            least = jnp.min(self._q(q, seen, action), axis=0)
            log_prob_mean = learning.mean(log_prob, batch.mask)
            return learning.mean(alpha * log_prob - least, batch.mask), log_prob_mean

        def alpha_loss(log_alpha, log_prob):
            return -log_alpha * (log_prob + self._entropy)

        params, optimizer = dict(params), dict(optimizer)
        rate = schedules.scheduled(self.learning_rate, step)

        def stepped(name, grads):
            (vector, as_params), (grad, _) = learning.ravel_pytree(params[name]), learning.ravel_pytree(grads)
            vector, optimizer[name] = self._optimizer.step(vector, grad, optimizer[name], rate)
            params[name] = as_params(vector)

        loss, grads = jax.value_and_grad(q_loss)(params["q"])
        stepped("q", grads)
        (acted, log_prob), grads = jax.value_and_grad(policy_loss, has_aux=True)(
            params["policy"], params["q"]
        )
        stepped("policy", grads)
        stepped("log_alpha", jax.grad(alpha_loss)(params["log_alpha"], log_prob))
        target = jax.tree.map(lambda old, new: old + self.polyak * (new - old), target, params["q"])
        return (params, target, optimizer), dict(
            q_loss=loss, policy_loss=acted, alpha=alpha, entropy=-log_prob
        )

    def _q(self, params, seen, action):
        """[2, B]: both action values."""
        rows = jnp.concatenate([seen, action], axis=-1)
        return jax.vmap(self.net, in_axes=(0, None))(params, rows)[..., 0]

    def _drawn(self, params, seen, noise):
        """(action in [-1, 1], its log-probability)."""
        mean, log_std = self._policy(params, seen)
        before = mean + jnp.exp(log_std) * noise
        log_prob = batched(policy_gradient.squashed_gaussian_log_prob, mean, log_std, before)
        return jnp.tanh(before), log_prob
