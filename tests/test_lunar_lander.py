"""LunarLander, which leaves the bounds that its space states: trained on as it is, and solved."""

import warnings
from importlib import import_module
from importlib.util import find_spec

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

import rl
from rl import envs
from rl.host import EnvError, Host
from rl.host_vector import HostVector
from rl.settings import TABLE

NAME = "LunarLander-v3"
MISSING = find_spec("Box2D") is None
box2d = pytest.mark.skipif(MISSING, reason="needs the extra box2d")

if not MISSING:
    with warnings.catch_warnings():  # of types that SWIG makes; as an error it would kill the process
        warnings.simplefilter("ignore")
        import_module("gymnasium.envs.box2d")


class Rising(gymnasium.Env):
    """Rises by a fifth of its space at each step, and goes under the name of another."""

    observation_space, action_space = Box(-1, 1, (1,), np.float32), Discrete(2)

    def __init__(self, name=NAME, end=99.0):
        self.spec, self.end = gymnasium.envs.registration.EnvSpec(name), np.float32(end)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.height = 0.0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.height += 0.2
        height = self.end if self.height > 1.9 else self.height
        return np.full(1, height, np.float32), 0.0, False, False, {}


def climbed(env, steps=12):
    act = lambda noise, obs, memory, legal: (np.ones(1, np.int32), memory)  # noqa: E731
    return Host("test", [env], [0]).collect(act, lambda action: action, np.zeros((steps, 1)))[0]


def test_a_lander_may_rise_above_its_bounds_and_others_may_not():
    assert climbed(Rising()).next_obs[:, 0, 0].max() == 99.0
    with pytest.raises(EnvError, match=r"observation must be in Box\(-1.0, 1.0.*; got 1.2"):
        climbed(Rising("CartPole-v1"))


def test_what_is_no_number_is_named_in_a_lander_too():
    with pytest.raises(EnvError, match=r"observation must be in Box\(-inf, inf.*; got nan"):
        climbed(Rising(end=np.nan))


@box2d
def test_a_lander_with_its_engine_on_leaves_its_space():
    env = gymnasium.make(NAME)
    act = lambda noise, obs, memory, legal: (np.full(1, 2, np.int32), memory)  # noqa: E731
    rollout, _ = Host("test", [env], [0]).collect(act, lambda action: action, np.zeros((400, 1)))
    assert rollout.next_obs[..., 1].max() > 2 * env.observation_space.high[1]
    assert envs.spaces(env)[0].shape == (8,)


@box2d
def test_a_vector_of_landers_leaves_its_space():
    vector = gymnasium.make_vec(NAME, 2, vectorization_mode="sync")
    act = lambda noise, obs, memory, legal: (np.full(2, 2, np.int32), memory)  # noqa: E731
    host = HostVector("test", vector, 0)
    rollout, _ = host.collect(act, lambda action: action, np.zeros((400, 2)))
    assert rollout.next_obs[..., 1].max() > 2 * vector.single_observation_space.high[1]
    host.close()


SEEDS = {  # agent -> seeds tried here, how many land; all ten of DQN take an hour, and nine of them land
    "PPO": (10, 9),
    "DQN": (3, 2),
}


@box2d
@pytest.mark.slow
@pytest.mark.parametrize("row", [row for row in TABLE if row.env == NAME], ids=lambda row: row.agent)
def test_the_lander_lands(row):
    seeds, landing = SEEDS[row.agent]
    agents = (getattr(rl, row.agent)(NAME, seed=seed, **row.settings) for seed in range(seeds))
    means = [agent.train(row.steps, progress=False).evaluate(100).mean_return for agent in agents]
    assert sum(mean >= row.threshold for mean in means) >= landing, np.round(means, 1).tolist()
