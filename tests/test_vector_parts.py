"""Environments in a vector: what each answers is looked at, and one that fails is named."""

import multiprocessing
import os
import signal
import time

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics
from test_host import act

import rl
from rl.host_vector import HostVector

SPACE = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
SEEN = np.zeros(2, np.float32)


class Faulty(gymnasium.Env):
    """Episodes of five steps; does something else at one of its steps or resets, counted from 1."""

    observation_space, action_space = SPACE, gymnasium.spaces.Discrete(2)

    def __init__(self, what=None, at=0, fault=None):
        self.what, self.at, self.fault, self.taken = what, at, fault, dict(reset=0, step=0)

    def _odd(self, what):
        self.taken[what] += 1
        return what == self.what and self.taken[what] == self.at

    def reset(self, *, seed=None, options=None):
        self.count = 0
        return self.fault() if self._odd("reset") else (SEEN, {})

    def step(self, action):
        self.count += 1
        return self.fault() if self._odd("step") else (SEEN, 1.0, self.count == 5, False, {})


class Odd(Exception):
    """Cannot be made again from what it says."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def raises(error):
    def fault():
        raise error

    return fault


def answers(*answer):
    return lambda: answer


def collected(kind, mode, *fault, wrapped=False, num_steps=8, **settings):
    """The EnvError of two environments of which the second has a fault; none of its processes is left."""
    settings |= dict(context="fork") if kind is AsyncVectorEnv else {}
    env = kind([Faulty, lambda: Faulty(*fault)], autoreset_mode=mode, **settings)
    host = HostVector("PPO", RecordEpisodeStatistics(env) if wrapped else env, 10, timeout=1.0)
    processes = getattr(env, "processes", [])
    try:
        with pytest.raises(rl.EnvError) as caught:
            for _ in range(3):
                host.collect(act, lambda action: action, np.zeros((num_steps, 2)))
        assert not host._closed or not any(process.is_alive() for process in processes)
        return caught.value
    finally:
        env.close()


pytestmark = pytest.mark.filterwarnings("ignore")  # JAX's of a fork
RESETS = {
    "far": (answers(SEEN + 100, {}), r"the observation of reset must be in Box.*got 100\.0"),
    "nan": (answers(SEEN * np.nan, {}), "the observation of reset must be in Box.*got nan"),
    "shape": (answers(np.zeros(3), {}), r"observation (of reset )?must be in Box.*got .*\(3,\)"),
    "no info": (answers(SEEN, None), "info .*dict; got .*None"),
    "raises": (raises(RuntimeError("boom")), "reset raised RuntimeError: boom"),
    "kind": (
        answers(np.zeros(2), {}),
        r"observation (of reset )?must be in Box.*got float64.*Fix: return obs",
    ),
}
STEPS = {
    "raises": (raises(RuntimeError("boom")), "step raised RuntimeError: boom"),
    "four": (
        answers(SEEN, 1.0, False, {}),
        r"step must return \(obs, reward, .*; got .*(four|4).*Fix: return",
    ),
    "nothing": (lambda: None, r"step must return \(obs, reward, .*; got "),
    "shape": (answers(np.zeros(3), 1.0, False, False, {}), r"observation must be in Box.*got .*\(3,\)"),
    "kind": (answers(np.zeros(2), 1.0, False, False, {}), r"observation must be in Box.*got float64 \(2,\)"),
    "a list": (answers([0.0, 0.0], 1.0, False, False, {}), r"observation must be in Box.*got list \[0\.0, 0"),
    "one for two": (answers(0.5, 1.0, False, False, {}), r"observation must be in Box.*got float 0\.5"),
    "no info": (answers(SEEN, 1.0, False, False, None), "info must be a dict; got None"),
    "list": (answers(SEEN, [1.0], False, False, {}), r"reward must be a number; got \[1\.0\]"),
    "no reward": (answers(SEEN, None, False, False, {}), "reward must be a number; got None"),
    "flag": (answers(SEEN, 1.0, "no", False, {}), "terminated must be True or False; got 'no'"),
    "nan": (answers(SEEN * np.nan, 1.0, False, False, {}), "observation must be in Box.*got nan"),
}


@pytest.mark.parametrize("mode", AutoresetMode)
@pytest.mark.parametrize("fault", RESETS)
@pytest.mark.parametrize("kind", [SyncVectorEnv, AsyncVectorEnv])
def test_every_reset_is_looked_at_in_every_mode(kind, fault, mode):
    for at, step in ((1, 0), (2, 5)):
        error = collected(kind, mode, "reset", at, RESETS[fault][0])
        assert (error.index, error.step, error.seed) == (1, step, 11)
        with pytest.raises(rl.EnvError, match=RESETS[fault][1]):
            raise error


@pytest.mark.parametrize("fault", STEPS)
@pytest.mark.parametrize("kind", [SyncVectorEnv, AsyncVectorEnv])
@pytest.mark.parametrize("wrapped", [False, True])
def test_an_environment_that_fails_is_named_with_its_own_step_and_seed(kind, fault, wrapped):
    for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
        error = collected(kind, mode, "step", 7, STEPS[fault][0], wrapped=wrapped)
        assert (error.index, error.step, error.seed) == (1, 7, 11)
        with pytest.raises(rl.EnvError, match=STEPS[fault][1]):
            raise error


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("what, at, step", [("reset", 1, 0), ("reset", 2, 5), ("step", 7, 7)])
def test_a_process_that_dies_or_hangs_is_named_wherever_it_does(what, at, step, wrapped):
    for fault, words in (
        (lambda: os._exit(7), "process died with exit status 7"),
        (signal.pause, f"{what} took longer"),
    ):
        error = collected(AsyncVectorEnv, AutoresetMode.DISABLED, what, at, fault, wrapped=wrapped)
        assert (error.index, error.step, error.seed) == (1, step, 11) and words in str(error)
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(
    "mode, told",
    [(AutoresetMode.NEXT_STEP, "reset took"), (AutoresetMode.SAME_STEP, "step, or the reset after it, took")],
)
def test_a_reset_inside_a_step_that_hangs_is_called_so(mode, told):
    assert f": {told} longer than 1 s (environment 1" in str(
        collected(AsyncVectorEnv, mode, "reset", 2, signal.pause)
    )


def test_what_a_process_raises_is_told_also_where_it_cannot_be_sent():
    error = collected(AsyncVectorEnv, AutoresetMode.NEXT_STEP, "step", 7, raises(Odd("one", "two")))
    assert (error.index, error.step) == (1, 7)
    assert "step raised what cannot be sent from its process (TypeError: " in str(error)

    class Local(Exception):
        """Of which no other process knows."""

    started = time.monotonic()
    error = collected(AsyncVectorEnv, AutoresetMode.NEXT_STEP, "step", 7, raises(Local()))
    assert "step raised what cannot be sent from its process (its class cannot be pickled)" in str(error)
    assert time.monotonic() - started < 4 and error.index == 1
    assert "boom" in str(collected(AsyncVectorEnv, AutoresetMode.NEXT_STEP, "step", 7,
                                   raises(RuntimeError("boom"))).__cause__)  # fmt: skip


@pytest.mark.parametrize("fault", ["shape", "kind", "a list", "one for two"])
def test_observations_without_shared_memory_are_looked_at_too(fault):
    fault, words = STEPS[fault]
    error = collected(AsyncVectorEnv, AutoresetMode.NEXT_STEP, "step", 7, fault, shared_memory=False)
    with pytest.raises(rl.EnvError, match=words):
        raise error
    assert (error.index, error.step) == (1, 7)


class Counted(Faulty):
    """Shows whole numbers, but for what it is given."""

    def __init__(self, space, shown):
        self.observation_space, self.shown = space, shown
        super().__init__("step", 7, lambda: (shown, 1.0, False, False, {}))

    def reset(self, *, seed=None, options=None):
        self.count = 0
        return self.observation_space.sample(), {}

    def step(self, action):
        _, *answer = super().step(action)
        return self.shown if self.taken["step"] == 7 else self.observation_space.sample(), *answer


BYTES = gymnasium.spaces.Box(0, 255, (2,), np.uint8)
CHOICES = gymnasium.spaces.MultiDiscrete([3, 4])


@pytest.mark.parametrize(
    ("space", "shown"),
    [
        (BYTES, np.array([np.nan, 300.7])),
        (BYTES, np.array([300, -1])),
        (gymnasium.spaces.Discrete(3), 1.9),
        (CHOICES, np.array([1.5, 2.7])),
        (gymnasium.spaces.Dict(place=BYTES), dict(place=np.zeros(2))),
    ],
)
@pytest.mark.parametrize("kind, settings", [(SyncVectorEnv, {}), (AsyncVectorEnv, dict(context="fork"))])
def test_no_observation_is_cast_before_it_was_looked_at(kind, settings, space, shown):
    env = kind([lambda: Counted(space, space.sample()), lambda: Counted(space, shown)], **settings)
    host = HostVector("DQN", env, 10, timeout=5.0)
    with pytest.raises(rl.EnvError, match=r"observation must be in .*; got ") as caught:
        host.collect(act, lambda action: action, np.zeros((9, 2)))
    assert (caught.value.index, caught.value.step, caught.value.seed) == (1, 7, 11)
    env.close()


def test_an_environment_that_leaves_the_program_is_an_error_of_its_own():
    for what, at in (("step", 7), ("reset", 2)):
        error = collected(SyncVectorEnv, AutoresetMode.NEXT_STEP, what, at, raises(SystemExit(3)))
        assert error.index == 1 and f"{what} raised SystemExit: 3 (" in str(error)
    error = collected(SyncVectorEnv, AutoresetMode.NEXT_STEP, "step", 7, raises(StopIteration()))
    assert "step raised StopIteration (environment 1" in str(error)


def test_an_interrupted_vector_begins_again():
    env = AsyncVectorEnv([Faulty, Faulty], context="fork")
    host = HostVector("PPO", env, 10, timeout=5.0)
    host.collect(act, lambda action: action, np.zeros((4, 2)))
    wait = env.step_wait

    def interrupted(**given):
        raise KeyboardInterrupt

    env.step_wait = interrupted
    with pytest.raises(KeyboardInterrupt):
        host.collect(act, lambda action: action, np.zeros((4, 2)))
    env.step_wait = wait
    rollout, _ = host.collect(act, lambda action: action, np.zeros((4, 2)))
    assert rollout.mask.all() and not rollout.last.any()
    env.close()


def test_an_environment_that_cannot_be_told_is_said_to_be_unknown():
    class Whole(SyncVectorEnv):
        def step(self, actions):
            raise RuntimeError("all at once")

    host = HostVector("PPO", Whole([Faulty, Faulty]), 10)
    with pytest.raises(
        rl.EnvError, match=r"all at once \(an unknown environment, its step 1, seed 10\)"
    ) as told:
        host.collect(act, lambda action: action, np.zeros((4, 2)))
    assert told.value.index is None


def test_the_parts_are_in_their_places_again_after_every_call():
    env = SyncVectorEnv([Faulty, Faulty], autoreset_mode=AutoresetMode.SAME_STEP)
    before = list(env.envs)
    HostVector("PPO", env, 10).collect(act, lambda action: action, np.zeros((7, 2)))
    assert all(one is other for one, other in zip(env.envs, before, strict=True))


class Ends(gymnasium.Env):
    """Episodes of one step with a dict to see."""

    observation_space = gymnasium.spaces.Dict(place=SPACE, count=gymnasium.spaces.Discrete(3))
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        return dict(place=SEEN, count=0), {}

    def step(self, action):
        return dict(place=SEEN + 1, count=2), 1.0, True, True, {}


class Final(gymnasium.vector.VectorWrapper):
    """Tells the last observations in its own way."""

    def __init__(self, env, change):
        super().__init__(env)
        self.change = change

    def step(self, actions):
        *answer, info = self.env.step(actions)
        return *answer, info | dict(final_obs=self.change(info["final_obs"]))


def stacked(found):
    return dict(
        place=np.stack([one["place"] for one in found]), count=np.array([one["count"] for one in found])
    )


def test_last_observations_may_come_in_a_list_of_dicts_or_as_a_batch():
    env = SyncVectorEnv([Ends, Ends], autoreset_mode=AutoresetMode.SAME_STEP)
    for made in (env, DictInfoToList(env), Final(env, stacked), Final(env, list)):
        rollout, _ = HostVector("PPO", made, 0).collect(act, lambda action: action, np.zeros((3, 2)))
        assert (rollout.next_obs["place"] == 1).all() and (rollout.next_obs["count"] == 2).all()
        assert (rollout.obs["place"] == 0).all()
        assert rollout.terminated.all() and not rollout.truncated.any()


@pytest.mark.parametrize("odd", [None, dict(place=SEEN), dict(place=np.zeros(3), count=1), "text", 3])
def test_last_observations_that_are_none_are_named(odd):
    env = Final(
        SyncVectorEnv([Ends, Ends], autoreset_mode=AutoresetMode.SAME_STEP), lambda found: [found[0], odd]
    )
    with pytest.raises(
        rl.EnvError, match=r"info must hold 'final_obs' where an episode ended, in Dict.*; got"
    ) as told:
        HostVector("PPO", env, 0).collect(act, lambda action: action, np.zeros((3, 2)))
    assert told.value.index == 1
