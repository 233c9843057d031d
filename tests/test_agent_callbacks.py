"""Callbacks of jaxnets on the agents of rl: stopping early, and checkpoints where training breaks off."""

import gymnasium
import pytest
from gymnasium.vector import SyncVectorEnv
from gymnasium.wrappers.vector import DictInfoToList

import jaxnets as jn
import rl

MAKE = {
    "PPO": lambda: rl.PPO("CartPole-v1", num_envs=2, num_steps=8, batch_size=16, hidden=(8,)),
    "QTable": lambda: rl.QTable("FrozenLake-v1"),
}


def trained(name, *callbacks, steps=64, **told):
    return MAKE[name]().train(steps, progress=False, log_every=16, callbacks=list(callbacks), **told)


class Breaks:
    """Ctrl-C in the second epoch."""

    count = 0

    def on_epoch_end(self, agent, epoch, logs):
        self.count += 1
        if self.count == 2:
            raise KeyboardInterrupt


@pytest.mark.parametrize("name", MAKE)
def test_a_training_that_broke_off_gives_its_folder_of_checkpoints_back(name, tmp_path):
    kept = jn.Checkpoint(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        trained(name, kept, Breaks())
    again = trained(name, jn.Checkpoint(tmp_path), resume=tmp_path)
    assert again.steps == 64 and again.history == trained(name).history


@pytest.mark.parametrize("name", MAKE)
def test_training_goes_on_from_what_was_saved_last_in_a_folder(name, tmp_path):
    whole = trained(name, steps=128)
    trained(name).save(tmp_path)
    again = trained(name, steps=128, resume=tmp_path)
    assert again.steps == 128 and again.history == whole.history
    trained(name, jn.Checkpoint(tmp_path), steps=160, resume=tmp_path)
    assert type(again).load(tmp_path).steps == 160, "the newest, though a save is there"
    again.save(tmp_path)
    assert type(again).load(tmp_path).steps == 128


def test_a_folder_that_holds_no_agent_is_refused(tmp_path):
    jn.checkpoint.save(tmp_path, [1.0])
    with pytest.raises(
        ValueError, match=r"^train: resume must be a folder of the same agent; .* has agent None"
    ):
        trained("PPO", resume=tmp_path)


def test_an_agent_of_a_vector_without_an_id_is_evaluated_in_one_of_its_parts():
    parts = SyncVectorEnv([lambda: gymnasium.make("CartPole-v1")] * 2)
    agent = rl.PPO(parts, num_steps=8, batch_size=16, hidden=(8,))
    looks = rl.EvalCallback(episodes=2)
    agent.train(16, progress=False, callbacks=[looks])
    assert looks.steps == [16] and agent.evaluate(2).lengths.min() >= 8


def test_what_cannot_be_evaluated_is_told_before_anything_is_trained():
    parts = SyncVectorEnv([lambda: gymnasium.make("CartPole-v1")] * 2)
    agent = rl.PPO(DictInfoToList(parts), num_steps=8, batch_size=16, hidden=(8,))
    with pytest.raises(ValueError, match=r"^evaluate: env must be given .* vector without an id"):
        agent.train(16, progress=False, callbacks=[rl.EvalCallback(episodes=2)])
    assert agent.steps == 0


@pytest.mark.parametrize("name", MAKE)
def test_early_stopping_takes_a_return_that_falls_for_worse(name):
    def scripted(agent, epoch, logs):
        agent.evaluated["eval_return"] = [3.0, 5.0, 4.0, 6.0][epoch]

    agent = MAKE[name]()
    agent.evaluated["eval_return"] = float("nan")
    stopping = jn.EarlyStopping(monitor="eval_return", patience=1)
    agent.train(64, progress=False, log_every=16, callbacks=[scripted, stopping])
    assert agent.steps == 48 and (stopping.best, stopping.best_epoch) == (5.0, 1)


def test_early_stopping_follows_what_evaluations_find():
    looks = rl.EvalCallback(episodes=2)
    stopping = jn.EarlyStopping(monitor="eval_return", patience=2)
    agent = trained("PPO", looks, stopping, steps=320)
    found = [one.mean_return for one in looks.evaluations]
    assert stopping.best == max(found) and agent.steps == 16 * len(found)


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize(("told", "words"), [
    (dict(restore_best=True), r"EarlyStopping: restore_best must be False where no NeuralNet learns; got "
     r"True for {name}\. Fix: rl\.EvalCallback\(path=\.\.\.\), which keeps the best agent\.$"),
    ({}, r"EarlyStopping: monitor must be one of return, length; got 'val_loss'\. Fix: monitor='return'\.$"),
])  # fmt: skip
def test_early_stopping_says_at_the_start_what_an_agent_has(name, told, words):
    agent = MAKE[name]()
    with pytest.raises(ValueError, match=words.format(name=name)):
        agent.train(64, progress=False, callbacks=[jn.EarlyStopping(**told)])
    assert agent.steps == 0
