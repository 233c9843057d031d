"""Gymnasium environments: made, stripped of wrappers that only cost time, copied, and read as tables."""

import copy
from dataclasses import dataclass
from typing import Any

try:
    import gymnasium
except ImportError:
    raise ImportError("rl needs gymnasium to make environments; run: pip install 'microgrid[rl]'.") from None
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker, TimeLimit

ARROWS = {"FrozenLakeEnv": "←↓→↑", "CliffWalkingEnv": "↑→↓←"}  # the direction of each action


def make(function: str, env: Any, **kwargs) -> gymnasium.Env:
    """The environment of an id such as "FrozenLake-v1", made with kwargs; an environment as it is."""
    if isinstance(env, str):
        return gymnasium.make(env, **kwargs)
    if not isinstance(env, gymnasium.Env):
        raise TypeError(f"{function}: env must be a Gymnasium id or environment; got {type(env).__name__}.")
    if kwargs:
        raise ValueError(f"{function}: {', '.join(kwargs)} can be given with an id only; got an environment.")
    return env


def name(env: gymnasium.Env) -> str:
    """What an error message calls an environment: its id, else its class."""
    return env.spec.id if env.spec is not None else type(env.unwrapped).__name__


@dataclass
class Bare:
    """An environment without the wrappers that only watch, and the step limit that they enforced.

    env: whose reset and step are called. limit: the step at which the caller truncates, None for never.
    changed_by: the name of the first wrapper that does more than watch or count; then env is the whole stack.
    """

    env: gymnasium.Env
    limit: int | None
    changed_by: str | None = None


def bare(env: gymnasium.Env) -> Bare:
    """Unwraps TimeLimit, OrderEnforcing and PassiveEnvChecker; under any other wrapper, nothing."""
    inner, limit = env, None
    while isinstance(inner, gymnasium.Wrapper):
        if isinstance(inner, TimeLimit):
            limit = inner._max_episode_steps if limit is None else min(limit, inner._max_episode_steps)
        elif not isinstance(inner, OrderEnforcing | PassiveEnvChecker):
            return Bare(env, None, type(inner).__name__)
        inner = inner.env
    return Bare(inner, limit)


def has_limit(env: gymnasium.Env) -> bool:
    """Whether a TimeLimit ends long episodes."""
    inner = env
    while isinstance(inner, gymnasium.Wrapper):
        if isinstance(inner, TimeLimit):
            return True
        inner = inner.env
    return False


def own_copy(env: gymnasium.Env) -> gymnasium.Env:
    """An environment like env that can be stepped without disturbing it."""
    return copy.deepcopy(env)


def sizes(function: str, env: gymnasium.Env) -> tuple[int, int]:
    """Numbers of states and actions of an environment whose spaces are Discrete and count from 0."""
    for label, space in (("observations", env.observation_space), ("actions", env.action_space)):
        if not isinstance(space, gymnasium.spaces.Discrete) or space.start != 0:
            raise ValueError(
                f"{function}: {label} must be Discrete and count from 0; got {space} in {name(env)}."
            )
    return int(env.observation_space.n), int(env.action_space.n)  # pyright: ignore[reportAttributeAccessIssue]


def table(function: str, env: gymnasium.Env):
    """Transitions, initial distribution, step limit, map and arrows of a toy environment.

    Transitions: a list of (state, action, probability, next_state, reward, terminated), as in env.P.
    """
    stripped, inner = bare(env), env.unwrapped
    if stripped.changed_by is not None:
        raise ValueError(
            f"{function}: env must have no wrapper that changes it, because P does not show the change; "
            f"got {stripped.changed_by}. Pass env.unwrapped to leave the wrappers out."
        )
    if not hasattr(inner, "P") or not hasattr(inner, "initial_state_distrib"):
        raise ValueError(
            f"{function}: env must have a transition table P and initial_state_distrib; got {name(env)}."
        )
    if getattr(inner, "fickle_passenger", False):
        raise ValueError(f"{function}: fickle_passenger must be False, because P does not show it; got True.")
    sizes(function, env)
    transitions = [
        (int(s), int(a), float(p), int(n), float(r), bool(t))
        for s, actions in inner.P.items()  # pyright: ignore[reportAttributeAccessIssue]
        for a, outcomes in actions.items()
        for p, n, r, t in outcomes
    ]
    initial = inner.initial_state_distrib  # pyright: ignore[reportAttributeAccessIssue]
    return transitions, initial, stripped.limit, _letters(inner), ARROWS.get(type(inner).__name__)


def _letters(env):
    """The map as rows of letters: S start, G goal, H hole, C cliff, F or . the rest. None without a map."""
    kind = type(env).__name__
    if kind == "FrozenLakeEnv":
        return ["".join(letter.decode() for letter in row) for row in env.desc]
    if kind == "CliffWalkingEnv":
        return [*["." * 12] * 3, "S" + "C" * 10 + "G"]
    return None
