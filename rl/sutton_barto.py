"""The processes of Sutton and Barto's book (Reinforcement Learning, second edition, 2018), one function each.

Each is a TabularMDP: their values are printed in the book, and computed here by `solve` and `policy_value`.
"""

import numpy as np

from . import checks
from .tabular_mdp import TabularMDP

_CARDS = [(card, (4 if card == 10 else 1) / 13) for card in range(1, 11)]  # an ace is 1, a face card 10
_HANDS = 32 * 11 * 2  # observations (sum, dealer's card, usable ace) of Blackjack-v1, row by row
_NORTH_EAST_SOUTH_WEST = [(-1, 0), (0, 1), (1, 0), (0, -1)]


def gridworld():
    """Example 3.5: five by five cells; leaving the grid costs 1, two cells pay and carry off. It never ends.

    States row by row. Actions north, east, south, west. Every action in A (state 1) pays 10 and leads to
    state 21, every one in B (state 3) pays 5 and leads to state 13. gamma is 0.9 in the book.

    >>> gridworld().solve(gamma=0.9).value.round(1)[:5].tolist()
    [22.0, 24.4, 22.0, 19.4, 17.5]
    """
    carried = {1: (21, 10.0), 3: (13, 5.0)}
    transitions = []
    for s in range(25):
        for a, (down, right) in enumerate(_NORTH_EAST_SOUTH_WEST):
            row, column = s // 5 + down, s % 5 + right
            inside = 0 <= row < 5 and 0 <= column < 5
            n, reward = carried.get(s, (row * 5 + column, 0.0) if inside else (s, -1.0))
            transitions.append((s, a, 1.0, n, reward, False))
    letters = [".A.B.", ".....", "...b.", ".....", ".a..."]
    return TabularMDP.from_transitions(transitions, letters=letters, arrows="↑→↓←")


def small_gridworld():
    """Example 4.1: four by four cells, two corners end the episode, every step costs 1.

    States row by row; 0 and 15 are the corners. Actions north, east, south, west; off the grid one stays.
    An episode starts in any other cell.

    >>> small_gridworld().policy_value([[0.25] * 4] * 16, gamma=1, max_steps=2).tolist()[:4]
    [0.0, -1.75, -2.0, -2.0]
    """
    transitions = []
    for s in range(1, 15):
        for a, (down, right) in enumerate(_NORTH_EAST_SOUTH_WEST):
            row, column = min(max(s // 4 + down, 0), 3), min(max(s % 4 + right, 0), 3)
            n = row * 4 + column
            transitions.append((s, a, 1.0, n, -1.0, n in (0, 15)))
    initial = np.r_[0.0, np.full(14, 1 / 14), 0.0]
    letters = ["G...", "....", "....", "...G"]
    return TabularMDP.from_transitions(transitions, 16, 4, initial, letters=letters, arrows="↑→↓←")


def gamblers_problem(heads=0.4, goal=100):
    """Example 4.3: stake on heads until the goal is reached, which pays 1, or all is lost.

    State: the capital, 0 to goal. Action a: the stake a + 1, cut to what is held and to what is missing.
    heads: in [0, 1], the probability of winning a stake. goal: an integer >= 2. Episodes start at half of it.

    >>> gamblers_problem(0.4).solve(gamma=1).value[50].round(9)
    np.float64(0.4)
    """
    checks.number_in("gamblers_problem", "heads", heads, 0, 1)
    checks.whole_number("gamblers_problem", "goal", goal, 2)
    transitions = []
    for s in range(1, goal):
        for a in range(goal // 2):
            stake = min(a + 1, s, goal - s)
            won, lost = s + stake, s - stake
            transitions.append((s, a, heads, won, float(won == goal), won == goal))
            transitions.append((s, a, 1 - heads, lost, 0.0, lost == 0))
    return TabularMDP.from_transitions(transitions, goal + 1, goal // 2, goal // 2)


def random_walk(states=5, left=0.0, right=1.0):
    """Example 6.2: a step to the left or to the right, as a coin says, until one falls off an end.

    states: an integer >= 1; episodes start in the middle. left, right: what falling off that end pays. There
    is one action. Section 7.1 has states=19, left=-1.

    >>> random_walk().policy_value([0] * 5, gamma=1).round(6).tolist()
    [0.166667, 0.333333, 0.5, 0.666667, 0.833333]
    """
    checks.whole_number("random_walk", "states", states, 1)
    transitions = []
    for s in range(states):
        first, last = s == 0, s == states - 1
        transitions.append((s, 0, 0.5, max(s - 1, 0), left if first else 0.0, first))
        transitions.append((s, 0, 0.5, min(s + 1, states - 1), right if last else 0.0, last))
    return TabularMDP.from_transitions(transitions, initial=states // 2)


def short_corridor():
    """Example 13.1: three cells in a row that look alike; in the second, left and right are swapped.

    Actions left, right. A step costs 1; going right from the third cell ends the episode. A policy that
    cannot tell the cells apart does best going right with probability 2 - sqrt(2), worth -6 - 4 sqrt(2).

    >>> short_corridor().policy_value([[0.41, 0.59]] * 3, gamma=1)[0].round(2)
    np.float64(-11.66)
    """
    to = [(0, 1), (2, 0), (1, 3)]
    rows = [(s, a, 1.0, min(n, 2), -1.0, n == 3) for s, row in enumerate(to) for a, n in enumerate(row)]
    return TabularMDP.from_transitions(rows)


def cliff():
    """Example 6.6: from one end of a cliff to the other; a step costs 1, falling 100 and leads to the start.

    Four by twelve cells, row by row, the cliff along the last row between start (36) and goal (47). Actions
    up, right, down, left. The states are those of CliffWalking-v1.

    >>> cliff().solve(gamma=1).value[36]
    np.float64(-13.0)
    """
    transitions = []
    for s in range(37):
        for a, (down, right) in enumerate(_NORTH_EAST_SOUTH_WEST):
            row, column = min(max(s // 12 + down, 0), 3), min(max(s % 12 + right, 0), 11)
            fell = row == 3 and 0 < column < 11
            n = 36 if fell else row * 12 + column
            transitions.append((s, a, 1.0, n, -100.0 if fell else -1.0, n == 47))
    letters = ["." * 12] * 3 + ["S" + "C" * 10 + "G"]
    return TabularMDP.from_transitions(transitions, 48, 4, 36, letters=letters, arrows="↑→↓←")


def blackjack():
    """Example 5.1: blackjack from an endless deck, as Gymnasium's Blackjack-v1 plays it.

    Actions: stick, hit. States: 0 to 703 the observations (sum, dealer's card, usable ace), row by row, as
    agents number them; 704 + d a natural, an ace and a ten from the deal, while the dealer shows d: it is
    seen as (21, d, 1) but wins against any hand that is no natural. `blackjack_policy` lifts a policy.

    >>> mdp = blackjack()
    >>> round(float(mdp.initial @ mdp.solve(gamma=1).value), 4)
    -0.0431
    """
    initial, transitions = np.zeros(_HANDS + 11), []
    for dealer, likely in _CARDS:
        results = _dealt(*_hand(0, False, dealer), 1)
        for total in range(4, 22):
            for usable in (False, True):
                s = _index(total, dealer, usable)
                if usable and total < 12:
                    continue
                transitions += _stuck(s, total, results)
                transitions += _hits(s, total, usable, dealer)
        natural = _HANDS + dealer
        draw = results.get("natural", 0.0)
        transitions += [
            (natural, 0, 1 - draw, natural, 1.0, True),
            (natural, 0, draw, natural, 0.0, True),
        ]
        transitions += _hits(natural, 21, True, dealer)
        for (one, p), (two, q) in ((x, y) for x in _CARDS for y in _CARDS):
            total, usable = _hand(*_hand(0, False, one), two)
            s = natural if {one, two} == {1, 10} else _index(total, dealer, usable)
            initial[s] += likely * p * q
    return TabularMDP.from_transitions(transitions, _HANDS + 11, 2, initial / initial.sum())


def blackjack_policy(policy):
    """A policy over the 704 observations of Blackjack-v1 as one over the states of `blackjack`.

    policy: [704] actions or [704, 2] probabilities. Returns [715] or [715, 2].

    >>> blackjack_policy([0] * 704).shape
    (715,)
    """
    policy = np.asarray(policy)
    if policy.shape[:1] != (_HANDS,):
        raise ValueError(f"blackjack_policy: policy must have {_HANDS} rows; got {policy.shape}.")
    return np.concatenate([policy, policy[[_index(21, dealer, True) for dealer in range(11)]]])


def _index(total, dealer, usable):
    return (total * 11 + dealer) * 2 + usable


def _hand(total, usable, card):
    """Sum of a hand and whether an ace counts 11, after one card more."""
    if card == 1 and total + 11 <= 21:
        return total + 11, True
    total += card
    return (total - 10, False) if usable and total > 21 else (total, usable)


def _dealt(total, usable, cards):
    """How likely each result of the dealer is: a sum, "bust" or "natural". The dealer sticks from 17 on."""
    if total >= 17:
        return {"natural" if cards == 2 and total == 21 else "bust" if total > 21 else total: 1.0}
    results = {}
    for card, p in _CARDS:
        for result, q in _dealt(*_hand(total, usable, card), cards + 1).items():
            results[result] = results.get(result, 0.0) + p * q
    return results


def _stuck(s, total, results):
    """Transitions of sticking: a higher sum wins, equal ones draw; a natural counts 21."""
    odds = {1.0: 0.0, 0.0: 0.0, -1.0: 0.0}
    for result, p in results.items():
        theirs = {"bust": 0, "natural": 21}.get(result, result)
        odds[float(total > theirs) - float(total < theirs)] += p
    return [(s, 0, p, s, reward, True) for reward, p in odds.items()]


def _hits(s, total, usable, dealer):
    """Transitions of drawing one more card."""
    for card, p in _CARDS:
        new, still = _hand(total, usable, card)
        if new > 21:
            yield s, 1, p, s, -1.0, True
        else:
            yield s, 1, p, _index(new, dealer, still), 0.0, False
