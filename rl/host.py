"""Gymnasium environments stepped one after another on the host: any environment, in the same record.

T: steps, N: environments side by side.
"""

from numbers import Real
from reprlib import repr as shortened
from typing import Any

import jax
import numpy as np

from . import envs, spaces
from .rollout import Episodes, Rollout, where_last


class EnvError(RuntimeError):
    """An environment did what it must not; the training stands where it was before these steps.

    index: which of the environments. step: which of its steps, counted from its first one. seed: of its
    first reset.
    """

    def __init__(self, what, index, step, seed):
        super().__init__(f"{what} (environment {index}, its step {step}, seed {seed}).")
        self.index, self.step, self.seed = index, step, seed


class Host:
    """N environments of one kind; each is reset where its episode ends, and next_obs stays the true one.

    made: the environments. seeds: of the first reset of each; later resets go on in the same stream.
    masked: read the legal actions from info["action_mask"]. memory: of the policy, [N, ...], as it starts.
    """

    def __init__(self, function, made, seeds, masked=False, memory=None):
        self._function, self._seeds, self._masked, self._start = function, list(seeds), masked, memory
        self._made = made
        self._bare = [envs.bare(env) for env in made]
        self.space, _ = envs.spaces(made[0])
        self.memory, self._steps = memory, [0] * len(made)
        self._obs: Any = None
        self._infos: Any = None
        self._begun = False

    def restart(self, seeds):
        """The next steps begin new episodes, from other seeds."""
        self._seeds, self._obs, self._begun = list(seeds), None, False

    def close(self):
        """Closes the environments."""
        for env in self._made:
            env.close()

    def begin(self):
        """New episodes everywhere, the first ones from the seeds."""
        seeds = self._seeds if not self._begun else [None] * len(self._seeds)
        self._begun = True
        first = [self._reset(i, seed) for i, seed in enumerate(seeds)]
        self._obs, self._infos = ([pair[k] for pair in first] for k in (0, 1))
        self._lengths, self._totals = [0] * len(first), [0.0] * len(first)
        self.memory = self._start

    def _reset(self, index, seed=None):
        try:
            told = self._bare[index].env.reset(seed=seed)
        except Exception as error:
            raise self._error(f"reset raised {type(error).__name__}: {error}".rstrip("."), index) from error
        if not (isinstance(told, tuple) and len(told) == 2 and isinstance(told[1], dict)):
            raise self._error(f"reset must return (obs, info), info a dict; got {shortened(told)}", index)
        wrong = spaces.misfit(self.space, told[0])
        if wrong is None:
            one = jax.tree.map(lambda x: x[None], spaces.gathered(self.space, [told[0]]))
            wrong = (spaces.outside(self.space, one) or (None, None))[1]
        if wrong is not None:
            raise self._error(f"the observation of reset must be in {self.space}; got {wrong}", index)
        return told

    def _reward(self, reward, index):
        """The reward as a float; an array of one number is one."""
        number = reward.item() if isinstance(reward, np.ndarray) and reward.size == 1 else reward
        if not isinstance(number, Real | np.bool_):
            raise self._error(f"reward must be a number; got {shortened(reward)}", index)
        return float(number)

    def _error(self, what, index):
        name = envs.name(self._made[index])
        return EnvError(f"{self._function}: {name}: {what}", index, self._steps[index], self._seeds[index])

    def collect(self, act, to_env, noise):
        """T steps of every environment: (Rollout, Episodes), of numpy arrays.

        act: (noise, obs, memory, legal) -> (action, memory), of all N at once. to_env: an action as the
        environments take it. noise: [T, N, ...] numpy arrays. Raises EnvError, and starts new episodes at the
        next call, where an environment raises, or gives what is no number or not in its space.
        """
        if self._obs is None:
            self.begin()
        try:
            return self._collect(act, to_env, noise)
        except BaseException:  # Ctrl-C too: nobody knows which environments have moved
            self._obs = None
            raise

    def _collect(self, act, to_env, noise):
        count = len(self._bare)
        steps = [bare.env.step for bare in self._bare]
        limits = [bare.limit or float("inf") for bare in self._bare]
        num_steps = jax.tree.leaves(noise)[0].shape[0]
        terminations, truncations = np.zeros((2, num_steps, count), bool)
        rewards, totals = np.zeros((2, num_steps, count), np.float32)
        lengths = np.zeros((num_steps, count), np.int32)
        rows, start, counted = [], self.memory, list(self._steps)
        obs, legal = spaces.gathered(self.space, self._obs), self._masks()
        for t in range(num_steps):
            action, self.memory = act(jax.tree.map(lambda x: x[t], noise), obs, self.memory, legal)  # noqa: B023
            action = np.asarray(action)
            sent, seen, infos = to_env(action), [], []
            for i in range(count):
                self._steps[i] += 1
                try:
                    next_obs, reward, terminated, truncated, info = steps[i](sent[i])
                except Exception as error:
                    told = f"step raised {type(error).__name__}: {error}".rstrip(".")
                    raise self._error(told, i) from error
                self._lengths[i] += 1
                self._totals[i] += (reward := self._reward(reward, i))
                seen.append(next_obs)
                infos.append(info)
                rewards[t, i], terminations[t, i] = reward, terminated
                over = truncated or self._lengths[i] >= limits[i]
                truncations[t, i] = over and not terminated
            last = terminations[t] | truncations[t]
            next_obs, next_legal = self._gathered(seen), self._masks(infos, terminations[t])
            rows.append((obs, action, next_obs, legal, next_legal))
            lengths[t], totals[t] = self._lengths, self._totals
            obs, legal = next_obs, next_legal
            if last.any():
                for i in np.flatnonzero(last).tolist():
                    seen[i], infos[i] = self._reset(i)
                    self._lengths[i], self._totals[i] = 0, 0.0
                obs, legal = spaces.gathered(self.space, seen), self._masks(infos)
                if self.memory is not None:
                    self.memory = where_last(last, self._start, self.memory)
            self._obs, self._infos = seen, infos
        obs, action, next_obs, legal, next_legal = jax.tree.map(lambda *x: np.stack(x), *rows)
        self._check(next_obs, rewards, counted)
        mask = np.ones((num_steps, count), bool)
        flags = terminations, truncations, mask
        rollout = Rollout(obs, action, rewards, next_obs, *flags, legal, next_legal, start)
        return rollout, Episodes(rollout.last, totals, lengths)

    def _gathered(self, seen):
        """Observations of all as a batch; raises for one of another shape or dtype."""
        for i, obs in enumerate(seen):
            told = spaces.misfit(self.space, obs)
            if told is not None:
                raise self._error(f"observation must be in {self.space}; got {told}", i)
        return spaces.gathered(self.space, seen)

    def _masks(self, infos=None, over=None):
        """The legal actions of all, [N, A], from what step and reset told; None where all always are.

        over: [N], where an episode terminated: nothing is done there any more, so nothing need be legal.
        """
        if not self._masked:
            return None
        count, rows = int(self._made[0].action_space.n), []
        for i, info in enumerate(self._infos if infos is None else infos):
            if over is not None and over[i]:
                rows.append(np.ones(count, bool))
                continue
            row = np.asarray(info.get("action_mask", ()))
            if row.shape != (count,) or not np.isin(row, (0, 1)).all():
                raise self._error(f"info must hold 'action_mask', {count} of 0 and 1; got {row.tolist()}", i)
            if not row.any():
                raise self._error("action_mask must leave a legal action; got none", i)
            rows.append(row.astype(bool))
        return np.stack(rows)

    def _check(self, next_obs, rewards, counted):
        """Raises for the first reward or observation of these steps that is no number or not in the space."""
        good = np.isfinite(rewards)
        if not good.all():
            t, i = np.argwhere(~good)[0]
            self._steps[i] = counted[i] + t + 1
            raise self._error(f"reward must be finite; got {rewards[t, i]}", i)
        wrong = spaces.outside(self.space, next_obs)
        if wrong is not None:
            (t, i), told = wrong
            self._steps[i] = counted[i] + t + 1
            raise self._error(f"observation must be in {self.space}; got {told}", i)


def make(function, env, num_envs):
    """N environments of an id, or N copies of an environment, which stays where it stands."""
    if isinstance(env, str):
        return [envs.make(function, env) for _ in range(num_envs)]
    return [envs.own_copy(envs.make(function, env)) for _ in range(num_envs)]
