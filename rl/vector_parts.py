"""The environments in a vector one by one: what each answers is looked at, and one that fails is named.

A SyncVectorEnv shows its environments and an AsyncVectorEnv its pipes, also under wrappers; of other vector
environments no parts are seen. While the vector is called, something that looks stands in each one's place.
"""

from contextlib import contextmanager
from multiprocessing.connection import wait
from reprlib import repr as shortened
from time import monotonic
from typing import Any

from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv, async_vector_env

from . import answers, observed

UNSEEN, PLAIN = object(), (float, bool, bool, dict)


class InProcess(Exception):
    """Where in its process an environment raised, as printed there."""


class Parts:
    """What a vector environment consists of.

    error: (sentence, index, fix) -> the EnvError that says so. timeout: seconds that processes may take.
    in_turn: whether they are stepped one after another.
    """

    def __init__(self, env, error, timeout):
        base: Any = env.unwrapped
        self.error, self.timeout, self.until = error, timeout, 0.0
        self.shared = getattr(base, "shared_memory", False)
        self._async: Any = base if isinstance(base, AsyncVectorEnv) else None
        self.in_turn = isinstance(base, SyncVectorEnv)
        known = self._async is not None or self.in_turn
        kind = Part if self._async is None else Line
        self.inside = [kind(self, i, base.single_observation_space) for i in range(base.num_envs * known)]
        self._places: Any = getattr(base, "envs" if self._async is None else "parent_pipes") if known else []

    @contextmanager
    def watched(self):
        """Here all that the parts answer is looked at."""
        taken, self.until = list(self._places), monotonic() + self.timeout
        for i, (one, each) in enumerate(zip(self.inside, taken, strict=True)):
            one._env = each
            self._places[i] = None if each is None else one
        try:
            self._settle()
            yield
        finally:
            for i, each in enumerate(taken):
                if self._places[i] is not None:
                    self._places[i] = each

    def _settle(self):
        """Takes in what an interrupted call was still waiting for."""
        if self._async is not None and any(line.asked for line in self.inside):
            for line in self.inside:
                if line.asked:
                    line.recv()
            self._async._state = async_vector_env.AsyncState.DEFAULT

    def gather(self):
        """Waits until a process answers; raises for one that is dead or takes too long."""
        waiting = {line._env: line for line in self.inside if line.asked and line.told is None}
        ready = wait(list(waiting), max(0.0, self.until - monotonic()))
        if not ready:
            line = next(iter(waiting.values()))
            raise self.error(f"{line.asked} took longer than {self.timeout:g} s", line.index, "")
        for pipe in ready:
            waiting[pipe].read()

    def died(self, index):
        """The error for a process that does not answer any more."""
        process = self._async.processes[index]
        process.join(5)
        return self.error(f"its process died with exit status {process.exitcode}", index, "")

    def failed(self, line):
        """The error for what a process raised, as it told before it ended."""
        try:
            index, kind, message, trace = self._async.error_queue.get(timeout=5)
        except Exception as error:  # not every exception can be sent, nor be made again
            told = f"{line.asked} raised what cannot be sent from its process"
            return self.error(f"{told} ({type(error).__name__}: {error})".rstrip(". "), line.index, "")
        frames = trace.split('File "')  # the first is the worker's, the last where it was raised
        place, told = frames[-1].partition('"')[0], f"{kind.__name__}: {message}".rstrip(". ")
        own = place.endswith("async_vector_env.py")
        resets = ".reset(" in frames[min(1, len(frames) - 1)] or (own and "mapping" in told)
        asked, fix = "reset" if resets else self.inside[index].asked, ""
        if own:
            fix = f"return {answers.RETURNS[asked]}"
            told = f"{asked} must return ({answers.RETURNS[asked]}), info a dict; got something else ({told})"
        elif place.endswith("shared_memory.py"):
            told = f"observation must be in {self.inside[index].space}; got something else ({told})"
        else:
            told = f"{asked} raised {told}"
        error = self.error(told, index, fix)
        error.__cause__ = InProcess(trace)
        return error

    def blamed(self, called, error):
        """The error for what a call of the vector raised outside its environments."""
        for one in self.inside:
            told = None if one.seen is UNSEEN else observed.misfit(one.space, one.seen)
            if told is not None and not observed.stackable(one.space, one.seen):
                return self.error(f"observation must be in {one.space}; got {told}", one.index, "")
        told = f"{called} raised {type(error).__name__}: {error}".rstrip(". ")
        return self.error(told, 0 if self.inside and len(self.inside) == 1 else None, "")

    def end(self):
        """Ends all processes: none is left behind. Returns whether there were any."""
        if self._async is None:
            return False
        for process in self._async.processes:
            process.kill()
        for process in self._async.processes:
            process.join()
        self._async.closed = True
        return True


class Part(answers.Watched):
    """Stands for one environment of a SyncVectorEnv. seen: its last observation."""

    _env: Any = None

    def __init__(self, parts, index, space):
        self.index, self.space, self.seen = index, space, UNSEEN
        self._parts = parts

    def __getattr__(self, name):
        return getattr(self._env, name)

    def error(self, what, fix=""):
        return self._parts.error(what, self.index, fix)

    def reset(self, *, seed=None, options=None):
        told = self.opened(seed, options=options)
        self.seen = told[0]
        return told

    def step(self, action):
        try:
            told = self._env.step(action)
        except Exception as error:
            raise self.error(f"step raised {type(error).__name__}: {error}".rstrip(". ")) from error
        if type(told) is tuple and tuple(map(type, told[1:])) == PLAIN:
            self.seen = told[0]
            return told
        return self._looked(told)

    def _looked(self, told):
        """What a step answered, as it must be; or a sentence."""
        try:
            self.seen, reward, terminated, truncated, info = told
        except (TypeError, ValueError):
            raise self._strange(told) from None
        flags = self._flag("terminated", terminated), self._flag("truncated", truncated)
        self._dict(info)
        return self.seen, self._reward(reward), *flags, info

    def _dict(self, info):
        """Raises for an info that is none."""
        if not isinstance(info, dict):
            raise self.error(f"info must be a dict; got {shortened(info)}")


class Line(Part):
    """Stands for the pipe to one process of an AsyncVectorEnv.

    asked: what it was asked for last, None once that is taken. told: its answer, None until it came.
    """

    asked = told = None

    def send(self, message):
        """Asks for something."""
        try:
            self._env.send(message)
        except OSError:
            raise self._parts.died(self.index) from None
        self.asked = message[0]

    def read(self):
        """Takes the answer from the pipe."""
        try:
            self.told = self._env.recv()
        except (EOFError, OSError):
            raise self._parts.died(self.index) from None
        if not self.told[1]:
            raise self._parts.failed(self)

    def poll(self, *timeout):
        """Whether there is an answer."""
        return self.told is not None or self._env.poll(*timeout)

    def recv(self):
        """The answer, looked at."""
        while self.told is None:
            self._parts.gather()
        (told, good), asked = self.told, self.asked
        self.asked = self.told = None
        if asked == "step":
            told = self._looked(told)
        elif asked == "reset":
            self.seen = told[0]
            self._dict(told[1])
        if self._parts.shared:  # observations come another way
            self.seen = UNSEEN
        return told, good
