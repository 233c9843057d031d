"""Agents with a table are saved, resumed, watched and given schedules, as deep ones are."""

import jax.numpy as jnp
import numpy as np
import pytest

import jaxnets as jn
import rl
from jaxnets.checkpoint import CheckpointError

LAKE, HILL = "FrozenLake-v1", "MountainCar-v0"
CHANCE = dict(seed=3, epsilon=rl.linear(0.5, 0.1, 400))
AGENTS = {
    "QTable": (rl.QTable, LAKE, dict(learning_rate_visits=float("inf"), learning_rate=0.5)),
    "Sarsa": (rl.Sarsa, LAKE, dict(learning_rate=rl.inverse_time(1.0, 200))),
    "ExpectedSarsa": (rl.ExpectedSarsa, LAKE, dict(gamma=np.float32(0.5))),
    "DoubleQ": (rl.DoubleQ, LAKE, {}),
    "NStepSarsa": (rl.NStepSarsa, LAKE, dict(num_steps=3, bootstrap="max")),
    "SarsaLambda": (rl.SarsaLambda, LAKE, dict(trace="accumulating", trace_decay=0.5)),
    "MonteCarlo": (rl.MonteCarlo, LAKE, dict(every_visit=True, initial_value=1.0)),
    "TileSarsa": (rl.TileSarsa, HILL, dict(tiles=(3, 4), num_tilings=4, high=[0.5, 0.07])),
}
every = pytest.mark.parametrize("name", AGENTS)


def made(name, **more):
    kind, env, settings = AGENTS[name]
    return kind(env, **CHANCE | settings | more)


def values(agent):
    return agent.weights if isinstance(agent, rl.TileSarsa) else agent.q


def equal(one, other):
    """Tables, counters, records and the random generator, to the bit."""
    (random, *_), (others, *_) = one._kept().values(), other._kept().values()
    kept, theirs = one._kept()["values"], other._kept()["values"]
    return (
        (random == others).all()
        and all((kept[name] == theirs[name]).all() for name in kept)
        and (one.steps, one.episode_returns) == (other.steps, other.episode_returns)
        and (one.episode_lengths, one.episode_steps) == (other.episode_lengths, other.episode_steps)
    )


@every
def test_a_saved_agent_is_built_again_and_trains_on_alike(name, tmp_path):
    agent = made(name).train(450, progress=False)
    agent.save(tmp_path / "agent")
    one, other = (type(agent).load(tmp_path / "agent") for _ in range(2))
    assert equal(agent, one) and one._settings() == agent._settings() and one.seed == 3
    obs = agent.env.observation_space.sample()
    assert one.act(obs) == agent.act(obs)
    assert one.act(obs, deterministic=False) == agent.act(obs, deterministic=False)
    other.act(obs, deterministic=False)  # which uses up the same chance
    assert equal(one.train(450, progress=False), other.train(450, progress=False))
    assert one.steps == 900 and (values(one) != values(agent)).any()
    assert sum(one.episode_lengths) <= 900 and one.episode_steps == sorted(one.episode_steps)


@every
def test_training_resumes_from_checkpoints(name, tmp_path):
    made(name).train(300, progress=False, callbacks=[jn.Checkpoint(tmp_path)], resume=tmp_path, log_every=50)
    runs = [made(name).train(500, progress=False, resume=tmp_path) for _ in range(2)]
    assert runs[0].steps == 500 and equal(*runs)
    with pytest.raises(ValueError, match=r"resume must be a folder of the same agent; .* has seed 3"):
        made(name, seed=4).train(500, progress=False, resume=tmp_path)


def test_resumed_training_is_the_uninterrupted_one_where_the_environment_has_no_chance(tmp_path):
    # The cliff begins in one state and moves without chance: cut at the end of an episode, nothing is lost.
    def made():
        return rl.DoubleQ("CliffWalking-v1", seed=1, epsilon=rl.inverse_time(0.5, 1_000), initial_value=0.0)

    whole = made().train(20_000, progress=False)
    end = whole.episode_steps[len(whole.episode_steps) // 2]
    made().train(end, progress=False).save(tmp_path / "agent")
    assert equal(rl.DoubleQ.load(tmp_path / "agent").train(20_000 - end, progress=False), whole)


def test_an_agent_that_is_no_such_thing_is_refused(tmp_path):
    made("QTable").save(tmp_path / "a")
    with pytest.raises(ValueError, match=r"Sarsa\.load: path must hold an agent of Sarsa; got QTable"):
        rl.Sarsa.load(tmp_path / "a")
    with pytest.raises(ValueError, match=r"QTable\.load: env must have the observations .*Discrete\(16\)"):
        rl.QTable.load(tmp_path / "a", env="CliffWalking-v1")
    with pytest.raises(ValueError, match=r"PPO\.load: path must hold an agent of PPO; got QTable"):
        rl.PPO.load(tmp_path / "a")
    with pytest.raises(CheckpointError):
        rl.QTable.load(tmp_path / "nothing")
    with pytest.raises(TypeError, match=r"QTable\.save: epsilon must be a number, a text, rl\.linear"):
        made("QTable", epsilon=lambda step: 0.1).save(tmp_path / "b")


@every
def test_a_schedule_that_is_a_function_equals_the_number(name):
    one = made(name, epsilon=0.3, learning_rate=0.25).train(400, progress=False)
    other = made(name, epsilon=lambda t: 0.3, learning_rate=lambda t: 0.25).train(400, progress=False)
    assert equal(one, other)


def test_schedules_are_what_they_say_at_every_step():
    agent = rl.QTable(LAKE, learning_rate=lambda t: 1 / (2 + t), learning_rate_visits=float("inf"))
    for step in (0, 6, 30):
        agent.steps, before = step, agent.q[0, 0]
        error = agent.update(0, 0, 3.0, 1, terminated=True)
        assert agent.q[0, 0] - before == pytest.approx(error / (2 + step), rel=1e-12)
    halving = rl.inverse_time(0.5, 100)
    assert [halving(t) for t in (0, 100, 300)] == [0.5, 0.25, 0.125]
    np.testing.assert_allclose(halving(jnp.array([0, 100])), [0.5, 0.25])
    agent = rl.QTable(LAKE, epsilon=rl.linear(1.0, 0.0, 200), initial_value=0.0)
    choices = np.array([[agent._choose(0, t) for _ in range(400)] for t in (0, 100, 200)])
    assert (choices != 0).mean(1) == pytest.approx([0.75, 0.375, 0.0], abs=0.06)


def test_a_schedule_that_leaves_its_range_is_told():
    agent = rl.QTable(LAKE, epsilon=lambda t: 0.1 if t != 7 else float("nan"))
    with pytest.raises(ValueError, match=r"QTable: epsilon must be in \[0, 1\]; got nan at step 7"):
        agent.train(20, progress=False)
    with pytest.raises(ValueError, match=r"QTable: learning_rate at step 10 must be in \[0, 1\]; got 2\.0"):
        rl.QTable(LAKE, learning_rate=lambda t: t / 5).train(10, progress=False)
    for wrong in (lambda t: "a", lambda t: [0.1, 0.2], lambda: 0.1):
        with pytest.raises(TypeError, match="QTable: epsilon must be a function"):
            rl.QTable(LAKE, epsilon=wrong)


def test_callbacks_see_the_figures_and_may_end_training():
    seen = []

    class Stop(jn.Callback):
        def on_epoch_end(self, net, epoch, logs):
            seen.append((epoch, net.steps, sorted(logs)))
            assert logs["return"] == np.mean(net.episode_returns[-100:])
            assert logs["length"] == np.mean(net.episode_lengths[-100:])
            net.stop_training = epoch == 2

    agent = made("Sarsa").train(10_000, progress=False, callbacks=[Stop()], log_every=128)
    assert [(epoch, steps) for epoch, steps, _ in seen] == [(0, 128), (1, 256), (2, 384)]
    assert seen[0][2] == ["length", "return"] and agent.steps == 384
    assert equal(agent, made("Sarsa").train(384, progress=False))
    assert sum(agent.episode_lengths) == agent.episode_steps[-1]
