"""Tables read from Gymnasium: read whole, solved as known, and refused where broken or changed."""

from itertools import product

import numpy as np
import pytest

import rl

NAMES = ("FrozenLake-v1", "FrozenLake8x8-v1", "Taxi-v4", "CliffWalking-v1")


@pytest.mark.parametrize("name", NAMES)
def test_gymnasium_tables_are_read_whole(name):
    import gymnasium

    env, mdp = gymnasium.make(name), rl.TabularMDP.from_gymnasium(name)
    rng = np.random.default_rng(0)
    values = rng.normal(size=mdp.num_states)
    backups = (mdp.probability * (mdp.reward + 0.9 * ~mdp.terminated * values[mdp.next_state])).sum(2)
    for s, a in product(range(mdp.num_states), range(mdp.num_actions)):
        expected = sum(p * (r + 0.9 * (not t) * values[n]) for p, n, r, t in env.unwrapped.P[s][a])
        assert backups[s, a] == pytest.approx(expected, abs=1e-12)
    assert mdp.max_steps == env.spec.max_episode_steps
    np.testing.assert_array_equal(mdp.initial, env.unwrapped.initial_state_distrib)


def test_repeated_next_states_are_added_up():
    mdp = rl.TabularMDP.from_gymnasium("FrozenLake-v1")
    assert mdp.next_state.shape == (16, 4, 3)
    # State 0, left: left and up both bump into the wall.
    assert mdp.probability[0, 0].tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert mdp.next_state[0, 0, :2].tolist() == [0, 4]
    assert rl.TabularMDP.from_gymnasium("FrozenLake-v1", is_slippery=False).next_state.shape == (16, 4, 1)


def test_optimal_cliff_walk_takes_thirteen_steps():
    mdp = rl.TabularMDP.from_gymnasium("CliffWalking-v1")
    for method in ("value_iteration", "policy_iteration"):
        solution = mdp.solve(method, gamma=1)
        assert solution.value[36] == -13
        assert mdp.expected_return(solution.policy, max_steps=13) == -13
        assert solution.error_bound < 1e-10
    assert mdp.policy_value(solution.policy, gamma=1)[36] == -13


def test_optimal_taxi_return_is_that_of_breadth_first_search():
    import gymnasium

    env = gymnasium.make("Taxi-v4").unwrapped
    into, distance, frontier = {}, {}, []
    for s, a in product(range(500), range(6)):
        ((_, n, reward, terminated),) = env.P[s][a]
        if terminated:
            distance[s] = 1
            frontier.append(s)
        elif reward == -1:  # a fined step is never on a shortest way
            into.setdefault(n, []).append(s)
    while frontier:
        later = []
        for n in frontier:
            for s in into.get(n, []):
                if s not in distance:
                    distance[s] = distance[n] + 1
                    later.append(s)
        frontier = later
    returns = {s: 20 - (steps - 1) for s, steps in distance.items()}
    mdp = rl.TabularMDP.from_gymnasium("Taxi-v4")
    solution = mdp.solve(gamma=1)
    starts = np.flatnonzero(mdp.initial)
    assert len(starts) == 300
    assert all(solution.value[s] == returns[s] for s in starts)
    assert mdp.expected_return(mdp.solve("policy_iteration", gamma=0.99).policy) == pytest.approx(
        7.93, abs=1e-12
    )


@pytest.mark.parametrize("name", NAMES)
def test_methods_agree_on_gymnasium_tables(name):
    slippery = {} if name == "Taxi-v4" else dict(is_slippery=True)
    mdp = rl.TabularMDP.from_gymnasium(name, **slippery)
    by_value, by_policy = mdp.solve(gamma=0.99), mdp.solve("policy_iteration", gamma=0.99)
    np.testing.assert_allclose(by_value.value, by_policy.value, atol=2e-10)
    np.testing.assert_allclose(mdp.policy_value(by_value.policy), by_policy.value, atol=1e-9)


def test_discounted_value_is_no_success_rate():
    mdp = rl.TabularMDP.from_gymnasium("FrozenLake8x8-v1")
    solution = mdp.solve(gamma=0.99)
    assert solution.value[0] == pytest.approx(0.4146, abs=1e-4)
    assert mdp.success_probability(solution.policy) == pytest.approx(0.8630, abs=1e-4)
    assert mdp.success_probability(solution.policy, max_steps=100) < 0.7
    assert mdp.success_probability() == pytest.approx(0.9132, abs=1e-4)  # the best there is, with a clock


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "got no transition"),
        (None, "got 'NoneType' object has no attribute 'items'"),
        ({0: {0: [(1.0, 0, 0.0)]}}, r"got not enough values to unpack"),
        ({0: {0: [(1.0, 0.5, 0.0, True)]}}, "got 'float' object cannot be interpreted as an integer"),
        ({-1: {0: [(1.0, 0, 0.0, True)]}}, "count from 0 in .*; got state -1, action 0"),
    ],
)
def test_a_broken_transition_table_is_refused(table, message):
    import gymnasium

    env = gymnasium.make("FrozenLake-v1").unwrapped
    env.P = table
    with pytest.raises(ValueError, match=f"^from_gymnasium: P must .*{message}"):
        rl.TabularMDP.from_gymnasium(env)


def test_wrappers_that_change_the_process_are_refused():
    import gymnasium

    env = gymnasium.wrappers.TransformReward(gymnasium.make("FrozenLake-v1"), lambda r: -r)
    with pytest.raises(ValueError, match=r"no wrapper that changes it.* got TransformReward"):
        rl.TabularMDP.from_gymnasium(env)
    assert rl.TabularMDP.from_gymnasium(gymnasium.make("FrozenLake-v1", max_episode_steps=7)).max_steps == 7
    assert rl.TabularMDP.from_gymnasium(env.unwrapped).max_steps is None
