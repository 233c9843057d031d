"""The host's road: the same record of steps from any Gymnasium environment, and faults that are named."""

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

import rl
from rl import functional, spaces
from rl.envs import several
from rl.host import EnvError, Host


class Counting(gymnasium.Env):
    """Counts its steps; what is wrong with it can be chosen."""

    observation_space, action_space = Box(0, 100, (1,), np.float32), Discrete(2)

    def __init__(self, length=3, wrong=None, at=5):
        self.length, self.wrong, self.at, self.taken = length, wrong, at, 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.count = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.count += 1
        self.taken += 1
        obs, reward = np.full(1, self.count, np.float32), float(self.count)
        if self.taken == self.at:
            if self.wrong == "raises":
                raise RuntimeError("the robot fell over")
            reward = np.nan if self.wrong == "reward" else reward
            obs = {"nan": np.full(1, np.nan, np.float32), "outside": np.full(1, 101.0, np.float32)}.get(
                self.wrong, obs
            )
        return obs, reward, self.count >= self.length, False, {}


def act(noise, obs, memory, legal):
    return np.zeros(len(noise), np.int32), memory


def steps(env, num_steps, num_envs=2):
    host = Host("test", several("test", env, num_envs), range(num_envs))
    return host.collect(act, lambda action: action, np.zeros((num_steps, num_envs)))


def test_the_next_observation_is_the_true_one_also_across_a_reset():
    rollout, episodes = steps(Counting(), 7)
    assert rollout.obs[:, 1, 0].tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert rollout.next_obs[:, 1, 0].tolist() == [1, 2, 3, 1, 2, 3, 1]
    assert rollout.terminated[:, 1].tolist() == [0, 0, 1, 0, 0, 1, 0]
    assert episodes.returns[episodes.ended].tolist() == [6.0] * 4


def test_a_time_limit_truncates_and_an_end_at_the_limit_is_an_end():
    rollout, _ = steps(gymnasium.wrappers.TimeLimit(Counting(), 2), 6)
    assert rollout.truncated[:, 0].tolist() == [0, 1] * 3
    assert not rollout.terminated.any()
    rollout, _ = steps(gymnasium.wrappers.TimeLimit(Counting(), 3), 3)
    assert rollout.terminated[:, 0].tolist() == [0, 0, 1]
    assert not rollout.truncated.any()


def test_both_roads_see_the_same_steps():
    env = gymnasium.make("CartPole-v1")
    rollout, _ = steps(env, 50, 1)
    original = gymnasium.make("CartPole-v1")
    obs, _ = original.reset(seed=0)
    for t in range(9):
        assert rollout.obs[t, 0].tolist() == obs.tolist()
        obs, *_ = original.step(0)
    assert rollout.terminated.any()


@pytest.mark.parametrize(
    "wrong, words",
    [
        ("raises", "step raised RuntimeError: the robot fell over"),
        ("reward", "reward must be finite; got nan"),
        ("nan", "observation must be in Box"),
        ("outside", "got 101.0"),
    ],
)
def test_an_environment_that_goes_wrong_is_named_and_nothing_is_lost(wrong, words):
    agent = rl.PPO(Counting(wrong=wrong, at=75), seed=3, num_envs=1, num_steps=64, batch_size=64)
    agent.train(64, progress=False)
    before, episodes = agent._training, list(agent.episode_returns)
    with pytest.raises(EnvError, match="PPO: Counting: ") as caught:
        agent.train(128, progress=False)
    assert words in str(caught.value)
    assert (caught.value.index, caught.value.step) == (0, 75)
    assert caught.value.seed == agent._host_seeds()[0]
    assert agent.steps == 64 and agent._training is before and agent.episode_returns == episodes
    agent.train(64, progress=False)  # the environment counts on, and is well again
    assert agent.steps == 128


def test_an_observation_of_another_shape_is_named():
    class Wide(Counting):
        def step(self, action):
            return np.zeros(2, np.float32), 0.0, False, False, {}

    with pytest.raises(EnvError, match="observation must be in Box"):
        rl.PPO(Wide(), num_envs=1, num_steps=4, batch_size=4).train(4, progress=False)


def test_spaces_that_are_not_supported_get_a_sentence():
    class Text(Counting):
        observation_space = gymnasium.spaces.Text(5)

    with pytest.raises(ValueError, match="PPO: observations must be Box"):
        rl.PPO(Text())
    with pytest.raises(ValueError, match="DQN: actions must be Discrete"):
        rl.DQN("Pendulum-v1")
    with pytest.raises(ValueError, match="SAC: actions must be a bounded Box"):
        rl.SAC("CartPole-v1")


def test_legal_actions_are_kept_to():
    env = gymnasium.make("Taxi-v4")
    host = Host("test", several("test", env, 4), range(4), masked=True)
    seen = []

    def legal_act(noise, obs, memory, legal):
        seen.append(legal)
        return np.array([np.flatnonzero(row)[-1] for row in legal]), memory

    rollout, _ = host.collect(legal_act, lambda action: action, np.zeros((20, 4)))
    assert rollout.legal.shape == (20, 4, 6)
    assert np.take_along_axis(rollout.legal, rollout.action[..., None], -1).all()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (np.zeros(1, np.float32), r"reset must return \(obs, info\)"),
        ((np.full(1, np.nan, np.float32), {}), "observation of reset must be in Box.*got nan"),
        ((np.zeros(3, np.float32), {}), r"observation of reset must be in Box.*got float32 \(3,\)"),
    ],
)
def test_a_reset_is_looked_at_too(told, words):
    class Odd(Counting):
        def reset(self, *, seed=None, options=None):
            return told

    with pytest.raises(EnvError, match=words):
        rl.PPO(Odd(), num_envs=1, num_steps=4, batch_size=4).train(4, progress=False)


def test_rewards_are_numbers_and_arrays_of_one_number():
    class Paying(Counting):
        paid = np.ones(1)

        def step(self, action):
            obs, _, *rest = super().step(action)
            return obs, self.paid, *rest

    env = Paying()
    assert steps(env, 3)[0].reward.tolist() == [[1.0, 1.0]] * 3
    env.paid = None
    with pytest.raises(EnvError, match="reward must be a number; got None"):
        steps(env, 3)


def test_nothing_need_be_legal_where_an_episode_is_over():
    class Masked(Counting):
        def _told(self):
            return {"action_mask": np.array([1, 0]) * (self.count < self.length)}

        def reset(self, *, seed=None, options=None):
            return super().reset(seed=seed)[0], self._told()

        def step(self, action):
            return *super().step(action)[:4], self._told()

    rollout, _ = Host("test", several("test", Masked(2), 1), [0], masked=True).collect(
        act, lambda a: a, np.zeros((4, 1))
    )
    assert rollout.legal.tolist() == [[[True, False]]] * 4


def test_training_that_diverges_is_told_and_the_agent_stands_where_it_was():
    agent = rl.PPO(
        "CartPole-v1",
        num_envs=2,
        num_steps=16,
        batch_size=32,
        hidden=(8,),
        learning_rate=rl.linear(1e-3, 1e30, 64),
    )
    agent.train(32, progress=False)
    before = agent._training
    with pytest.raises(FloatingPointError, match="parameters of PPO must stay finite; got nan or infinity"):
        agent.train(3_200, progress=False, log_every=32)
    assert np.isfinite(agent.value(np.zeros(4, np.float32))) and agent.steps >= 32 and before is not None


def test_rewards_whose_squares_are_infinite_do_not_end_learning_in_silence():
    class Rich(gymnasium.RewardWrapper):
        def reward(self, reward):
            return 1e20

    agent = rl.A2C(lambda: Rich(gymnasium.make("CartPole-v1")), num_envs=2, num_steps=8, hidden=(8,))
    with pytest.raises(
        FloatingPointError, match="value_loss of A2C must stay finite; got infinity after step 0"
    ):
        agent.train(64, progress=False)
    assert agent.steps == 0


def test_a_name_of_gymnasium_s_is_evaluated_there_where_the_spaces_are_the_same_alone(monkeypatch):
    from test_functional import counting

    monkeypatch.setitem(functional._MAKERS, "CartPole-v1", lambda: counting(max_steps=4))
    agent = rl.A2C("CartPole-v1", num_envs=2, num_steps=4, hidden=(8,))
    with pytest.raises(
        ValueError, match=r"^evaluate: env must have the agent's observations, Box\(.*; got Box"
    ):
        agent.evaluate(2)


def test_an_environment_of_a_registered_name_is_evaluated_in_itself():
    from test_functional import counting

    rl.register("Counts-v0", lambda: counting(max_steps=4))
    agent = rl.A2C("Counts-v0", num_envs=2, num_steps=4, hidden=(8,))
    assert agent.evaluate(3).returns.tolist() == [6.0] * 3
    assert rl.PPO(Counting(), num_envs=1, num_steps=4, batch_size=4).evaluate(
        2, max_steps=2
    ).lengths.tolist() == [2, 2]


class Shared(gymnasium.Env):
    """All of its kind write into one array what they see, the number of each, and one mask of actions."""

    observation_space, action_space = Box(0, 9, (1,), np.float32), Discrete(2)
    shown, mask, made, length = np.zeros(1, np.float32), np.zeros(2, bool), 0, 2

    def __init__(self):
        self.number, Shared.made = Shared.made % 2, Shared.made + 1

    def _told(self):
        self.shown[0], self.mask[:] = self.number, [self.number == 0, self.number == 1]
        return self.shown, {"action_mask": self.mask}

    def reset(self, *, seed=None, options=None):
        self.count = 0
        return self._told()

    def step(self, action):
        self.count += 1
        obs, info = self._told()
        return obs, float(action == self.number), self.count >= self.length, False, info


def test_each_environment_is_seen_as_it_was_though_all_share_one_array():
    Shared.made = 0
    host = Host("test", [Shared(), Shared()], range(2), masked=True)
    rollout, _ = host.collect(act, lambda action: action, np.zeros((5, 2)))
    for seen in (rollout.obs, rollout.next_obs):
        assert seen[..., 0].tolist() == [[0.0, 1.0]] * 5
    assert rollout.legal.tolist() == [[[True, False], [False, True]]] * 5
    agent = rl.PPO(Shared, num_envs=2, num_steps=4, batch_size=8, hidden=(4,), action_mask=True)
    Shared.made = 0
    assert agent.evaluate(2).returns.tolist() == [2.0, 2.0]  # each took the one action that it may


def test_observations_in_parts_are_kept_as_they_were():
    array = np.zeros(1)
    kept, array[0] = spaces.kept({"a": (array, 2), "b": [1]}), 1.0
    assert kept == {"a": (np.zeros(1), 2), "b": [1]} and type(kept["a"][1]) is int
