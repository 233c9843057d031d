"""QTable: the table that learns from steps, on probe environments with known answers and on real ones."""

import gymnasium
import numpy as np
import pytest

import rl
from microgrid import q_learning as scalar
from rl import q_learning as array
from tests.table_probes import CUT, END, ON, Probe

ROOMS = (scalar, array)


@pytest.mark.parametrize("terminated", [False, True])
def test_update_is_the_formula_times_the_rate(terminated):
    agent = rl.QTable("FrozenLake-v1", gamma=0.9, learning_rate=0.5, learning_rate_visits=4)
    agent._q = np.random.default_rng(2).normal(size=(16, 4)).tolist()
    for earlier in range(3):
        before = agent.q
        error = agent.update(obs=5, action=2, reward=0.25, next_obs=9, terminated=terminated)
        assert error == array.q_learning_error(0.25, 0.9 * (1 - terminated), before[5], before[9], 2)
        change = agent.q - before
        assert change[5, 2] == pytest.approx(0.5 / (1 + earlier / 4) * error, rel=1e-14)
        change[5, 2] = 0
        assert not change.any()


def probe(table, steps=200, starts=1, **settings):
    certain = dict(gamma=0.5, learning_rate=1.0, epsilon=0.0)
    return rl.QTable(Probe(table, starts), **certain | settings).train(steps, progress=False).q


def test_probe_value_of_one_state_is_its_reward():
    assert probe([[(1.0, 0, *END)]], initial_value=3.0).tolist() == [[1.0]]


def test_probe_value_depends_on_the_observation():
    table = [[(-1.0, 0, *END)], [(1.0, 0, *END)]]
    assert probe(table, starts=2).tolist() == [[-1.0], [1.0]]


def test_probe_reward_is_discounted_once_a_step():
    table = [[(0.0, 1, *ON)], [(1.0, 0, *END)]]
    np.testing.assert_allclose(probe(table, steps=2000, learning_rate_visits=5), [[0.5], [1.0]], atol=1e-6)


def test_probe_better_action_is_found():
    assert probe([[(-1.0, 0, *END), (1.0, 0, *END)]]).tolist() == [[-1.0, 1.0]]


def test_probe_better_action_depends_on_the_observation():
    table = [[(1.0, 0, *END), (-1.0, 0, *END)], [(-1.0, 0, *END), (1.0, 0, *END)]]
    assert probe(table, starts=2, initial_value=2.0).tolist() == [[1.0, -1.0], [-1.0, 1.0]]


def test_probe_truncation_bootstraps_and_termination_does_not():
    # One state that pays 1 for ever: 1 / (1 - gamma) = 2 although every episode is cut after one step.
    for after, value in ((CUT, 2.0), (END, 1.0)):
        found = probe([[(1.0, 0, *after)]], learning_rate_visits=float("inf"), learning_rate=0.5)
        np.testing.assert_allclose(found, [[value]], atol=1e-12)


def test_time_limit_bootstraps_like_truncation():
    env = gymnasium.wrappers.TimeLimit(Probe([[(1.0, 0, *ON)]]), 3)
    agent = rl.QTable(env, gamma=0.5, learning_rate=0.5, learning_rate_visits=float("inf"))
    agent.train(300, progress=False)
    np.testing.assert_allclose(agent.q, [[2.0]], atol=1e-12)
    assert agent.episode_returns == [3.0] * 100


def test_optimism_tries_every_action_without_chance_and_pessimism_needs_epsilon():
    table = [[(0.25, 0, *END), (0.0, 0, *END), (0.75, 0, *END)]]
    assert probe(table, initial_value=1.0).argmax() == 2
    assert probe(table, initial_value=0.0).argmax() == 0  # never looks further
    assert probe(table, initial_value=0.0, epsilon=0.3).argmax() == 2


def test_training_in_parts_is_training_at_once():
    settings = dict(seed=3, epsilon=rl.inverse_time(0.2, 100))
    parts = rl.QTable("FrozenLake-v1", **settings)
    for steps in (1, 999, 0, 500):
        parts.train(steps, progress=False)
        parts.evaluate(2)  # plays in a copy: the training episode goes on
    whole = rl.QTable("FrozenLake-v1", **settings).train(1500, progress=False)
    np.testing.assert_array_equal(parts.q, whole.q)
    assert parts.steps == whole.steps == 1500
    assert parts.episode_returns == whole.episode_returns
    other = rl.QTable("FrozenLake-v1", **settings | dict(seed=4)).train(1500, progress=False)
    assert (other.q != whole.q).any()


def test_stripping_wrappers_changes_nothing():
    class Watched(gymnasium.Wrapper):
        """A wrapper that is not known to be harmless, so the whole stack is stepped."""

    bare = rl.QTable("FrozenLake-v1", seed=1).train(1500, progress=False)
    full = rl.QTable(Watched(gymnasium.make("FrozenLake-v1")), seed=1).train(1500, progress=False)
    np.testing.assert_array_equal(bare.q, full.q)


def test_progress_bar_tells_steps_and_return(capsys):
    agent = rl.QTable("FrozenLake-v1").train(300)
    assert agent.steps == 300
    assert "300/300 steps" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["CliffWalking-v1", "FrozenLake-v1"])
def test_learnt_policy_is_optimal(name):
    mdp = rl.TabularMDP.from_gymnasium(name)
    agent = rl.QTable(name, seed=0).train(30_000, progress=False)
    best = mdp.solve("policy_iteration", gamma=0.995).policy
    assert mdp.expected_return(agent.policy, max_steps=100) == pytest.approx(
        mdp.expected_return(best, max_steps=100)
    )


def test_learnt_policy_reaches_the_goal_of_the_large_lake():
    agent = rl.QTable("FrozenLake8x8-v1", seed=0).train(100_000, progress=False)
    assert rl.TabularMDP.from_gymnasium("FrozenLake8x8-v1").success_probability(agent.policy) >= 0.80


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_every_seed_learns_the_large_lake(seed):
    agent = rl.QTable("FrozenLake8x8-v1", seed=seed).train(200_000, progress=False)
    assert rl.TabularMDP.from_gymnasium("FrozenLake8x8-v1").success_probability(agent.policy) >= 0.85


def test_act_follows_the_table():
    agent = rl.QTable("FrozenLake-v1", epsilon=1.0)
    agent._q[3] = [0.0, 2.0, 2.0, 1.0]
    assert agent.act(3) == agent.policy[3] == 1  # ties to the first
    assert {agent.act(3, deterministic=False) for _ in range(100)} == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(gamma=1.5), r"gamma must be in \[0, 1\]; got 1\.5"),
        (dict(learning_rate=-0.1), r"learning_rate must be in \[0, 1\]; got -0\.1"),
        (dict(epsilon=2), r"epsilon must be in \[0, 1\]; got 2"),
        (dict(learning_rate_visits=0), "learning_rate_visits must be > 0; got 0"),
        (dict(initial_value=float("inf")), r"initial_value must be in \[-1e\+200, 1e\+200\]; got inf"),
        (dict(epsilon=rl.linear(2.0, 0.0, 9)), r"epsilon as it starts must be in \[0, 1\]; got 2.0"),
        (dict(epsilon=lambda t: -0.5), r"epsilon at step 0 must be in \[0, 1\]; got -0.5"),
        (
            dict(env="FrozenLakes-v1"),
            r"env must be an id that gymnasium.make takes; got 'FrozenLakes-v1' \(NameNot",
        ),
        (dict(seed=-1), "seed must be >= 0; got -1"),
        (
            dict(env="CartPole-v1"),
            "observations must be Discrete or a Tuple of Discrete, .*; got Box.* in CartPole-v1. Fix: ",
        ),
    ],
)
def test_bad_settings_get_a_sentence(settings, message):
    with pytest.raises(ValueError, match=f"^QTable: {message}"):
        rl.QTable(**dict(env="FrozenLake-v1") | settings)


def test_bad_calls_get_a_sentence_and_change_nothing():
    agent = rl.QTable("FrozenLake-v1")
    with pytest.raises(TypeError, match=r"^train: steps must be an integer; got 1\.5\.$"):
        agent.train(1.5)
    with pytest.raises(ValueError, match=r"^train: steps must be >= 0; got -1\.$"):
        agent.train(-1)
    with pytest.raises(ValueError, match=r"^act: obs must be in \[0, 16\); got 16\.$"):
        agent.act(16)
    assert agent.steps == 0
    assert (agent.q == 1).all()


@pytest.mark.parametrize("name", ["gamma", "learning_rate_visits", "epsilon", "initial_value"])
@pytest.mark.parametrize("wrong", ["a", None])
def test_settings_are_numbers(name, wrong):
    with pytest.raises(TypeError, match=f"^QTable: {name} must be a number; got {wrong!r}"):
        rl.QTable("FrozenLake-v1", **{name: wrong})


def test_settings_from_numpy_mean_the_same():
    theirs = dict(
        seed=np.int64(3), gamma=np.float32(0.5), epsilon=np.float32(0.5), initial_value=np.float32(1)
    )
    one = rl.QTable("FrozenLake-v1", **theirs).train(300, progress=False)
    other = rl.QTable("FrozenLake-v1", **{k: v.item() for k, v in theirs.items()}).train(300, progress=False)
    assert one.q.tolist() == other.q.tolist()
    agent = rl.QTable("FrozenLake-v1")
    assert isinstance(agent.update(0, 0, np.float32(0.1), 1, False), float)  # and no 32-bit rounding follows


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(obs=-1), r"obs must be in \[0, 16\); got -1"),
        (dict(obs=99), r"obs must be in \[0, 16\); got 99"),
        (dict(action=-1), r"action must be in \[0, 4\); got -1"),
        (dict(action=4), r"action must be in \[0, 4\); got 4"),
        (dict(next_obs=-1), r"next_obs must be in \[0, 16\); got -1"),
        (dict(next_obs=16, terminated=True), r"next_obs must be in \[0, 16\); got 16"),
        (dict(reward=float("nan")), "reward must be finite; got nan"),
        (dict(reward=float("-inf")), "reward must be finite; got -inf"),
    ],
)
def test_a_transition_that_cannot_be_teaches_nothing(change, message):
    agent = rl.QTable("FrozenLake-v1", learning_rate_visits=1)
    with pytest.raises(ValueError, match=f"^update: {message}"):
        agent.update(**dict(obs=0, action=0, reward=1.0, next_obs=1, terminated=False) | change)
    assert (agent.q == 1).all()
    assert not np.any(agent._visits)


def test_an_observation_from_nowhere_is_no_last_row():
    agent = rl.QTable(Probe([[(0.0, -1, *ON)], [(1.0, 0, *END)]]))
    with pytest.raises(rl.EnvError, match=r"observation must be in Discrete\(2\); got -1"):
        agent.train(5, progress=False)
    assert (agent.steps, agent.q.tolist()) == (0, [[1.0], [1.0]])

    class Lost(Probe):
        def reset(self, **kwargs):
            return -1, super().reset(**kwargs)[1]

    with pytest.raises(rl.EnvError, match=r"the observation of reset must be in Discrete\(1\); got -1"):
        rl.QTable(Lost([[(1.0, 0, *END)]])).train(1, progress=False)


class Failing(Probe):
    """Raises in the given calls of step and reset, counted from 1, after having moved."""

    def __init__(self, *settings, step=0, reset=0):
        super().__init__(*settings)
        self.fails, self.calls = dict(step=step, reset=reset), dict(step=0, reset=0)

    def _called(self, name):
        self.calls[name] += 1
        if self.calls[name] == self.fails[name]:
            raise KeyboardInterrupt

    def step(self, action):
        outcome = super().step(action)
        self._called("step")
        return outcome

    def reset(self, **kwargs):
        outcome = super().reset(**kwargs)
        self._called("reset")
        return outcome


def test_an_interrupted_reset_counts_the_episode_before_it_once():
    agent = rl.QTable(Failing([[(1.0, 0, *END)]], reset=3))
    with pytest.raises(KeyboardInterrupt):
        agent.train(10, progress=False)
    assert (agent.steps, agent.episode_returns) == (2, [1.0, 1.0])
    agent.train(8, progress=False)
    assert (agent.steps, agent.episode_returns) == (10, [1.0] * 10)
    assert agent._visits == [[10]]


def test_an_interrupted_step_leaves_its_episode():
    table = [[(1.0, 1, *ON)], [(1.0, 2, *ON)], [(1.0, 0, *END)]]
    agent = rl.QTable(Failing(table, step=5))  # the second step of the second episode
    with pytest.raises(KeyboardInterrupt):
        agent.train(10, progress=False)
    assert (agent.steps, agent.episode_returns) == (4, [3.0])
    agent.train(6, progress=False)
    assert (agent.steps, agent.episode_returns) == (10, [3.0, 3.0, 3.0])  # the broken one is in no return
    assert agent._visits == [[4], [3], [3]]
