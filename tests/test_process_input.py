"""What rl.TabularMDP refuses: tables that are no process, and bad requests."""

import numpy as np
import pytest

import rl


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
            "solve: method must be 'value_iteration', .* or 'linear_programming'; got 'guess'.",
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
        (
            lambda: rl.TabularMDP.from_gymnasium(3),
            "env must be a Gymnasium id or environment, or a function that makes one; got int",
        ),
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
