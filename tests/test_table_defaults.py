"""Agents with a table as they come: with no setting touched, over seeds, and how they are judged."""

import gymnasium
import pytest

import rl

AGENTS = (rl.QTable, rl.Sarsa, rl.ExpectedSarsa, rl.DoubleQ, rl.NStepSarsa, rl.SarsaLambda, rl.MonteCarlo)


@pytest.mark.parametrize("kind", AGENTS)
def test_the_defaults_cross_the_lake(kind):
    mdp = rl.TabularMDP.from_gymnasium("FrozenLake-v1")
    agent = kind("FrozenLake-v1", seed=0).train(100_000, progress=False)
    assert mdp.success_probability(agent.policy) > 0.6  # the best is 0.74, a random walk 0.01


def test_tables_are_trained_over_seeds_too():
    runs = rl.train_seeds(
        rl.QTable, gymnasium.make("FrozenLake-v1"), seeds=range(3), steps=500, progress=False
    )
    alone = rl.QTable("FrozenLake-v1", seed=1).train(500, progress=False)
    assert [agent.steps for agent in runs.agents] == [500] * 3
    assert (runs.agents[1].q == alone.q).all()
    assert runs.curves(points=5)[1].shape == (3, 5)


def test_equal_episodes_make_equal_evaluations():
    agent = rl.QTable("FrozenLake-v1")
    assert agent.evaluate(3) == agent.evaluate(3) != agent.evaluate(4)
    assert agent.evaluate(3) != "three episodes"
