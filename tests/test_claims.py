"""An environment has one who steps it: where another does, that is told, and nothing is mixed."""

import gymnasium
import pytest
from gymnasium.vector import SyncVectorEnv
from test_host import Counting

import rl


def vector():
    return SyncVectorEnv([Counting, Counting])


def deep(env):
    return rl.A2C(env, num_steps=4, hidden=(4,))


@pytest.mark.parametrize(
    ("make", "agent"),
    [(vector, deep), (lambda: gymnasium.make_vec("CartPole-v1", 2), deep),
     (lambda: gymnasium.make("FrozenLake-v1"), rl.QTable)],
)  # fmt: skip
@pytest.mark.parametrize("other", ["agent", "user", "reset"])
def test_an_environment_that_another_steps_is_told(make, agent, other):
    env = make()
    env.reset(seed=0)
    first = agent(env).train(2 * 5, progress=False) if agent is deep else agent(env)
    while agent is not deep and (first.steps < 5 or first._obs is None):
        first.train(1, progress=False)
    before = first.steps
    if other == "agent":
        agent(env).train(8, progress=False)
    elif other == "user":
        env.step(env.action_space.sample())
    else:
        env.reset(seed=3)
    told = "another agent" if other == "agent" else "something else"
    with pytest.raises(rl.EnvError, match=f"{told} has stepped this agent's environment.*Fix: "):
        first.train(8, progress=False)
    assert first.steps == before
    first.train(8, progress=False)  # begins new episodes
    assert first.steps > before


def test_who_steps_an_environment_alone_is_left_alone():
    agent = deep(vector())
    for _ in range(3):
        agent.train(8, progress=False)
    assert agent.evaluate is not None and agent.steps == 24
    table = rl.QTable(gymnasium.make("FrozenLake-v1"))
    for _ in range(20):
        table.train(1, progress=False)
        table.evaluate(1)
    assert table.steps == 20
