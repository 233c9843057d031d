"""Environments so small that the value of everything is known, each of which needs one more skill.

The idea is that of the probes of Andy Jones and of rejax. Each comes as a FunctionalEnv, and as a Gymnasium
environment that does the same on the host, so that both roads meet them.
"""

from dataclasses import dataclass
from typing import Any

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
from gymnasium.spaces import Box, Discrete

from rl.functional import FunctionalEnv

GAMMA = 0.5
TWO, ONE = Discrete(2), Box(-1.0, 1.0, (1,), np.float32)
_MADE = {}


@dataclass(frozen=True)
class Probe:
    """name. first: sign -> observation; after: that of what a step leads to. reward: (sign, step, action).

    length: steps until the end; truncated: whether a time limit is what ends it. signs: whether the
    observation is drawn from -1 and 1. values: observation -> what it is worth under the best policy.
    """

    name: str
    reward: Any
    values: dict
    length: int = 1
    truncated: bool = False
    signs: bool = False

    def functional(self, action_space=TWO):
        """As JAX functions; always the same object, so that equal agents share what was compiled."""
        key = self.name, repr(action_space)
        if key not in _MADE:
            _MADE[key] = self._functional(action_space)
        return _MADE[key]

    def _functional(self, action_space):
        def seen(sign, step):
            return jnp.reshape(sign + step, (1,)).astype(jnp.float32)

        def init(key):
            sign = jax.random.rademacher(key, (), jnp.float32) if self.signs else jnp.float32(0)
            return (sign, jnp.int32(0)), seen(sign, 0)

        def step(key, state, action):
            sign, count = state
            reward = jnp.float32(self.reward(sign, count, jnp.reshape(action, ())))
            over = jnp.bool_(count + 1 >= self.length) if not self.truncated else jnp.bool_(False)
            state = sign, count + 1
            return state, seen(sign, 0 if self.truncated else count + 1), reward, over

        limit = self.length if self.truncated else None
        space = Box(-2.0, 2.0 + self.length, (1,), np.float32)
        return FunctionalEnv(init, step, space, action_space, limit, name=self.name)

    def gymnasium(self, action_space=TWO):
        """As a Gymnasium environment."""
        return HostProbe(self, action_space)


class HostProbe(gymnasium.Env):
    """A probe on the host."""

    def __init__(self, probe, action_space):
        self.probe, self.action_space = probe, action_space
        self.observation_space = Box(-2.0, 2.0 + probe.length, (1,), np.float32)

    def _seen(self, step):
        return np.array([self.sign + step], np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.sign = self.np_random.choice([-1.0, 1.0]) if self.probe.signs else 0.0
        self.count = 0
        return self._seen(0), {}

    def step(self, action):
        reward = float(self.probe.reward(self.sign, self.count, np.reshape(action, ())))
        self.count += 1
        over, cut = self.count >= self.probe.length, self.probe.truncated
        return self._seen(0 if cut else self.count), reward, over and not cut, over and cut, {}


CONSTANT = Probe("constant", lambda sign, step, action: 1.0, {0.0: 1.0})
OBSERVATION = Probe("observation", lambda sign, step, action: sign, {-1.0: -1.0, 1.0: 1.0}, signs=True)
DISCOUNT = Probe("discount", lambda sign, step, action: 1.0 * (step == 1), {0.0: GAMMA, 1.0: 1.0}, length=2)
ACTION = Probe("action", lambda sign, step, action: 1.0 - (action - 1.0) ** 2, {0.0: 1.0})
BOTH = Probe(
    "both", lambda sign, step, action: 1.0 - (action - (sign + 1) / 2) ** 2, {-1.0: 1.0, 1.0: 1.0}, signs=True
)
TERMINATED = Probe("terminated", lambda sign, step, action: 1.0, {0.0: 1 + GAMMA, 1.0: 1.0}, length=2)
TRUNCATED = Probe(
    "truncated", lambda sign, step, action: 1.0, {0.0: 1 / (1 - GAMMA)}, length=2, truncated=True
)
PROBES = (CONSTANT, OBSERVATION, DISCOUNT, ACTION, BOTH, TERMINATED, TRUNCATED)
