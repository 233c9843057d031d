"""Where the steps of an agent come from: the environment that it was given, and what is asked of it.

T: num_steps of each environment in an iteration, N: num_envs.
"""

from functools import partial
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv

from .. import again, answers, envs, host, host_vector, normalizing, spaces
from ..functional import FunctionalEnv, functional_env
from ..rollout import Rollout
from .algorithm import Algorithm


class Surroundings(Algorithm):
    """The environment of an agent, on either road."""

    _chosen_settings: frozenset[str]  # those that the user gave
    _functional: Any
    _given: Any
    _host: Any

    def _road(self) -> tuple[FunctionalEnv | None, Any]:
        """The functional environment to compile, or None for the host; and what has the spaces."""
        if isinstance(self.env, FunctionalEnv):
            found = self.env
        elif isinstance(self.env, str):
            found = functional_env(self.env)
        else:
            found = None
        if self.compiled and found is None:
            raise ValueError(
                f"{self._name}: compiled must be False or None where the environment is no JAX function; "
                f"got True for {self.env}. Fix: rl.register a FunctionalEnv under a name."
            )
        if envs.is_vector(self.env):
            if "num_envs" in self._chosen_settings and self.num_envs != self.env.num_envs:
                raise ValueError(
                    f"{self._name}: num_envs must be that of the vector environment, {self.env.num_envs}; "
                    f"got {self.num_envs}. Fix: leave it out."
                )
            self.num_envs = self.env.num_envs
            normalizing.warn(self, self.env)
            return None, self.env
        if found is None or self.compiled is False:
            made = envs.make(self._name, self.env)
            normalizing.warn(self, made)
            return None, made
        return found, found

    def _example(self, action):
        """A step of N environments as a Rollout holds it, of zeros; action: [N, ...]."""
        obs, flag = spaces.example(self.observation_space, self.num_envs), np.zeros(self.num_envs, bool)
        legal = np.ones((self.num_envs, int(self.action_space.n)), bool) if self._masked else None
        reward = np.zeros(self.num_envs, np.float32)
        return Rollout(obs, action, reward, obs, flag, flag, flag, legal, legal)

    @property
    def _masked(self):
        """Whether the environment says which actions are legal."""
        given = self._functional
        return self.action_mask if given is None else given.action_mask is not None

    def _check_mask(self):
        """Raises where legal actions are to be told, and cannot be."""
        if not self.action_mask:
            return
        if self._functional is not None and self._functional.action_mask is None:
            raise ValueError(
                f"{self._name}: action_mask must be False where the functional environment has none; got "
                f"True for {self._functional.name}. Fix: FunctionalEnv(..., action_mask=...), or "
                "compiled=False."
            )
        if self._functional is None and not isinstance(self.action_space, Discrete):
            raise ValueError(
                f"{self._name}: action_mask must be False where actions are not Discrete; got True for "
                f"{self.action_space}."
            )

    def _single_env(self):
        """What one episode is played in: Gymnasium's own environment where it knows one of that name; for a
        vector without one a part of it, made anew, unless all parts are one object."""
        if not envs.is_vector(self.env):
            if self._functional is None:
                return self.env
            return self._other_env(self.env) if envs.is_known(self.env) else self._functional
        if isinstance(self.env, SyncVectorEnv | AsyncVectorEnv) and self.env.spec is None:
            maker = self.env.env_fns[0]
            made = maker()
            if not any(made is one for one in getattr(self.env, "envs", ())):
                answers.close("evaluate", [made])
                return maker
        if self.env.spec is None:
            raise ValueError(
                f"evaluate: env must be given where the agent's is a vector without an id; got "
                f"{envs.vector_name(self.env)} alone. Fix: evaluate(env=...), one of its parts."
            )
        return partial(again.made_again, "evaluate", self.env)

    def _other_env(self, env):
        """An environment to evaluate in; ValueError where its spaces are not the agent's."""
        if isinstance(env, str) and not envs.is_known(env):
            env = functional_env(env) or env
        looked: Any = env if isinstance(env, FunctionalEnv) else envs.make("evaluate", env)
        mine, found = (self.observation_space, self.action_space), envs.spaces(looked)
        if looked is not env:
            answers.close("evaluate", [looked])
        for label, ours, theirs in zip(("observations", "actions"), mine, found, strict=True):
            if ours != theirs:
                raise ValueError(f"evaluate: env must have the agent's {label}, {ours}; got {theirs}.")
        return env

    def _limit(self):
        """The step that truncates an episode, or None."""
        if self._functional is not None:
            return self._given.max_steps
        if envs.is_vector(self.env):
            return None if self.env.spec is None else self.env.spec.max_episode_steps
        return envs.bare(self._given).limit

    def _hosted(self, name):
        """The environments on the host."""
        memory = self._memory(self.num_envs)
        if envs.is_vector(self.env):
            return host_vector.HostVector(name, self.env, self._host_seeds()[0], self._masked, memory)
        made = envs.several(name, self.env, self.num_envs)
        return host.Host(name, made, self._host_seeds(), self._masked, memory)

    def _begin_again(self):
        """New episodes on the host, from seeds of their own."""
        if self._host is not None:
            self._host.restart(self._host_seeds(self.steps))

    def _host_seeds(self, *more):
        return np.random.SeedSequence([self.seed, *more]).generate_state(self.num_envs).tolist()
