"""rl.TabularMDP: its solvers agree, their bounds hold, and policies earn what all histories say."""

from itertools import product

import numpy as np
import pytest

import rl
from rl import mdp as array
from tests.processes import random_process


def tabular(seed, gamma=1.0, **kwargs):
    reward, discount, next_state, probability = random_process(seed, **kwargs)
    return rl.TabularMDP(next_state, probability, reward, discount == 0, max_steps=10)


@pytest.mark.parametrize("seed", range(3))
def test_value_iteration_policy_iteration_and_the_linear_solve_agree(seed):
    mdp = tabular(seed, states=30, actions=4, outcomes=3)
    by_value, by_policy = mdp.solve("value_iteration", gamma=0.95), mdp.solve("policy_iteration", gamma=0.95)
    assert by_value.error_bound <= 1e-10
    assert by_policy.error_bound <= 1e-12
    assert np.abs(by_value.value - by_policy.value).max() <= by_value.error_bound + by_policy.error_bound
    np.testing.assert_allclose(mdp.policy_value(by_value.policy, gamma=0.95), by_policy.value, atol=1e-12)
    process = (mdp.reward, 0.95 * ~mdp.terminated, mdp.next_state, mdp.probability)
    np.testing.assert_allclose(array.policy_iteration(*process)[0], by_policy.value, atol=1e-12)


@pytest.mark.parametrize("tolerance", [1.0, 1e-3, 1e-7])
def test_error_bound_holds(tolerance):
    mdp = tabular(5, states=30, actions=4, outcomes=3)
    truth, rough = mdp.solve("policy_iteration", gamma=0.95), mdp.solve(gamma=0.95, tolerance=tolerance)
    error = np.abs(rough.value - truth.value).max()
    assert 0.001 * rough.error_bound < error <= rough.error_bound <= tolerance  # a bound, and not an idle one


def test_compiled_sweeps_find_the_same_values():
    mdp = tabular(6, states=30, actions=4, outcomes=3)
    plain, compiled = mdp.solve(gamma=0.95), mdp.solve(gamma=0.95, compiled=True)
    np.testing.assert_allclose(compiled.value, plain.value, atol=2e-10)
    assert compiled.error_bound <= 1e-10


def test_linear_program_bounds_the_optimum_from_above_and_is_tight():
    # v* is the smallest v that is >= the backup of v for every action: some slack is 0 in every state.
    solution, mdp = tabular(7).solve("policy_iteration", gamma=0.9), tabular(7)
    kept = mdp.probability * 0.9 * ~mdp.terminated
    backups = (mdp.probability * mdp.reward + kept * solution.value[mdp.next_state]).sum(2)
    slack = solution.value[:, None] - backups
    assert slack.min() > -1e-12
    np.testing.assert_allclose(slack.min(1), 0, atol=1e-12)


@pytest.mark.parametrize("stochastic", [False, True])
def test_backward_induction_equals_enumeration_of_all_histories(stochastic):
    mdp = tabular(8, states=3, actions=2, outcomes=2)
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(2), 3) if stochastic else np.eye(2)[[1, 0, 1]]
    policy = weights if stochastic else np.array([1, 0, 1])
    total_return = total_success = 0.0
    histories = [(1.0, 0.0, 0)]
    for _ in range(4):
        new = []
        for p, earned, s in histories:
            for a, k in product(range(2), range(2)):
                q, r, n = (
                    p * weights[s, a] * mdp.probability[s, a, k],
                    mdp.reward[s, a, k],
                    mdp.next_state[s, a, k],
                )
                if mdp.terminated[s, a, k]:
                    total_return += q * (earned + r)
                    total_success += q * (r > 0)
                else:
                    new.append((q, earned + r, n))
        histories = new
    total_return += sum(p * earned for p, earned, _ in histories)  # truncated: what was earned counts
    assert mdp.expected_return(policy, max_steps=4) == pytest.approx(total_return, 1e-13)
    assert mdp.success_probability(policy, max_steps=4) == pytest.approx(total_success, 1e-13)


def test_best_policy_with_a_clock_beats_every_policy_without():
    mdp = tabular(9, states=3, actions=2, outcomes=2)
    policies = [np.array(policy) for policy in product(range(2), repeat=3)]
    best = max(mdp.expected_return(policy, max_steps=5) for policy in policies)
    assert mdp.expected_return(max_steps=5) >= best
    assert mdp.expected_return(max_steps=0) == 0


def test_success_can_be_given_as_states_or_outcomes():
    cliff = rl.TabularMDP.from_gymnasium("CliffWalking-v1")
    policy = cliff.solve(gamma=0.99).policy
    with pytest.raises(ValueError, match="success must be given, since no ending pays here; got None"):
        cliff.success_probability(policy, max_steps=13)
    assert cliff.success_probability(policy, max_steps=13, success=[47]) == 1
    assert cliff.success_probability(policy, max_steps=12, success=47) == 0  # one step short
    assert cliff.success_probability(policy, max_steps=13, success=cliff.terminated) == 1
    with pytest.raises(
        ValueError, match="success must mark outcomes that terminate; got outcome 0 of state 0"
    ):
        cliff.success_probability(policy, max_steps=13, success=np.ones_like(cliff.terminated))
