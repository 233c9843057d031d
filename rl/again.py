"""An environment made again from its spec, with the arguments and the wrappers that it was made with."""

import copy
from typing import Any

from . import envs


def made_again(function: str, env: Any, **kwargs) -> envs.gymnasium.Env:
    """A new environment like env, or like the parts of a vector environment. kwargs: over its own ones.

    ValueError where a wrapper cannot be made again, or stands around a vector environment.
    """
    vector = envs.is_vector(env)
    if vector:
        _refuse_wrapped(function, env)
    spec = copy.copy(env.spec)
    given = dict(spec.kwargs)
    for name in ("num_envs", "vectorization_mode", "vector_kwargs") if vector else ():
        given.pop(name, None)
    wrappers = given.pop("wrappers", ()) if vector else ()
    if "max_episode_steps" in given and vector:  # make_vec writes it among the environment's own arguments
        kwargs = {"max_episode_steps": given.pop("max_episode_steps")} | kwargs
    spec.kwargs = given
    try:
        made = envs.gymnasium.make(spec, **kwargs)
        for wrapper in wrappers:
            made = wrapper(made)
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error).strip().rstrip('.')}"
        raise ValueError(
            f"{function}: env must be given where the agent's cannot be made again; got {spec.id} "
            f"({reason}). Fix: {function}(env=...)."
        ) from error
    return made


def _refuse_wrapped(function, env):
    """Raises for a wrapper around a vector environment that does more than watch: no part knows of it."""
    vector = envs.gymnasium.wrappers.vector
    watching = (
        vector.RecordEpisodeStatistics,
        vector.RecordVideo,
        vector.HumanRendering,
        vector.DictInfoToList,
    )
    inner = env
    while isinstance(inner, envs.gymnasium.vector.VectorWrapper):
        if not isinstance(inner, watching):
            name = type(inner).__name__
            raise ValueError(
                f"{function}: env must be given where a wrapper changes the agent's vector environment; got "
                f"{name} around {envs.vector_name(env)}. Fix: {function}(env=...), one environment with the "
                f"like of {name} around it."
            )
        inner = inner.env
