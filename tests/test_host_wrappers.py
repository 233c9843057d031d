"""The host's road through what wraps an environment: legal actions that are told, frames that are stacked."""

from typing import ClassVar

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import FrameStackObservation

import rl
from rl.envs import several
from rl.host import Host
from tests.test_host import Counting

SMALL = dict(num_envs=2, hidden=(4,))
PPO = dict(num_steps=32, batch_size=64, num_epochs=1, **SMALL)
DQN = dict(num_steps=8, learning_starts=32, buffer_size=64, batch_size=16, epsilon=0.5, **SMALL)


class Watched(gymnasium.Wrapper):
    """Keeps, of all copies, whether each action was legal, and how many were."""

    legal: ClassVar[list[bool]] = []
    choices: ClassVar[list[int]] = []

    def step(self, action):
        taxi = self.env.unwrapped
        mask = taxi.action_mask(taxi.s)
        self.legal.append(bool(mask[action]))
        self.choices.append(int(mask.sum()))
        return self.env.step(action)


@pytest.mark.parametrize(("kind", "settings"), [(rl.PPO, PPO), (rl.DQN, DQN)])
def test_an_agent_with_a_mask_never_takes_an_illegal_action(kind, settings):
    Watched.legal.clear()
    Watched.choices.clear()
    agent = kind(Watched(gymnasium.make("Taxi-v4")), action_mask=True, **settings)
    agent.train(256, progress=False)
    assert len(Watched.legal) == agent.steps == 256 and all(Watched.legal)
    assert np.mean(Watched.choices) < 5  # by chance alone, all would be legal once in 10**20
    agent.evaluate(2, max_steps=20)
    assert len(Watched.legal) > 256 and all(Watched.legal)


def test_stacked_frames_are_the_last_ones_also_across_a_reset():
    host = Host("test", several("test", FrameStackObservation(Counting(3), 2), 2), range(2))
    rollout, _ = host.collect(lambda noise, obs, memory, legal: (np.zeros(2, int), memory), lambda a: a,
                              np.zeros((4, 2)))  # fmt: skip
    assert rollout.obs[:, 1, :, 0].tolist() == [[0, 0], [0, 1], [1, 2], [0, 0]]
    assert rollout.next_obs[:, 1, :, 0].tolist() == [[0, 1], [1, 2], [2, 3], [0, 1]]
    assert rollout.terminated[:, 1].tolist() == [False, False, True, False]


def test_an_agent_trains_on_stacked_frames_and_is_evaluated_there():
    agent = rl.PPO(FrameStackObservation(gymnasium.make("CartPole-v1"), 3), **PPO)
    agent.train(128, progress=False)
    assert agent.observation_space.shape == (3, 4) and len(agent.episode_returns) > 0
    found = agent.evaluate(3)
    assert found.returns.tolist() == found.lengths.tolist() and found.lengths.min() >= 8
    assert agent.act(agent.observation_space.sample() * 0) in (0, 1)


def normalized():
    made = gymnasium.wrappers.NormalizeObservation(gymnasium.make("CartPole-v1"))
    return gymnasium.wrappers.NormalizeReward(made)


@pytest.mark.parametrize(("kind", "env", "fix"), [
    (rl.A2C, normalized, "Fix: normalize_obs=True"),
    (rl.A2C, normalized(), "Fix: normalize_obs=True"),
    (rl.A2C, gymnasium.vector.SyncVectorEnv([normalized] * 2), "Fix: normalize_obs=True"),
    (rl.DQN, normalized, "Fix: scale_obs=True"),
])  # fmt: skip
def test_figures_that_one_environment_keeps_for_itself_are_warned_of(kind, env, fix):
    with pytest.warns(UserWarning) as told:
        kind(env, **SMALL)
    told = [str(one.message) for one in told]
    assert len(told) == 2 and told[0].startswith(f"{kind.__name__}: NormalizeObservation keeps its figures")
    assert fix in told[0] and ("Fix: normalize_reward=True" in told[1]) == (kind is rl.A2C)
