"""What environments of the host answer, looked at before it is used: one sentence for what they must not.

What needs JAX is imported where it is used: agents with a table do without.
"""

import sys
import warnings
from numbers import Real
from reprlib import repr as shortened

import numpy as np

from . import envs, misfits

RAISED = Exception, SystemExit  # which an environment may raise; Ctrl-C is its user's
RETURNS = {"reset": "obs, info", "step": "obs, reward, terminated, truncated, info"}


class EnvError(RuntimeError):
    """An environment did what it must not; the training stands where it was before these steps.

    index: which of the environments, None where a vector environment does not tell. step: which of its steps,
    counted from its first one. seed: of its first reset.
    """

    def __init__(self, what, index, step, seed, fix=""):
        place = "an unknown environment" if index is None else f"environment {index}"
        told = f"{what} ({place}, its step {step}, seed {seed})."
        super().__init__(f"{told} Fix: {fix}." if fix else told)
        self.index, self.step, self.seed = index, step, seed


class Watched:
    """One environment whose answers are looked at; wrappers that only watch or count are taken off.

    env: as it was made. index: which of several. seed: of its first reset. steps: taken since.
    limit: the step that truncates an episode, infinity for none. space: of its observations.
    """

    def __init__(self, function, env, index, seed):
        self.function, self.env, self.index, self.seed, self.steps = function, env, index, seed, 0
        bare = envs.bare(env)
        self._env, self.limit = bare.env, bare.limit or float("inf")
        self.space, self._actions = envs.spaces(env)

    def error(self, what, fix=""):
        """The EnvError that says so."""
        told = f"{self.function}: {envs.name(self.env)}: {what}"
        return EnvError(told, self.index, self.steps, self.seed, fix)

    def opened(self, seed=None, **options):
        """(obs, info) of a new episode."""
        try:
            told = self._env.reset(seed=seed, **options)
        except RAISED as error:
            fix = "def reset(self, *, seed=None, options=None)" if _takes_no_seed(error) else ""
            raise self.error(f"reset raised {said(type(error), error)}", fix) from error
        if not (isinstance(told, tuple) and len(told) == 2 and isinstance(told[1], dict)):
            raise self.error(f"reset must return (obs, info), info a dict; got {shortened(told)}")
        return told

    def reset(self, seed=None):
        """The same, in the space."""
        from . import observed

        told = self.opened(seed)
        wrong = observed.amiss(self.space, told[0])
        if wrong is not None:
            fix = misfits.cast(self.space, told[0])
            raise self.error(f"the observation of reset must be in {self.space}; got {wrong}", fix)
        return told

    def step(self, action):
        """(obs, reward, terminated, truncated, info), the reward a float and both flags True or False."""
        self.steps += 1
        try:
            answer = self._env.step(action)
        except RAISED as error:
            raise self.error(f"step raised {said(type(error), error)}") from error
        try:
            obs, reward, terminated, truncated, info = answer
        except (TypeError, ValueError):
            raise self._strange(answer) from None
        if terminated is not True and terminated is not False:
            terminated = self._flag("terminated", terminated)
        if truncated is not True and truncated is not False:
            truncated = self._flag("truncated", truncated)
        if type(reward) is not float:
            reward = self._reward(reward)
        if type(info) is not dict:
            self._dict(info)
        return obs, reward, terminated, truncated, info

    def _strange(self, answer):
        """The error for an answer that is not five things."""
        old = isinstance(answer, tuple) and len(answer) == 4
        told = "four, as environments of the old gym do" if old else shortened(answer)
        fix = f"return {RETURNS['step']}, done as terminated where no limit cut it off"
        return self.error(
            f"step must return (obs, reward, terminated, truncated, info); got {told}", fix if old else ""
        )

    def _reward(self, reward):
        """The reward as a float; an array of one number is one."""
        number = reward.item() if getattr(reward, "size", 0) == 1 else reward
        try:
            if isinstance(number, Real):
                return float(number)
        except OverflowError:
            pass
        raise self.error(f"reward must be a number; got {shortened(reward)}")

    def _flag(self, name, value):
        """An array of one flag, or 1 and 0, as True or False."""
        plain = value.item() if getattr(value, "size", 0) == 1 else value
        if not isinstance(plain, bool | int) or plain not in (0, 1):
            raise self.error(f"{name} must be True or False; got {shortened(value)}")
        return bool(plain)

    def _dict(self, info):
        """Raises for an info that is none."""
        if not isinstance(info, dict):
            raise self.error(f"info must be a dict; got {shortened(info)}")

    def fits(self, obs, what="observation"):
        """Raises for an observation of another shape or dtype."""
        told = misfits.misfit(self.space, obs)
        if told is not None:
            raise self.error(f"{what} must be in {self.space}; got {told}", misfits.cast(self.space, obs))

    def legal(self, info):
        """[A], the legal actions that step or reset told."""
        count = int(self._actions.n)
        given = info.get("action_mask") if isinstance(info, dict) else None
        row = np.asarray(() if given is None else given)
        if row.shape != (count,) or row.dtype.kind not in "biuf" or not np.isin(row, (0, 1)).all():
            told = "none" if given is None else shortened(row.tolist())
            what = f"info['action_mask'] must be an array of {count} flags, 1 where an action is legal"
            raise self.error(f"{what}; got {told}", "action_mask=False" if given is None else "")
        if not row.any():
            raise self.error("action_mask must leave a legal action; got none")
        return row.astype(bool)


def said(kind, error):
    """What an error of a kind says, which may be nothing, in one line, for the middle of a sentence.

    >>> said(StopIteration, StopIteration()), said(ValueError, "No,\\n  never.")
    ('StopIteration', 'ValueError: No, never')
    """
    return " ".join(f"{kind.__name__}: {error}".split()).rstrip(": .")


def close(function, made):
    """Closes every environment; what one raises there is a warning: what came before counts all the same."""
    raised = []
    for one in made:
        try:
            one.close()
        except RAISED as error:
            raised.append(f"close of {envs.name(one)} must not raise; got {said(type(error), error)}")
    if raised:
        warnings.warn(
            f"{function}: {raised[0]}. What came before counts all the same.", stacklevel=_lines_of_ours()
        )


def _lines_of_ours():
    """How far up the caller's line lies that is not of this package, as `warnings.warn` counts."""
    count, frame = 1, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == __package__:
        count, frame = count + 1, frame.f_back
    return count


def _takes_no_seed(error):
    return isinstance(error, TypeError) and "unexpected keyword argument 'seed'" in str(error)


def gathered(watched, seen):
    """Observations of several environments as a batch; raises for one of another shape or dtype."""
    from . import spaces

    space = watched[0].space
    usual = (space.dtype, space.shape) if isinstance(space, misfits.ARRAYS) else None
    for one, obs in zip(watched, seen, strict=True):
        if type(obs) is not np.ndarray or (obs.dtype, obs.shape) != usual:
            one.fits(obs)
    return spaces.gathered(space, seen)
