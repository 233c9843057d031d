"""The environments in a vector one by one: what each answers is looked at, and one that fails is named.

A SyncVectorEnv shows its environments and an AsyncVectorEnv its pipes, also under wrappers; of other vector
environments no parts are seen. While the vector is called, something that looks stands in each one's place.
"""

from contextlib import contextmanager
from multiprocessing.connection import wait
from queue import Empty
from time import monotonic
from typing import Any

from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, async_vector_env

from . import answers
from .misfits import Looking, Misfit

PLAIN = float, bool, bool, dict


class InProcess(Exception):
    """Where in its process an environment raised, as printed there."""


class Parts:
    """What a vector environment consists of.

    error: (sentence, index, fix) -> the EnvError that says so. timeout: seconds that processes may take.
    in_turn: whether they are stepped one after another.
    """

    def __init__(self, env, error, timeout):
        base: Any = env.unwrapped
        self.error, self.timeout, self.until, self._resets = error, timeout, 0.0, None
        self.shared = getattr(base, "shared_memory", False)
        self._async: Any = base if isinstance(base, AsyncVectorEnv) else None
        self.in_turn = isinstance(base, SyncVectorEnv)
        known = self._async is not None or self.in_turn
        kind = Part if self._async is None else Line
        self.inside = [kind(self, i, base.single_observation_space) for i in range(base.num_envs * known)]
        self._places: Any = getattr(base, "envs" if self._async is None else "parent_pipes") if known else []

    @contextmanager
    def watched(self, resets=None):
        """Here all that the parts answer is looked at. resets: [N], True where a step only resets."""
        taken, self.until, self._resets = list(self._places), monotonic() + self.timeout, resets
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
            raise self.error(f"{self._doing(line)} took longer than {self.timeout:g} s", line.index, "")
        for pipe in ready:
            waiting[pipe].read()

    def _doing(self, line):
        """What a process was asked to do, as far as it can be told."""
        if line.asked == "step" and self._async.autoreset_mode == AutoresetMode.SAME_STEP:
            return "step, or the reset after it,"
        return "reset" if self._resets is not None and self._resets[line.index] else line.asked

    def died(self, index):
        """The error for a process that does not answer any more."""
        process = self._async.processes[index]
        process.join(5)
        return self.error(f"its process died with exit status {process.exitcode}", index, "")

    def failed(self, line):
        """The error for what a process raised, as it told before it ended."""
        try:
            index, kind, message, trace = self._queued(line)
        except Exception as error:  # not every exception can be sent, nor be made again
            why = f"{type(error).__name__}: {error}"
            why = "its class cannot be pickled" if isinstance(error, Empty) else why
            told = f"{self._doing(line)} raised what cannot be sent from its process ({why})"
            return self.error(told, line.index, "")
        if isinstance(message, Misfit):
            told, fix = message.args
            return self.error(f"observation must be in {self.inside[index].space}; got {told}", index, fix)
        frames = trace.split('File "')  # the first is the worker's, the last where it was raised
        place, told = frames[-1].partition('"')[0], answers.said(kind, message)
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

    def _queued(self, line):
        """What a process put into the queue, from which a thread of its own sends it, before it ended."""
        process, until = self._async.processes[line.index], monotonic() + 5
        while True:
            ended = not process.is_alive()
            try:
                return self._async.error_queue.get(timeout=0.1)
            except Empty:
                if ended or monotonic() > until:
                    raise

    def blamed(self, called, error):
        """The error for what a call of the vector raised outside its environments."""
        told = f"{called} raised {answers.said(type(error), error)}"
        return self.error(told, 0 if len(self.inside) == 1 else None, "")

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
    """Stands for one environment of a SyncVectorEnv."""

    _env: Any = None

    def __init__(self, parts, index, space):
        self.index, self.space, self._parts = index, space, parts

    def __getattr__(self, name):
        return getattr(self._env, name)

    def error(self, what, fix=""):
        return self._parts.error(what, self.index, fix)

    def reset(self, *, seed=None, options=None):
        told = self.opened(seed, options=options)
        self.fits(told[0], "the observation of reset")
        return told

    def step(self, action):
        try:
            told = self._env.step(action)
        except answers.RAISED as error:
            raise self.error(f"step raised {answers.said(type(error), error)}") from error
        if not (type(told) is tuple and tuple(map(type, told[1:])) == PLAIN):
            told = self._looked(told)
        self.fits(told[0])
        return told

    def _looked(self, told):
        """What a step answered, as it must be; or a sentence."""
        try:
            obs, reward, terminated, truncated, info = told
        except (TypeError, ValueError):
            raise self._strange(told) from None
        flags = self._flag("terminated", terminated), self._flag("truncated", truncated)
        self._dict(info)
        return obs, self._reward(reward), *flags, info


class Line(Part):
    """Stands for the pipe to one process of an AsyncVectorEnv.

    asked: what it was asked for last, None once that is taken. told: its answer, None until it came.
    """

    asked = told = None
    _looks = False  # whether its process looks at observations

    def send(self, message):
        """Asks for something."""
        if self._parts.shared and not self._looks:
            message, self._looks = (message[0], Looking(message[1])), True
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
            self._dict(told[1])
        if asked in ("step", "reset") and not self._parts.shared:
            self.fits(told[0], "the observation of reset" if asked == "reset" else "observation")
        return told, good
