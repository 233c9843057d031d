"""Deep Q-learning: Q-learning whose table is a network, taught from a buffer of what happened.

B: batch_size, T: num_steps, N: num_envs, A: actions.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from gymnasium.spaces import Discrete
from jax import lax

from .. import buffer as replay, checks, inputs, learning, q_learning, schedules
from ..chance import Draw
from ..distributions import only_legal, suited
from ..networks import agent_net
from .agent import Agent

EXPLORATION = schedules.Linear(1.0, 0.05, 10_000)
CORRECTION = schedules.Linear(0.4, 1.0, 100_000)


class Learner(NamedTuple):
    """params, target: of the network that acts, and of its older copy. optimizer: Adam's state.

    buffer: the last steps. priorities: of its transitions; None where all are alike.
    """

    params: Any
    target: Any
    optimizer: Any
    buffer: Any
    priorities: Any


@dataclass(eq=False)
class DQN(Agent):
    """Deep Q-learning: double, dueling, over several steps, with prioritized replay, each as you choose.

        error = reward + discount * target[argmax_b q[next_obs,b]] - q[obs,action]      (double)
        error = reward + discount * max_b target[next_obs,b] - q[obs,action]            (not double)
        loss = mean(huber(error))

    Each iteration takes T steps of N environments, at random with probability epsilon, and then
    gradient_steps steps of Adam, each on B transitions drawn from the buffer.
    Source: Mnih et al. 2015; van Hasselt et al. 2016, eq. 4 (double); Wang et al. 2016, eq. 9 (dueling);
    Schaul et al. 2016 (prioritized); Sutton and Barto 2018, eq. 7.1 (several steps).

    >>> agent = DQN("CartPole-v1", seed=0, learning_starts=100).train(512, progress=False)
    >>> agent.steps, agent.act([0.0, 0.0, 0.0, 0.0]) in (0, 1)
    (512, True)
    """

    env: Any  # an id, a Gymnasium environment, or a FunctionalEnv
    seed: int = 0  # of weights, exploration, environments and batches
    num_envs: int = 1  # environments side by side
    num_steps: int = 4  # steps of each between two rounds of learning
    gradient_steps: int = 1  # gradients in a round
    batch_size: int = 64  # transitions in a gradient
    learning_rate: Any = 1e-3  # a number, or a function of the steps taken (rl.linear)
    gamma: float = 0.99  # what a reward one step away is worth
    epsilon: Any = EXPLORATION  # how often an action is random; a number or a function of the steps
    buffer_size: int = 100_000  # steps that the buffer holds, rounded up to whole iterations
    learning_starts: int = 1_000  # random steps before the first gradient
    target_interval: int = 1_000  # steps after which the older copy is renewed
    double: bool = True  # the acting network chooses the next action, the older copy values it
    dueling: bool = False  # the value of an observation and the advantages of actions apart
    n_step: int = 1  # steps of reward before the value beyond
    prioritized: bool = False  # transitions with a large error more often
    priority_exponent: float = 0.6  # 0: all alike, 1: in proportion to the error
    priority_correction: Any = CORRECTION  # of the bias, 1: all of it; a number or a function of the steps
    max_grad_norm: float = 10.0  # longer gradients are shortened
    hidden: tuple[int, ...] = (64, 64)  # hidden layers
    activation: str = "relu"
    action_mask: bool = False  # take the legal actions from info["action_mask"]
    scale_obs: bool = False  # numbers between bounds are seen from -1 to 1
    compiled: bool | None = None  # None: where the environment is a JAX function

    values_actions = True
    rewritten = "buffer", "priorities"
    schedules: ClassVar = Agent.schedules | {"epsilon": 1, "priority_correction": float("inf")}

    def _check(self):
        if not isinstance(self.action_space, Discrete):
            raise ValueError(
                f"DQN: actions must be Discrete; got {self.action_space}. Fix: {suited(self.action_space)}."
            )
        for name in ("gradient_steps", "batch_size", "buffer_size", "n_step"):
            checks.whole_number("DQN", name, getattr(self, name), 1)
        checks.step_count("DQN", "target_interval", self.target_interval, 1)
        checks.step_count("DQN", "learning_starts", self.learning_starts, 0)
        for name in ("gamma", "priority_exponent"):
            checks.number_in("DQN", name, getattr(self, name), 0, 1)
        inputs.positive("DQN", "max_grad_norm", self.max_grad_norm)
        self._capacity = replay.capacity(self)
        self.num_actions = int(self.action_space.n)
        self.net = agent_net(self)
        self._optimizer = learning.Stepper(learning.adam(1.0), self.max_grad_norm)

    def _learner(self, rng):
        outputs = self.num_actions + self.dueling
        params = self.net.init(rng, self._features, outputs)
        memory = replay.empty(self._example(np.zeros(self.num_envs, np.int32)), self._capacity)
        priorities = replay.priorities(self._capacity * self.num_envs) if self.prioritized else None
        return Learner(params, params, self._optimizer.init(params), memory, priorities)

    def _to_env(self, action):
        return action + int(self.action_space.start)  # pyright: ignore[reportAttributeAccessIssue]

    def q(self, params, obs, legal=None):
        """Action values [..., A] of observations; the lowest number for actions that are not legal."""
        outputs = self.net(params, self._encoded(obs))
        if self.dueling:
            value, advantage = outputs[..., :1], outputs[..., 1:]
            outputs = value + advantage - jnp.mean(advantage, axis=-1, keepdims=True)
        return only_legal(outputs, legal)

    # How it acts.

    def _epsilon(self, step):
        chance = jnp.vectorize(lambda step: schedules.scheduled(self.epsilon, step))(step)
        return jnp.where(step < self.learning_starts, 1.0, chance)

    def _chance(self):
        shape = (self.num_steps, self.num_envs)
        lots, draws = (*shape, self.num_actions), (self.gradient_steps, self.batch_size)
        return dict(explore=Draw("uniform", shape), lots=Draw("uniform", lots), replay=Draw("uniform", draws))

    def _noise(self, chance, step):
        often = self._epsilon(step + jnp.arange(self.num_steps, dtype=jnp.int32) * self.num_envs)
        return chance["explore"] < often[:, None], chance["lots"]

    def _act(self, actor, noise, obs, memory, legal):
        explore, lots = noise
        best = jnp.argmax(self.q(actor, obs, legal), axis=-1)
        drawn = jnp.argmax(only_legal(lots, legal), axis=-1)
        return jnp.where(explore, drawn, best).astype(jnp.int32), memory

    def _choose(self, deterministic, actor, key, obs, memory, legal):
        count = jax.tree.leaves(obs)[0].shape[0]
        lots = jax.random.uniform(key, (count, self.num_actions))
        chance = 0.0 if deterministic else schedules.scheduled(self.epsilon, 2**30)
        explore = jax.random.uniform(jax.random.fold_in(key, 1), (count,)) < chance
        return self._act(actor, (explore, lots), obs, memory, legal)

    def _worth(self, learner, obs, memory, legal):
        return jnp.max(self.q(learner.params, obs, legal), axis=-1)

    # What it learns.

    def _broken_off(self, learner):
        return learner._replace(buffer=replay.broken_off(learner.buffer))

    def _learn(self, learner, rollout, chance, step):
        taken = step + self.num_steps * self.num_envs
        memory = replay.added(learner.buffer, rollout)
        priorities = self._new_priorities(learner.priorities, memory)
        crossed = taken // self.target_interval > step // self.target_interval
        target = jax.tree.map(lambda new, old: jnp.where(crossed, new, old), learner.params, learner.target)
        vector, as_params = learning.ravel_pytree(learner.params)
        carry = vector, learner.optimizer, priorities

        def by_priority(carry, uniform):
            leaves, weights = self._prioritized(carry[2], uniform, step)
            rows, envs = leaves // self.num_envs, leaves % self.num_envs
            drawn = self._drawn(memory, target, rows, envs)
            return self._update(carry, drawn, weights, leaves, as_params, step)

        def uniformly(carry, drawn):
            weights = jnp.ones(self.batch_size, jnp.float32)
            return self._update(carry, drawn, weights, None, as_params, step)

        def teach(carry):
            uniform = chance["replay"]
            if priorities is not None:
                return lax.scan(by_priority, carry, uniform)
            # all batches at once: one large product of the older copy
            drawn = self._drawn(memory, target, *replay.drawn(memory, uniform, self.n_step))
            return lax.scan(uniformly, carry, drawn)

        def wait(carry):
            return carry, dict.fromkeys(("loss", "q"), jnp.full(self.gradient_steps, jnp.nan, jnp.float32))

        ready = (taken >= self.learning_starts) & (memory.head >= self.n_step)
        (vector, optimizer, priorities), figures = lax.cond(ready, teach, wait, carry)
        figures = jax.tree.map(jnp.mean, figures) | dict(epsilon=self._epsilon(taken))
        return Learner(as_params(vector), target, optimizer, memory, priorities), figures

    def _drawn(self, memory, target, rows, envs):
        """The Batch that starts at rows, envs, and what the older copy says of its next_obs."""
        batch = replay.batch(memory, rows, envs, self.gamma, self.n_step)
        return batch, self.q(target, batch.next_obs, batch.next_legal)

    def _prioritized(self, priorities, uniform, step):
        """(leaves, weights) [B]: transitions drawn by priority, and what corrects their bias."""
        count = self._capacity * self.num_envs
        leaves, chance = replay.drawn_by_priority(priorities, uniform)
        weights = (chance * count) ** -schedules.scheduled(self.priority_correction, step)
        weights = jnp.where(chance > 0, weights / jnp.max(weights), 0.0)  # 0 where none has a priority
        return jnp.minimum(leaves, count - 1), weights

    def _update(self, carry, drawn, weights, leaves, as_params, step):
        """The carry after one step of Adam, and figures. leaves: of the batch's priorities, None without."""
        (vector, optimizer, priorities), (batch, next_value) = carry, drawn

        def loss(vector):
            return self._loss(as_params(vector), next_value, batch, weights)

        (huber, (errors, value)), grad = jax.value_and_grad(loss, has_aux=True)(vector)
        learning_rate = schedules.scheduled(self.learning_rate, step)
        vector, optimizer = self._optimizer.step(vector, grad, optimizer, learning_rate)
        if leaves is not None:
            sizes = (jnp.abs(errors) + 1e-6) ** self.priority_exponent
            priorities = replay.prioritized(priorities, leaves, jnp.where(batch.mask, sizes, 0.0))
        return (vector, optimizer, priorities), dict(loss=huber, q=jnp.mean(value))

    def _loss(self, params, next_value, batch, weights):
        value = self.q(params, batch.obs)
        given = batch.reward, batch.discount, value, next_value
        if self.double:
            selector = lax.stop_gradient(self.q(params, batch.next_obs, batch.next_legal))
            errors = jax.vmap(q_learning.double_q_error)(*given, selector, batch.action)
        else:
            errors = jax.vmap(q_learning.q_learning_error)(*given, batch.action)
        terms = q_learning.dqn_loss(errors, reduction="none")
        return learning.mean(weights * terms, batch.mask), (errors, jnp.max(value, axis=-1))

    def _new_priorities(self, tree, memory):
        """Transitions that now have n_step steps ahead get the largest priority; those being written get 0.

        Rows in which an environment was only reset get 0 too: they teach nothing.
        """
        if tree is None:
            return None
        head = memory.head - self.num_steps
        rows = jnp.arange(self.num_steps, dtype=jnp.int32)
        envs = jnp.arange(self.num_envs, dtype=jnp.int32)

        def leaves(rows):
            return ((rows % self._capacity)[:, None] * self.num_envs + envs[None]).ravel()

        tree = replay.prioritized(tree, leaves(head + rows), jnp.zeros(rows.size * envs.size, jnp.float32))
        ready = head - self.n_step + 1 + rows
        teaches = (ready >= 0)[:, None] & memory.steps.mask[ready % self._capacity]
        return replay.prioritized(tree, leaves(ready), jnp.where(teaches, tree.largest, 0.0).ravel())
