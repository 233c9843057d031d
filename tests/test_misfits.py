"""Observations of another kind than their space: what is refused, and the fix that is told."""

import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, MultiBinary, MultiDiscrete, Tuple
from test_env_faults import Lake, Odd, put

import rl
from rl import misfits, spaces


@pytest.mark.parametrize(
    ("fault", "fix"),
    [
        (np.zeros(1), r"return obs\.astype\(np\.float32\), or a space with dtype=np\.float64"),
        (np.zeros(1, bool), r"return obs\.astype\(np\.float32\), or a space with dtype=np\.bool"),
        ([0.5], r"return np\.array\(obs, np\.float32\)"),
        ((1,), r"return np\.array\(obs, np\.float32\)"),
        *((wrong, None) for wrong in ([0.5, 1.0], [[0.5], []], ["a"], [None], [1j], 0.5, None)),
        *((np.array([wrong]), None) for wrong in (None, "a", 1j)),
    ],
)
@pytest.mark.parametrize("road", ["train", "evaluate"])
def test_an_observation_of_another_kind_is_told_its_fix(fault, fix, road):
    agent = rl.A2C(Odd(put(0, fault)), num_envs=1, num_steps=4, hidden=(4,))
    words = r"\)\.$" if fix is None else rf"\)\. Fix: {fix}\.$"
    with pytest.raises(rl.EnvError, match=rf"observation must be in Box.*, its step 3, seed \d+{words}"):
        agent.train(4, progress=False) if road == "train" else agent.evaluate(1, max_steps=9)


@pytest.mark.parametrize(
    ("space", "obs", "fix"),
    [
        (Discrete(4), 2.0, "return int(obs)"),
        (Discrete(4), np.float32(2), "return int(obs)"),
        (Discrete(4), jnp.array(2), "return int(obs)"),
        *((Discrete(4), wrong, "") for wrong in (2.5, np.float32(2.5), float("nan"), "2", np.array([2]), 9)),
        (Box(0, 9, (1,), np.uint8), np.array([300]), "a space with dtype=np.int64"),
        (Box(0, 9, (1,), np.uint8), np.array([0.5]), "a space with dtype=np.float64"),
        (Box(0, 9, (1,), np.uint8), [0.5], ""),
        (Box(0, 9, (1,), np.uint8), [5], "return np.array(obs, np.uint8)"),
        (Box(0, 9, (1,)), [1e300], ""),
        (Box(0, 9, ()), 0.5, "return np.array(obs, np.float32)"),
        (MultiBinary(1), np.array([1]), "return obs.astype(np.int8)"),
        (MultiDiscrete([3]), np.array([1.0]), "return obs.astype(np.int64)"),
        (
            MultiDiscrete([3]),
            np.array([1], np.int32),
            "return obs.astype(np.int64), or a space with dtype=np.int32",
        ),
        (Box(0, 1, (1,)), np.full(1, 3, np.float32), ""),
        (Tuple([Discrete(2)]), np.zeros(1), ""),
    ],
)
def test_a_fix_leads_into_the_space_and_loses_nothing(space, obs, fix):
    assert misfits.cast(space, obs) == fix
    way = fix.split(", or ")[0]
    if way.startswith("return "):
        assert misfits.misfit(space, eval(way.removeprefix("return "), {"obs": obs, "np": np})) is None


@pytest.mark.parametrize("kind", ["A2C", "DQN", "QTable", "evaluate_policy"])
def test_a_counted_observation_may_be_an_array_of_no_axis(kind):
    class Counted(Lake):
        def reset(self, *, seed=None, options=None):
            self.seen = np.array(0)
            return self.seen, {}

        def step(self, action):
            self.seen += 1 - 2 * self.seen  # the same array at each step
            return self.seen, 1.0, False, False, {}

    if kind == "evaluate_policy":
        assert rl.evaluate_policy([0, 1], Counted(), episodes=2, max_steps=3).lengths.tolist() == [3, 3]
        return
    settings = {} if kind == "QTable" else dict(num_envs=2, num_steps=4, hidden=(4,))
    agent = getattr(rl, kind)(Counted(), **settings).train(8, progress=False)
    assert agent.steps == 8 and agent.evaluate(1, max_steps=3).mean_return == 3
    assert spaces.gathered(Discrete(4), [np.array(3), 1]).tolist() == [3, 1]
    assert misfits.misfit(Discrete(4), np.array(1.0)) == "ndarray array(1.)"
