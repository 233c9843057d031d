"""Agents in use: draws that differ, memory handed on, environments made by functions, no false success."""

import gymnasium
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

import rl
from rl.options import _setting
from rl.settings import row

STILL = [0.0, 0.0, 0.0, 0.0]


def test_draws_without_a_seed_differ_and_those_with_one_are_the_same():
    agent = rl.PPO("CartPole-v1", seed=0)
    drawn = [int(agent.act(STILL, deterministic=False)) for _ in range(40)]
    assert 5 < sum(drawn) < 35  # an untrained policy is even: 2**-19 to be outside
    assert len({int(agent.act(STILL, deterministic=False, seed=3)) for _ in range(5)}) == 1
    again = rl.PPO("CartPole-v1", seed=0)
    assert drawn == [int(again.act(STILL, deterministic=False)) for _ in range(40)]


def test_memory_handed_on_by_a_user_is_what_evaluation_does():
    env, totals, forgetful = gymnasium.make("CartPole-v1"), [], []
    agent = rl.RecurrentPPO(
        "CartPole-v1", seed=0, num_envs=4, num_steps=64, learning_rate=3e-3, compiled=False
    )
    agent.train(2_048, progress=False)
    for sums, remembers in ((totals, True), (forgetful, False)):
        for seed in range(8):
            (obs, _), memory, over, total = env.reset(seed=seed), None, False, 0.0
            while not over:
                action, memory = agent.act(obs, memory if remembers else None)
                obs, reward, terminated, truncated, _ = env.step(action)
                over, total = terminated or truncated, total + float(reward)
            sums.append(total)
    assert agent.evaluate(8, seed=0).returns.tolist() == totals != forgetful
    with pytest.raises(ValueError, match=r"act: memory must be what act returned, \(1, 32\), or None; got"):
        agent.act(STILL, np.zeros(3))


def test_a_value_is_that_of_what_act_would_remember():
    agent = rl.RecurrentPPO("CartPole-v1", seed=0, hidden=(4,), memory_features=3)
    seen = [0.1, 0.2, 0.3, 0.4]
    value, memory = agent.value(seen), agent.act(seen)[1]
    assert value == agent.value(seen, np.zeros((1, 3), np.float32)) != agent.value(seen, memory)
    params = agent._training.learner.params
    remembered = float(agent._value(params, agent.act(seen, memory)[1])[0])
    assert agent.value(seen, memory) == pytest.approx(remembered)
    with pytest.raises(ValueError, match=r"^value: memory must be what act returned, \(1, 3\), or None; got"):
        agent.value(seen, np.zeros(3))
    with pytest.raises(ValueError, match=r"^value: memory must be finite"):
        agent.value(seen, np.full((1, 3), np.nan))


def pays(reward=100.0, length=5):
    """The same for every step; the observation counts them."""

    def init(key):
        return jnp.int32(0), jnp.zeros(1, jnp.float32)

    def step(key, state, action):
        state = state + 1
        return state, jnp.reshape(state, 1).astype(jnp.float32), jnp.float32(reward), state >= length

    return rl.FunctionalEnv(init, step, Box(0, length, (1,), np.float32), Discrete(2), name="pays")


@pytest.mark.parametrize("kind", [rl.PPO, rl.RecurrentPPO])
def test_a_value_is_in_the_units_of_the_rewards_where_those_are_scaled(kind):
    settings = dict(num_envs=8, num_steps=20, gamma=0.5, learning_rate=0.01, hidden=(16,), seed=0)
    agent = kind(pays(), normalize_reward=True, batch_size=80, num_epochs=8, **settings)
    obs, before = [0.0], agent.value([0.0])
    learner = agent.train(320, progress=False)._training.learner
    seen = agent.act(obs)[1] if kind is rl.RecurrentPPO else np.zeros((1, 1), np.float32)
    raw = float(agent._value(learner.params, seen)[0])
    moments = learner.scales.reward
    deviation = float(np.sqrt(moments.squares / moments.count))
    assert abs(before) < 10 and deviation > 20
    assert agent.value(obs) == pytest.approx(raw * deviation, rel=1e-4)
    agent.train(16_000, progress=False)
    assert agent.value(obs) == pytest.approx(193.75, rel=0.1)  # 100 (1 + 1/2 + ... + 1/16)


def test_a_function_makes_the_environments_and_one_that_makes_none_is_told():
    made = []

    def maker():
        made.append(gymnasium.make("CartPole-v1"))
        return made[-1]

    agent = rl.A2C(maker, seed=0, num_envs=3, num_steps=4).train(24, progress=False)
    assert agent.steps == 24 and len(set(map(id, made))) == len(made) >= 3
    told = "A2C: env must be a Gymnasium id or environment; got a function that returns int"
    with pytest.raises(TypeError, match=told):
        rl.A2C(lambda: 3)
    with pytest.raises(TypeError, match=r"got tuple. Fix: rl.FunctionalEnv\(init, step, ...\)"):
        rl.A2C((maker, maker))


def test_success_is_told_only_where_nothing_is_earned_before_the_end():
    falling = rl.evaluate_policy(lambda obs: 0, "CartPole-v1", episodes=5)
    assert falling.successes is None and "success" not in repr(falling)
    walked = rl.evaluate_policy([2] * 16, "FrozenLake-v1", episodes=5)
    assert walked.success_rate == 0 and "success 0.0000" in repr(walked)


def test_an_episode_that_ends_by_itself_needs_no_limit():
    dealt = rl.evaluate_policy(lambda obs: 0, "Blackjack-v1", episodes=20)
    assert set(dealt.returns) <= {-1.0, 0.0, 1.0}


def test_schedules_of_a_tuned_row_are_drawn_out_with_its_steps():
    longer = row("PPO", "CartPole-v1").over(250_000)
    assert longer["learning_rate"] == rl.linear(1e-3, 0.0, 250_000) and longer["gamma"] == 0.98
    assert row("PPO", "CartPole-v1").over(100_000) == row("PPO", "CartPole-v1").settings
    assert _setting("normalize_obs=true") == ("normalize_obs", True)


def test_tuned_settings_are_there_by_name_and_others_are_told(tmp_path):
    assert rl.tuned(rl.DQN, "Acrobot-v1") == row("DQN", "Acrobot-v1").settings
    taxi = rl.QTable("Taxi-v4", **rl.tuned("QTable", "Taxi-v4")).train(10, progress=False)
    taxi.save(tmp_path)
    assert rl.QTable.load(tmp_path).learning_rate_visits == float("inf")
    with pytest.raises(
        ValueError,
        match="a task with a row for DQN: CartPole-v1, Acrobot-v1, MountainCar-v0, LunarLander-v3; got",
    ):
        rl.tuned("DQN", "Taxi-v4")


def test_a_batch_that_does_not_fit_gets_one_that_does():
    with pytest.raises(ValueError, match=r"= 128; got 256\. Fix: batch_size=128\."):
        rl.PPO("CartPole-v1", num_envs=1, num_steps=128)
