"""What tabular agents must solve: judged exactly, by the process, at 9 of the seeds 0 to 9."""

from itertools import product

import numpy as np
import pytest

import rl
from rl import sutton_barto as book

FOREVER = float("inf")
HOPE = dict(learning_rate=1.0, epsilon=0.0)  # optimism alone
CERTAIN = dict(gamma=1.0, **HOPE, learning_rate_visits=FOREVER)  # nothing is left to chance there
LAKES = {
    "FrozenLake-v1": (100_000, dict(gamma=0.98, **HOPE)),
    "FrozenLake8x8-v1": (200_000, dict(gamma=0.999, **HOPE)),
}
ROADS = {
    "CliffWalking-v1": (20_000, dict(initial_value=0.0)),
    "Taxi-v4": (100_000, dict(initial_value=20.0)),
}
CARDS = (
    500_000,
    dict(gamma=1.0, epsilon=1.0, learning_rate=1.0, learning_rate_visits=1.0, initial_value=0.0),
)


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
    steps, settings = LAKES[name]
    mdp = rl.TabularMDP.from_gymnasium(name)
    best = best_success(mdp)
    agents = [rl.QTable(name, seed=seed, **settings).train(steps, progress=False) for seed in seeds]
    return sum(best - mdp.success_probability(agent.policy) <= 0.02 for agent in agents)


def ways_are_shortest(name, seed):
    """Whether the greedy return from every start is the best."""
    steps, settings = ROADS[name]
    mdp = rl.TabularMDP.from_gymnasium(name)
    agent = rl.QTable(name, seed=seed, **CERTAIN, **settings).train(steps, progress=False)
    earned = mdp.policy_value(agent.policy, gamma=1, max_steps=200)
    starts = mdp.initial > 0
    return (earned[starts] == mdp.solve("policy_iteration", gamma=1).value[starts]).all()


def card_player(seed):
    """An agent that has learnt blackjack, its exact value, and the best there is."""
    steps, settings = CARDS
    mdp = book.blackjack()
    agent = rl.QTable("Blackjack-v1", seed=seed, **settings).train(steps, progress=False)
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
