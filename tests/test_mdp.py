"""Markov decision processes: the formulas of both rooms, and what they refuse."""

from fractions import Fraction
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from microgrid import mdp as scalar
from microgrid.operations import total
from microgrid.value import Value
from rl import mdp as array
from tests.processes import random_process

# Two states. From 0: action 0 pays 1 and stays, action 1 pays 0 and leads to 1 or ends, half and half.
# From 1: action 0 pays 2 and goes back to 0, action 1 pays 5 and ends.
REWARD = [[[1, 1], [0, 0]], [[2, 2], [5, 5]]]
NEXT = [[[0, 0], [1, 1]], [[0, 0], [1, 1]]]
ENDS = [[[0, 0], [0, 1]], [[0, 0], [1, 1]]]
HALF = [[[0.5, 0.5]] * 2] * 2


def discounts(gamma, ends=ENDS):
    return [[[gamma * (1 - e) for e in outcomes] for outcomes in row] for row in ends]


def lists(process):
    return [x.tolist() for x in process]


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


def test_numbers_of_numpy_count_as_those_of_python():
    rows = [[200, 100], [1, 0], [250, 3], [1, 0]]
    of_bytes = [[np.uint8(x) for x in row] for row in rows]
    assert repr(scalar.bellman_backup(*of_bytes)) == repr(scalar.bellman_backup(*rows)) == "450"


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


def test_formulas_lower_for_every_platform():
    process = random_process(0)
    for formula in (array.value_iteration, array.policy_iteration):
        jax.export.export(jax.jit(formula), platforms=["cpu", "cuda", "tpu"])(*process)


@pytest.mark.parametrize("room", [scalar, array], ids=["scalar", "array"])
def test_a_law_is_refused_beyond_the_rounding_of_half_precision(room):
    fine = ([0.0, 1.0], [0.5, 0.5]), ([1.0, 0.0], [1.0, 2.0**-7]), ([0.0, 0.0], [1.0, 0.0])
    for discount, probability in fine:
        assert float(room.bellman_backup([1.0, 1.0], discount, [0.0, 0.0], probability)) == sum(probability)
    for discount, probability, words in (
        ([0.0, -0.5], [0.5, 0.5], r"discount must be in \[0, 1\]; got -0\.5\.$"),
        ([0.0, 1.5], [0.5, 0.5], r"discount must be in \[0, 1\]; got 1\.5\.$"),
        ([0.0, 0.0], [1.0, 2.0**-6], r"probability must sum to 1; got 1\.015625\.$"),
        ([0.0, 0.0], [0.5, 0.25], r"probability must sum to 1; got 0\.75\.$"),
        ([0.0, 0.0], [1.25, -0.25], r"probability must be >= 0; got -0\.25\.$"),
    ):
        with pytest.raises(ValueError, match=f"^bellman_backup: {words}"):
            room.bellman_backup([1.0, 1.0], discount, [0.0, 0.0], probability)


def test_a_law_that_is_a_value_in_part_is_not_looked_at():
    assert scalar.bellman_backup([1.0, 2.0], [0.5, 0.5], [0.0, 0.0], [Value(0.25), 0.5]).data == 1.25
