"""Gymnasium's vector environments, in every autoreset mode, as the same record of steps.

T: steps, N: environments in the vector.
"""

from reprlib import repr as shortened

import jax
import numpy as np
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

from . import claims, envs, misfits, observed, spaces
from .answers import RAISED, EnvError
from .rollout import Episodes, Rollout, where_last
from .vector_parts import Parts


class HostVector:
    """A vector environment. timeout: seconds that processes of environments may take for a step or a reset.

    NEXT_STEP: the step after an end only resets; it is masked. SAME_STEP: the true last observation stands in
    info["final_obs"]. DISABLED: those that ended are reset by a mask.
    """

    def __init__(self, function, env, seed, masked=False, memory=None, timeout=60.0):
        if masked:
            raise ValueError(
                f"{function}: action_mask must be False for a vector environment; got True. "
                "Fix: an id, or one environment."
            )
        self._function, self._env, self._seed, self._start = function, env, seed, memory
        self._mode = envs.autoreset_mode(function, env)
        self.space, self._actions = envs.spaces(env)
        self._count = env.num_envs
        self._seeded_apart = isinstance(env.unwrapped, AsyncVectorEnv | SyncVectorEnv)
        self.memory, self._obs, self._begun, self._closed = memory, None, False, False
        self._steps = np.zeros(self._count, int)  # each one's own, without those that only reset
        example = spaces.example(self.space, self._count)
        self._shapes = jax.tree.map(np.shape, example)
        self._dtypes = [x.dtype for x in jax.tree.leaves(example)]
        self._parts = Parts(env, self._error, timeout)

    def close(self):
        """Closes the environments; their processes end."""
        self._closed = True
        self._env.close()

    @property
    def begins(self):
        """Whether the next steps begin new episodes everywhere."""
        return self._obs is None

    def restart(self, seeds):
        """The next steps begin new episodes, from another seed."""
        self._seed, self._obs, self._begun = seeds[0], None, False

    def begin(self):
        """New episodes everywhere, the first ones from seed, seed + 1, ..."""
        self._resets = np.zeros(self._count, bool)  # where the next step only resets
        self._obs = self._reset(np.ones(self._count, bool), seed=None if self._begun else self._seed)
        self._begun, self.memory = True, self._start
        self._lengths, self._totals = np.zeros(self._count, np.int32), np.zeros(self._count)

    def _reset(self, which, **given):
        """The observations after a reset of some, [N] True, looked at."""
        told = self._called("reset", **given)
        if not (isinstance(told, tuple) and len(told) == 2):
            raise self._error(f"reset must return (obs, info); got {shortened(told)}", self._only)
        self._fits(told[0])
        self._check_reset(told[0], which)
        return told[0]

    def _check_reset(self, obs, which):
        """Raises where the first observation of an episode is not in the space."""
        at = np.flatnonzero(which)
        wrong = observed.outside(self.space, jax.tree.map(lambda x: np.asarray(x)[None, at], obs))
        if wrong is not None:
            (_, i), told = wrong
            raise self._error(f"the observation of reset must be in {self.space}; got {told}", at[i])

    def _fits(self, obs):
        """Raises for observations of another shape than the space's, or for floats in place of integers."""
        shapes = jax.tree.map(_shape, obs)
        if shapes != self._shapes:
            raise self._error(f"observations must have shapes {self._shapes}; got {shapes}", self._only)
        for x, dtype in zip(jax.tree.leaves(obs), self._dtypes, strict=True):
            if x.dtype.kind == "f" != dtype.kind:
                raise self._error(f"observations must be {dtype}; got {x.dtype}", self._only)

    @property
    def _only(self):
        """The index of an environment that nobody names: known where there is but one."""
        return 0 if self._count == 1 else None

    def _error(self, what, index, fix="", step=None):
        """The EnvError that says so. step: its own step if it is not the last."""
        name = envs.vector_name(self._env)
        step = int(self._steps.max() if index is None else self._steps[index]) if step is None else step
        seed = self._seed + (int(index) if self._seeded_apart and index is not None else 0)
        index = None if index is None else int(index)
        return EnvError(f"{self._function}: {name}: {what}", index, step, seed, fix)

    def collect(self, act, to_env, noise):
        """As `host.Host.collect`. Raises EnvError too where a process of an environment dies or takes too
        long: then all of them are ended, and the vector environment cannot be used again.
        """
        if self._closed:
            raise self._error("is closed, after an earlier error", self._only)
        if self._obs is None:
            self.begin()
        elif other := claims.taken(self._env, self):
            self._obs = None
            fix = "a vector environment for each agent, or train again: this one then begins new episodes"
            raise self._error(f"{other} has stepped this agent's environment", self._only, fix)
        try:
            return self._collect(act, to_env, noise)
        except BaseException:
            self._obs = None
            raise
        finally:
            claims.claim(self._env, self)

    def _collect(self, act, to_env, noise):
        rows, first = [], self._steps.copy()
        start, num_steps = self.memory, jax.tree.leaves(noise)[0].shape[0]
        for t in range(num_steps):
            obs, mask = jax.tree.map(np.copy, self._obs), ~self._resets
            action, self.memory = act(jax.tree.map(lambda x: x[t], noise), obs, self.memory, None)  # noqa: B023
            action = np.asarray(action)
            sent = observed.actions(self._actions, to_env(action))
            seen, reward, terminated, truncated, info = self._stepped(sent)
            seen = jax.tree.map(np.copy, seen)
            self._lengths, self._totals = self._lengths + mask, self._totals + np.where(mask, reward, 0)
            last = (terminated | truncated) & mask
            next_obs = self._true(seen, last, info)
            reward = np.float32(np.where(mask, reward, 0))  # a reset pays nothing, whatever it says
            row = obs, action, next_obs, reward, terminated & mask, truncated & ~terminated & mask
            rows.append((*row, mask, last, self._totals.astype(np.float32), self._lengths))
            self._obs = self._after(seen, last)
            self._lengths, self._totals = np.where(last, 0, self._lengths), np.where(last, 0, self._totals)
            self._resets = last if self._mode == AutoresetMode.NEXT_STEP else np.zeros_like(last)
            if self.memory is not None:
                self.memory = where_last(last | ~mask, self._start, self.memory)
        obs, action, next_obs, reward, terminated, truncated, mask, *episode = jax.tree.map(
            lambda *x: np.stack(x), *rows
        )
        self._check(next_obs, reward, mask, first)
        # A step that only resets ends what came before it, whatever follows.
        rollout = Rollout(obs, action, reward, next_obs, terminated, truncated | ~mask, mask, memory=start)
        return rollout, Episodes(*episode)

    def _true(self, seen, last, info):
        """The true next observations: where the environment was reset at once, they stand in info."""
        if self._mode != AutoresetMode.SAME_STEP or not last.any():
            return seen
        at = np.flatnonzero(last)
        return _put(seen, at, self._final(info, at))

    def _final(self, info, at):
        """The last observations of the episodes of environments at, of a dict or of a list of dicts."""
        rule = "info must hold 'final_obs' where an episode ended"
        per_part = isinstance(info, list | tuple)
        found = [one.get("final_obs") for one in info] if per_part else info.get("final_obs")
        if found is None:
            raise self._error(f"{rule}; got none", at[0])
        whole = isinstance(found, dict) or (isinstance(found, tuple) and not per_part)  # a batch in parts
        finals = []
        for i in at:
            try:
                finals.append(jax.tree.map(lambda x: x[i], found) if whole else found[i])  # noqa: B023
            except (IndexError, KeyError, TypeError):
                raise self._error(f"{rule}, one for each environment; got {shortened(found)}", i) from None
            told = misfits.misfit(self.space, finals[-1])
            if told is not None:
                raise self._error(f"{rule}, in {self.space}; got {told}", i)
        return spaces.gathered(self.space, finals)

    def _after(self, seen, last):
        """What the next step is decided on."""
        if self._mode == AutoresetMode.NEXT_STEP or not last.any():
            return seen
        if self._mode == AutoresetMode.SAME_STEP:
            self._check_reset(seen, last)
            return seen
        new = self._reset(last, options={"reset_mask": last.copy()})  # of the others nothing is taken
        return _put(seen, last, jax.tree.map(lambda x: np.asarray(x)[last], new))

    def _stepped(self, actions):
        self._steps += ~self._resets
        return self._looked(self._called("step", actions))

    def _called(self, name, *args, **given):
        """What the vector answers; where that fails, the environment that did is named if it can be."""
        try:
            with self._parts.watched(self._resets if name == "step" else None):
                return getattr(self._env, name)(*args, **given)
        except RAISED as error:
            told = error if isinstance(error, EnvError) else self._parts.blamed(name, error)
            if name == "step" and self._parts.in_turn and told.index is not None:
                self._steps[told.index + 1 :] -= ~self._resets[told.index + 1 :]  # it never came to them
            self._closed = self._parts.end()
            raise told from (error.__cause__ if told is error else error)

    def _looked(self, answer):
        """What a step answered, where it is five things of the right kinds and shapes."""
        if not (isinstance(answer, tuple) and len(answer) == 5):
            told = f"{len(answer)} things" if isinstance(answer, tuple) else shortened(answer)
            rule = "step must return (obs, rewards, terminated, truncated, info)"
            raise self._error(f"{rule}; got {told}", self._only)
        self._fits(answer[0])
        for name, kinds, array in zip(("rewards", "terminated", "truncated"), ("iuf", "b", "b"), answer[1:4],
                                      strict=True):  # fmt: skip
            array = np.asarray(array)
            if array.dtype.kind not in kinds or array.shape != (self._count,):
                rule = f"{self._count} {'booleans' if kinds == 'b' else 'numbers'}"
                raise self._error(f"{name} must be {rule}; got {array.dtype} {array.shape}", self._only)
        if not isinstance(answer[4], dict | list | tuple):
            raise self._error(f"info must be a dict; got {shortened(answer[4])}", self._only)
        return answer

    def _check(self, next_obs, rewards, mask, first):
        good = np.isfinite(rewards)
        if not good.all():
            t, i = np.argwhere(~good)[0]
            step = int(first[i] + mask[: t + 1, i].sum())
            raise self._error(f"reward must be finite; got {rewards[t, i]}", i, step=step)
        wrong = observed.outside(self.space, next_obs)
        if wrong is not None:
            (t, i), told = wrong
            step, name = int(first[i] + mask[: t + 1, i].sum()), "observation"
            name = name if mask[t, i] else f"the {name} of reset"
            raise self._error(f"{name} must be in {self.space}; got {told}", i, step=step)


def _shape(x):
    """The shape of an array of numbers, the dtype of any other."""
    array = np.asarray(x)
    return array.shape if array.dtype.kind in "biuf" else str(array.dtype)


def _put(batch, at, new):
    """A batch with other observations at some places."""

    def put(x, y):
        x = np.copy(x)
        x[at] = y
        return x

    return jax.tree.map(put, batch, new)
