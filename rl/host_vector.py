"""Gymnasium's vector environments, in every autoreset mode, as the same record of steps.

T: steps, N: environments in the vector.
"""

from multiprocessing.connection import wait
from reprlib import repr as shortened
from time import monotonic

import jax
import numpy as np
from gymnasium.vector import AutoresetMode

from . import claims, envs, observed, spaces
from .answers import EnvError
from .rollout import Episodes, Rollout, where_last


class HostVector:
    """A vector environment. timeout: seconds that processes of environments may take for a step.

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
        self._count, self._timeout = env.num_envs, timeout
        self.memory, self._obs, self._begun, self._closed = memory, None, False, False
        self._steps = 0
        self._shapes = jax.tree.map(np.shape, spaces.example(self.space, self._count))

    def close(self):
        """Closes the environments; their processes end."""
        self._closed = True
        self._env.close()

    def restart(self, seeds):
        """The next steps begin new episodes, from another seed."""
        self._seed, self._obs, self._begun = seeds[0], None, False

    def begin(self):
        """New episodes everywhere, the first ones from seed, seed + 1, ..."""
        try:
            told = self._env.reset(seed=None if self._begun else self._seed)
        except Exception as error:
            raise self._error(f"reset raised {type(error).__name__}: {error}".rstrip("."), 0) from error
        if not (isinstance(told, tuple) and len(told) == 2):
            raise self._error(f"reset must return (obs, info); got {shortened(told)}", 0)
        self._fits(told[0])
        wrong = observed.outside(self.space, jax.tree.map(lambda x: np.asarray(x)[None], told[0]))
        if wrong is not None:
            raise self._error(
                f"the observation of reset must be in {self.space}; got {wrong[1]}", wrong[0][1]
            )
        self._obs = told[0]
        self._begun, self.memory = True, self._start
        self._resets = np.zeros(self._count, bool)  # where the next step only resets
        self._lengths, self._totals = np.zeros(self._count, np.int32), np.zeros(self._count)

    def _fits(self, obs):
        """Raises for observations of another shape than the space's, one for each environment."""
        shapes = jax.tree.map(np.shape, obs)
        if shapes != self._shapes:
            raise self._error(f"observations must have shapes {self._shapes}; got {shapes}", 0)

    def _error(self, what, index, fix=""):
        name = envs.vector_name(self._env)
        return EnvError(f"{self._function}: {name}: {what}", int(index), self._steps, self._seed, fix)

    def collect(self, act, to_env, noise):
        """As `host.Host.collect`. Raises EnvError too where a process of an environment dies or takes too
        long: then all of them are ended, and the vector environment cannot be used again.
        """
        if self._closed:
            raise self._error("is closed, after an earlier error", 0)
        if self._obs is None:
            self.begin()
        elif other := claims.taken(self._env, self):
            self._obs = None
            fix = "a vector environment for each agent, or train again: this one then begins new episodes"
            raise self._error(f"{other} has stepped this agent's environment", 0, fix)
        try:
            return self._collect(act, to_env, noise)
        except BaseException:
            self._obs = None
            raise
        finally:
            claims.claim(self._env, self)

    def _collect(self, act, to_env, noise):
        rows, first = [], self._steps
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
            row = obs, action, next_obs, np.float32(reward), terminated & mask, truncated & ~terminated & mask
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
        true = jax.tree.map(np.copy, seen)
        if "final_obs" not in info:
            raise self._error("info must hold 'final_obs' where an episode ended; got none", last.argmax())
        final = spaces.gathered(self.space, [info["final_obs"][i] for i in np.flatnonzero(last)])

        def put(x, y):
            x[last] = y
            return x

        return jax.tree.map(put, true, final)

    def _after(self, seen, last):
        """What the next step is decided on."""
        if self._mode == AutoresetMode.DISABLED and last.any():
            return self._env.reset(options={"reset_mask": last})[0]
        return seen

    def _stepped(self, actions):
        self._steps += 1
        processes = getattr(self._env, "processes", None)
        try:
            if processes is None:
                return self._looked(self._env.step(actions))
            self._env.step_async(actions)
            self._answered(processes)
            return self._looked(self._env.step_wait(timeout=self._timeout))
        except EnvError:
            raise
        except Exception as error:
            pipes = getattr(self._env, "parent_pipes", [])
            index = next((i for i, pipe in enumerate(pipes) if pipe is None), 0)
            if processes is not None:
                self._end(processes)
            told = f"step raised {type(error).__name__}: {error}".rstrip(".")
            raise self._error(told, index) from error

    def _looked(self, answer):
        """What a step answered, where it is five things of the right kinds and shapes."""
        if not (isinstance(answer, tuple) and len(answer) == 5):
            told = f"{len(answer)} things" if isinstance(answer, tuple) else shortened(answer)
            raise self._error(f"step must return (obs, rewards, terminated, truncated, info); got {told}", 0)
        self._fits(answer[0])
        for name, kinds, array in zip(("rewards", "terminated", "truncated"), ("iuf", "b", "b"), answer[1:4],
                                      strict=True):  # fmt: skip
            array = np.asarray(array)
            if array.dtype.kind not in kinds or array.shape != (self._count,):
                rule = f"{self._count} {'booleans' if kinds == 'b' else 'numbers'}"
                raise self._error(f"{name} must be {rule}; got {array.dtype} {array.shape}", 0)
        return answer

    def _answered(self, processes):
        """Waits until every process has answered; raises for one that is dead or takes too long."""
        waiting, until = dict(enumerate(self._env.parent_pipes)), monotonic() + self._timeout
        while waiting:
            watched = [*waiting.values(), *(processes[i].sentinel for i in waiting)]
            ready = wait(watched, max(0.0, until - monotonic()))
            for i, pipe in list(waiting.items()):
                if pipe in ready:
                    del waiting[i]  # an answer, or the end of the stream, which reading it will tell
                if processes[i].sentinel in ready and not processes[i].is_alive():
                    code = processes[i].exitcode
                    self._end(processes)
                    raise self._error(f"its process died with exit status {code}", i)
            if not ready:
                index = next(iter(waiting))
                self._end(processes)
                raise self._error(f"step took longer than {self._timeout:g} s", index)

    def _end(self, processes):
        """Ends all processes: none is left behind."""
        self._closed = True
        for process in processes:
            process.kill()
        for process in processes:
            process.join()
        self._env.closed = True

    def _check(self, next_obs, rewards, mask, first):
        good = np.isfinite(rewards) | ~mask
        if not good.all():
            t, i = np.argwhere(~good)[0]
            self._steps = first + int(t) + 1
            raise self._error(f"reward must be finite; got {rewards[t, i]}", i)
        wrong = observed.outside(self.space, next_obs)
        if wrong is not None:
            (t, i), told = wrong
            self._steps = first + t + 1
            raise self._error(f"observation must be in {self.space}; got {told}", i)
