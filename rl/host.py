"""Gymnasium environments stepped one after another on the host: any environment, in the same record.

T: steps, N: environments side by side.
"""

from typing import Any

import jax
import numpy as np

from . import answers, envs, observed, spaces
from .answers import EnvError as EnvError
from .rollout import Episodes, Rollout, where_last


class Host:
    """N environments of one kind; each is reset where its episode ends, and next_obs stays the true one.

    made: the environments. seeds: of the first reset of each; later resets go on in the same stream.
    masked: read the legal actions from info["action_mask"]. memory: of the policy, [N, ...], as it starts.
    """

    def __init__(self, function, made, seeds, masked=False, memory=None):
        self._masked, self._start, self.memory = masked, memory, memory
        self._watched = [
            answers.Watched(function, *each) for each in zip(made, range(len(made)), seeds, strict=True)
        ]
        self.space, self._actions = envs.spaces(made[0])
        self._obs: Any = None  # of each environment, and which actions are legal there
        self._legal: Any = None
        self._begun = False

    @property
    def begins(self):
        """Whether the next steps begin new episodes everywhere."""
        return self._obs is None

    def restart(self, seeds):
        """The next steps begin new episodes, from other seeds."""
        self._obs, self._begun = None, False
        for one, seed in zip(self._watched, seeds, strict=True):
            one.seed = seed

    def close(self):
        """Closes the environments."""
        for one in self._watched:
            one.env.close()

    def begin(self):
        """New episodes everywhere, the first ones from the seeds."""
        count = len(self._watched)
        obs: list[Any] = [None] * count
        legal: list[Any] = [None] * count
        for i, one in enumerate(self._watched):
            obs[i], legal[i] = self._reset(i, None if self._begun else one.seed)
        self._begun, self._obs, self._legal = True, obs, legal
        self._lengths, self._totals = [0] * count, [0.0] * count
        self.memory = self._start

    def _reset(self, i, seed=None):
        """(obs, legal) of a new episode of an environment."""
        obs, info = self._watched[i].reset(seed)
        return spaces.kept(obs), self._told(i, info)

    def _told(self, i, info, over=False):
        """[A], the legal actions of an environment; None where all always are.

        over: the episode terminated: nothing is done there any more, so nothing need be legal.
        """
        if not self._masked:
            return None
        return np.ones(int(self._actions.n), bool) if over else self._watched[i].legal(info)

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
        count, masked, kept = len(self._watched), self._masked, spaces.kept
        steps = [one.step for one in self._watched]
        limits = [one.limit for one in self._watched]
        lots, parts = jax.tree.flatten(noise)
        num_steps = len(lots[0])
        terminations, truncations = np.zeros((2, num_steps, count), bool)
        rewards, lengths, totals = np.zeros((num_steps, count)), [], []
        rows, start, counted = [], self.memory, [one.steps for one in self._watched]
        obs, legal = spaces.gathered(self.space, self._obs), self._stacked(self._legal)
        for t, lot in enumerate(zip(*lots, strict=True)):
            action, self.memory = act(parts.unflatten(lot), obs, self.memory, legal)
            action = np.asarray(action)
            sent, seen = observed.actions(self._actions, to_env(action)), []
            told: list[Any] = [None] * count
            paid, ends, cuts = rewards[t], terminations[t], truncations[t]
            for i in range(count):
                next_obs, reward, terminated, truncated, info = steps[i](sent[i])
                self._lengths[i] += 1
                self._totals[i] += reward
                seen.append(next_obs.copy() if type(next_obs) is np.ndarray else kept(next_obs))
                if masked:
                    told[i] = self._told(i, info, terminated)
                paid[i], ends[i] = reward, terminated
                over = truncated or self._lengths[i] >= limits[i]
                cuts[i] = over and not terminated
            last = ends | cuts
            next_obs, next_legal = answers.gathered(self._watched, seen), self._stacked(told)
            rows.append((obs, action, next_obs, legal, next_legal))
            lengths.append(self._lengths.copy())
            totals.append(self._totals.copy())
            obs, legal = next_obs, next_legal
            if last.any():
                for i in np.flatnonzero(last).tolist():
                    seen[i], told[i] = self._reset(i)
                    self._lengths[i], self._totals[i] = 0, 0.0
                obs, legal = spaces.gathered(self.space, seen), self._stacked(told)
                if self.memory is not None:
                    self.memory = where_last(last, self._start, self.memory)
            self._obs, self._legal = seen, told
        obs, action, next_obs, legal, next_legal = jax.tree.map(lambda *x: np.stack(x), *rows)
        with np.errstate(over="ignore"):
            rewards, totals = rewards.astype(np.float32), np.array(totals).astype(np.float32)
        self._check(next_obs, rewards, counted)
        mask = np.ones((num_steps, count), bool)
        flags = terminations, truncations, mask
        rollout = Rollout(obs, action, rewards, next_obs, *flags, legal, next_legal, start)
        return rollout, Episodes(rollout.last, totals, np.array(lengths, np.int32))

    def _stacked(self, rows):
        """[N, A] of the rows of all; None where all actions always are legal."""
        return np.stack(rows) if self._masked else None

    def _check(self, next_obs, rewards, counted):
        """Raises for the first reward or observation of these steps that is no number or not in the space."""
        good = np.isfinite(rewards)
        if not good.all():
            t, i = np.argwhere(~good)[0]
            self._raise(counted, t, i, f"reward must be finite; got {rewards[t, i]}")
        wrong = observed.outside(self.space, next_obs)
        if wrong is not None:
            (t, i), told = wrong
            self._raise(counted, t, i, f"observation must be in {self.space}; got {told}")

    def _raise(self, counted, t, i, what):
        self._watched[i].steps = counted[i] + t + 1
        raise self._watched[i].error(what)
