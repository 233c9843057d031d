"""What a deep algorithm says of itself, in functions without side effects; `agent.Agent` runs them.

T: num_steps of each environment in an iteration, N: num_envs.
"""

from dataclasses import fields
from typing import Any, ClassVar, cast

import numpy as np

from .. import checks, spaces
from .trainable import Trainable


class Algorithm(Trainable):
    """How an algorithm starts, what chance it needs, how it acts and learns. Subclasses are dataclasses."""

    num_envs: int
    num_steps: Any
    action_mask: bool
    compiled: bool | None
    observation_space: Any
    scale_obs = False  # whether numbers between bounds are seen from -1 to 1
    lasting = (
        *("hidden", "activation", "memory_features", "dueling", "scale_obs", "normalize_obs"),
        *("num_envs", "num_steps", "buffer_size", "prioritized"),
    )

    schedules: ClassVar = {"learning_rate": float("inf")}  # may be functions of the steps, up to so much
    values_actions = False  # whether an observation is worth what the best legal action is
    fresh_episodes = False  # whether every iteration starts new episodes
    rewritten = ()  # parts of the learner too large to be copied at each iteration

    def _plain(self):
        """Settings that are numpy's scalars or lists become numbers and tuples, which a file can hold."""
        for field in fields(cast(Any, self)):
            value = getattr(self, field.name)
            if isinstance(value, np.generic):
                setattr(self, field.name, value.item())
            elif isinstance(value, list):
                setattr(self, field.name, tuple(value))

    def _check_flags(self):
        """Raises for a choice of two that is none."""
        for field in fields(cast(Any, self)):
            value = getattr(self, field.name)
            if field.type is bool or (field.type == bool | None and value is not None):
                checks.flag(self._name, field.name, value)

    def _settings(self):
        """The hyper-parameters but for env and seed, as a key."""
        names = [field.name for field in fields(cast(Any, self))]
        return tuple((name, getattr(self, name)) for name in names if name not in ("env", "seed"))

    def _rewritten(self, learner):
        """The parts of a learner that are rewritten in place, by name."""
        return {name: getattr(learner, name) for name in self.rewritten}

    def _encoded(self, obs):
        """Observations as the numbers that a network is fed, [..., F]."""
        return spaces.encoded(self.observation_space, obs, self.scale_obs)

    def _check(self):
        """Raises for hyper-parameters that cannot be; by now the spaces are known."""

    def _learner(self, rng):
        """The learner as it starts; rng: a numpy Generator."""
        raise NotImplementedError

    def _chance(self):
        """All that is drawn by chance in an iteration, {name: Draw}; see rl.chance."""
        raise NotImplementedError

    def _noise(self, chance, step):
        """What acting needs of it in T steps of N environments, [T, N, ...]; step: steps taken before."""
        raise NotImplementedError

    def _act(self, actor, noise, obs, memory, legal):
        """(action, memory) of N environments, exploring."""
        raise NotImplementedError

    def _choose(self, deterministic, actor, key, obs, memory, legal):
        """(action, memory): the best as far as is known, or as the policy draws it."""
        raise NotImplementedError

    def _worth(self, learner, obs, memory, legal):
        """[N], the values of N observations; memory: as for `_choose`. legal: [N, A], or None."""
        raise NotImplementedError

    def _learn(self, learner, rollout, chance, step):
        """(learner, {name: figure}) after learning from a Rollout."""
        raise NotImplementedError

    def _broken_off(self, learner):
        """The learner where the next steps begin new episodes, whether or not the last ones had ended."""
        return learner

    def _actor(self, learner):
        """The part of the learner that acting needs."""
        return learner.params

    def _default_steps(self):
        """num_steps where it is None."""
        return None

    def _memory(self, num_envs):
        """What a recurrent policy holds before the first step of an episode, [N, ...]; None without one."""
        return None

    def _to_env(self, action):
        """The action as the environment takes it."""
        return action
