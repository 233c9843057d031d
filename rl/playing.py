"""Episodes of an agent's policy in the real environment, many side by side, each one counted in full."""

import jax
import jax.numpy as jnp
import numpy as np

from . import envs, spaces
from .chance import Draw, drawn
from .evaluate import Evaluation
from .functional import FunctionalEnv
from .rollout import begin, collect

SIDE_BY_SIDE = 128  # episodes played at once: every one is finished, so short ones do not count double


def plain(space, action):
    """An action as a Python integer where it is one, else as it is."""
    return int(action) if type(space).__name__ == "Discrete" else action


def play(act, env, to_env, memory, episodes, seed, max_steps=None, masked=False):
    """An Evaluation of `episodes` episodes; that of number i starts from seed + i.

    act: (key, obs, memory, legal) -> (action, memory), of many at once. to_env: an action as the environment
    takes it. memory: num_envs -> what a recurrent policy starts from. max_steps: needed where the environment
    has no time limit. masked: whether the policy is told the legal actions, info["action_mask"].
    """
    if isinstance(env, FunctionalEnv):
        return _play_compiled(act, env, to_env, memory, episodes, seed)
    made = [envs.make("evaluate", env)] if isinstance(env, str) else [envs.own_copy(env)]
    if not envs.has_limit(made[0]) and max_steps is None:
        raise ValueError(
            "evaluate: max_steps must be given where the environment has no step limit; "
            f"got None for {envs.name(made[0])}."
        )
    count = min(episodes, SIDE_BY_SIDE)
    made += [
        envs.make("evaluate", env) if isinstance(env, str) else envs.own_copy(env) for _ in range(count - 1)
    ]
    bare = [envs.bare(one) for one in made]
    returns, lengths = [], []
    try:
        for first in range(0, episodes, count):
            wave = bare[: min(count, episodes - first)]
            found = _play_wave(act, wave, made[0], to_env, memory(len(wave)), seed + first, max_steps, masked)
            returns += found[0]
            lengths += found[1]
    finally:
        for one in made:
            one.close()
    return Evaluation(np.array(returns), np.array(lengths))


def _play_wave(act, wave, env, to_env, memory, seed, max_steps, masked):
    """One episode in each environment: (returns, lengths)."""
    count, space = len(wave), env.observation_space
    limits = [min(b.limit or np.inf, max_steps or np.inf) for b in wave]
    seen = [b.env.reset(seed=seed + i) for i, b in enumerate(wave)]
    obs, infos = [o for o, _ in seen], [info for _, info in seen]
    totals, lengths = [0.0] * count, [0] * count
    going, t = list(range(count)), 0
    key = jax.random.key(seed)
    while going:
        batch, legal = spaces.gathered(space, obs), _legal(infos) if masked else None
        action, memory = act(jax.random.fold_in(key, t), batch, memory, legal)
        sent, still = to_env(np.asarray(action)), []
        for i in going:
            sent_one = plain(env.action_space, sent[i])
            obs[i], reward, terminated, truncated, infos[i] = wave[i].env.step(sent_one)
            totals[i] += float(reward)
            lengths[i] += 1
            if not (terminated or truncated or lengths[i] >= limits[i]):
                still.append(i)
        going, t = still, t + 1
    return totals, lengths


def _legal(infos):
    """[N, A] legal actions."""
    return np.stack([np.asarray(info["action_mask"], bool) for info in infos])


def _play_compiled(act, env, to_env, memory, episodes, seed):
    """The same in a functional environment: the first episode that ends in each place."""
    if env.max_steps is None:
        raise ValueError(f"evaluate: max_steps must be set in {env.name}; got None. Fix: env.limited(1000).")
    count, found = min(episodes, SIDE_BY_SIDE), []

    @jax.jit
    def run(key):
        shape = env.max_steps, count
        plan = dict(begin=env.reset_draw((count,)), reset=env.reset_draw(shape), act=Draw("keys", shape[:1]))
        lots = drawn(key, plan | env.step_draw(shape))
        running = begin(env, lots["begin"], memory(count))
        _, _, episodes = collect(env, act, to_env, running, (lots["reset"], lots.get("step")), lots["act"])
        first = jnp.argmax(episodes.ended, axis=0)
        return [row[first, jnp.arange(count)] for row in (episodes.returns, episodes.lengths)]

    for first in range(0, episodes, count):
        found.append([np.asarray(row)[: episodes - first] for row in run(jax.random.key(seed + first))])
    returns, lengths = (np.concatenate(rows) for rows in zip(*found, strict=True))
    return Evaluation(returns.astype(float), lengths)
