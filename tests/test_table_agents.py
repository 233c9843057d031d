"""Agents with a table: each learns by its formula, finds what probes hide, and walks alike in parts."""

import gymnasium
import numpy as np
import pytest

import rl
from rl import q_learning
from rl.agents.table import TableAgent
from tests.table_probes import CUT, END, ON, Probe

AGENTS = {
    "QTable": rl.QTable,
    "Sarsa": rl.Sarsa,
    "ExpectedSarsa": rl.ExpectedSarsa,
    "DoubleQ": rl.DoubleQ,
    "NStepSarsa": rl.NStepSarsa,
    "NStepQ": lambda *args, **settings: rl.NStepSarsa(*args, bootstrap="max", **settings),
    "NStepExpected": lambda *args, **settings: rl.NStepSarsa(*args, bootstrap="expected", **settings),
    "SarsaLambda": rl.SarsaLambda,
    "Accumulating": lambda *args, **settings: rl.SarsaLambda(*args, trace="accumulating", **settings),
    "MonteCarlo": rl.MonteCarlo,
    "EveryVisit": lambda *args, **settings: rl.MonteCarlo(*args, every_visit=True, **settings),
}
every = pytest.mark.parametrize("name", AGENTS)


def probe(name, table, steps=2_000, starts=1, **settings):
    settings = dict(gamma=0.5, learning_rate=0.5, learning_rate_visits=100.0, epsilon=0.2) | settings
    return AGENTS[name](Probe(table, starts), **settings).train(steps, progress=False)


@every
def test_probe_value_of_one_state_is_its_reward(name):
    assert probe(name, [[(1.0, 0, *END)]], initial_value=3.0).q.tolist() == [[pytest.approx(1.0)]]


@every
def test_probe_value_depends_on_the_observation(name):
    table = [[(-1.0, 0, *END)], [(1.0, 0, *END)]]
    np.testing.assert_allclose(probe(name, table, starts=2).q, [[-1.0], [1.0]], atol=1e-9)


@every
def test_probe_reward_is_discounted_once_a_step(name):
    table = [[(0.0, 1, *ON)], [(1.0, 0, *END)]]
    np.testing.assert_allclose(probe(name, table).q, [[0.5], [1.0]], atol=1e-6)


@every
def test_probe_better_action_is_found(name):
    found = probe(name, [[(-1.0, 0, *END), (1.0, 0, *END)]])
    np.testing.assert_allclose(found.q, [[-1.0, 1.0]], atol=1e-6)
    assert found.act(0) == 1


@every
def test_probe_better_action_depends_on_the_observation(name):
    table = [[(1.0, 0, *END), (-1.0, 0, *END)], [(-1.0, 0, *END), (1.0, 0, *END)]]
    assert probe(name, table, starts=2).policy.tolist() == [0, 1]


@every
def test_truncation_bootstraps_and_termination_does_not(name):
    # One state that pays 1 for ever: 1 / (1 - gamma) = 2 although every episode is cut after one step.
    for after, value in ((CUT, 2.0), (END, 1.0)):
        found = probe(name, [[(1.0, 0, *after)]], learning_rate_visits=float("inf"))
        np.testing.assert_allclose(found.q, [[value]], atol=1e-9)


@every
def test_a_time_limit_is_a_truncation(name):
    env = gymnasium.wrappers.TimeLimit(Probe([[(1.0, 0, *ON)]]), 3)
    settings = dict(gamma=0.5, learning_rate=0.5, learning_rate_visits=float("inf"), trace_decay=0.0)
    if name not in ("SarsaLambda", "Accumulating"):
        del settings["trace_decay"]
    agent = AGENTS[name](env, **settings).train(600, progress=False)
    np.testing.assert_allclose(agent.q, [[2.0]], atol=1e-9)
    assert agent.episode_returns == [3.0] * 200


@every
def test_training_in_parts_is_training_at_once(name):
    settings = dict(seed=3, epsilon=rl.inverse_time(0.2, 100), initial_value=1.0)
    parts, whole = (AGENTS[name]("FrozenLake-v1", **settings) for _ in range(2))
    for steps in (1, 499, 0, 250):
        parts.train(steps, progress=False)
        parts.evaluate(2)
    whole.train(750, progress=False)
    np.testing.assert_array_equal(parts.q, whole.q)
    assert parts.episode_returns == whole.episode_returns and parts.steps == 750
    other = AGENTS[name]("FrozenLake-v1", **settings | dict(seed=4)).train(750, progress=False)
    assert (other.q != whole.q).any()


@every
def test_tuples_are_numbered_row_by_row(name):
    agent = AGENTS[name]("Blackjack-v1", seed=1, epsilon=0.1).train(2_000, progress=False)
    assert agent.q.shape == (704, 2)
    assert agent.act((21, 10, 1)) == agent.policy[(21 * 11 + 10) * 2 + 1]
    assert isinstance(agent.evaluate(20, max_steps=30), rl.Evaluation)
    for wrong in ((32, 1, 0), (3, 1), 5):
        with pytest.raises(ValueError, match=r"^act: obs must be in Tuple.*; got "):
            agent.act(wrong)


def filled(kind, **settings):
    """An agent of the lake whose table is random numbers."""
    agent = kind("FrozenLake-v1", gamma=0.9, learning_rate=0.5, learning_rate_visits=4, **settings)
    agent._q[:] = np.random.default_rng(2).normal(size=(16, 4)).tolist()
    return agent


def learns(agent, error, expected, before, visit=0):
    """The one change of the table is the rate times the error, and the error is the formula's."""
    assert error == pytest.approx(float(expected), rel=1e-14)
    change = agent.q - before
    assert change[5, 2] == pytest.approx(0.5 / (1 + visit / 4) * error, rel=1e-12)
    change[5, 2] = 0
    assert not change.any()


@pytest.mark.parametrize("terminated", [False, True])
def test_sarsa_is_its_formula(terminated):
    agent = filled(rl.Sarsa)
    for visit in range(3):
        before = agent.q
        error = agent.update(5, 2, 0.25, 9, terminated, next_action=1)
        expected = q_learning.sarsa_error(0.25, 0.9 * (1 - terminated), before[5], before[9], 2, 1)
        learns(agent, error, expected, before, visit)


@pytest.mark.parametrize("terminated", [False, True])
@pytest.mark.parametrize("epsilon", [0.0, 0.4])
def test_expected_sarsa_is_its_formula(terminated, epsilon):
    agent = filled(rl.ExpectedSarsa, epsilon=epsilon)
    before = agent.q
    error = agent.update(5, 2, 0.25, 9, terminated)
    probability = np.full(4, epsilon / 4) + (1 - epsilon) * np.eye(4)[before[9].argmax()]
    discount = 0.9 * (1 - terminated)
    expected = q_learning.expected_sarsa_error(0.25, discount, before[5], before[9], 2, probability)
    learns(agent, error, expected, before)


@pytest.mark.parametrize("terminated", [False, True])
def test_double_q_is_its_formula_in_the_table_that_the_coin_picks(terminated):
    agent = filled(rl.DoubleQ)
    agent._tables[1][:] = np.random.default_rng(3).normal(size=(16, 4)).tolist()
    moved = set()
    for _ in range(20):
        before = [np.array(table) for table in agent._tables]
        error = agent.update(5, 2, 0.25, 9, terminated)
        (one,) = [i for i in (0, 1) if (np.array(agent._tables[i]) != before[i]).any()]
        moved.add(one)
        value, selector, judged = before[one][5], before[one][9], before[1 - one][9]
        discount = 0.9 * (1 - terminated)
        expected = q_learning.double_q_error(0.25, discount, value, judged, selector, 2)
        assert error == pytest.approx(float(expected), rel=1e-14)
    assert moved == {0, 1}
    np.testing.assert_allclose(agent.q, np.mean(agent._tables, axis=0), rtol=1e-15)


class Recorded(gymnasium.Wrapper):
    """Keeps what an episode showed and did."""

    def __init__(self, env):
        super().__init__(env)
        self.episodes = []

    def reset(self, **kwargs):
        obs, info = self.env.reset(**kwargs)
        self.episodes.append([obs])
        return obs, info

    def step(self, action):
        outcome = self.env.step(action)
        self.episodes[-1] += [(action, *outcome[1:4]), outcome[0]]
        return outcome


def replayed(kind, steps=400, **settings):
    """An agent that has walked, and (obs, action, reward, next_obs, terminated, cut) of each episode."""
    env = Recorded(gymnasium.make("FrozenLake-v1", is_slippery=True, max_episode_steps=12))
    agent = kind(env, seed=5, gamma=0.9, epsilon=0.5, **settings).train(steps, progress=False)
    episodes = []
    for episode in env.episodes:
        moves = zip(episode[:-1:2], episode[1::2], episode[2::2], strict=True)
        episodes.append([(s, a, r, n, t, cut) for s, (a, r, t, cut), n in moves])
    return agent, episodes


@pytest.mark.parametrize("num_steps", [1, 3, 50])
def test_n_step_sarsa_is_its_definition_on_what_was_walked(num_steps):
    rate = dict(learning_rate=0.25, learning_rate_visits=float("inf"))
    agent, episodes = replayed(rl.NStepSarsa, num_steps=num_steps, **rate)
    q = np.ones((16, 4))
    for moves in episodes[:-1]:
        end = len(moves)
        for time in range(end + num_steps):
            start = time - num_steps + 1  # the pair whose target is complete after this step
            if not 0 <= start < end or (time >= end and start + num_steps <= end):
                continue
            horizon = min(start + num_steps, end)
            target = sum(0.9 ** (i - start) * moves[i][2] for i in range(start, horizon))
            if horizon < end:
                target += 0.9**num_steps * q[moves[horizon][0], moves[horizon][1]]
            elif not moves[-1][4]:
                return  # cut off: the last action was never taken, so only the agent knows it
            q[moves[start][0], moves[start][1]] += 0.25 * (target - q[moves[start][0], moves[start][1]])
    np.testing.assert_allclose(agent.q, q, rtol=1e-12)


@pytest.mark.parametrize("every_visit", [False, True])
def test_monte_carlo_is_the_mean_of_the_returns_that_followed(every_visit):
    plain = dict(learning_rate=1.0, learning_rate_visits=1.0, initial_value=0.5)
    agent, episodes = replayed(rl.MonteCarlo, every_visit=every_visit, **plain)
    q, counts = np.full((16, 4), 0.5), np.zeros((16, 4))
    for number, moves in enumerate(episodes):
        if not (moves and (moves[-1][4] or moves[-1][5])):
            continue  # still running
        target = 0.0
        if not moves[-1][4]:
            row = q[moves[-1][3]]
            target = 0.5 * row.max() + 0.5 * row.mean()
        returns = []
        for *_, reward, _, _, _ in reversed(moves):
            target = reward + 0.9 * target
            returns.insert(0, target)
        seen = set()
        for (s, a, *_), found in zip(moves, returns, strict=True):
            if every_visit or (s, a) not in seen:
                seen.add((s, a))
                counts[s, a] += 1
                q[s, a] += (found - q[s, a]) / counts[s, a]
        assert number < len(episodes)
    np.testing.assert_allclose(agent.q, q, rtol=1e-12)


@pytest.mark.parametrize("trace", ["replacing", "accumulating"])
def test_traces_pass_errors_back_as_the_matrix_says(trace):
    agent = rl.SarsaLambda(
        "FrozenLake-v1", gamma=0.9, trace_decay=0.7, trace=trace, learning_rate=0.1,
        learning_rate_visits=float("inf"),
    )  # fmt: skip
    q, z = np.ones((16, 4)), np.zeros((16, 4))
    walk = [(0, 1, 0.0, 4), (4, 2, 0.5, 0), (0, 1, 0.0, 4), (4, 0, -1.0, 8), (8, 3, 2.0, 9)]
    for t, (s, a, reward, n) in enumerate(walk):
        terminated, following = t == 4, walk[t + 1][1] if t < 4 else 0
        error = reward + 0.9 * (not terminated) * q[n, following] - q[s, a]
        z *= 0.9 * 0.7
        z[s, a] = 1.0 if trace == "replacing" else z[s, a] + 1.0
        q += 0.1 * error * z
        assert agent.update(s, a, reward, n, terminated, following) == pytest.approx(error, rel=1e-14)
    np.testing.assert_allclose(agent.q, q, rtol=1e-13)
    agent.update(1, 0, 0.0, 1, True, 0)  # the traces ended with the episode
    q[1, 0] += 0.1 * (0 - q[1, 0])
    np.testing.assert_allclose(agent.q, q, rtol=1e-13)


def test_sarsa_lambda_without_memory_is_sarsa_and_one_step_is_sarsa():
    settings = dict(seed=2, epsilon=0.3, learning_rate=0.3)
    plain = rl.Sarsa("FrozenLake-v1", **settings).train(3_000, progress=False)
    others = [rl.SarsaLambda("FrozenLake-v1", trace_decay=0.0, **settings)]
    others.append(rl.NStepSarsa("FrozenLake-v1", num_steps=1, **settings))
    for other in others:
        np.testing.assert_allclose(other.train(3_000, progress=False).q, plain.q, rtol=1e-12)


def test_sarsa_keeps_away_from_the_cliff_and_q_learning_walks_along_it():
    # Example 6.6: with a tenth of the actions random, what SARSA learns earns more on the way.
    mdp = rl.sutton_barto.cliff()
    settings = dict(seed=0, gamma=1.0, epsilon=0.1, learning_rate=0.5, initial_value=0.0)
    lengths, earned = {}, {}
    for kind in (rl.Sarsa, rl.QTable):
        agent = kind("CliffWalking-v1", learning_rate_visits=float("inf"), **settings)
        agent.train(60_000, progress=False)
        lengths[kind] = -mdp.expected_return(agent.policy, max_steps=200)
        earned[kind] = np.mean(agent.episode_returns[-500:])
    assert lengths[rl.QTable] == 13 < lengths[rl.Sarsa]
    assert earned[rl.Sarsa] > earned[rl.QTable] + 10


def test_double_q_is_not_fooled_by_noise():
    # As in example 6.7: ten actions that pay noise around -0.1, of which one always looks better.
    class Bias(gymnasium.Env):
        observation_space, action_space = gymnasium.spaces.Discrete(2), gymnasium.spaces.Discrete(10)

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            self.state = 0
            return 0, {}

        def step(self, action):
            if self.state:
                return 1, float(self.np_random.normal(-0.1, 1)), True, False, {}
            self.state = 1
            return 1, 0.0, False, False, {}

    settings = dict(
        gamma=1.0, epsilon=1.0, learning_rate=0.1, learning_rate_visits=float("inf"), initial_value=0.0
    )
    bias = {
        kind: np.mean(
            [kind(Bias(), seed=s, **settings).train(6_000, progress=False).q[0].mean() for s in range(4)]
        )
        for kind in (rl.QTable, rl.DoubleQ)
    }
    assert bias[rl.QTable] > 0.15
    assert bias[rl.DoubleQ] < 0


def test_an_interrupted_episode_is_forgotten_with_its_traces():
    class Failing(Probe):
        calls = 0

        def step(self, action):
            Failing.calls += 1
            if Failing.calls == 2:
                raise KeyboardInterrupt
            return super().step(action)

    for kind in (rl.MonteCarlo, rl.NStepSarsa, rl.SarsaLambda):
        Failing.calls = 0
        agent = kind(Failing([[(1.0, 1, *ON)], [(1.0, 0, *END)]]), gamma=1.0)
        with pytest.raises(KeyboardInterrupt):
            agent.train(4, progress=False)
        assert not (
            getattr(agent, "_episode", None)
            or getattr(agent, "_waiting", None)
            or getattr(agent, "_traces", None)
        )
        agent.train(4, progress=False)
        assert agent.episode_returns == [2.0, 2.0]


def test_progress_bar_tells_the_agent(capsys):
    assert rl.Sarsa("FrozenLake-v1").train(300).steps == 300
    told = capsys.readouterr().out
    assert "300/300 steps" in told and "Sarsa" in told


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rl.NStepSarsa("FrozenLake-v1", num_steps=0), "NStepSarsa: num_steps must be >= 1; got 0"),
        (
            lambda: rl.NStepSarsa("FrozenLake-v1", bootstrap="best"),
            "NStepSarsa: bootstrap must be 'sarsa', 'expected' or 'max'; got 'best'",
        ),
        (
            lambda: rl.SarsaLambda("FrozenLake-v1", trace_decay=1.5),
            r"SarsaLambda: trace_decay must be in \[0, 1\]; got 1.5",
        ),
        (
            lambda: rl.SarsaLambda("FrozenLake-v1", trace="dutch"),
            "SarsaLambda: trace must be 'replacing' or 'accumulating'; got 'dutch'",
        ),
        (lambda: rl.Sarsa("FrozenLake-v1", gamma=2), r"Sarsa: gamma must be in \[0, 1\]; got 2"),
        (lambda: rl.MonteCarlo("CartPole-v1"), "MonteCarlo: observations must be Discrete .* got Box"),
        (
            lambda: rl.Sarsa("FrozenLake-v1").update(0, 0, 1.0, 1, False, 4),
            r"update: next_action must be in \[0, 4\); got 4",
        ),
        (
            lambda: rl.MonteCarlo("FrozenLake-v1").update(16, 0, 1.0),
            r"update: obs must be in \[0, 16\); got 16",
        ),
        (
            lambda: rl.NStepSarsa("FrozenLake-v1").update(0, 0, float("nan")),
            "update: target must be finite; got nan",
        ),
    ],
)
def test_mistakes_get_a_sentence(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


def test_the_shape_alone_does_not_learn():
    with pytest.raises(NotImplementedError, match="TableAgent: an agent must say how it learns from a step"):
        TableAgent("FrozenLake-v1").train(1, progress=False)


def test_episodes_that_do_not_end_are_told_once_where_whole_ones_are_learnt_from(recwarn):
    rl.MonteCarlo("FrozenLake-v1").train(11_000, progress=False)
    agent = rl.MonteCarlo("CliffWalking-v1")
    agent.train(9_000, progress=False)
    assert not recwarn.list
    agent.train(41_000, progress=False)
    assert len(recwarn.list) == 1 and "one has gone on for 10,000 steps. Fix:" in str(recwarn.list[0].message)
