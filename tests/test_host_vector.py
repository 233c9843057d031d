"""Gymnasium's vector environments: true steps in every autoreset mode, and dead processes that are named."""

import os
import signal
import time

import gymnasium
import jax
import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv
from test_host import Counting, act

import rl
from rl.host import EnvError
from rl.host_vector import HostVector


def steps(env, num_steps):
    return HostVector("test", env, 0).collect(act, lambda action: action, np.zeros((num_steps, env.num_envs)))


@pytest.mark.parametrize("mode", AutoresetMode)
def test_the_next_observation_is_the_true_one_in_every_mode(mode):
    env = SyncVectorEnv([lambda: Counting(3), lambda: Counting(2)], autoreset_mode=mode)
    rollout, episodes = steps(env, 9)
    for i, length in enumerate((3, 2)):
        real = rollout.mask[:, i]
        obs, after = rollout.obs[real, i, 0], rollout.next_obs[real, i, 0]
        assert (after == obs + 1).all()
        assert obs.tolist() == [k % length for k in range(real.sum())]
        assert rollout.terminated[real, i].tolist() == [a == length for a in after]
        assert not rollout.terminated[~real, i].any() and rollout.last[~real, i].all()
        assert set(episodes.returns[episodes.ended[:, i], i]) == {length * (length + 1) / 2}
        assert set(episodes.lengths[episodes.ended[:, i], i]) == {length}
    assert rollout.mask.all() == (mode != AutoresetMode.NEXT_STEP)


@pytest.mark.parametrize("mode", AutoresetMode)
def test_a_time_limit_truncates_in_every_mode(mode):
    limited = lambda: gymnasium.wrappers.TimeLimit(Counting(50), 2)  # noqa: E731
    rollout, _ = steps(SyncVectorEnv([limited], autoreset_mode=mode), 6)
    real = rollout.mask[:, 0]
    assert rollout.truncated[real, 0].tolist() == [k % 2 == 1 for k in range(real.sum())]
    assert rollout.next_obs[real, 0, 0].tolist() == [k % 2 + 1 for k in range(real.sum())]
    assert not rollout.terminated.any()


def test_an_agent_learns_from_a_vector_environment():
    for env in (gymnasium.make_vec("CartPole-v1", 4), gymnasium.make_vec("CartPole-v1", 4, "sync")):
        agent = rl.PPO(env, num_steps=16, batch_size=64).train(256, progress=False)
        assert agent.steps == 256 and agent.num_envs == 4
        assert agent.evaluate(3).episodes == 3


class PaysForResets(gymnasium.vector.VectorWrapper):
    """A reset that a step stands for pays what is no number."""

    def step(self, actions):
        obs, reward, terminated, truncated, info = self.env.step(actions)
        over, self.over = getattr(self, "over", np.zeros(2, bool)), terminated | truncated
        return obs, np.where(over, np.nan, reward), terminated, truncated, info


def test_what_a_step_that_only_resets_pays_is_nobodys():
    made = lambda: SyncVectorEnv([lambda: Counting(3), lambda: Counting(2)])  # noqa: E731
    rollout, _ = steps(PaysForResets(made()), 9)
    assert (rollout.reward[~rollout.mask] == 0).all() and not rollout.mask.all()
    settings = dict(num_steps=9, batch_size=18, normalize_reward=True, hidden=(4,))
    odd, plain = (
        rl.PPO(env, **settings).train(36, progress=False) for env in (PaysForResets(made()), made())
    )
    for a, b in zip(*(jax.tree.leaves(one._training.learner) for one in (odd, plain)), strict=True):
        np.testing.assert_array_equal(a, b)


class Told(gymnasium.vector.VectorEnv):
    """Answers what it is told to."""

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012
    single_observation_space, single_action_space = Counting.observation_space, Counting.action_space
    num_envs = 2

    def __init__(self, answer, first=False):
        self.answer, self.first = answer, (SEEN, {}) if first is False else first

    def reset(self, *, seed=None, options=None):
        return self.first

    def step(self, actions):
        return self.answer


SEEN, PAID, NO = np.zeros((2, 1), np.float32), np.zeros(2), np.zeros(2, bool)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (((SEEN, PAID, NO, {}),), r"step must return \(obs, rewards, .*; got 4 things"),
        (((SEEN, PAID, ~NO, NO, {}),), "info must hold 'final_obs' where an episode ended; got none"),
        (((SEEN, PAID, PAID, NO, {}),), r"terminated must be 2 booleans; got float64 \(2,\)"),
        (((SEEN, SEEN, NO, NO, {}),), r"rewards must be 2 numbers; got float32 \(2, 1\)"),
        (((SEEN[:1], PAID, NO, NO, {}),), r"observations must have shapes \(2, 1\); got \(1, 1\)"),
        (((None, PAID, NO, NO, {}),), r"observations must have shapes \(2, 1\); got "),
        (((SEEN * np.nan, PAID, NO, NO, {}),), "observation must be in Box.*got nan"),
        (((), None), r"reset must return \(obs, info\); got None"),
        (((), (PAID, {})), r"observations must have shapes \(2, 1\); got \(2,\)"),
        (((), (SEEN * np.nan, {})), "the observation of reset must be in Box.*got nan"),
    ],
)
def test_answers_of_a_vector_are_looked_at(answers, words):
    with pytest.raises(EnvError, match=words):
        steps(Told(*answers), 3)


def test_floats_are_no_whole_numbers():
    class Whole(Told):
        single_observation_space = gymnasium.spaces.Box(0, 9, (1,), np.int32)

    for kind, right in ((np.float32, False), (np.int64, True)):
        seen = SEEN.astype(kind)
        env = Whole((seen, PAID, NO, NO, {}), (SEEN.astype(np.int32), {}))
        if right:
            assert steps(env, 3)[0].mask.all()
            continue
        with pytest.raises(EnvError, match="observations must be int32; got float32"):
            steps(env, 3)


def test_an_agent_of_the_host_goes_on_there_where_its_task_could_be_compiled(tmp_path):
    env = gymnasium.make_vec("CartPole-v1", 2, "sync")
    rl.A2C(env, num_steps=4, hidden=(4,)).train(8, progress=False).save(tmp_path / "agent")
    agent = rl.A2C.load(tmp_path / "agent", env="CartPole-v1")
    assert (agent.steps, agent.compiled, agent.train(8, progress=False).steps) == (8, False, 16)
    rl.A2C("CartPole-v1", num_envs=2, num_steps=4, hidden=(4,)).save(tmp_path / "compiled")
    with pytest.raises(ValueError, match="env must be a functional environment, as the agent was trained in"):
        rl.A2C.load(tmp_path / "compiled", env=gymnasium.make("CartPole-v1"))


class Dying(Counting):
    """Dies, or sleeps, at its fifth step."""

    def step(self, action):
        if self.taken == 4:
            if self.wrong == "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.wrong == "hangs":
                signal.pause()
        return super().step(action)


def alive(processes):
    return [process.is_alive() for process in processes]


@pytest.mark.filterwarnings("ignore")  # Gymnasium's log of what a process raised, JAX's of a fork
@pytest.mark.parametrize(
    "wrong, words",
    [
        ("dies", "its process died with exit status -9"),
        ("hangs", "step took longer than 1 s"),
        ("raises", "step raised RuntimeError: the robot fell over"),
    ],
)
def test_a_process_that_fails_is_named_at_once_and_none_is_left(wrong, words):
    env = AsyncVectorEnv([lambda: Counting(9), lambda: Dying(9, wrong)], context="fork")
    host = HostVector("test", env, 0, timeout=1.0)
    started, processes = time.monotonic(), list(env.processes)
    with pytest.raises(EnvError, match=words) as caught:
        host.collect(act, lambda action: action, np.zeros((20, 2)))
    assert time.monotonic() - started < 5
    assert (caught.value.index, caught.value.step) == (1, 5)
    assert alive(processes) == [False, False]
    with pytest.raises(EnvError, match="is closed, after an earlier error"):
        host.collect(act, lambda action: action, np.zeros((20, 2)))
