"""What a user asks of an agent, with observations, masks and seeds: a mistake is one sentence."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Tuple

import jaxnets as jn
import rl
from rl import observed

SMALL = dict(num_envs=2, num_steps=4, batch_size=8, hidden=(4,))


@pytest.fixture(scope="module")
def agent():
    return rl.PPO("CartPole-v1", **SMALL)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda a: a.act(np.zeros((3, 4))), r"act: obs must have shape \(4,\); got \(3, 4\)\. Fix: one at a"),
        (lambda a: a.value(np.zeros(3)), r"value: obs must have shape \(4,\); got \(3,\)\.$"),
        (lambda a: a.act("cart"), "act: obs must be numbers; got 'cart'"),
        (lambda a: a.act([0, 0, 0, None]), "act: obs must be numbers; got"),
        (lambda a: a.act([[0], [0, 1]]), "act: obs must be numbers; got"),
        (lambda a: a.act(np.zeros(4, complex)), "act: obs must be numbers; got complex128"),
        (lambda a: a.act(np.zeros(4, bool)), "act: obs must be numbers; got bool"),
        (lambda a: a.act([0, 0, 0, np.nan]), "act: obs must be in Box.*got nan"),
        (lambda a: a.value([0, np.inf, 0, 0]), "value: obs must be in Box.*got inf"),
        (lambda a: a.act([9.0, 0, 0, 0]), r"act: obs must be in Box.*got 9\.0"),
        (lambda a: a.act(np.zeros(4), deterministic="no"), "deterministic must be True or False; got 'no'"),
        (lambda a: a.act(np.zeros(4), deterministic=1), "deterministic must be True or False; got 1"),
        (lambda a: a.act(np.zeros(4), seed=0.5), "act: seed must be an integer; got 0.5"),
        (lambda a: a.act(np.zeros(4), seed=-1), "act: seed must be >= 0; got -1"),
        (lambda a: a.act(np.zeros(4), legal=[True]), "act: legal must be 2 booleans; got"),
        (lambda a: a.act(np.zeros(4), legal=[0.5, 1]), "act: legal must be 2 booleans; got"),
        (lambda a: a.act(np.zeros(4), legal=[2, 0]), "act: legal must be 2 booleans; got"),
        (
            lambda a: a.act(np.zeros(4), legal=[False, False]),
            "act: legal must leave a legal action; got none",
        ),
        (lambda a: a.evaluate(1, deterministic="no"), "evaluate: deterministic must be True or False"),
        (lambda a: a.evaluate(1.5), "evaluate: episodes must be an integer; got 1.5"),
        (lambda a: a.train(8, progress="no"), "train: progress must be True or False; got 'no'"),
        (lambda a: a.train(1e5), r"train: steps must be an integer; got 100000\.0"),
        (lambda a: a.train(-1), "train: steps must be >= 0; got -1"),
        (lambda a: a.train(8, log_every=10**13), "train: log_every must fit into memory"),
        (lambda a: a.act(np.zeros(4), seed=2**70), r"act: seed must be below 2\*\*63"),
        (lambda a: a.evaluate(1, seed=2**70), r"evaluate: seed must be below 2\*\*63"),
        (lambda a: rl.record(a, None), "record: path must be the path of a file; got None"),
        (
            lambda a: rl.record(a, "no/a.gif"),
            "record: path must be in a folder that can be written; got 'no/a.gif'",
        ),
        (lambda a: rl.record("PPO", "a.gif"), "record: agent must be one of rl's agents; got 'PPO'"),
        (lambda a: rl.show(a, seed="x"), "show: seed must be an integer; got 'x'"),
        (lambda a: rl.SeedRuns([a]).curves(0), "curves: points must be >= 1; got 0"),
        (lambda a: rl.SeedRuns([a]).curves(window=0), "curves: window must be >= 1; got 0"),
    ],
)
def test_what_an_agent_is_asked_is_looked_at(agent, call, words):
    with pytest.raises((ValueError, TypeError), match=words):
        call(agent)
    assert agent.steps == 0


def test_what_an_agent_can_take_is_taken(agent):
    for legal in (None, [True, False], np.array([1, 0]), jnp.array([True, False])):
        assert agent.act([0, 0, 0, 0], np.True_, legal=legal) in (0, 1)
    assert type(agent.act(jnp.zeros(4))) is np.int64


@pytest.mark.parametrize(
    ("space", "good", "bad"),
    [
        (Discrete(3), 2, (3, -1, 1.0, True, "a", [1], None, np.nan)),
        (Discrete(3, start=5), np.int32(7), (0, 8)),
        (MultiDiscrete([2, 3]), [1, 2], ([2, 0], [0.0, 1.0], [1], 1)),
        (MultiBinary(2), [True, False], ([2, 0], [0.5, 1], [1])),
        (Box(0, 255, (2,), np.uint8), [0, 255], ([0, 256], [-1, 0], [0.5, 0.5])),
        (Box(-1, 1, (2, 1)), [[0.5], [1]], ([0.5, 1], [[2.0], [0.0]])),
        (
            Dict(a=Discrete(2), b=Box(0, 1)),
            {"a": 1, "b": [0.5]},
            ({"a": 1}, {"a": 2, "b": [0.5]}, [1, [0.5]]),
        ),
        (Tuple([Discrete(2), Discrete(3)]), (1, 2), ((1,), (1, 3), 1, (1, 2, 0))),
    ],
)
def test_an_observation_is_of_its_space(space, good, bad):
    one = observed.one("act", space, good)
    assert observed.outside(space, jax.tree.map(lambda x: x[None], one)) is None
    for obs in bad:
        with pytest.raises((ValueError, TypeError), match="act: obs"):
            observed.one("act", space, obs)


def test_what_no_file_can_hold_is_told_before_checkpoints_are_needed(tmp_path):
    agent = rl.PPO("CartPole-v1", learning_rate=lambda step: 1e-3, **SMALL)
    with pytest.raises(TypeError, match=r"learning_rate must be a number, a text, rl\.linear or"):
        agent.train(8, progress=False, callbacks=[jn.Checkpoint(tmp_path / "run")])
    assert agent.steps == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: rl.train_seeds(rl.PPO, "CartPole-v1", seeds=3),
            r"seeds must be a list .*Fix: seeds=range\(3\)",
        ),
        (lambda: rl.train_seeds("PPO", "CartPole-v1"), r"agent must be a class .*Fix: rl\.PPO"),
        (lambda: rl.train_seeds("PPO", "FrozenLake-v1"), "agent must be a class of agents.*Fix: rl.PPO"),
        (
            lambda: rl.train_seeds(rl.PPO, "CartPole-v1", seeds=[]),
            "seeds must be at least one integer; got none",
        ),
        (
            lambda: rl.train_seeds(rl.PPO, "CartPole-v1", seeds="012"),
            "seeds must be a list of integers; got '012'",
        ),
        (
            lambda: rl.train_seeds(rl.PPO, "CartPole-v1", seed=3),
            r"seed must be left out; got 3\. Fix: seeds=\[3\]",
        ),
        (
            lambda: rl.train_seeds(rl.PPO, "CartPole-v1", progress=1),
            "train_seeds: progress must be True or False",
        ),
        (
            lambda: rl.train_tables("FrozenLake-v1", [0], 10),
            r"mdp must be a TabularMDP.*Fix: rl\.TabularMDP\.from_gym",
        ),
        (lambda: rl.QTable("FrozenLake-v1").train(10.0), r"train: steps must be an integer; got 10\.0"),
        (
            lambda: rl.QTable("FrozenLake-v1").train(10, progress=1),
            "train: progress must be True or False; got 1",
        ),
        (lambda: rl.functional_env([]), r"functional_env: name must be a text; got \[\]"),
        (lambda: rl.from_func_env(None), "from_func_env: env must be a FuncEnv of Gymnasium; got None"),
        (
            lambda: rl.QTable("FrozenLake-v1").update(0, 0, 0.0, 0, "no"),
            "update: terminated must be True or False; got 'no'",
        ),
        (
            lambda: rl.TileSarsa("MountainCar-v0").update([-0.5, 0], 0, -1.0, [-0.5, 0], "no", 0),
            "update: terminated must be True or False; got 'no'",
        ),
        (
            lambda: rl.QTable("FrozenLake-v1").act(0, "no"),
            "act: deterministic must be True or False; got 'no'",
        ),
    ],
)
def test_a_mistaken_call_gets_a_sentence(call, words):
    with pytest.raises((ValueError, TypeError), match=words):
        call()
