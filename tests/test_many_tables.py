"""rl.train_tables: many seeds at once learn what one learns alone, and what agents learn by stepping."""

import numpy as np
import pytest

import rl
from rl.many_tables import BLOCK, METHODS

END, ON = True, False


@pytest.fixture(scope="module")
def lake():
    return rl.TabularMDP.from_gymnasium("FrozenLake-v1")


def one_state(rewards, terminated=END, **kwargs):
    """A state in which action a pays rewards[a]."""
    return rl.TabularMDP.from_transitions(
        [(0, a, 1.0, 0, r, terminated) for a, r in enumerate(rewards)], **kwargs
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_learns_the_same_whoever_learns_beside_it(method, lake):
    settings = dict(method=method, epsilon=rl.inverse_time(0.2, 500), steps=BLOCK + 100)
    many = rl.train_tables(lake, range(20), **settings)
    for few in ([7], [3, 7, 19]):
        alone = rl.train_tables(lake, few, **settings)
        np.testing.assert_array_equal(alone.q, many.q[few])
        np.testing.assert_array_equal(alone.mean_return, many.mean_return[few])
    assert len(np.unique(many.q.reshape(20, -1), axis=0)) == 20


@pytest.mark.parametrize("method", METHODS)
def test_known_values_are_found(method):
    found = rl.train_tables(one_state([-1.0, 1.0]), [0, 1, 2], 500, method, epsilon=0.3)
    np.testing.assert_allclose(found.q, np.broadcast_to([[-1.0, 1.0]], (3, 1, 2)), atol=1e-5)
    assert (found.policy == 1).all()
    for limit, value in ((3, 2.0), (None, 2.0)):  # cut off or not: 1 / (1 - gamma)
        paid = one_state([1.0], ON, max_steps=limit)
        found = rl.train_tables(paid, [5], 500, method, gamma=0.5, learning_rate=0.5)
        np.testing.assert_allclose(found.q, [[[value]]], rtol=1e-5)


def test_the_values_of_random_actions_are_sarsas():
    # With epsilon 1 the policy is random, and SARSA learns what policy_value says of it.
    mdp = rl.sutton_barto.random_walk()
    walk = rl.TabularMDP(*(np.repeat(x, 2, axis=1) for x in (
        mdp.next_state, mdp.probability, mdp.reward, mdp.terminated)), initial=2)  # fmt: skip
    truth = np.arange(1, 6) / 6
    for method in ("sarsa", "expected_sarsa"):
        settings = dict(gamma=1.0, epsilon=1.0, learning_rate_visits=20.0, initial_value=0.5)
        q = rl.train_tables(walk, range(64), 10_000, method, **settings).q
        np.testing.assert_allclose(q.mean((0, 2)), truth, rtol=0, atol=0.01)
    # Q-learning on the same walk takes the better of two equal actions, noise included.
    q = rl.train_tables(walk, range(64), 10_000, "q_learning", **settings).q
    assert (q.mean((0, 2)) > truth - 0.005).all() and q.mean() > truth.mean() + 0.005


@pytest.mark.parametrize(
    ("method", "kind"), [("q_learning", rl.QTable), ("sarsa", rl.Sarsa), ("expected_sarsa", rl.ExpectedSarsa)]
)
def test_tables_are_distributed_like_those_of_agents(method, kind, lake):
    settings = dict(gamma=0.9, epsilon=0.5, learning_rate=0.5, learning_rate_visits=50.0, initial_value=0.5)
    steps, size = 3_000, 40
    ours = rl.train_tables(lake, range(200), steps, method, **settings).q
    stepped = np.array([
        kind("FrozenLake-v1", seed=s, **settings).train(steps, progress=False).q for s in range(size)
    ])  # fmt: skip
    error = np.sqrt(ours.var(0) / 200 + stepped.var(0) / size)
    known = error > 1e-6
    distance = (np.abs(ours.mean(0) - stepped.mean(0)) / np.where(known, error, 1))[known]
    assert distance.max() <= 4 and np.mean(distance**2) <= 2
    np.testing.assert_allclose(ours.mean(0)[~known], stepped.mean(0)[~known], atol=1e-5)


def test_curves_tell_the_episodes_there_were(lake):
    tables = rl.train_tables(lake, [0, 1], 2 * BLOCK + 10, epsilon=0.5)
    assert tables.curve_steps.tolist() == [BLOCK, 2 * BLOCK, 2 * BLOCK + 10]
    assert tables.mean_return.shape == tables.episodes.shape == (2, 3)
    assert (tables.episodes[:, :2] > BLOCK / 100).all()  # the limit alone ends so many
    pays = rl.train_tables(one_state([0.25], ON, max_steps=8), [3], BLOCK)
    assert pays.episodes.tolist() == [[BLOCK // 8]] and pays.mean_return.tolist() == [[2.0]]
    never = rl.train_tables(one_state([0.25], ON), [3], 100)
    assert never.episodes.tolist() == [[0]] and np.isnan(never.mean_return).all()
    assert rl.train_tables(lake, [3], 0).q.tolist() == np.ones((1, 16, 4)).tolist()


def test_first_states_and_outcomes_are_drawn_as_likely_as_they_are():
    # Each state ends at once and pays its number; outcomes of action 0 are the likely ones.
    rows = [(s, 0, p, s, r, True) for s in range(3) for p, r in ((0.125, 1.0), (0.875, 0.0))]
    mdp = rl.TabularMDP.from_transitions(rows, initial=[0.5, 0.125, 0.375])
    settings = dict(learning_rate_visits=1.0, initial_value=0.0)
    tables = rl.train_tables(mdp, range(256), BLOCK, **settings)
    assert tables.q[:, :, 0].mean(0) == pytest.approx([0.125] * 3, abs=5e-3)
    assert tables.mean_return.mean() == pytest.approx(0.125, abs=2e-3)
    often = rl.train_tables(mdp, range(256), BLOCK, learning_rate_visits=float("inf"), learning_rate=2**-20)
    moved = (1 - often.q[:, :, 0]).mean(0)  # to first order, visits times rate times 7/8
    assert moved / moved.sum() == pytest.approx([0.5, 0.125, 0.375], abs=5e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (dict(method="dqn"), "method must be 'q_learning', 'sarsa' or 'expected_sarsa'; got 'dqn'"),
        (dict(seeds=[]), "seeds must be at least one integer; got none"),
        (dict(seeds=[[1]]), r"seeds must be .* got shape \(1, 1\)"),
        (dict(seeds=[-1]), r"seeds must be in \[0, 4294967296\); got -1"),
        (dict(steps=-1), "steps must be >= 0; got -1"),
        (dict(gamma=1.5), r"gamma must be in \[0, 1\]; got 1.5"),
        (dict(epsilon=2), r"epsilon must be in \[0, 1\]; got 2"),
    ],
)
def test_mistakes_get_a_sentence(call, message, lake):
    with pytest.raises(ValueError, match=f"^train_tables: {message}"):
        rl.train_tables(**dict(mdp=lake, seeds=[0], steps=1) | call)
