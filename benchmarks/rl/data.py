"""Networks that all engines start from, steps that they learn from, and the episodes that judge them."""

import itertools

import numpy as np

ACTIVATION = {"PPO": np.tanh, "DQN": lambda x: np.maximum(x, 0)}
NETWORKS = {"PPO": {"policy": 2, "value": 1}, "DQN": {"q": 2}}  # and how many numbers each gives


def networks(agent, hidden, seed=0):
    """{name: [(kernel [in, out], bias [out]), ...]}, float32."""
    draw, made = np.random.default_rng(seed), {}
    for name, outputs in NETWORKS[agent].items():
        made[name] = [
            ((draw.standard_normal((n, m)) / n**0.5).astype(np.float32), np.zeros(m, np.float32))
            for n, m in itertools.pairwise((4, *hidden, outputs))
        ]
    return made


def named(networks):
    """{"policy.0.kernel": array, ...} of networks."""
    parts = ("kernel", "bias")
    return {
        f"{name}.{i}.{part}": np.asarray(array)
        for name, layers in networks.items()
        for i, layer in enumerate(layers)
        for part, array in zip(parts, layer, strict=True)
    }


def steps(num_steps, num_envs):
    """Random actions in CartPole-v1: {obs, action, reward, next_obs, terminated}, [T, N, ...]."""
    import gymnasium  # here, for whoever only compares has none

    draw, envs = np.random.default_rng(1), [gymnasium.make("CartPole-v1") for _ in range(num_envs)]
    seen, rows = [env.reset(seed=i)[0] for i, env in enumerate(envs)], []
    for action in draw.integers(0, 2, (num_steps, num_envs)):
        told = [env.step(int(a)) for env, a in zip(envs, action, strict=True)]
        ended = [t for _, _, t, _, _ in told]
        rows.append((np.stack(seen), action, [t[1] for t in told], np.stack([t[0] for t in told]), ended))
        seen = [env.reset()[0] if t else row[0] for env, row, t in zip(envs, told, ended, strict=True)]
    names, kinds = ("obs", "action", "reward", "next_obs", "terminated"), ("f4", "i4", "f4", "f4", "?")
    return {n: np.array(x, k) for n, x, k in zip(names, zip(*rows, strict=True), kinds, strict=True)}


def mean_return(agent, network, episodes=100, seed=10_000):
    """Mean return of the best actions in Gymnasium's own CartPole-v1, always in the same episodes."""
    import gymnasium

    envs = gymnasium.make_vec("CartPole-v1", episodes, vectorization_mode="vector_entry_point")
    (obs, _), going, total = envs.reset(seed=seed), np.ones(episodes, bool), 0.0
    while going.any():
        for kernel, bias in network[:-1]:
            obs = ACTIVATION[agent](obs @ kernel + bias)
        kernel, bias = network[-1]
        obs, reward, terminated, truncated, _ = envs.step((obs @ kernel + bias).argmax(1))
        total += float(reward[going].sum())
        going &= ~(terminated | truncated)
    return total / episodes
