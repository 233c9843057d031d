"""A saved agent is loaded with other settings, but with none that what was learnt depends on."""

import gymnasium
import jax
import pytest

import rl
from jaxnets.checkpoint import CheckpointError

SMALL = dict(num_envs=2, num_steps=8, batch_size=16, hidden=(8,))


def test_a_saved_agent_goes_on_with_other_settings(tmp_path):
    agent = rl.PPO("CartPole-v1", **SMALL).train(16, progress=False)
    agent.save(tmp_path / "deep")
    loaded = rl.PPO.load(tmp_path / "deep", learning_rate=0.0, gamma=0.5)
    assert (loaded.learning_rate, loaded.gamma, loaded.steps) == (0.0, 0.5, 16)
    loaded.train(16, progress=False)
    mine, theirs = (jax.tree.leaves(one._training.learner.params) for one in (agent, loaded))
    assert all((one == other).all() for one, other in zip(mine, theirs, strict=True))
    table = rl.QTable("FrozenLake-v1").train(100, progress=False)
    table.save(tmp_path / "table")
    again = rl.QTable.load(tmp_path / "table", epsilon=rl.linear(1.0, 0.0, 9))
    assert (again.q == table.q).all() and again.epsilon == rl.linear(1.0, 0.0, 9)


@pytest.mark.parametrize(("trained", "asked"), [(True, False), (False, True)])
def test_a_loaded_agent_stays_on_its_road(trained, asked, tmp_path):
    rl.PPO("CartPole-v1", compiled=trained, **SMALL).save(tmp_path / "agent")
    words = rf"^PPO\.load: compiled must be as it was trained, {trained}; got {asked}\. Fix: leave it out\.$"
    with pytest.raises(ValueError, match=words):
        rl.PPO.load(tmp_path / "agent", compiled=asked)
    assert rl.PPO.load(tmp_path / "agent", compiled=trained).steps == 0


def test_a_loaded_agent_keeps_what_was_learnt(tmp_path):
    rl.PPO("CartPole-v1", **SMALL).train(16, progress=False).save(tmp_path / "agent")
    for error, settings, words in (
        (TypeError, dict(seed=3), "PPO.load: settings must be of num_envs, .*; got seed"),
        (TypeError, dict(learning_rte=3), "PPO.load: settings must be of .*Fix: learning_rate"),
        (ValueError, dict(gamma=5), r"PPO: gamma must be in \[0, 1\]; got 5"),
        (ValueError, dict(num_steps=16), "PPO.load: num_steps must be as it was trained, 8; got 16. Fix: l"),
        (ValueError, dict(hidden=(16,)), r"PPO.load: hidden must be as it was trained, \(8,\); got \(16,\)."),
        (ValueError, dict(hidden=(8, 8)), "hidden must be as it was trained"),
        (ValueError, dict(activation="relu"), "PPO.load: activation must be as it was trained, 'tanh'; got"),
        (ValueError, dict(normalize_obs=True), "PPO.load: normalize_obs must be as it was trained, False; g"),
        (
            ValueError,
            dict(env=gymnasium.make("CartPole-v1")),
            "env must be a functional .*Fix: leave env out",
        ),
    ):
        with pytest.raises(error, match=words):
            rl.PPO.load(tmp_path / "agent", **settings)
    assert rl.PPO.load(tmp_path / "agent", hidden=[8], num_steps=8).steps == 16
    with pytest.raises(CheckpointError, match=r"^PPO.load: .* holds no checkpoint"):
        rl.PPO.load(tmp_path / "nothing")


@pytest.mark.parametrize("settings", [dict(scale_obs=True), dict(buffer_size=64), dict(dueling=True)])
def test_a_loaded_network_sees_what_it_was_trained_on(settings, tmp_path):
    rl.DQN("CartPole-v1", hidden=(8,), buffer_size=128).save(tmp_path / "agent")
    with pytest.raises(ValueError, match=f"^DQN.load: {next(iter(settings))} must be as it was trained, "):
        rl.DQN.load(tmp_path / "agent", **settings)


def test_loaded_weights_lie_on_the_tiles_they_were_trained_on(tmp_path):
    rl.TileSarsa("MountainCar-v0", tiles=4).save(tmp_path / "agent")
    for settings in (dict(tiles=2), dict(low=(-1.0, -0.1))):
        with pytest.raises(ValueError, match=f"^TileSarsa.load: {next(iter(settings))} must be as it was"):
            rl.TileSarsa.load(tmp_path / "agent", **settings)
    assert rl.TileSarsa.load(tmp_path / "agent", trace_decay=0.5).trace_decay == 0.5
