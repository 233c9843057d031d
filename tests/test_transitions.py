"""Processes from lists, columns and dense arrays."""

import numpy as np
import pytest

import rl
from rl.transitions import COLUMNS

LIST = [
    (0, 0, 0.25, 1, 1.0, False),
    (0, 0, 0.5, 0, 0.0, False),
    (0, 0, 0.25, 1, 1.0, False),
    (0, 1, 1.0, 2, 3.0, True),
    (1, 0, 1.0, 2, 5.0, True),
    (1, 1, 0.5, 2, 5.0, True),
    (1, 1, 0.5, 2, -5.0, True),
]


def as_columns(transitions):
    return dict(zip(COLUMNS, map(np.array, zip(*transitions, strict=True)), strict=True))


def outcomes(mdp, s, a):
    """What a pair leads to, as a set."""
    arrays = (mdp.probability, mdp.next_state, mdp.reward, mdp.terminated)
    return {tuple(x[s, a, k].item() for x in arrays) for k in np.flatnonzero(mdp.probability[s, a])}


@pytest.mark.parametrize("form", [list, iter, as_columns])
def test_transitions_are_gathered_whatever_their_form_and_order(form):
    for order in (LIST, LIST[::-1]):
        mdp = rl.TabularMDP.from_transitions(form(order))
        assert mdp.next_state.shape == (3, 2, 2)
        assert outcomes(mdp, 0, 0) == {(0.5, 0, 0.0, False), (0.5, 1, 1.0, False)}  # equal ones added up
        assert outcomes(mdp, 0, 1) == {(1.0, 2, 3.0, True)}
        assert outcomes(mdp, 1, 1) == {(0.5, 2, 5.0, True), (0.5, 2, -5.0, True)}
        assert outcomes(mdp, 2, 0) == {(1.0, 2, 0.0, True)}  # nothing leaves it: over


def test_gathering_is_what_a_dictionary_says():
    rng = np.random.default_rng(0)
    rows, expected = [], {}
    for s, a in np.ndindex(20, 3):
        for p in rng.dirichlet(np.ones(6)):
            n, r, t = int(rng.integers(20)), float(rng.integers(3)), bool(rng.random() < 0.3)
            rows.append((s, a, p, n, r, t))
            outcome = expected.setdefault((s, a), {})
            outcome[n, r, t] = outcome.get((n, r, t), 0.0) + p
    rng.shuffle(rows)
    mdp = rl.TabularMDP.from_transitions(
        [(int(s), int(a), p, int(n), r, bool(t)) for s, a, p, n, r, t in rows]
    )
    for (s, a), outcome in expected.items():
        found = {(n, r, t): p for p, n, r, t in outcomes(mdp, s, a)}
        assert found == pytest.approx(outcome, rel=1e-14)


def test_dense_arrays_are_the_same_process():
    rng = np.random.default_rng(1)
    probability = rng.dirichlet(np.ones(4), (4, 2)) * (rng.random((4, 2, 4)) < 0.7)
    probability[..., 0] += 1 - probability.sum(2)
    reward, ends = rng.normal(size=(4, 2, 4)), np.array([False, False, False, True])
    mdp = rl.TabularMDP.from_arrays(probability, reward, ends, initial=1, max_steps=9)
    value = rng.normal(size=4)
    backups = (mdp.probability * (mdp.reward + ~mdp.terminated * value[mdp.next_state])).sum(2)
    np.testing.assert_allclose(backups, (probability * (reward + ~ends * value)).sum(2), rtol=1e-13)
    mean = (probability * reward).sum(2)
    of_actions = rl.TabularMDP.from_arrays(probability, mean, np.broadcast_to(ends, (4, 2, 4)))
    by_mean = of_actions.solve("policy_iteration", gamma=0.9).value
    np.testing.assert_allclose(by_mean, mdp.solve("policy_iteration", gamma=0.9).value, rtol=1e-12)
    assert (mdp.max_steps, mdp.initial.tolist()) == (9, [0, 1, 0, 0])
    assert not rl.TabularMDP.from_arrays(probability, reward).terminated[probability.all(2)].any()


def test_hundred_thousand_states_are_solved_on_the_device():
    # Ten more sweeps, of scipy.sparse, must move no value by more than what is proven.
    from benchmarks.rl.value_iteration import GAMMA, by_scipy, random_process

    mdp = random_process(100_000)
    solution = mdp.solve(gamma=GAMMA, tolerance=1e-3)
    value = solution.value
    assert np.abs(by_scipy(mdp)(value) - value).max() <= 2 * solution.error_bound <= 2e-3


@pytest.mark.parametrize(
    ("transitions", "message"),
    [
        ([], r"transitions must be at least one of \(state, action, .*; got \[\]"),
        ([(0, 0, 1.0, 0, 0.0)], "transitions must be at least one of"),
        ([0], "transitions must be at least one of"),
        (dict(state=[0]), "transitions must have the columns state, .*; got state"),
        (as_columns(LIST) | dict(reward=[1.0]), r"must share one shape \[T\]"),
        (None, "transitions must be at least one of .*; got None"),
        (
            [(0, 0, 0.5, 0, 0.0, True)],
            "probability must sum to 1 over the outcomes; got 0.5 at state 0, action 0",
        ),
        (
            [*LIST, (1, 0, -3.0, 2, 5.0, True), (1, 0, 3.0, 2, 5.0, True)],
            "probability must be >= 0; got -3.0 at state 1, action 0",
        ),
        ([(0, 0, np.nan, 0, 0.0, True)], "probability must be finite; got nan at state 0, action 0"),
        ([LIST[0], (-1, 0, 1.0, 0, 0.0, True)], "state must be >= 0; got -1 in transition 1"),
        ([(0, -1, 1.0, 0, 0.0, True)], "action must be >= 0; got -1 in transition 0"),
        ([*LIST[:4], (1, 0, 1.0, 2, np.nan, True)], "reward must be finite; got nan at state 1, action 0"),
        (
            [*LIST[:4], (1, 0, 1.0, 2, 0.0, 2)],
            "terminated must be True or False; got 2.* at state 1, action 0",
        ),
        ([(0, 10**12, 1.0, 0, 0.0, True)], "memory; 1 states and 1,000,000,000,001 actions take .* GiB"),
        (
            [(0, 1, 1.0, 0, 0.0, True)],
            "must have an outcome of every action .*; got none of state 0, action 0",
        ),
        (
            [(0, 0, 1.0, 1, 0.0, False)],
            "leave every state that is entered without an end; got none of state 1",
        ),
    ],
)
def test_transitions_that_tell_no_process_get_a_sentence(transitions, message):
    with pytest.raises(ValueError, match=f"^from_transitions: .*{message}"):
        rl.TabularMDP.from_transitions(transitions)


def test_numbers_that_are_no_indices_get_a_sentence():
    with pytest.raises(TypeError, match=r"^from_transitions: next_state must be integers; got float64\."):
        rl.TabularMDP.from_transitions([(0, 0, 1.0, 0.5, 0.0, True)])
    far = [(0, 0, 1.0, 1, 0.0, True), (1, 0, 1.0, 7, 0.0, True)]
    with pytest.raises(ValueError, match=r"next_state must be in \[0, 2\); got 7 at state 1, action 0\.$"):
        rl.TabularMDP.from_transitions(far, num_states=2)
    with pytest.raises(ValueError, match=r"^from_transitions: num_actions must be >= 1; got 0"):
        rl.TabularMDP.from_transitions(LIST, num_actions=0)


@pytest.mark.parametrize(
    ("kind", "states", "actions"),
    [("int8", 120, 3), ("int8", 128, 1), ("uint8", 256, 2), ("uint64", 9, 2), ("int16", 10_000, 4)],
)
def test_columns_of_narrow_integers_tell_the_same(kind, states, actions):
    state, action = (x.ravel() for x in np.mgrid[:states, :actions])
    columns = state, action, np.ones(state.size), np.maximum(state - 1, 0), -np.ones(state.size), state == 0
    wide = dict(zip(COLUMNS, columns, strict=True))
    names = ("state", "action", "next_state")
    narrow = wide | {name: wide[name].astype(kind) for name in names}
    found, same = (rl.TabularMDP.from_transitions(columns) for columns in (narrow, wide))
    assert (found.num_states, found.num_actions) == (states, actions)
    assert (found.next_state == same.next_state).all() and (found.terminated == same.terminated).all()


def test_probabilities_may_round_as_float32_does():
    third = np.full((3, 1, 3), 1 / 3).astype(np.float32)
    third[..., 2] += np.float32(3e-8)
    dense = rl.TabularMDP.from_arrays(third, np.zeros((3, 1)))
    state, _, next_state = np.nonzero(third)
    columns = state, 0 * state, third.ravel(), next_state, 0.0 * state, state < 0
    listed = rl.TabularMDP.from_transitions(dict(zip(COLUMNS, columns, strict=True)))
    itself = rl.TabularMDP(dense.next_state, third, dense.reward, dense.terminated)
    assert (dense.probability == itself.probability).all() and (
        listed.probability == itself.probability
    ).all()
    with pytest.raises(ValueError, match=r"^from_transitions: probability must sum to 1 .*; got 1\.0000"):
        rl.TabularMDP.from_transitions(
            dict(zip(COLUMNS, columns, strict=True)) | dict(probability=third.astype(float).ravel() * 1.00001)
        )


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (([[1.0]], [[0.0]]), r"probability must have shape \[S, A, S\]; got \(1, 1\)"),
        (([[[1.0]]], [0.0]), r"reward must have shape \(1, 1\) or \(1, 1, 1\); got \(1,\)"),
        (([[[1.0]]], [[0.0]], [[True]]), r"terminated must have shape \(1,\) or \(1, 1, 1\); got \(1, 1\)"),
        (
            ([[[0.5]]], [[0.0]]),
            "probability must sum to 1 over the next states; got 0.5 at state 0, action 0",
        ),
    ],
)
def test_dense_arrays_that_do_not_fit_get_a_sentence(arrays, message):
    with pytest.raises(ValueError, match=f"^from_arrays: {message}"):
        rl.TabularMDP.from_arrays(*arrays)
