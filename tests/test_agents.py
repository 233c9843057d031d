"""What holds for every deep agent: seeds decide everything, training can be cut and resumed anywhere."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import jaxnets as jn
import rl
from jaxnets.checkpoint import CheckpointError, Checkpoints
from rl import chance

SMALL = dict(hidden=(8,))
REPLAY = dict(num_steps=8, learning_starts=64, buffer_size=128, **SMALL)
AGENTS = {
    "PPO": (rl.PPO, "CartPole-v1", dict(num_envs=4, num_steps=16, batch_size=32, num_epochs=2, **SMALL)),
    "A2C": (rl.A2C, "CartPole-v1", dict(num_envs=4, num_steps=16, normalize_obs=True, **SMALL)),
    "REINFORCE": (rl.REINFORCE, "CartPole-v1",
                  dict(num_envs=2, num_steps=32, normalize_reward=True, **SMALL)),
    "DQN": (rl.DQN, "CartPole-v1", dict(prioritized=True, n_step=3, **REPLAY)),
    "SAC": (rl.SAC, "Pendulum-v1", dict(batch_size=16, **REPLAY)),
}  # fmt: skip


def made(kind, seed=0, **more):
    make, env, settings = AGENTS[kind]
    return make(env, seed=seed, **(settings | more))


def equal(a, b):
    same = jax.tree.map(lambda x, y: bool((x == y).all()), a._training, b._training)
    return (
        jax.tree.all(same) and a.episode_returns == b.episode_returns and a.episode_steps == b.episode_steps
    )


@pytest.mark.parametrize("kind", AGENTS)
def test_the_seed_decides_everything_and_training_can_be_cut_anywhere(kind, tmp_path):
    whole = made(kind).train(512, progress=False)
    cut = made(kind)
    cut.train(128, progress=False).save(tmp_path / "agent")
    loaded = type(cut).load(tmp_path / "agent")
    cut.train(384, progress=False)
    loaded.train(384, progress=False)
    assert whole.steps == 512 and len(whole.episode_returns) > 0
    assert equal(whole, cut) and equal(whole, loaded)
    assert {name: rows for name, rows in whole.history.items()}.keys() == loaded.history.keys()
    for name, rows in whole.history.items():
        np.testing.assert_array_equal(rows, loaded.history[name])
    other = made(kind, seed=1).train(512, progress=False)
    assert not equal(whole, other)


@pytest.mark.parametrize("kind", ["PPO", "DQN"])
def test_the_host_s_road_is_decided_by_the_seed_too(kind):
    runs = [made(kind, compiled=False).train(256, progress=False) for _ in range(2)]
    assert runs[0].episode_returns == runs[1].episode_returns and len(runs[0].episode_returns) > 0
    assert jax.tree.all(
        jax.tree.map(lambda x, y: bool((x == y).all()), *[run._training.learner for run in runs])
    )


def test_a_seed_among_many_does_what_it_does_alone():
    _, env, settings = AGENTS["A2C"]
    runs = rl.train_seeds(rl.A2C, env, seeds=[3, 5], steps=256, progress=False, **settings)
    for seed, agent in zip((3, 5), runs.agents, strict=True):
        alone = made("A2C", seed=seed).train(256, progress=False)
        assert agent.steps == alone.steps == 256
        # The same steps, until rounding makes another choice: the first episodes are equal.
        assert agent.episode_returns[:3] == alone.episode_returns[:3]
    steps, curves = runs.curves(points=8)
    assert steps[-1] == 256 and curves.shape == (2, 8) and np.isfinite(curves[:, -1]).all()


def test_curves_are_means_of_the_last_episodes():
    agent = made("A2C").train(256, progress=False)
    _, curves = rl.SeedRuns([agent]).curves(points=1, window=2)
    assert curves[0, 0] == pytest.approx(np.mean(agent.episode_returns[-2:]))


def test_callbacks_see_training_and_may_end_it():
    seen = []

    class Stop(jn.Callback):
        def on_epoch_end(self, net, epoch, logs):
            seen.append((epoch, net.steps, sorted(logs)))
            net.stop_training = net.steps >= 256

    agent = made("PPO").train(10_000, progress=False, callbacks=[Stop()], log_every=128)
    assert agent.steps == 256
    assert seen[0] == (0, 128, ["entropy", "kl", "length", "policy_loss", "return", "value_loss"])
    assert [epoch for epoch, _, _ in seen] == [0, 1]


def test_training_is_resumed_from_a_folder_of_checkpoints(tmp_path):
    whole = made("PPO").train(512, progress=False)
    made("PPO").train(192, progress=False, callbacks=[jn.Checkpoint(tmp_path)], resume=tmp_path, log_every=64)
    again = made("PPO").train(512, progress=False, callbacks=[jn.Checkpoint(tmp_path)], resume=tmp_path)
    assert equal(whole, again)
    with pytest.raises(ValueError, match=r"resume must be a folder of the same agent; .* has seed 0"):
        made("PPO", seed=1).train(512, progress=False, resume=tmp_path)


def test_an_agent_is_not_taken_back_to_where_it_was_long_ago(tmp_path):
    made("PPO").train(64, progress=False, callbacks=[jn.Checkpoint(tmp_path)])
    agent = made("PPO").train(128, progress=False)
    with pytest.raises(ValueError, match="resume must hold a checkpoint as far as the agent, 128 steps"):
        agent.train(64, progress=False, resume=tmp_path)
    assert agent.steps == 128


def test_another_kind_of_agent_or_space_is_refused(tmp_path):
    made("PPO").save(tmp_path / "a")
    with pytest.raises(ValueError, match=r"A2C\.load: path must hold an agent of A2C; got PPO"):
        rl.A2C.load(tmp_path / "a")
    with pytest.raises(
        ValueError, match=r"PPO\.load: env must have the observations it was trained with, Box"
    ):
        rl.PPO.load(tmp_path / "a", env="Acrobot-v1")
    with pytest.raises(CheckpointError):
        rl.PPO.load(tmp_path / "nothing")


def test_a_setting_that_no_file_can_hold_is_refused(tmp_path):
    agent = made("PPO", learning_rate=lambda step: 1e-3)
    with pytest.raises(TypeError, match=r"PPO\.save: learning_rate must be a number"):
        agent.save(tmp_path / "a")


@pytest.mark.parametrize(
    "settings, words",
    [
        (dict(gamma=1.5), r"gamma must be in \[0, 1\]; got 1.5"),
        (dict(num_envs=0), "num_envs must be >= 1; got 0"),
        (dict(num_steps=2.5), "num_steps must be an integer"),
        (dict(batch_size=7), "batch_size must divide num_envs"),
        (dict(learning_rate=-1e-3), "learning_rate must be a finite number >= 0"),
        (dict(hidden=64), "hidden must be a tuple of whole numbers"),
        (dict(activation="swoosh"), "activation must be one of"),
        (dict(seed=-1), "seed must be >= 0"),
    ],
)
def test_a_wrong_setting_gets_a_sentence(settings, words):
    with pytest.raises((ValueError, TypeError), match=words):
        made("PPO", **settings)


def test_an_environment_without_a_compiled_form_is_not_compiled():
    with pytest.raises(ValueError, match="compiled must be False or None"):
        rl.PPO("Taxi-v4", compiled=True)
    with pytest.raises(ValueError, match=r"env must be an id that gymnasium\.make takes"):
        rl.PPO("NoSuchTask-v0")


def test_every_episode_of_an_evaluation_counts_once():
    agent = made("PPO")
    few, many = agent.evaluate(3), agent.evaluate(200)
    assert few.returns.tolist() == many.returns[:3].tolist()
    assert len(set(many.lengths.tolist())) > 5 or many.lengths.min() == 500
    low, high = many.interval
    assert low < many.mean_return < high


TRAINING = """
import sys, rl, jaxnets as jn
from test_agents import made
kind, folder = sys.argv[1:]
agent = made(kind)
print("ready", flush=True)
told = lambda agent, epoch, logs: print("training", flush=True)
agent.train(10**9, progress=False, callbacks=[jn.Checkpoint(folder), told], resume=folder, log_every=64)
"""


def killed(kind, folder, kills, rng):
    """The newest checkpoint after each of so many processes that would train for ever and were killed.

    One process in two is killed after its first checkpoint, the others as soon as they read the last one.
    """
    command, reached = [sys.executable, "-c", TRAINING, kind, str(folder)], []
    here, wide = Path(__file__).parent, os.environ | {"JAX_ENABLE_X64": "1"}  # else it rounds another way
    for kill in range(kills):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=here, env=wide)
        assert process.stdout is not None
        for _ in range(2 - kill % 2):
            assert process.stdout.readline() in ("ready\n", "training\n")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0.0, 0.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert process.returncode == -signal.SIGKILL
        reached.append(Checkpoints(folder).steps()[-1])
    return reached


def goes_on_to_the_same_bits(kind, folder, goal):
    """Whether what was killed, trained on, is what was never interrupted."""
    agent = made(kind).train(goal, progress=False, resume=folder)
    return agent.steps == goal and equal(agent, made(kind).train(goal, progress=False))


@pytest.mark.parametrize("kind", ["PPO", "DQN"])
def test_killed_training_goes_on_to_the_same_bits(kind, tmp_path):
    reached = killed(kind, tmp_path, 2, np.random.default_rng(0))
    assert goes_on_to_the_same_bits(kind, tmp_path, reached[-1] + 512)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["PPO", "DQN"])
def test_training_killed_fifty_times_goes_on_to_the_same_bits(kind, tmp_path):
    reached = killed(kind, tmp_path, 50, np.random.default_rng(1))
    assert reached == sorted(reached) and len(set(reached)) >= 25  # each second process went further
    assert goes_on_to_the_same_bits(kind, tmp_path, reached[-1] + 512)


def test_all_bits_of_a_seed_count():
    large = 2**32 + 7
    runs = rl.train_seeds(rl.A2C, "CartPole-v1", seeds=[7, large], steps=64, progress=False, **SMALL)
    assert not equal(*runs.agents)
    agent, obs = runs.agents[0], [0.0] * 4
    draws = [[int(agent.act(obs, False, seed + bits)) for seed in range(30)] for bits in (0, 2**32, 2**62)]
    assert draws[0] != draws[1] != draws[2] != draws[0]
    assert chance.seeded(5) == jax.random.key(5) != chance.seeded(2**32 + 5)


def test_the_largest_seed_is_taken_everywhere():
    for agent in (made("A2C", seed=2**63 - 1), rl.QTable("FrozenLake-v1", seed=2**63 - 1)):
        assert agent.train(64, progress=False).evaluate(2, max_steps=9).episodes == 2
        assert agent.evaluate(2, seed=2**63 - 1, max_steps=9).episodes == 2
        with pytest.raises(ValueError, match=r"seed must be below 2\*\*63; got 9223372036854775808"):
            agent.evaluate(2, seed=2**63)


@pytest.mark.parametrize(
    ("agent", "env", "networks"), [(rl.PPO, "CartPole-v1", 1), (rl.SAC, "Pendulum-v1", 3)]
)
def test_making_an_agent_compiles_its_key_and_its_optimizers_alone(agent, env, networks):
    heard, listening = [], True

    def listen(event, *_, **__):
        if listening and event == "/jax/core/compile/jaxpr_to_mlir_module_duration":
            heard.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    agent(env, seed=0, hidden=(17, 19))
    assert len(heard) <= networks + 5  # the key and numbers take four, XLA's options one, once in a process
    before = len(heard)
    jax.jit(lambda x: x * 17.25)(np.ones(23))
    listening = False
    assert len(heard) > before  # the listener hears
