"""The examples of Sutton and Barto 2018: the values that the book prints, and closed forms."""

from fractions import Fraction

import gymnasium
import numpy as np
import pytest

import rl
from rl import sutton_barto as book

EVEN = 0.0500001  # the book prints one digit after the point, some of them cut off instead of rounded


def test_random_policy_on_the_gridworld_has_the_values_of_figure_3_2():
    printed = [
        [3.3, 8.8, 4.4, 5.3, 1.5],
        [1.5, 3.0, 2.3, 1.9, 0.5],
        [0.1, 0.7, 0.7, 0.4, -0.4],
        [-1.0, -0.4, -0.4, -0.6, -1.2],
        [-1.9, -1.3, -1.2, -1.4, -2.0],
    ]
    value = book.gridworld().policy_value(np.full((25, 4), 0.25), gamma=0.9)
    np.testing.assert_allclose(value.reshape(5, 5), printed, rtol=0, atol=EVEN)


def test_best_values_of_the_gridworld_are_those_of_figure_3_5():
    printed = [
        [22.0, 24.4, 22.0, 19.4, 17.5],
        [19.8, 22.0, 19.8, 17.8, 16.0],
        [17.8, 19.8, 17.8, 16.0, 14.4],
        [16.0, 17.8, 16.0, 14.4, 13.0],
        [14.4, 16.0, 14.4, 13.0, 11.7],
    ]
    solution = book.gridworld().solve(gamma=0.9)
    np.testing.assert_allclose(solution.value.reshape(5, 5), printed, rtol=0, atol=EVEN)
    assert solution.value[1] == pytest.approx(10 / (1 - 0.9**5), rel=1e-10)  # 10 every fifth step


@pytest.mark.parametrize(
    ("sweeps", "printed"),
    [
        (0, [[0, 0, 0, 0]] * 2),
        (1, [[0, -1, -1, -1], [-1, -1, -1, -1]]),
        (2, [[0, -1.7, -2.0, -2.0], [-1.7, -2.0, -2.0, -2.0]]),
        (3, [[0, -2.4, -2.9, -3.0], [-2.4, -2.9, -3.0, -2.9]]),
        (10, [[0, -6.1, -8.4, -9.0], [-6.1, -7.7, -8.4, -8.4]]),
        (None, [[0, -14, -20, -22], [-14, -18, -20, -20]]),
    ],
)
def test_sweeps_of_the_random_policy_are_those_of_figure_4_1(sweeps, printed):
    value = (
        book.small_gridworld().policy_value(np.full((16, 4), 0.25), gamma=1, max_steps=sweeps).reshape(4, 4)
    )
    np.testing.assert_allclose(value[:2], printed, rtol=0, atol=1e-9 if sweeps is None else EVEN)
    np.testing.assert_allclose(value, value[::-1, ::-1], rtol=1e-13)  # the picture has two symmetries
    np.testing.assert_allclose(value, value.T, rtol=1e-13)


def bold_play(heads, goal):
    """Exact probabilities of reaching the goal by always staking as much as possible, by elimination."""
    stakes = [min(s, goal - s) for s in range(goal + 1)]
    rows = {}
    for s in range(1, goal):
        row = {s: Fraction(1), "paid": Fraction(0)}
        for p, n in ((heads, s + stakes[s]), (1 - heads, s - stakes[s])):
            if n == goal:
                row["paid"] += p
            elif n:
                row[n] = row.get(n, 0) - p
        rows[s] = row
    for s in range(1, goal):  # Gauss-Jordan over the few entries there are
        pivot = {key: x / rows[s][s] for key, x in rows[s].items()}
        rows[s] = pivot
        for other in range(1, goal):
            factor = rows[other].get(s, 0) if other != s else 0
            if factor:
                for key, x in pivot.items():
                    rows[other][key] = rows[other].get(key, Fraction(0)) - factor * x
    return [float(rows[s]["paid"]) for s in range(1, goal)]


def test_bold_play_is_best_for_the_gambler_and_worth_what_fractions_say():
    mdp = book.gamblers_problem(0.4)
    exact = bold_play(Fraction(2, 5), 100)
    solution = mdp.solve("policy_iteration", gamma=1)
    np.testing.assert_allclose(solution.value[1:100], exact, rtol=0, atol=1e-13)
    np.testing.assert_allclose(mdp.solve(gamma=1).value[1:100], exact, rtol=0, atol=1e-12)
    bold = np.array([max(min(s, 100 - s) - 1, 0) for s in range(101)])
    np.testing.assert_allclose(mdp.policy_value(bold, gamma=1)[1:100], exact, rtol=0, atol=1e-13)
    assert [solution.value[s].round(12) for s in (25, 50, 75)] == [0.16, 0.4, 0.64]


def test_a_lucky_gambler_plays_timidly():
    # With heads above one half the smallest stakes win most often: the gambler's ruin.
    odds = 0.45 / 0.55
    value = book.gamblers_problem(0.55, goal=20).solve(gamma=1).value[1:20]
    np.testing.assert_allclose(value, (1 - odds ** np.arange(1, 20)) / (1 - odds**20), rtol=1e-12)


def test_random_walks_have_their_values():
    np.testing.assert_allclose(
        book.random_walk().policy_value([0] * 5, gamma=1), np.arange(1, 6) / 6, rtol=1e-13
    )
    value = book.random_walk(19, left=-1.0).policy_value([0] * 19, gamma=1)
    np.testing.assert_allclose(value, np.arange(-9, 10) / 10, rtol=0, atol=1e-14)


def test_who_cannot_tell_the_corridor_apart_needs_chance():
    mdp = book.short_corridor()

    def worth(right):
        return mdp.policy_value(np.tile([1 - right, right], (3, 1)), gamma=1)[0]

    chances = np.linspace(0.05, 0.95, 1_801)
    best = max(chances, key=worth)
    assert best == pytest.approx(2 - 2**0.5, abs=5e-4) and round(best, 2) == 0.59
    assert worth(2 - 2**0.5) == pytest.approx(-6 - 4 * 2**0.5, rel=1e-12)  # the book's -11.6
    assert worth(0.05) == pytest.approx(-82.1, abs=0.1)  # its greedy policies: the book draws -44 and -82
    assert worth(0.95) == pytest.approx(-44.2, abs=0.1)
    assert mdp.solve(gamma=1).value.tolist() == pytest.approx([-3, -2, -1])  # who can needs three steps


def test_the_cliff_is_that_of_gymnasium():
    ours, theirs = book.cliff(), rl.TabularMDP.from_gymnasium("CliffWalking-v1")
    walked = list(range(37))
    backups = [
        (mdp.probability * (mdp.reward + 0.9 * ~mdp.terminated * np.arange(48.0)[mdp.next_state])).sum(2)
        for mdp in (ours, theirs)
    ]
    np.testing.assert_array_equal(backups[0][walked], backups[1][walked])
    assert (ours.letters, ours.arrows) == (theirs.letters, theirs.arrows)
    assert ours.initial.tolist() == theirs.initial.tolist()


@pytest.fixture(scope="module")
def blackjack():
    mdp = book.blackjack()
    return mdp, mdp.solve("policy_iteration", gamma=1)


def test_best_blackjack_policy_is_that_of_figure_5_2(blackjack):
    _, solution = blackjack
    policy = solution.policy[:704].reshape(32, 11, 2)
    for dealer in range(1, 11):
        sticks_from = 12 if dealer in (4, 5, 6) else 13 if dealer in (2, 3) else 17
        hard = policy[12:22, dealer, 0].tolist()
        assert hard == [1] * (sticks_from - 12) + [0] * (22 - sticks_from), dealer
        soft_from = 19 if dealer in (1, 9, 10) else 18  # at the ace the notch that puzzled the authors
        assert policy[12:22, dealer, 1].tolist() == [1] * (soft_from - 12) + [0] * (22 - soft_from), dealer
    assert not solution.policy[704:].any()


def test_best_blackjack_values_are_those_of_figure_5_2(blackjack):
    # Read off the picture: sure of winning on 20 and 21, losing a little on anything that is not.
    value = blackjack[1].value[:704].reshape(32, 11, 2)
    assert value[21, 2:10, 0].min() > 0.88 and value[20, 2:10, 0].min() > 0.58
    assert -0.6 < value[16, 2:, 0].min() < value[16, 2:, 0].max() < -0.1


@pytest.mark.parametrize("policy", ["sticks", "hits below 20"])
def test_blackjack_plays_as_gymnasium_does(policy, blackjack):
    sums = np.arange(704) // 22
    actions = np.where(sums < 20, 1, 0) if policy == "hits below 20" else np.zeros(704, int)
    mdp = blackjack[0]
    exact = mdp.initial @ mdp.policy_value(book.blackjack_policy(actions), gamma=1)
    walked = rl.evaluate_policy(actions, "Blackjack-v1", episodes=20_000, seed=3, max_steps=30)
    assert abs(walked.mean_return - exact) <= 3 * walked.return_error


def test_blackjack_is_dealt_as_gymnasium_deals(blackjack):
    env = gymnasium.make("Blackjack-v1").unwrapped
    counts, total = np.zeros(704), 20_000
    for episode in range(total):
        (hand, dealer, usable), _ = env.reset(seed=0 if episode == 0 else None)
        counts[(hand * 11 + dealer) * 2 + usable] += 1
    expected = blackjack[0].initial[:704].copy()
    for dealer in range(11):
        expected[(21 * 11 + dealer) * 2 + 1] += blackjack[0].initial[704 + dealer]
    seen = expected > 0
    assert counts[~seen].sum() == 0
    chi_squared = ((counts - total * expected)[seen] ** 2 / (total * expected[seen])).sum()
    degrees = seen.sum() - 1
    assert abs(chi_squared - degrees) <= 3 * (2 * degrees) ** 0.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: book.gamblers_problem(1.5), r"gamblers_problem: heads must be in \[0, 1\]; got 1.5"),
        (lambda: book.gamblers_problem(goal=1), "gamblers_problem: goal must be >= 2; got 1"),
        (lambda: book.random_walk(0), "random_walk: states must be >= 1; got 0"),
        (lambda: book.blackjack_policy([0]), r"blackjack_policy: policy must have 704 rows; got \(1,\)"),
    ],
)
def test_examples_that_cannot_be_get_a_sentence(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()
