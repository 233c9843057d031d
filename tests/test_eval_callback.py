"""EvalCallback: what it records, what it keeps, when it stops, and that training is the same with it."""

import gymnasium
import jax
import numpy as np
import pytest

import jaxnets as jn
import rl

SMALL = dict(num_envs=4, num_steps=32)


def trained(*callbacks, agent=rl.A2C, env="CartPole-v1", steps=1_280, **settings):
    return agent(env, seed=0, **(settings or SMALL)).train(
        steps, progress=False, log_every=256, callbacks=list(callbacks)
    )


def test_every_epoch_is_evaluated_on_the_same_episodes():
    looks = rl.EvalCallback(episodes=3)
    agent = trained(looks)
    assert looks.steps == [256, 512, 768, 1_024, 1_280]
    assert looks.evaluations[-1] == agent.evaluate(3)
    assert looks.best == max(found.mean_return for found in looks.evaluations)


def test_the_last_epoch_is_evaluated_too():
    looks = rl.EvalCallback(episodes=2, every=2)
    trained(looks)
    assert looks.steps == [512, 1_024, 1_280]


def test_training_computes_the_same_bits_with_it():
    with_it, without = trained(rl.EvalCallback(episodes=2)), trained()
    pairs = zip(*(jax.tree.leaves(agent._training.learner) for agent in (with_it, without)), strict=True)
    assert all((np.asarray(ours) == np.asarray(theirs)).all() for ours, theirs in pairs)
    assert with_it.history == without.history


@pytest.mark.parametrize("kind, env, settings", [
    (rl.A2C, "CartPole-v1", SMALL),
    (rl.QTable, "FrozenLake-v1", {}),
])  # fmt: skip
def test_the_best_agent_is_kept(kind, env, settings, tmp_path):
    looks = rl.EvalCallback(episodes=5, path=tmp_path / "best")
    agent = kind(env, seed=0, **settings).train(2_560, progress=False, log_every=256, callbacks=[looks])
    best = kind.load(tmp_path / "best")
    assert best.steps == looks.steps[[e.mean_return for e in looks.evaluations].index(looks.best)]
    assert best.evaluate(5).mean_return == looks.best >= agent.evaluate(5).mean_return


def test_a_good_agent_ends_the_training():
    looks = rl.EvalCallback(episodes=3, threshold=1)
    assert trained(looks).steps == 256
    assert len(looks.evaluations) == 1


def test_what_it_finds_is_logged_after_it():
    told = []
    looks = rl.EvalCallback(episodes=3, every=2)
    trained(looks, lambda agent, epoch, logs: told.append(logs.get("eval_return")))
    assert np.isnan(told[0])
    assert told[1:] == [looks.evaluations[0].mean_return] * 2 + [looks.evaluations[1].mean_return] * 2


def test_another_environment_is_played():
    light = lambda: gymnasium.make("CartPole-v1", max_episode_steps=7)  # noqa: E731
    looks = rl.EvalCallback(episodes=3, env=light)
    trained(looks)
    assert {length for found in looks.evaluations for length in found.lengths} == {7}


def test_an_agent_of_a_vector_environment_is_evaluated_in_one_of_its_parts():
    made = [lambda: gymnasium.wrappers.TransformReward(gymnasium.make("CartPole-v1"), float)] * 2
    vector = gymnasium.vector.SyncVectorEnv(made)
    vector.spec = None
    agent = rl.A2C(vector, num_steps=8).train(16, progress=False)
    assert agent.evaluate(2).episodes == agent.evaluate(2, env="CartPole-v1").episodes == 2
    one = gymnasium.make("CartPole-v1")
    agent = rl.A2C(gymnasium.vector.SyncVectorEnv([lambda: one]), num_steps=8)
    with pytest.raises(
        ValueError, match=r"evaluate: env must be given where the agent's is a vector without"
    ):
        agent.evaluate(2)


@pytest.mark.parametrize("settings", [
    dict(max_episode_steps=7),
    dict(max_episode_steps=7, vectorization_mode="sync"),
    dict(vectorization_mode="sync", wrappers=[lambda env: gymnasium.wrappers.TimeLimit(env, 7)]),
])  # fmt: skip
def test_an_agent_of_a_vector_environment_is_evaluated_with_what_that_was_made_of(settings):
    agent = rl.A2C(gymnasium.make_vec("CartPole-v1", 2, **settings), num_steps=8)
    assert agent.evaluate(3).lengths.tolist() == [7, 7, 7]


def test_a_wrapper_around_a_vector_environment_asks_for_an_environment():
    vectors, made = gymnasium.wrappers.vector, gymnasium.make_vec("CartPole-v1", 2, max_episode_steps=7)
    watched = rl.A2C(vectors.RecordEpisodeStatistics(made), num_steps=8)
    assert watched.evaluate(1).lengths.tolist() == [7]
    changed = rl.A2C(vectors.TransformReward(made, lambda reward: 2 * reward), num_steps=8)
    words = (
        r"evaluate: env must be given where a wrapper changes .* TransformReward around CartPole-v1\. Fix: "
    )
    with pytest.raises(ValueError, match=words):
        changed.evaluate(1)
    single = lambda: gymnasium.wrappers.TransformReward(gymnasium.make("CartPole-v1"), float)  # noqa: E731
    assert changed.evaluate(1, env=single, max_steps=5).lengths.tolist() == [5]


def test_another_space_is_refused():
    agent = rl.A2C("CartPole-v1")
    with pytest.raises(
        ValueError, match=r"evaluate: env must have the agent's observations, Box\(.*; got Box"
    ):
        agent.evaluate(2, env="Acrobot-v1")


@pytest.mark.parametrize("settings, error, words", [
    (dict(episodes=0), ValueError, "EvalCallback: episodes must be >= 1; got 0"),
    (dict(every=1.5), TypeError, "EvalCallback: every must be an integer; got 1.5"),
    (dict(seed=-1), ValueError, "EvalCallback: seed must be"),
    (dict(threshold="good"), TypeError, "EvalCallback: threshold must be a number; got 'good'"),
])  # fmt: skip
def test_a_setting_that_makes_no_sense_is_refused(settings, error, words):
    with pytest.raises(error, match=words):
        rl.EvalCallback(**settings)


def test_a_net_is_no_agent():
    net = jn.NeuralNet([jn.Linear(1, 1)], seed=0)
    net.compile(jn.sgd(0.1), "mean_squared_error")
    with pytest.raises(TypeError, match=r"EvalCallback: needs an agent; got NeuralNet"):
        net.fit([[0.0], [1.0]], [[1.0], [3.0]], verbose=0, callbacks=[rl.EvalCallback()])


def test_what_no_file_can_hold_is_told_before_the_first_step(tmp_path):
    agent = rl.QTable("FrozenLake-v1", epsilon=lambda t: 0.1)
    with pytest.raises((TypeError, ValueError), match="epsilon"):
        agent.train(10, progress=False, callbacks=[rl.EvalCallback(path=tmp_path / "best")])
    assert agent.steps == 0
