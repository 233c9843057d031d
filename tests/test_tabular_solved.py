"""What tabular agents must solve: judged exactly, by the process, at 9 of the seeds 0 to 9."""

from itertools import product

import numpy as np
import pytest

import rl
from rl import sutton_barto as book
from rl.settings import row

LAKES = "FrozenLake-v1", "FrozenLake8x8-v1"
ROADS = "CliffWalking-v1", "Taxi-v4"


def learnt(name, seed):
    """An agent after the budget of its row."""
    found = row("QTable", name)
    return rl.QTable(name, seed=seed, **found.settings).train(found.steps, progress=False)


def best_success(mdp):
    """The most that a policy without a clock was found to achieve: solved, then changed action by action."""
    solved = [mdp.solve("policy_iteration", gamma=gamma).policy for gamma in (0.98, 0.99, 0.995, 0.999)]
    policy = max(solved, key=mdp.success_probability)
    best, risen = mdp.success_probability(policy), True
    while risen:
        risen = False
        for s, a in product(range(mdp.num_states), range(mdp.num_actions)):
            changed = np.where(np.arange(mdp.num_states) == s, a, policy)
            if mdp.success_probability(changed) > best + 1e-9:
                policy, best, risen = changed, mdp.success_probability(changed), True
    return best


def crossings(name, seeds):
    """Of how many seeds the exact success probability within the step limit is within 0.02 of the best."""
    mdp = rl.TabularMDP.from_gymnasium(name)
    best = best_success(mdp)
    assert best - 0.025 <= row("QTable", name).threshold <= best - 0.02
    return sum(best - mdp.success_probability(learnt(name, seed).policy) <= 0.02 for seed in seeds)


def ways_are_shortest(name, seed):
    """Whether the greedy return from every start is the best."""
    mdp = rl.TabularMDP.from_gymnasium(name)
    earned = mdp.policy_value(learnt(name, seed).policy, gamma=1, max_steps=200)
    best, starts = mdp.solve("policy_iteration", gamma=1).value, mdp.initial > 0
    assert row("QTable", name).threshold == pytest.approx(mdp.initial @ best, abs=1e-9)
    return (earned[starts] == best[starts]).all()


def card_player(seed):
    """An agent that has learnt blackjack, its exact value, and the best there is."""
    mdp, agent = book.blackjack(), learnt("Blackjack-v1", seed)
    value = mdp.policy_value(book.blackjack_policy(agent.policy), gamma=1)
    return agent, mdp.initial @ value, mdp.initial @ mdp.solve("policy_iteration", gamma=1).value


def test_one_seed_crosses_the_small_lake():
    assert crossings("FrozenLake-v1", [0]) == 1


def test_one_seed_walks_the_cliff():
    assert ways_are_shortest("CliffWalking-v1", 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", LAKES)
def test_the_lakes_are_crossed(name):
    assert crossings(name, range(10)) >= 9


@pytest.mark.slow
@pytest.mark.parametrize("name", ROADS)
def test_every_way_is_the_shortest(name):
    assert sum(ways_are_shortest(name, seed) for seed in range(10)) >= 9


@pytest.mark.slow
def test_blackjack_is_learnt():
    players = [card_player(seed) for seed in range(10)]
    assert sum(value >= best - 0.002 for _, value, best in players) >= 9


@pytest.mark.slow
def test_a_million_games_earn_what_the_policy_is_worth():
    agent, value, _ = card_player(0)
    played = rl.evaluate_policy(agent.policy, "Blackjack-v1", episodes=1_000_000, seed=1, max_steps=30)
    assert abs(played.mean_return - value) <= 3 * played.return_error
