"""Ways to solve a process: they agree, the linear program checks them, their bounds hold."""

import sys
from fractions import Fraction

import numpy as np
import pytest

import rl
from rl.solvers import SOLVERS, endless, undiscounted
from rl.solvers.gauss_seidel import steps_to_an_end
from rl.solvers.sweep import Sweep
from tests.processes import random_process

NAMES = ("FrozenLake-v1", "FrozenLake8x8-v1", "Taxi-v4", "CliffWalking-v1")
METHODS = tuple(SOLVERS)


def tabular(seed, **kwargs):
    reward, discount, next_state, probability = random_process(seed, **kwargs)
    return rl.TabularMDP(next_state, probability, reward, discount == 0)


def corridor(length, cost=0.0):
    """A straight line, one step a state, that pays 1 at its end; or one stays. Either may cost something."""
    ends = [(s == length - 1) for s in range(length)]
    forward = [(s, 0, 1.0, s + 1, end - cost, end) for s, end in enumerate(ends)]
    return rl.TabularMDP.from_transitions(forward + [(s, 1, 1.0, s, -cost, False) for s in range(length)])


@pytest.fixture(scope="module", params=NAMES)
def table(request):
    return rl.TabularMDP.from_gymnasium(request.param)


def test_values_are_those_of_the_linear_program(table):
    truth = table.solve("linear_programming", gamma=0.99)
    for method in METHODS:
        found = table.solve(method, gamma=0.99, tolerance=1e-11)
        np.testing.assert_allclose(found.value, truth.value, rtol=0, atol=1e-10, err_msg=method)
        assert found.error_bound <= 1e-10 and found.method == method


@pytest.mark.parametrize("seed", range(4))
def test_values_of_random_processes_are_those_of_the_linear_program(seed):
    mdp = tabular(seed, states=30, actions=4, outcomes=3)
    truth = mdp.solve("linear_programming", gamma=0.95)
    for method in METHODS:
        np.testing.assert_allclose(mdp.solve(method, gamma=0.95).value, truth.value, rtol=0, atol=1e-10)


def test_the_linear_program_is_that_of_scipy_written_out():
    # Built from the process cell by cell, dense, and left as HiGHS gives it.
    from scipy.optimize import linprog

    mdp = tabular(3, states=12)
    rows, paid = [], []
    for s, a in np.ndindex(12, 3):
        row = np.zeros(12)
        row[s] -= 1
        for n, p, ends in zip(mdp.next_state[s, a], mdp.probability[s, a], mdp.terminated[s, a], strict=True):
            row[n] += 0.9 * p * (not ends)
        rows.append(row)
        paid.append(-(mdp.probability[s, a] @ mdp.reward[s, a]))
    found = linprog(np.ones(12), np.array(rows), paid, bounds=(None, None))
    np.testing.assert_allclose(mdp.solve("linear_programming", gamma=0.9).value, found.x, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_nothing_discounted_is_solved_too(method):
    cliff = rl.TabularMDP.from_gymnasium("CliffWalking-v1")
    assert cliff.solve(method, gamma=1).value[36] == pytest.approx(-13, abs=1e-9)


def ring(size, paid):
    """Around a ring, +paid at one place and -1 at all others; everywhere one may end for nothing."""
    rows = [(s, 0, 1.0, (s + 1) % size, paid if s == 0 else -1.0, False) for s in range(size)]
    return rl.TabularMDP.from_transitions([*rows, *((s, 1, 1.0, s, 0.0, True) for s in range(size))])


@pytest.mark.parametrize("method", METHODS)
def test_steps_may_pay_where_going_on_forever_does_not(method):
    assert ring(2, 0.5).solve(method, gamma=1).value.tolist() == [0.5, 0.0]
    value = ring(40, 38.5).solve(method, gamma=1).value  # as far from the pay as it is worth the walk
    assert value.tolist() == [38.5, 0.0, *(38.5 - np.arange(38, 0, -1))]


@pytest.mark.parametrize("paid", [39.0, 40.0])
def test_going_on_forever_at_no_loss_is_refused(paid):
    with pytest.raises(
        ValueError, match=r"never end at no loss; got 1, and states 0, 1, .* 30 more allow it"
    ):
        ring(40, paid).solve(gamma=1)


def test_what_was_not_found_out_is_not_claimed(monkeypatch):
    monkeypatch.setattr(endless, "WORK", 0)
    assert ring(40, 38.5).solve(gamma=1).value[0] == 38.5
    with pytest.raises(ValueError, match=r"and may lose nothing by it; got 1, and of states 0, .*not found"):
        ring(300, 298.5).solve(gamma=1)


def largest_gain(mdp, stays):
    """The most that a policy without an end earns a step, by a linear program over how often pairs occur."""
    from scipy.optimize import linprog

    pairs = np.argwhere(stays)
    if not len(pairs):
        return -np.inf
    flow = np.zeros((mdp.num_states + 1, len(pairs)))
    flow[-1] = 1
    for j, (s, a) in enumerate(pairs):
        flow[s, j] += 1
        np.subtract.at(flow[:, j], mdp.next_state[s, a], mdp.probability[s, a])
    mean = (mdp.probability * mdp.reward).sum(2)[stays]
    return -linprog(-mean, A_eq=flow, b_eq=np.eye(mdp.num_states + 1)[-1], bounds=(0, None)).fun


def test_what_goes_on_forever_at_no_loss_is_what_the_linear_program_says():
    rng, seen = np.random.default_rng(0), set()
    for _ in range(150):
        S, A, K = (int(rng.integers(low, high)) for low, high in ((2, 12), (2, 4), (1, 3)))
        ends = np.zeros((S, A, K), bool)
        ends[:, -1] = rng.random((S, 1)) < 0.7
        reward = rng.integers(-4, 3, (S, A, K)) - rng.choice([0.0, 0.5])
        mdp = rl.TabularMDP(rng.integers(0, S, (S, A, K)), rng.dirichlet(np.ones(K), (S, A)), reward, ends)
        stays = endless._staying(mdp, mdp.probability > 0, np.ones((S, A), bool))
        gain = largest_gain(mdp, stays)
        assert endless.lossless(mdp, stays, 10**6).any() == (gain > -1e-9)
        seen.add(-1 if gain < -1e-9 else int(gain > 1e-9))
    assert seen == {-1, 0, 1}


@pytest.mark.parametrize(
    "method", [m for m in METHODS if m not in ("policy_iteration", "linear_programming")]
)
@pytest.mark.parametrize("tolerance", [1.0, 1e-4])
def test_what_is_proven_holds(method, tolerance):
    mdp = tabular(5, states=30, actions=4, outcomes=3)
    truth, rough = (
        mdp.solve("policy_iteration", gamma=0.95),
        mdp.solve(method, gamma=0.95, tolerance=tolerance),
    )
    assert np.abs(rough.value - truth.value).max() <= rough.error_bound <= tolerance


@pytest.mark.parametrize("method", ["value_iteration", "modified_policy_iteration"])
@pytest.mark.parametrize("actions", [3, 40])  # written out, and not
def test_compiled_methods_find_the_same(method, actions):
    mdp = tabular(6, states=30, actions=actions)
    plain, compiled = mdp.solve(method, gamma=0.95), mdp.solve(method, gamma=0.95, compiled=True)
    np.testing.assert_allclose(compiled.value, plain.value, rtol=0, atol=2e-10)
    assert compiled.policy.tolist() == plain.policy.tolist()


def test_what_an_end_pays_travels_a_corridor_in_one_pass():
    mdp = corridor(500)
    by_sweeps, by_layers = mdp.solve(gamma=0.999), mdp.solve("gauss_seidel", gamma=0.999)
    assert by_sweeps.iterations >= 500 and by_layers.iterations <= 4
    np.testing.assert_allclose(by_layers.value[:-1], 0.999 ** np.arange(499, -1, -1), rtol=1e-12)
    by_priority = mdp.solve("prioritized_sweeping", gamma=0.999)
    assert by_priority.iterations <= 1_100  # each state about twice
    np.testing.assert_allclose(by_priority.value, by_layers.value, rtol=0, atol=1e-10)


def test_what_steps_cost_travels_a_corridor_in_one_pass_too():
    mdp = corridor(500, cost=1.0)
    value = mdp.solve(gamma=0.999).value
    for method, most in (("gauss_seidel", 4), ("prioritized_sweeping", 1_100)):
        found = mdp.solve(method, gamma=0.999)
        assert found.iterations <= most, method
        np.testing.assert_allclose(found.value, value, rtol=0, atol=1e-9)


@pytest.mark.parametrize("gamma", [0.0, 0.9, 1.0])
@pytest.mark.parametrize("sure", [True, False])
def test_a_policy_of_many_states_is_worth_what_the_linear_solve_says(monkeypatch, gamma, sure):
    rng = np.random.default_rng(3)
    for mdp in (tabular(7, states=60), corridor(60, cost=0.5)):
        mdp = rl.TabularMDP(mdp.next_state, mdp.probability, mdp.reward, mdp.terminated)
        S, A = mdp.next_state.shape[:2]
        policy = np.zeros(S, int) if sure else rng.dirichlet(np.ones(A), S)
        exact = mdp.policy_value(policy, gamma=gamma)
        monkeypatch.setattr(sys.modules["rl.solvers.policy_iteration"], "DENSE", 59)
        np.testing.assert_allclose(mdp.policy_value(policy, gamma=gamma), exact, rtol=1e-11, atol=1e-10)
        best = mdp.solve("policy_iteration", gamma=min(gamma, 0.95)).value
        monkeypatch.undo()
        same = mdp.solve("policy_iteration", gamma=min(gamma, 0.95)).value
        np.testing.assert_allclose(best, same, rtol=0, atol=1e-9)


def test_a_random_walk_over_ten_thousand_states_is_evaluated_without_a_discount():
    n = 10_000
    state = np.arange(n)
    to = np.stack([np.maximum(state - 1, 0), np.minimum(state + 1, n - 1)], 1)[:, :, None]
    lost = (np.array([0.4, 0.6]) * np.ones((n, 2)))[:, None]
    walk = rl.TabularMDP(
        to.reshape(n, 1, 2), lost, -np.ones((n, 1, 2)), np.stack([state < 0, state > n - 2], 1)[:, None]
    )
    value = walk.policy_value(np.zeros(n, int), gamma=1)
    moved = (walk.probability * (walk.reward + ~walk.terminated * value[walk.next_state])).sum((1, 2)) - value
    assert np.abs(moved).max() <= 1e-9 and value[-1] == pytest.approx(-5) and value[0] < -49_000


def test_a_policy_that_sweeps_do_not_settle_gets_a_sentence(monkeypatch):
    inner = sys.modules["rl.solvers.policy_iteration"]
    for name, thing in (("DENSE", 1), ("SWEEPS", 3), ("_near", lambda sweep: np.zeros(sweep.num_states))):
        monkeypatch.setattr(inner, name, thing)
    with pytest.raises(ValueError, match=r"^policy_value: gamma must be low enough for 3 sweeps to settle"):
        corridor(50, cost=1.0).policy_value([0] * 51, gamma=0.999)


def test_layers_are_steps_to_an_end():
    assert steps_to_an_end(corridor(4)).tolist() == [4, 3, 2, 1, 1]  # the last one is over
    ones = np.ones((3, 1, 1))
    stuck = rl.TabularMDP([[[0]], [[1]], [[1]]], ones, ones, [[[False]], [[True]], [[False]]])
    assert steps_to_an_end(stuck).tolist() == [np.inf, 1, 2]
    two = rl.TabularMDP([[[0]], [[1]], [[1]]], ones, ones, [[[False]], [[False]], [[True]]])
    assert steps_to_an_end(two).tolist() == [np.inf, np.inf, 1]
    assert two.solve("gauss_seidel", gamma=0.5).value.tolist() == pytest.approx([2, 2, 1])


def test_rewards_of_any_size_are_solved():
    for scale in (1e-12, 1e12):
        mdp = tabular(1)
        scaled = rl.TabularMDP(mdp.next_state, mdp.probability, mdp.reward * scale, mdp.terminated)
        value = scaled.solve("linear_programming", gamma=0.9).value / scale
        np.testing.assert_allclose(value, mdp.solve("policy_iteration", gamma=0.9).value, rtol=1e-11)


@pytest.mark.parametrize(
    "method", [m for m in METHODS if m not in ("policy_iteration", "linear_programming")]
)
def test_too_few_sweeps_get_a_sentence(method):
    with pytest.raises(
        ValueError, match=r"^solve: max_sweeps must be enough to reach tolerance 1e-10; after"
    ):
        tabular(0, states=30).solve(method, gamma=0.999, max_sweeps=1)


def test_an_unknown_method_gets_the_names_of_all():
    with pytest.raises(
        ValueError, match=r"^solve: method must be 'value_iteration', .* or 'linear_programming'; got"
    ):
        tabular(0).solve("q_learning")
    with pytest.raises(ValueError, match=r"^solve: method must be .*; got \['q_learning'\]\.$"):
        tabular(0).solve(["q_learning"])
    with pytest.raises(TypeError, match=r"^solve: compiled must be True or False; got 'no'\.$"):
        tabular(0).solve(compiled="no")


def test_value_within_a_limit_is_value_by_sweeps():
    mdp = tabular(2)
    weights = np.full((5, 3), 1 / 3)
    long = mdp.policy_value(weights, gamma=0.5, max_steps=60)
    np.testing.assert_allclose(long, mdp.policy_value(weights, gamma=0.5), rtol=0, atol=1e-14)
    assert mdp.policy_value(weights, max_steps=0).tolist() == [0] * 5
    one = (mdp.probability * mdp.reward).sum(2).mean(1)
    np.testing.assert_allclose(mdp.policy_value(weights, gamma=0.5, max_steps=1), one, rtol=1e-14)


def test_the_linear_program_checks_to_ten_digits_where_many_actions_are_nearly_best():
    gambler = rl.sutton_barto.gamblers_problem(0.55, 100)
    odds = 0.45 / 0.55
    exact = (1 - odds ** np.arange(1, 100)) / (1 - odds**100)
    for method in ("linear_programming", "value_iteration"):
        found = gambler.solve(method, gamma=1).value[1:-1]
        np.testing.assert_allclose(found, exact, rtol=0, atol=1e-11, err_msg=method)


@pytest.mark.parametrize("moved", [0.0, 1e-6, -1e-3, 0.5])
def test_a_bound_of_values_that_nothing_discounts_holds(moved):
    mdp = rl.sutton_barto.gamblers_problem(0.55, 20)
    sweep, policy = Sweep(mdp, 1.0), mdp.solve("policy_iteration", gamma=1).policy
    odds = Fraction(9, 11)
    exact = [float((1 - odds**s) / (1 - odds**20)) for s in range(1, 20)]
    value = np.array([0.0, *exact, 0.0]) + moved
    bound = undiscounted.error_bound(sweep, value, policy)
    assert abs(moved) <= bound <= abs(moved) + 1e-10
    worst = np.full(len(value), 9)  # bold play: with a good coin the smallest stakes are the best
    assert undiscounted.error_bound(sweep, value, worst) >= abs(moved)


def test_nothing_is_claimed_of_what_was_not_looked_at(monkeypatch):
    mdp = rl.sutton_barto.random_walk(9)
    assert mdp.solve(gamma=1).error_bound < 1e-10
    monkeypatch.setattr(undiscounted, "MOST", 8)
    assert mdp.solve(gamma=1).error_bound == np.inf
    monkeypatch.undo()
    endless = rl.TabularMDP.from_transitions([(0, 0, 1.0, 0, -1.0, False), (0, 1, 1.0, 0, 1.0, True)])
    assert undiscounted.error_bound(Sweep(endless, 1.0), np.ones(1), np.zeros(1, int)) == np.inf


def test_a_process_and_its_solution_are_printed_in_a_line():
    mdp = rl.sutton_barto.gridworld()
    assert repr(mdp) == "TabularMDP(25 states, 4 actions)"
    assert repr(rl.TabularMDP.from_gymnasium("FrozenLake-v1")).endswith(
        "16 states, 4 actions, max_steps=100)"
    )
    told = repr(mdp.solve(gamma=0.9))
    assert told.startswith("Solution(value_iteration, gamma 0.9: 25 states, ") and "error_bound" in told
