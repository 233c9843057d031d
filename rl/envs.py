"""Gymnasium environments: made, copied, and stripped of wrappers that only cost time."""

import copy
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

try:
    import gymnasium
except ImportError:
    raise ImportError(
        "rl: gymnasium is not installed; in the project's folder run: pip install -e '.[rl]'"
    ) from None
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker, TimeLimit

UNBOUNDED = ("LunarLander-v3", "LunarLanderContinuous-v3")  # height and angle leave the bounds they state


def make(function: str, env: Any, **kwargs) -> gymnasium.Env:
    """The environment of an id such as "FrozenLake-v1" or of a function, made with kwargs; one as it is."""
    if isinstance(env, str):
        try:
            return gymnasium.make(env, **kwargs)
        except Exception as error:
            given = ", ".join([repr(env), *(f"{name}={value!r}" for name, value in kwargs.items())])
            reason = f"{type(error).__name__}: {str(error).strip().rstrip('.')}"
            fix = " Fix: in the project's folder: pip install -e '.[box2d]'." if "box2d" in reason else ""
            raise ValueError(
                f"{function}: env must be an id that gymnasium.make takes; got {given} ({reason}).{fix}"
            ) from error
    if is_maker(env):
        made = env(**kwargs)
        if not isinstance(made, gymnasium.Env):
            told = f"a function that returns {type(made).__name__}"
            raise TypeError(f"{function}: env must be a Gymnasium id or environment; got {told}.")
        return made
    if not isinstance(env, gymnasium.Env):
        fix = " Fix: rl.FunctionalEnv(init, step, ...)." if isinstance(env, tuple) else ""
        if hasattr(env, "initial") and hasattr(env, "transition"):  # Gymnasium's FuncEnv
            fix = " Fix: rl.from_func_env(env, max_steps=...)."
        raise TypeError(
            f"{function}: env must be a Gymnasium id or environment, or a function that makes one; "
            f"got {type(env).__name__}.{fix}"
        )
    if kwargs:
        raise ValueError(f"{function}: {', '.join(kwargs)} can be given with an id only; got an environment.")
    return env


def rendered(function: str, env: Any, mode: str, **kwargs) -> gymnasium.Env:
    """An environment that shows itself: of an id or a function a new one, or one that was made to do so."""
    if isinstance(env, str) or is_maker(env):
        return make(function, env, render_mode=mode, **kwargs)
    if getattr(env, "render_mode", None) == mode and not kwargs and not is_vector(env):
        return env
    if getattr(env, "spec", None) is None:
        raise ValueError(
            f"{function}: env must be an id, an environment made with render_mode={mode!r}, or a function of "
            f"render_mode, where the agent's has no id; got {type(env).__name__}."
        )
    from .again import made_again  # which needs this module

    return made_again(function, env, render_mode=mode, **kwargs)


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
        if type(inner) is TimeLimit:  # a subclass may do more
            limit = inner._max_episode_steps if limit is None else min(limit, inner._max_episode_steps)
        elif type(inner) not in (OrderEnforcing, PassiveEnvChecker):
            return Bare(env, None, type(inner).__name__)
        inner = inner.env
    return Bare(inner, limit)


def bounds(space: gymnasium.spaces.Box):
    """The lowest and the highest that each number of a Box may be; infinity is no number that can be seen."""
    kind = np.finfo(space.dtype) if space.dtype.kind == "f" else np.iinfo(space.dtype)  # pyright: ignore
    return np.clip(space.low, kind.min, kind.max), np.clip(space.high, kind.min, kind.max)


def is_maker(env: Any) -> bool:
    """Whether it is a function or a class that makes environments."""
    return callable(env) and not isinstance(env, gymnasium.Env | gymnasium.vector.VectorEnv)


def several(function: str, env: Any, count: int) -> list[gymnasium.Env]:
    """So many environments: of an id or a function new ones, of an environment copies; it stays as it is."""
    if isinstance(env, str) or is_maker(env):
        return [make(function, env) for _ in range(count)]
    return [own_copy(make(function, env)) for _ in range(count)]


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


def own_copy(env: gymnasium.Env) -> gymnasium.Env:
    """An environment like env that can be stepped without disturbing it."""
    try:
        return copy.deepcopy(env)
    except Exception as error:
        raise TypeError(
            f"rl: env must be one that copy.deepcopy can copy; got {name(env)} ({type(error).__name__}: "
            f"{error}). Fix: a function that makes it, such as lambda: gymnasium.make(...)."
        ) from error
