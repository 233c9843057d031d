"""The buffer of an agent whose environments are stepped on the host is rewritten where it lies."""

import signal
from typing import Any

import jax
import numpy as np
import pytest

import rl
from rl.signals import uninterrupted

DQN: dict[str, Any] = dict(
    num_envs=2, buffer_size=64, batch_size=8, learning_starts=8, hidden=(8,), compiled=False
)
SAC: dict[str, Any] = dict(buffer_size=32, batch_size=8, learning_starts=8, hidden=(8,), compiled=False)
AGENTS = [
    (rl.DQN, "CartPole-v1", DQN | dict(prioritized=True)),
    (rl.DQN, "CartPole-v1", DQN),
    (rl.SAC, "Pendulum-v1", SAC),
]


@pytest.fixture
def interrupts():
    """Ctrl-C raises KeyboardInterrupt, also where the tests were started in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def parts(agent):
    """The arrays that are rewritten."""
    learner = agent._training.learner
    return jax.tree.leaves([getattr(learner, name) for name in agent.rewritten])


@pytest.mark.parametrize("kind, env, settings", AGENTS)
def test_what_is_rewritten_lies_where_it_lay(kind, env, settings):
    agent = kind(env, seed=0, **settings).train(24, progress=False)
    before = [(x, x.unsafe_buffer_pointer()) for x in parts(agent) if x.ndim]
    others = jax.tree.leaves(agent._training.learner.params)
    agent.train(8, progress=False)
    assert [x.unsafe_buffer_pointer() for x in parts(agent) if x.ndim] == [place for _, place in before]
    assert all(x.is_deleted() for x, _ in before) and not any(x.is_deleted() for x in others)


@pytest.mark.parametrize("kind, env, settings", AGENTS)
def test_ctrl_c_while_it_learns_loses_nothing(kind, env, settings, interrupts, monkeypatch):
    agent, straight = kind(env, seed=0, **settings), kind(env, seed=0, **settings)
    agent.train(16, progress=False)
    learn = agent._programs.learn

    def interrupted(*arguments):
        told = learn(*arguments)
        signal.raise_signal(signal.SIGINT)
        return told

    monkeypatch.setattr(agent._programs, "learn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        agent.train(8, progress=False)
    monkeypatch.undo()
    taken = agent.steps
    assert taken == 16 + agent.num_envs * agent.num_steps
    agent.train(24 - taken, progress=False)
    straight.train(24, progress=False)
    for here, there in zip(
        jax.tree.leaves(agent._training.learner), jax.tree.leaves(straight._training.learner), strict=True
    ):
        np.testing.assert_array_equal(np.asarray(here), np.asarray(there))


def test_an_agent_that_refuses_what_it_learnt_trains_on(monkeypatch):
    agent = rl.DQN("CartPole-v1", seed=0, **DQN).train(16, progress=False)
    params, steps = agent._training.learner.params, agent.steps
    learn = agent._programs.learn

    def wrong(*arguments):
        learner, figures = learn(*arguments)
        return learner._replace(params=jax.tree.map(lambda x: x * np.nan, learner.params)), figures

    monkeypatch.setattr(agent._programs, "learn", wrong)
    with pytest.raises(FloatingPointError, match=f"after step {steps}, where the agent stands now"):
        agent.train(8, progress=False)
    monkeypatch.undo()
    assert agent.steps == steps and agent._training.learner.params is params
    assert agent.train(8, progress=False).steps == steps + 8


def test_ctrl_c_waits_for_the_end_of_a_block(interrupts):
    done = []
    with pytest.raises(KeyboardInterrupt), uninterrupted():
        signal.raise_signal(signal.SIGINT)
        done.append(1)
    assert done and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_in_the_block_gives_the_handler_back(interrupts):
    with pytest.raises(ZeroDivisionError), uninterrupted():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_that_is_ignored_stays_so(interrupts):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with uninterrupted():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
