"""Episodes of an agent's policy in the real environment, many side by side, each one counted in full."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from . import answers, envs, observed, spaces
from .answers import EnvError
from .chance import Draw, drawn, seeded
from .distributions import some_legal
from .evaluate import LONGEST, Evaluation, endless
from .functional import FunctionalEnv
from .rollout import begin, collect

SIDE_BY_SIDE = 128  # episodes played at once: every one is finished, so short ones do not count double


def play(act, env, to_env, memory, episodes, seed, max_steps=None, masked=False):
    """An Evaluation of `episodes` episodes; that of number i starts from seed + i.

    act: (key, obs, memory, legal) -> (action, memory), of many at once. to_env: an action as the environment
    takes it. memory: num_envs -> what a recurrent policy starts from. max_steps: ends an episode too; without
    it, and without a time limit, one of LONGEST steps is a ValueError, and any of a functional environment.
    masked: whether the policy is given the legal actions, info["action_mask"].
    """
    if isinstance(env, FunctionalEnv):
        return _play_compiled(act, env, to_env, memory, episodes, seed)
    count = min(episodes, SIDE_BY_SIDE)
    made = envs.several("evaluate", env, count)
    watched = [answers.Watched("evaluate", one, i, seed + i) for i, one in enumerate(made)]
    returns, lengths = [], []
    try:
        for first in range(0, episodes, count):
            wave = watched[: min(count, episodes - first)]
            found = _play_wave(act, wave, to_env, memory(len(wave)), seed + first, max_steps, masked)
            returns += found[0]
            lengths += found[1]
    finally:
        answers.close("evaluate", made)
    return Evaluation(np.array(returns), np.array(lengths))


def _play_wave(act, wave, to_env, memory, seed, max_steps, masked):
    """One episode in each environment: (returns, lengths)."""
    count, (space, actions) = len(wave), envs.spaces(wave[0].env)
    limits = [min(one.limit, max_steps or np.inf) for one in wave]
    obs, legal = [], [] if masked else None
    for i, one in enumerate(wave):
        one.seed, one.steps = seed + i, 0
        seen, info = one.reset(one.seed)
        obs.append(spaces.kept(seen))
        if legal is not None:
            legal.append(one.legal(info))
    totals, lengths = [0.0] * count, [0] * count
    going, t = list(range(count)), 0
    key = seeded(seed)
    batch = answers.gathered(wave, obs)
    while going:
        told = None if legal is None else np.stack(legal)
        action, memory = act(jax.random.fold_in(key, t), batch, memory, told)
        sent, still = observed.actions(actions, to_env(np.asarray(action))), []
        for i in going:
            seen, reward, terminated, truncated, info = wave[i].step(sent[i])
            obs[i] = spaces.kept(seen)
            if not np.isfinite(reward):
                raise wave[i].error(f"reward must be finite; got {reward}")
            totals[i] += reward
            lengths[i] += 1
            if lengths[i] >= LONGEST and max_steps is None and limits[i] == np.inf:
                raise ValueError(endless("evaluate", wave[i].env))
            if not (terminated or truncated or lengths[i] >= limits[i]):
                still.append(i)
                if legal is not None:
                    legal[i] = wave[i].legal(info)
        batch = answers.gathered(wave, obs)
        wrong = observed.outside(space, jax.tree.map(lambda x: x[None], batch))
        if wrong is not None:
            (_, i), found = wrong
            raise wave[i].error(f"observation must be in {space}; got {found}")
        going, t = still, t + 1
    return totals, lengths


def _play_compiled(act, env, to_env, memory, episodes, seed):
    """The same in a functional environment: the first episode that ends in each place."""
    if env.max_steps is None:
        raise ValueError(
            f"evaluate: max_steps must be given where the functional environment {env.name!r} has no limit; "
            "got None. Fix: max_steps=1000."
        )
    count, found, looked = min(episodes, SIDE_BY_SIDE), [], _looked_at(env)

    @jax.jit
    def run(key):
        shape = env.max_steps, count
        plan = dict(begin=env.reset_draw((count,)), reset=env.reset_draw(shape), act=Draw("keys", shape[:1]))
        lots = drawn(key, plan | env.step_draw(shape))
        running = begin(env, lots["begin"], memory(count))
        _, _, episodes = collect(looked, act, to_env, running, (lots["reset"], lots.get("step")), lots["act"])
        first = jnp.argmax(episodes.ended, axis=0)
        return [row[first, jnp.arange(count)] for row in (episodes.returns, episodes.lengths)]

    for first in range(0, episodes, count):
        rows = [np.asarray(row)[: episodes - first] for row in run(seeded(seed + first))]
        for i in np.flatnonzero(~np.isfinite(rows[0])):
            told = f"evaluate: {env.name}: {_told(env, rows[0][i])}"
            raise EnvError(told, int(i), int(rows[1][i]), seed + first)
        found.append(rows)
    returns, lengths = (np.concatenate(rows) for rows in zip(*found, strict=True))
    return Evaluation(returns.astype(float), lengths)


def _looked_at(env):
    """The environment with rewards that tell what is wrong with it: nan, inf or -inf, which sums keep."""

    def step(key, state, action):
        after, obs, reward, terminated = env.step(key, state, action)
        one = jax.tree.map(lambda x: x[None, None], obs)
        reward = jnp.where(jnp.isfinite(reward), reward, jnp.nan)
        reward = jnp.where(observed.inside(env.observation_space, one)[0, 0], reward, jnp.inf)
        if env.action_mask is not None:
            reward = jnp.where(some_legal(env.action_space, env.action_mask(state)), reward, -jnp.inf)
        return after, obs, reward.astype(jnp.float32), terminated

    return replace(env, step=step)


def _told(env, total):
    """What is wrong, by the sum of such rewards."""
    if np.isnan(total):
        return "reward must be finite; got nan or infinity"
    if total > 0:
        return f"observation must be in {env.observation_space}; got one outside, or no number"
    return "action_mask must leave a legal action; got none"
