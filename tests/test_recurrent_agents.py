"""A policy with a memory: what one observation does not show, and what must not leak between episodes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

import rl


def recall(length=3):
    """The first observation shows a sign, the others nothing; the last action must name it."""

    def init(key):
        sign = jax.random.rademacher(key, (), jnp.float32)
        return (sign, jnp.int32(0)), jnp.reshape(sign, (1,))

    def step(key, state, action):
        sign, count = state
        over = count + 1 >= length
        reward = jnp.where(over, jnp.float32(action == (sign > 0)), 0.0)
        return (sign, count + 1), jnp.zeros(1, jnp.float32), reward, over

    space = Box(-1, 1, (1,), np.float32)
    return rl.FunctionalEnv(init, step, space, Discrete(2), max_steps=10, name="recall")


SETTINGS = dict(
    num_envs=32, num_steps=12, batch_size=192, num_epochs=4, learning_rate=0.01, hidden=(16,), seed=0
)


@pytest.mark.slow
def test_a_memory_solves_what_none_can_solve_without():
    env = recall()
    agent = rl.RecurrentPPO(env, memory_features=8, **SETTINGS).train(20_000, progress=False)
    assert agent.evaluate(100).mean_return == 1.0
    blind = rl.PPO(env, **SETTINGS).train(20_000, progress=False)
    assert blind.evaluate(200).mean_return < 0.65


def test_memory_is_that_of_the_steps_of_this_episode_alone():
    agent = rl.RecurrentPPO(recall(), memory_features=4, **SETTINGS)
    params = agent._training.learner.params
    rng = np.random.default_rng(0)
    seen = jnp.array(rng.normal(size=(5, 1, 1)), jnp.float32)
    last = jnp.array([[False], [True], [False], [False], [False]])
    start = jnp.array(rng.normal(size=(1, 4)), jnp.float32)
    h = agent._remembered(params, start, seen, last)
    alone = agent._remembered(params, jnp.zeros((1, 4), jnp.float32), seen[2:], last[2:])
    np.testing.assert_array_equal(h[2:], alone)
    assert not np.allclose(h[0], agent._remembered(params, jnp.zeros((1, 4), jnp.float32), seen, last)[0])


def test_a_batch_is_whole_sequences():
    with pytest.raises(ValueError, match="batch_size must be a multiple of num_steps = 12"):
        rl.RecurrentPPO(recall(), **(SETTINGS | dict(batch_size=64)))


@pytest.mark.parametrize("compiled", [True, False])
def test_observations_are_normalised_in_front_of_the_memory(compiled):
    settings = dict(num_envs=2, num_steps=16, batch_size=32, memory_features=8, compiled=compiled)
    agent = rl.RecurrentPPO("CartPole-v1", normalize_obs=True, **settings).train(64, progress=False)
    moments = agent._training.learner.scales.obs
    assert moments.mean.shape == (4,) and moments.count == 64
    assert agent.act([0.0, 0.0, 0.0, 0.0])[0] in (0, 1)
