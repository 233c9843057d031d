"""Wrappers of Gymnasium that learn figures of one environment, which no other environment knows."""

import warnings

from . import envs


def warn(agent, made):
    """Warns of NormalizeObservation and NormalizeReward around an environment, or a vector's parts.

    agent: whose settings do the same for all its environments, and keep the figures with what was learnt.
    """
    wrappers, kind = envs.gymnasium.wrappers, type(agent)
    sync, found, inner = envs.gymnasium.vector.SyncVectorEnv, set(), made
    if envs.is_vector(made):
        inner = made.unwrapped.envs[0] if isinstance(made.unwrapped, sync) else None
    while isinstance(inner, envs.gymnasium.Wrapper):
        found.add(type(inner))
        inner = inner.env
    fixes = (
        (
            wrappers.NormalizeObservation,
            "shows other numbers",
            "begin with fresh ones",
            "normalize_obs scale_obs",
        ),
        (wrappers.NormalizeReward, "pays by its own", "return sums of scaled rewards", "normalize_reward"),
    )
    for wrapper, each, evaluations, settings in fixes:
        if wrapper in found:
            ours = [f" Fix: {one}=True in its place." for one in settings.split() if hasattr(kind, one)]
            warnings.warn(
                f"{kind.__name__}: {wrapper.__name__} keeps its figures in one environment alone: each of "
                f"num_envs {each}, and evaluations {evaluations}.{''.join(ours[:1])}",
                stacklevel=5,
            )
