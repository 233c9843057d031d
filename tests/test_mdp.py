"""Markov decision processes: the formulas of both rooms, TabularMDP, and what it refuses."""

from fractions import Fraction
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import rl
from microgrid import mdp as scalar
from microgrid.operations import total
from microgrid.value import Value
from rl import mdp as array

NAMES = ("FrozenLake-v1", "FrozenLake8x8-v1", "Taxi-v4", "CliffWalking-v1")

# Two states. From 0: action 0 pays 1 and stays, action 1 pays 0 and leads to 1 or ends, half and half.
# From 1: action 0 pays 2 and goes back to 0, action 1 pays 5 and ends.
REWARD = [[[1, 1], [0, 0]], [[2, 2], [5, 5]]]
NEXT = [[[0, 0], [1, 1]], [[0, 0], [1, 1]]]
ENDS = [[[0, 0], [0, 1]], [[0, 0], [1, 1]]]
HALF = [[[0.5, 0.5]] * 2] * 2


def discounts(gamma, ends=ENDS):
    return [[[gamma * (1 - e) for e in outcomes] for outcomes in row] for row in ends]


def random_process(seed, states=5, actions=3, outcomes=2, gamma=0.9):
    rng = np.random.default_rng(seed)
    shape = (states, actions, outcomes)
    probability = rng.dirichlet(np.ones(outcomes), shape[:2])
    discount = gamma * (rng.random(shape) > 0.2)
    return rng.normal(size=shape), discount, rng.integers(0, states, shape), probability


def lists(process):
    return [x.tolist() for x in process]


def tabular(seed, gamma=1.0, **kwargs):
    reward, discount, next_state, probability = random_process(seed, **kwargs)
    return rl.TabularMDP(next_state, probability, reward, discount == 0, max_steps=10)


def test_hand_computed_process_is_solved_exactly_in_fractions():
    # gamma 1/2. State 0: staying for ever is worth 1 / (1 - 1/2) = 2, leaving 1/2 * 1/2 * 5 = 5/4.
    # State 1: ending pays 5, going back 2 + 1/2 * 2 = 3. So v = (2, 5).
    half = Fraction(1, 2)
    process = (REWARD, discounts(half), NEXT, [[[half, half]] * 2] * 2)
    value, policy = scalar.policy_iteration(*process)
    assert (value, policy) == ([2, 5], [0, 1])
    assert scalar.value_iteration(*process, num_sweeps=3) == [Fraction(7, 4), 5]  # 1, 3/2, 7/4


def test_leaving_is_best_when_the_future_counts_more():
    # gamma 1/2, but now state 1 pays 20: leaving 0 is worth 1/4 * 20 = 5 > 2.
    reward = [[[1, 1], [0, 0]], [[2, 2], [20, 20]]]
    value, policy = scalar.policy_iteration(reward, discounts(Fraction(1, 2)), NEXT, HALF)
    assert (value, policy) == ([5, 20], [1, 1])


def test_value_iteration_from_zeros_is_the_best_of_all_plans():
    # Two steps from state 0 by brute force over plans that look at state and clock.
    reward, discount, next_state, probability = lists(random_process(1, states=3, actions=2))

    def backup(s, a, v):
        outcomes = zip(reward[s][a], discount[s][a], next_state[s][a], probability[s][a], strict=True)
        return sum(p * (r + d * v[n]) for r, d, n, p in outcomes)

    best = -np.inf
    for first, *second in product(range(2), repeat=4):
        best = max(best, backup(0, first, [backup(s, second[s], [0, 0, 0]) for s in range(3)]))
    assert scalar.value_iteration(reward, discount, next_state, probability, num_sweeps=2)[
        0
    ] == pytest.approx(best, 1e-15)


@pytest.mark.parametrize("seed", range(3))
def test_both_rooms_agree(seed):
    process = random_process(seed)
    theirs = array.value_iteration(*process, num_sweeps=30)
    np.testing.assert_allclose(scalar.value_iteration(*lists(process), num_sweeps=30), theirs, rtol=1e-14)
    value, policy = scalar.policy_iteration(*lists(process))
    their_value, their_policy = array.policy_iteration(*process)
    np.testing.assert_allclose(value, their_value, rtol=1e-13)
    assert policy == their_policy.tolist()


def test_policy_iteration_in_floats_is_the_rounded_exact_answer():
    process = [
        jax.tree.map(Fraction, x) if i != 2 else x for i, x in enumerate(lists(random_process(4, states=4)))
    ]
    exact, policy = scalar.policy_iteration(*process)
    floats, same = scalar.policy_iteration(*lists(random_process(4, states=4)))
    assert policy == same
    np.testing.assert_allclose(floats, [float(x) for x in exact], rtol=1e-14)


def test_gradient_of_the_optimal_value_is_the_discounted_number_of_visits():
    # d v*(s) / d reward = expected discounted visits of the outcome, and v* is linear in the rewards of its
    # policy, so the sum of reward * gradient gives v* back.
    reward, *rest = random_process(2)
    value, gradient = jax.value_and_grad(lambda r: array.policy_iteration(r, *rest)[0][0])(reward)
    np.testing.assert_allclose((reward * gradient).sum(), value, rtol=1e-13)
    by_sweeps = jax.grad(lambda r: array.value_iteration(r, *rest, num_sweeps=400)[0])(reward)
    np.testing.assert_allclose(by_sweeps, gradient, atol=1e-12)
    leaves = jax.tree.map(Value, reward.tolist())
    scalar.policy_iteration(leaves, *lists(rest))[0][0].backward()
    np.testing.assert_allclose(jax.tree.map(lambda v: float(v.grad), leaves), gradient, atol=1e-13)


def test_a_discount_of_zero_still_has_a_slope():
    reward, discount, next_state, probability = random_process(0)
    discount[:, :, 0] = 0
    slopes = jax.grad(lambda d: array.policy_iteration(reward, d, next_state, probability)[0].sum())(discount)
    assert (slopes[discount == 0] != 0).any()
    leaves = jax.tree.map(Value, discount.tolist())
    value, _ = scalar.policy_iteration(reward.tolist(), leaves, next_state.tolist(), probability.tolist())
    total(value).backward()
    np.testing.assert_allclose(jax.tree.map(lambda v: float(v.grad), leaves), slopes, atol=1e-13)


def test_tied_actions_share_the_slope_of_the_max():
    reward = [[Value(1.0)], [Value(1.0)], [Value(0.0)]]
    scalar.value_iteration([reward], [[[0.0]] * 3], [[[0]] * 3], [[[1.0]] * 3], num_sweeps=1)[0].backward()
    assert [r[0].grad for r in reward] == [0.5, 0.5, 0]
    rest = [[[0.0]] * 3], [[[0]] * 3], [[[1.0]] * 3]
    slope = jax.grad(lambda r: array.value_iteration(r, *map(jnp.array, rest), num_sweeps=1)[0])
    assert slope(jnp.array([[[1.0], [1.0], [0.0]]])).ravel().tolist() == [0.5, 0.5, 0]


@pytest.mark.parametrize("room", [scalar, array])
def test_formulas_refuse_what_does_not_fit(room):
    one, index = [[[1.0]]], [[[0]]]
    process = lambda *x: [jnp.array(y) for y in x] if room is array else list(x)  # noqa: E731
    four = "reward, discount, next_value and probability must share one shape"
    with pytest.raises(
        ValueError, match=rf"^bellman_backup: {four} \[K\]; got \(2,\), \(1,\), \(1,\) and \(1,\)\.$"
    ):
        room.bellman_backup(*process([1.0, 2.0], [1.0], [1.0], [1.0]))
    with pytest.raises(ValueError, match=r"got \(0,\), \(0,\), \(0,\) and \(0,\)"):
        room.bellman_backup(*process([], [], [], []))
    for formula in (room.value_iteration, room.policy_iteration):
        with pytest.raises(
            ValueError, match=rf"^{formula.__name__}: next_state must be in \[0, 1\); got 1\.$"
        ):
            formula(*process(one, one, [[[1]]], one))
        with pytest.raises(ValueError, match=r"share one shape \[S, A, K\]; got \(1, 1, 1\), \(1, 1\)"):
            formula(*process(one, [[1.0]], index, one))
    with pytest.raises(ValueError, match=r"value_iteration: num_sweeps must be >= 0; got -1\."):
        room.value_iteration(*process(one, one, index, one), num_sweeps=-1)
    with pytest.raises(ValueError, match=r"value_iteration: value must have shape \(1,\); got \(2,\)\."):
        room.value_iteration(*process(one, one, index, one), value=process([0.0, 0.0])[0])
    with pytest.raises(ValueError, match=r"policy_iteration: policy must be in \[0, 1\); got 3\."):
        room.policy_iteration(*process(one, one, index, one), policy=process([3])[0])
    with pytest.raises(ValueError, match=r"policy_iteration: policy must have shape \(1,\); got \(2,\)\."):
        room.policy_iteration(*process(one, one, index, one), policy=process([0, 0])[0])
    with pytest.raises(
        ValueError, match="policy_iteration: discount must be below 1 where a policy never ends"
    ):
        room.policy_iteration(*process(one, one, index, one))


def sentence(function, *arguments, **named):
    """The kind of error that a call gets, and what it says."""
    with pytest.raises((TypeError, ValueError)) as error:
        function(*arguments, **named)
    return error.type, str(error.value)


@pytest.mark.parametrize("wrong", ["a", None, [[["a"]]], [[[None]]], [[[1j]]]])
def test_formulas_take_nothing_but_numbers_and_say_so_alike(wrong):
    good = dict(reward=[[[1.0]]], discount=[[[0.5]]], next_state=[[[0]]], probability=[[[1.0]]])
    for name in good:
        for formula in ("value_iteration", "policy_iteration"):
            one, other = (
                sentence(getattr(room, formula), **good | {name: wrong}) for room in (scalar, array)
            )
            assert one == other
            assert one == (TypeError, f"{formula}: {name} must be an array of numbers; got {wrong!r}.")
    for name, words in dict(value="value_iteration", policy="policy_iteration").items():
        start = wrong or ["b"]
        one, other = (sentence(getattr(room, words), **good, **{name: start}) for room in (scalar, array))
        assert one == other == (TypeError, f"{words}: {name} must be an array of numbers; got {start!r}.")
    flat = dict(reward=[1.0], discount=[0.5], next_value=[0.0], probability=[1.0])
    for name in flat:
        one, other = (sentence(room.bellman_backup, **flat | {name: wrong}) for room in (scalar, array))
        assert (
            one == other == (TypeError, f"bellman_backup: {name} must be an array of numbers; got {wrong!r}.")
        )


def test_an_array_is_told_by_dtype_and_shape_and_ragged_rows_are_no_array():
    one = jnp.ones((1, 1, 1))
    told = sentence(array.value_iteration, one, one, one.astype(int), one * 1j)
    assert told[1] == "value_iteration: probability must be an array of numbers; got complex128 (1, 1, 1)."
    assert sentence(array.value_iteration, [[[1.0], []]], one, one, one)[1].startswith(
        "value_iteration: reward must be an array of numbers; got [[[1.0], []]]"
    )
    assert (
        "must be an array of numbers; got [[[1000"
        in sentence(array.value_iteration, [[[10**400]]], *[one] * 3)[1]
    )


@pytest.mark.parametrize("room", [scalar, array])
def test_what_counts_or_points_is_an_integer(room):
    good = dict(
        reward=[[[1.0], [0.0]]], discount=[[[0.5]] * 2], next_state=[[[0]] * 2], probability=[[[1.0]] * 2]
    )
    for name, formula in (("next_state", "value_iteration"), ("next_state", "policy_iteration")):
        for wrong, shown in ((0.5, "0.5"), (False, "False")):
            told = sentence(getattr(room, formula), **good | {name: [[[wrong]] * 2]})
            assert told == (TypeError, f"{formula}: next_state must be integers; got {shown}.")
    for wrong, shown in ((0.0, "0.0"), (True, "True")):
        told = sentence(room.policy_iteration, **good, policy=[wrong])
        assert told == (TypeError, f"policy_iteration: policy must be integers; got {shown}.")
    for wrong, shown in ((2.5, "2.5"), (True, "True"), ("3", "'3'"), (None, "None")):
        told = sentence(room.value_iteration, **good, num_sweeps=wrong)
        assert told == (TypeError, f"value_iteration: num_sweeps must be an integer; got {shown}.")
    told = sentence(room.policy_iteration, **good, policy=0)
    assert told == (ValueError, "policy_iteration: policy must have shape (1,); got ().")
    assert float(room.value_iteration(**good, num_sweeps=np.int64(2))[0]) == 1.5
    assert float(room.value_iteration(**good, num_sweeps=0)[0]) == 0
    assert int(room.policy_iteration(**good, policy=[1])[1][0]) == 0


def test_traced_states_are_integers_too():
    one = jnp.ones((1, 1, 1))
    with pytest.raises(TypeError, match=r"^value_iteration: next_state must be integers; got float64\."):
        jax.jit(array.value_iteration)(one, one / 2, one, one)
    with pytest.raises(TypeError, match=r"^policy_iteration: policy must be integers; got float64\."):
        jax.jit(array.policy_iteration)(one, one / 2, one.astype(int), one, jnp.zeros(1))


@pytest.mark.parametrize("room", [scalar, array])
@pytest.mark.parametrize("name", ["reward", "discount", "probability"])
@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), float("-inf")])
def test_policy_iteration_names_the_number_that_is_not_finite(room, name, wrong):
    good = dict(
        reward=[[[1.0]] * 2], discount=[[[0.5]] * 2], next_state=[[[0]] * 2], probability=[[[1.0]] * 2]
    )
    told = sentence(room.policy_iteration, **good | {name: [[[0.5], [wrong]]]})
    assert told == (ValueError, f"policy_iteration: {name} must be finite; got {wrong}.")


def test_ragged_lists_are_refused():
    ragged = [[[1.0], [1.0]], [[1.0]]]
    with pytest.raises(
        ValueError, match=r"value_iteration: reward must be a full block \(2, 2, 1\); got ragged rows"
    ):
        scalar.value_iteration(ragged, ragged, ragged, ragged)


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
        assert solution.error_bound == np.inf  # nothing is discounted, so sweeps alone prove nothing
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


def test_undiscounted_values_are_refused_where_a_policy_never_ends():
    lake = rl.TabularMDP.from_gymnasium("FrozenLake-v1")
    with pytest.raises(
        ValueError, match=r"solve: gamma must be below 1 .*; got 1, and states 0, 1, 2, 3 allow it"
    ):
        lake.solve(gamma=1)
    # Always up: the first row is never left, and every tile but holes and goal may lead there.
    with pytest.raises(ValueError, match="from states 0, 1, 2, 3, 4, 6, 8, 9, 10, 13 and 1 more it may not"):
        lake.policy_value([3] * 16, gamma=1)
    island = rl.TabularMDP([[[0]], [[1]]], [[[1.0]]] * 2, [[[-1.0]]] * 2, [[[True]], [[False]]])
    with pytest.raises(ValueError, match=r"got 1, and there is no way out of states 1\."):
        island.solve(gamma=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(probability=[[[0.5, 0.4]], [[0.5, 0.5]]]), r"got 0\.9 at state 0, action 0"),
        (
            dict(probability=[[[0.5, 0.5]], [[1.5, -0.5]]]),
            r"probability must be >= 0; got -0\.5 at state 1, action 0",
        ),
        (
            dict(probability=[[[0.5, np.nan]], [[1, 0]]]),
            r"probability must be finite; got nan at state 0, action 0",
        ),
        (dict(reward=[[[0, 0]], [[np.inf, 0]]]), r"reward must be finite; got inf at state 1, action 0"),
        (dict(next_state=[[[0, 2]], [[0, 0]]]), r"next_state must be in \[0, 2\); got 2"),
        (
            dict(reward=[[[0], [0]]]),
            r"must share one shape \[S, A, K\]; got \(2, 1, 2\), \(2, 1, 2\), \(1, 2, 1\)",
        ),
        (dict(initial=2), r"initial must be in \[0, 2\); got 2"),
        (
            dict(initial=[0.5, 0.4]),
            r"initial must sum to 1 over the states; got 0\.9\.",
        ),
        (dict(initial=[[0.5, 0.5]]), r"initial must be one state or 2 probabilities; got \(1, 2\)\."),
        (dict(initial=[1.5, -0.5]), r"initial must be >= 0; got -0\.5 at state 1\."),
        (dict(next_state=[[[0, 1]], [[0, 2]]]), r"got 2 at state 1, action 0, outcome 1\."),
        (
            dict(terminated=[[[0, 0.5]], [[1, 1]]]),
            "must be True or False; got 0.5 at state 0, action 0, outcome 1",
        ),
        (dict(terminated=[[[0, np.nan]], [[1, 1]]]), "terminated must be True or False; got nan at state 0"),
        (
            dict(reward=[[[0, 0]], [[1e308, 0]]]),
            r"reward must be within 1e\+200 of 0, .*; got 1e\+308 at state 1",
        ),
        (dict(max_steps=0), r"max_steps must be >= 1; got 0"),
    ],
)
def test_tables_that_are_no_process_are_refused(change, message):
    good = dict(
        next_state=[[[0, 1]], [[0, 0]]],
        probability=[[[0.5, 0.5]], [[1.0, 0.0]]],
        reward=[[[0, 0]], [[1, 0]]],
        terminated=[[[False, True]], [[True, True]]],
    )
    rl.TabularMDP(**good)
    with pytest.raises(ValueError, match=f"^TabularMDP: .*{message}"):
        rl.TabularMDP(**good | change)


@pytest.mark.parametrize("name", ["next_state", "probability", "reward", "terminated", "initial"])
@pytest.mark.parametrize("wrong", ["no", None, [[["no"]]], [[[1j]]], [[[object()]]], [[[0, 1]], [[0]]]])
def test_a_process_takes_nothing_but_numbers(name, wrong):
    good = dict(next_state=[[[0]]], probability=[[[1.0]]], reward=[[[1.0]]], terminated=[[[True]]])
    with pytest.raises(TypeError, match=f"^TabularMDP: {name} must be an array of numbers; got "):
        rl.TabularMDP(**good | {name: wrong})


def test_a_process_stays_what_was_checked():
    reward = np.array([[[1.0]]])
    mdp = rl.TabularMDP(np.array([[[0]]]), np.array([[[1.0]]]), reward, np.array([[[True]]]))
    reward[:] = 7
    assert mdp.expected_return([0], max_steps=1) == 1
    for mine in (mdp.next_state, mdp.probability, mdp.reward, mdp.terminated, mdp.initial):
        with pytest.raises(ValueError, match="read-only"):
            mine[...] = 0


def test_float_states_are_refused():
    with pytest.raises(TypeError, match=r"^TabularMDP: next_state must be integers; got float64\."):
        rl.TabularMDP([[[0.0]]], [[[1.0]]], [[[0.0]]], [[[True]]])


def test_bad_requests_get_a_sentence():
    mdp = rl.TabularMDP.from_gymnasium("FrozenLake-v1")
    for call, message in [
        (lambda: mdp.solve(gamma=1.5), r"solve: gamma must be in \[0, 1\]; got 1\.5\."),
        (lambda: mdp.solve(gamma=float("nan")), r"solve: gamma must be in \[0, 1\]; got nan\."),
        (
            lambda: mdp.solve("guess"),
            "solve: method must be 'value_iteration' or 'policy_iteration'; got 'guess'.",
        ),
        (
            lambda: mdp.solve(max_sweeps=3),
            "solve: max_sweeps must be enough .* after 3 a sweep still moved a value",
        ),
        (
            lambda: mdp.policy_value([0] * 15),
            r"policy_value: policy must be 16 integer actions, .* got int64 \(15,\)",
        ),
        (
            lambda: mdp.success_probability([4] * 16),
            r"success_probability: policy must be in \[0, 4\); got 4 at state 0\.",
        ),
        (lambda: mdp.expected_return(np.full((16, 4), 0.2)), r"probabilities that sum to 1; .* in state 0\."),
        (lambda: mdp.success_probability(success=[16]), r"success must be in \[0, 16\); got 16\."),
        (lambda: mdp.solve(tolerance=-1), r"solve: tolerance must be in \[0, inf\]; got -1\."),
        (lambda: mdp.solve(tolerance=float("nan")), r"solve: tolerance must be in \[0, inf\]; got nan\."),
        (
            lambda: mdp.success_probability(success=[[15]]),
            r"must be True or False; got 15 at state 0, action 0\.",
        ),
        (
            lambda: mdp.success_probability(success=[[1]]),
            r"must be states or a mask .*; got shape \(1, 1\)\.",
        ),
        (
            lambda: mdp.expected_return([[2, -1, 0, 0]] * 16),
            r"policy must be probabilities that sum to 1; got \[2\.0, -1\.0, 0\.0, 0\.0\] in state 0\.",
        ),
        (
            lambda: rl.TabularMDP.from_gymnasium("FrozenLake-v2"),
            r"env must be an id that gymnasium.make takes; got 'FrozenLake-v2' \(VersionNotFound",
        ),
        (
            lambda: rl.TabularMDP.from_gymnasium("FrozenLake-v1", map_name="9x9"),
            r"gymnasium.make takes; got 'FrozenLake-v1', map_name='9x9' \(KeyError: '9x9'\)\.",
        ),
        (
            lambda: rl.TabularMDP.from_gymnasium("FrozenLake-v1", slippery=False),
            "got 'FrozenLake-v1', slippery=False .*unexpected keyword argument 'slippery'",
        ),
        (
            lambda: rl.TabularMDP.from_gymnasium("CliffWalking-v1").success_probability(success=[47]),
            "max_steps must be given",
        ),
        (
            lambda: rl.TabularMDP.from_gymnasium("CartPole-v1"),
            "env must have a transition table P .* CartPole-v1",
        ),
        (
            lambda: rl.TabularMDP.from_gymnasium("Taxi-v4", fickle_passenger=True),
            "fickle_passenger must be False",
        ),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    for call, message in [
        (lambda: rl.TabularMDP.from_gymnasium(3), "env must be a Gymnasium id or environment; got int"),
        (lambda: mdp.solve(tolerance="a"), "^solve: tolerance must be a number; got 'a'"),
        (lambda: mdp.policy_value("left"), "^policy_value: policy must be an array of numbers; got 'left'"),
        (
            lambda: mdp.success_probability(success=15.7),
            r"success must be states, .* \[0, 16\); got float64 \(1,\)",
        ),
        (
            lambda: mdp.success_probability(success=[True] * 16),
            r"success must be states, .*; got bool \(16,\)",
        ),
        (lambda: mdp.success_probability(success="goal"), "success must be an array of numbers; got 'goal'"),
    ]:
        with pytest.raises(TypeError, match=message):
            call()


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


def test_formulas_lower_for_every_platform():
    process = random_process(0)
    for formula in (array.value_iteration, array.policy_iteration):
        jax.export.export(jax.jit(formula), platforms=["cpu", "cuda", "tpu"])(*process)
