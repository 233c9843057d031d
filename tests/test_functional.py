"""Functional environments: the same physics as Gymnasium's, and loops that end episodes as they must."""

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.envs.phys2d.cartpole import CartPoleFunctional, CartPoleParams
from gymnasium.spaces import Box, Discrete

from rl.classic_control import acrobot, cart_pole
from rl.functional import FunctionalEnv, from_func_env, functional_env, register
from rl.rollout import begin, collect

# How far one step of float32 may be from one of float64: some units of the last place of the largest number.
TASKS = {
    "CartPole-v1": 5e-7,
    "Pendulum-v1": 2e-5,
    "MountainCar-v0": 1e-6,
    "MountainCarContinuous-v0": 1e-5,
    "Acrobot-v1": 2e-5,
}


def drawn(space, rng):
    return (
        rng.integers(space.n)
        if isinstance(space, Discrete)
        else rng.uniform(-2, 2, space.shape).astype(np.float32)
    )


@pytest.mark.parametrize("name", TASKS)
def test_every_step_is_that_of_gymnasium(name):
    env, original = functional_env(name), gymnasium.make(name).unwrapped
    step, rng = jax.jit(env.step), np.random.default_rng(0)
    endings = 0
    for episode in range(20):
        state, _ = env.reset(jax.random.key(episode))
        original.reset(seed=episode)
        for _ in range(60):
            original.state = np.array([np.float64(x) for x in state])
            if name == "CartPole-v1":
                original.steps_beyond_terminated = None
            action = drawn(env.action_space, rng)
            seen, paid, terminated, _, _ = original.step(action)
            state, obs, reward, over = step(jax.random.key(0), state, action)
            np.testing.assert_allclose(obs, seen, atol=TASKS[name], rtol=1e-6)
            assert float(reward) == pytest.approx(paid, abs=TASKS[name])
            assert bool(over) == terminated
            endings += terminated
            if terminated:
                break
    assert endings > 10 or name != "CartPole-v1"


def test_episodes_end_where_gymnasium_ends_them():
    # MountainCar and Acrobot end rarely by chance: start them where the end is near.
    original = gymnasium.make("Acrobot-v1").unwrapped
    original.reset(seed=0)
    original.state = np.array([np.pi - 0.02, 0.01, 0.3, 0.1])
    state = tuple(jnp.float32(x) for x in original.state)
    _, paid, terminated, _, _ = original.step(2)
    _, _, reward, over = acrobot().step(jax.random.key(0), state, jnp.int32(2))
    assert terminated and bool(over) and float(reward) == paid == 0.0
    for name in ("MountainCar-v0", "MountainCarContinuous-v0"):
        state = (jnp.float32(0.49), jnp.float32(0.05))
        _, _, reward, over = functional_env(name).step(
            jax.random.key(0), state, jnp.ones(1) if "Cont" in name else jnp.int32(2)
        )
        assert bool(over)
        assert float(reward) == pytest.approx(99.9 if "Cont" in name else -1.0)


@pytest.mark.parametrize("name", TASKS)
def test_episodes_start_where_gymnasium_starts_them(name):
    env, original = functional_env(name), gymnasium.make(name)
    ours = np.array(jax.vmap(env.reset)(jax.random.split(jax.random.key(0), 4000))[1])
    theirs = np.array([original.reset(seed=seed)[0] for seed in range(4000)])
    spread = np.maximum(theirs.std(0), 1e-9)
    assert np.all(np.abs(ours.mean(0) - theirs.mean(0)) < 5 * spread / 4000**0.5 + 1e-6)
    np.testing.assert_allclose(ours.std(0), theirs.std(0), rtol=0.06, atol=1e-6)
    np.testing.assert_allclose(ours.min(0), theirs.min(0), atol=0.02)
    np.testing.assert_allclose(ours.max(0), theirs.max(0), atol=0.02)


def test_a_func_env_of_gymnasium_is_one_with_its_parameters_put_right():
    theirs = from_func_env(CartPoleFunctional(), CartPoleParams(polemass_length=0.05), max_steps=500)
    ours, wrong = cart_pole(), from_func_env(CartPoleFunctional(), max_steps=500)
    state, _ = theirs.reset(jax.random.key(0))
    for step in range(30):
        after = [
            env.step(jax.random.key(0), s, step % 2)
            for env, s in ((theirs, state), (ours, tuple(state)), (wrong, state))
        ]
        np.testing.assert_allclose(after[0][1], after[1][1], atol=5e-7)
        state = after[0][0]
    assert np.abs(after[2][1] - after[0][1]).max() > 1e-3


def counting(max_steps=None, length=3):
    """Counts its steps; the observation is the count, so that a leak across a reset shows."""

    def init(key):
        return jnp.int32(0), jnp.zeros(1)

    def step(key, state, action):
        return state + 1, jnp.full(1, state + 1.0), jnp.float32(state + 1), state + 1 >= length

    return FunctionalEnv(init, step, Box(0, 100, (1,)), Discrete(2), max_steps, name="counting")


def run(env, num_steps, num_envs=2):
    def act(noise, obs, memory, legal):
        return jnp.zeros(num_envs, jnp.int32), memory

    @jax.jit
    def taken():
        running = begin(env, jax.random.split(jax.random.key(0), num_envs))
        noise = jnp.zeros((num_steps, num_envs))
        return collect(env, act, lambda action: action, running, drawn_keys(1, num_steps), noise)

    return taken()


def drawn_keys(seed, num_steps, num_envs=2):
    return jax.random.split(jax.random.key(seed), (2, num_steps, num_envs))


def test_the_next_observation_is_the_true_one_also_across_a_reset():
    _, rollout, episodes = run(counting(), 7)
    assert rollout.obs[:, 0, 0].tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert rollout.next_obs[:, 0, 0].tolist() == [1, 2, 3, 1, 2, 3, 1]
    assert rollout.terminated[:, 0].tolist() == [0, 0, 1, 0, 0, 1, 0]
    assert not rollout.truncated.any()
    assert episodes.returns[episodes.ended].tolist() == [6.0] * 4
    assert episodes.lengths[episodes.ended].tolist() == [3] * 4


def test_a_time_limit_truncates_and_does_not_terminate():
    _, rollout, episodes = run(counting(max_steps=2), 6)
    assert rollout.truncated[:, 0].tolist() == [0, 1] * 3
    assert not rollout.terminated.any()
    assert rollout.next_obs[:, 0, 0].tolist() == [1, 2] * 3
    assert rollout.discount(0.5)[:, 0].tolist() == [0.5] * 6
    assert episodes.lengths[episodes.ended].tolist() == [2] * 6


def test_an_end_at_the_time_limit_is_an_end():
    _, rollout, _ = run(counting(max_steps=3), 3)
    assert rollout.terminated[:, 0].tolist() == [0, 0, 1]
    assert not rollout.truncated.any()
    assert rollout.discount(0.5)[:, 0].tolist() == [0.5, 0.5, 0.0]


def test_an_episode_goes_on_from_one_rollout_to_the_next():
    env = counting(length=5)
    running, _, _ = run(env, 3)
    act = lambda noise, obs, memory, legal: (jnp.zeros(2, jnp.int32), memory)  # noqa: E731
    _, second, episodes = collect(env, act, lambda a: a, running, drawn_keys(2, 3), jnp.zeros((3, 2)))
    assert second.obs[:, 0, 0].tolist() == [3, 4, 0]
    assert episodes.returns[1].tolist() == [15.0, 15.0]


def test_a_step_that_changes_the_state_is_refused():
    env = counting()
    with pytest.raises(TypeError, match=r"step must return state as init does, int32\[\]; got float32\[\]"):
        FunctionalEnv(
            env.init, lambda k, s, a: (jnp.float32(s), jnp.zeros(1), 1.0, False), Box(0, 1, (1,)), Discrete(2)
        )
    with pytest.raises(TypeError, match="init must return"):
        FunctionalEnv(lambda key: jnp.zeros(1), env.step, Box(0, 1, (1,)), Discrete(2))
    with pytest.raises(TypeError, match="step must return"):
        FunctionalEnv(env.init, lambda k, s, a: (s, jnp.zeros(1), 1.0), Box(0, 1, (1,)), Discrete(2))
    with pytest.raises(TypeError, match="one reward"):
        FunctionalEnv(
            env.init, lambda k, s, a: (s, jnp.zeros(1), jnp.ones(2), True), Box(0, 1, (1,)), Discrete(2)
        )


def test_a_registered_environment_is_found_by_its_name():
    register("Counting-v0", lambda: counting(max_steps=4))
    assert functional_env("Counting-v0").max_steps == 4
    with pytest.raises(TypeError, match="register: name must be a text"):
        register(3, counting)
