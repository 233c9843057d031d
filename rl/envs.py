"""Gymnasium environments: made, stripped of wrappers that only cost time, copied, and read as tables."""

import copy
from dataclasses import dataclass
from math import prod
from operator import index
from typing import Any, TypeGuard

import numpy as np

try:
    import gymnasium
except ImportError:
    raise ImportError(
        "rl: gymnasium is not installed; in the project's folder run: pip install -e '.[rl]'"
    ) from None
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker, TimeLimit

from .transitions import columns, gathered

UNBOUNDED = ("LunarLander-v3", "LunarLanderContinuous-v3")  # height and angle leave the bounds they state
ARROWS = {"FrozenLakeEnv": "←↓→↑", "CliffWalkingEnv": "↑→↓←"}  # the direction of each action


def make(function: str, env: Any, **kwargs) -> gymnasium.Env:
    """The environment of an id such as "FrozenLake-v1", made with kwargs; an environment as it is."""
    if isinstance(env, str):
        try:
            return gymnasium.make(env, **kwargs)
        except Exception as error:
            given = ", ".join([repr(env), *(f"{name}={value!r}" for name, value in kwargs.items())])
            reason = f"{type(error).__name__}: {str(error).strip().rstrip('.')}"
            raise ValueError(
                f"{function}: env must be an id that gymnasium.make takes; got {given} ({reason})."
            ) from error
    if not isinstance(env, gymnasium.Env):
        raise TypeError(f"{function}: env must be a Gymnasium id or environment; got {type(env).__name__}.")
    if kwargs:
        raise ValueError(f"{function}: {', '.join(kwargs)} can be given with an id only; got an environment.")
    return env


def rendered(function: str, env: Any, mode: str, **kwargs) -> gymnasium.Env:
    """A new environment of an id, or of the id that an environment was made of, that shows itself."""
    if not isinstance(env, str) and getattr(env, "spec", None) is None:
        raise ValueError(
            f"{function}: env must be an id where the agent's has none; got {type(env).__name__}."
        )
    return make(function, env if isinstance(env, str) else env.spec.id, render_mode=mode, **kwargs)


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


def is_known(env: Any) -> bool:
    """Whether Gymnasium can play it: an environment, or an id that it has."""
    return isinstance(env, gymnasium.Env) or (isinstance(env, str) and env in gymnasium.registry)


def is_vector(env: Any) -> TypeGuard[gymnasium.vector.VectorEnv]:
    """Whether it is one of Gymnasium's vector environments."""
    return isinstance(env, gymnasium.vector.VectorEnv)


def spaces(env: Any) -> tuple[Any, Any]:
    """The spaces of one observation and of one action, of a vector environment's parts too.

    Environments of Gymnasium that are known to leave their bounds get a Box without any: held down, the main
    engine takes LunarLander up to 18, where the space says 2.5.
    """
    single = "single_" if is_vector(env) else ""
    obs, action = (getattr(env, f"{single}{kind}_space") for kind in ("observation", "action"))
    if getattr(getattr(env, "spec", None), "id", None) in UNBOUNDED and isinstance(obs, gymnasium.spaces.Box):
        obs = gymnasium.spaces.Box(-np.inf, np.inf, obs.shape, obs.dtype.type)
    return obs, action


def vector_name(env: Any) -> str:
    """What an error message calls a vector environment."""
    return env.spec.id if getattr(env, "spec", None) is not None else type(env.unwrapped).__name__


def autoreset_mode(function: str, env: Any):
    """How a vector environment resets those that ended."""
    mode = (env.metadata or {}).get("autoreset_mode")
    try:
        return gymnasium.vector.AutoresetMode(mode)
    except ValueError:
        raise ValueError(
            f"{function}: env must say how it resets, metadata['autoreset_mode']; "
            f"got {mode!r} in {vector_name(env)}."
        ) from None


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
    try:
        return copy.deepcopy(env)
    except Exception as error:
        raise TypeError(
            f"rl: env must be one that copy.deepcopy can copy; got {name(env)} ({type(error).__name__}: "
            f"{error}). Fix: register it and pass its id, or a vector environment of it."
        ) from error


def is_discrete(space) -> bool:
    """Whether a space is integers that count from 0."""
    return isinstance(space, gymnasium.spaces.Discrete) and space.start == 0


def sizes(function: str, env: gymnasium.Env) -> tuple[int, int]:
    """Numbers of states and actions of an environment whose spaces are counted.

    Actions must be Discrete, observations Discrete or a Tuple of Discrete, all counting from 0.
    """
    obs, actions = env.observation_space, env.action_space
    parts = obs.spaces if isinstance(obs, gymnasium.spaces.Tuple) else [obs]
    if not parts or not all(map(is_discrete, parts)):
        raise ValueError(
            f"{function}: observations must be Discrete and count from 0; got {obs} in {name(env)}."
        )
    if not is_discrete(actions):
        raise ValueError(
            f"{function}: actions must be Discrete and count from 0; got {actions} in {name(env)}."
        )
    return prod(int(part.n) for part in parts), int(actions.n)  # pyright: ignore[reportAttributeAccessIssue]


def state_of(env: gymnasium.Env):
    """A function from an observation to its index: itself, or for a tuple its number, row by row.

    An observation outside is told by an index that is: of a tuple, -1.
    """
    space = env.observation_space
    if not isinstance(space, gymnasium.spaces.Tuple):
        return index
    lengths = [int(part.n) for part in space.spaces]  # pyright: ignore[reportAttributeAccessIssue]

    def number(obs):
        if not isinstance(obs, tuple) or len(obs) != len(lengths):
            return -1
        state = 0
        for part, length in zip(obs, lengths, strict=True):
            if not 0 <= part < length:
                return -1
            state = state * length + index(part)
        return state

    return number


def table(function: str, env: gymnasium.Env):
    """What a TabularMDP needs of a toy environment: arrays, initial distribution, step limit, map, arrows."""
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
    transitions = _transitions(function, inner)
    initial = inner.initial_state_distrib  # pyright: ignore[reportAttributeAccessIssue]
    arrays = gathered(function, columns(function, transitions))
    return arrays, initial, stripped.limit, _letters(inner), ARROWS.get(type(inner).__name__)


def _transitions(function, env):
    """P as a list of (state, action, probability, next_state, reward, terminated)."""
    try:
        transitions = [
            (index(s), index(a), float(p), index(n), float(r), bool(t))
            for s, actions in env.P.items()
            for a, outcomes in actions.items()
            for p, n, r, t in outcomes
        ]
    except (AttributeError, TypeError, ValueError) as error:
        wrong = str(error)
    else:
        wrong = "" if transitions else "no transition"
    if wrong:
        raise ValueError(
            f"{function}: P must be {{state: {{action: [(probability, next_state, reward, terminated)]}}}} "
            f"in {name(env)}; got {wrong}."
        )
    for s, a, *_ in transitions:
        if min(s, a) < 0:
            raise ValueError(f"{function}: P must count from 0 in {name(env)}; got state {s}, action {a}.")
    return transitions


def _letters(env):
    """The map as rows of letters: S start, G goal, H hole, C cliff, F or . the rest. None without a map."""
    kind = type(env).__name__
    if kind == "FrozenLakeEnv":
        return ["".join(letter.decode() for letter in row) for row in env.desc]
    if kind == "CliffWalkingEnv":
        return [*["." * 12] * 3, "S" + "C" * 10 + "G"]
    return None
