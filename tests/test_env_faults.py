"""What environments answer is looked at wherever they are stepped."""

import re

import gymnasium
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from test_host import Counting

import rl
from rl.functional import FunctionalEnv
from rl.rollout import Episodes, Faults


class Odd(Counting):
    """Answers what it is told to, from its third step on; `info` is told with every answer."""

    def __init__(self, change=None, info=None, length=100):
        super().__init__(length)
        self.change, self.info = change or (lambda answer: answer), info or {}

    def reset(self, *, seed=None, options=None):
        return super().reset(seed=seed)[0], self.info

    def step(self, action):
        answer = (*super().step(action)[:4], self.info)
        return self.change(answer) if self.taken >= 3 else answer


def put(at, value):
    """The answer with another thing at one place."""
    return lambda answer: (*answer[:at], value, *answer[at + 1 :])


FAULTS = {
    "four things": (
        lambda answer: (*answer[:3], {}),
        "got four, as environments of the old gym do.*Fix:",
    ),
    "nothing": (
        lambda answer: None,
        "step must return .*; got None",
    ),
    "text": (put(2, "no"), "terminated must be True or False; got 'no'"),
    "two": (put(2, 2), "terminated must be True or False; got 2"),
    "None": (put(3, None), "truncated must be True or False; got None"),
    "flags": (put(2, np.array([True, False])), "terminated must be True or False; got array"),
    "no number": (put(1, "1"), "reward must be a number; got '1'"),
    "too much": (put(1, 10**400), "reward must be a number; got 1"),
    "nan reward": (put(1, float("nan")), "reward must be finite; got nan"),
    "nan": (put(0, np.full(1, np.nan, np.float32)), "observation must be in Box.*got nan"),
    "outside": (put(0, np.full(1, 101, np.float32)), r"observation must be in Box.*got 101\.0"),
    "wide": (put(0, np.zeros(2, np.float32)), r"observation must be in Box.*got float32 \(2,\)"),
    "double": (put(0, np.zeros(1)), r"observation must be in Box.*got float64 \(1,\)"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("road", ["train", "evaluate"])
def test_training_and_evaluation_look_at_every_answer(fault, road):
    change, words = FAULTS[fault]
    agent = rl.A2C(Odd(change), num_envs=1, num_steps=4, hidden=(4,))
    with pytest.raises(rl.EnvError, match=words) as caught:
        agent.train(4, progress=False) if road == "train" else agent.evaluate(1, max_steps=9)
    assert caught.value.step == 3 and agent.steps == 0


@pytest.mark.parametrize("agent", [rl.QTable, rl.A2C])
def test_what_an_environment_raised_is_told_in_one_line(agent):
    class Broken(Lake):
        def step(self, action):
            raise ZeroDivisionError("bang\nsecond  line")

    with pytest.raises(rl.EnvError, match=r"step raised ZeroDivisionError: bang second line \(env"):
        agent(Broken()).train(5, progress=False)


@pytest.mark.parametrize("flag", [np.True_, np.array([True]), jnp.array(True), 1])
def test_a_flag_may_be_of_any_library(flag):
    assert rl.A2C(Odd(put(2, flag)), num_envs=1, hidden=(4,)).evaluate(1, max_steps=9).lengths[0] == 3


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (None, "an array of 2 flags, 1 where an action is legal; got none"),
        ([1], r"an array of 2 flags, 1 where an action is legal; got \[1\]"),
        ([0, 2], r"info\['action_mask'\] must be an array"),
        (["a", "b"], r"info\['action_mask'\] must be an array"),
        ([0, 0], "action_mask must leave a legal action; got none"),
    ],
)
@pytest.mark.parametrize("road", ["train", "evaluate"])
def test_legal_actions_are_looked_at_on_both_roads(mask, words, road):
    env = Odd(info={} if mask is None else {"action_mask": mask})
    agent = rl.A2C(env, num_envs=1, num_steps=4, hidden=(4,), action_mask=True)
    with pytest.raises(rl.EnvError, match=words):
        agent.train(4, progress=False) if road == "train" else agent.evaluate(1, max_steps=9)


@pytest.mark.parametrize("road", ["train", "evaluate"])
def test_an_action_is_what_the_space_would_draw(road):
    seen = []

    class Noting(Counting):
        def step(self, action):
            seen.append(type(action))
            return super().step(action)

    agent = rl.A2C(Noting(), num_envs=1, num_steps=4, hidden=(4,))
    agent.train(4, progress=False) if road == "train" else agent.evaluate(1, max_steps=9)
    assert set(seen) == {np.int64}


def test_an_old_reset_is_told_how_it_must_look():
    class Old(Counting):
        def reset(self):
            return np.zeros(1, np.float32)

    with pytest.raises(rl.EnvError, match=r"reset raised TypeError.*Fix: def reset\(self, \*, seed=None"):
        rl.A2C(Old(), num_envs=1, hidden=(4,)).train(4, progress=False)


class Lake(gymnasium.Env):
    """Two states; what is wrong with it can be chosen."""

    observation_space, action_space = Discrete(2), Discrete(2)

    def __init__(self, answer=(1, 0.0, False, False, {})):
        self.answer = answer

    def reset(self, *, seed=None, options=None):
        return 0, {}

    def step(self, action):
        return self.answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((1, 0.0, "no", False, {}), "terminated must be True or False; got 'no'"),
        ((1, 0.0, False, {}), "got four, as environments of the old gym do"),
        (("a", 0.0, False, False, {}), r"observation must be in Discrete\(2\); got str 'a'"),
        (
            (9, 0.0, False, False, {}),
            r"observation must be in Discrete\(2\); got 9 .environment 0, its step 1",
        ),
        ((1, 1e308, False, False, {}), r"reward must be within 1e\+200 of 0, .*; got 1e\+308"),
        ((1, None, False, False, {}), "reward must be a number; got None"),
        ((1, float("nan"), False, False, {}), "reward.* must be finite; got nan"),
    ],
)
def test_tables_look_at_every_answer_too(answer, words):
    agent = rl.QTable(Lake(answer))
    with pytest.raises(rl.EnvError, match=words):
        agent.train(5, progress=False)
    assert agent.steps == 0
    if answer[0] != "a":
        with pytest.raises(rl.EnvError, match=words):
            agent.evaluate(1, max_steps=3)


WRONG = {
    1: ("rewards? must be finite; got nan", 5),
    2: ("rewards? must be finite; got", 5),
    3: ("observation must be in Box.*got one outside", 5),
    4: ("observation must be in Box.*got one outside", 5),
    5: ("action_mask must leave a legal action; got none", 6),
}


def going_wrong():
    """A functional environment whose first state says what goes wrong in its fifth step; 0: nothing does."""

    def init(uniforms):
        return (jnp.int32(0), (uniforms[0] * 6).astype(jnp.int32)), jnp.zeros(1, jnp.float32)

    def step(key, state, action):
        count, kind = state[0] + 1, state[1]
        now = jnp.where(count == 5, kind, 0)
        reward = jnp.select(
            [now == 1, now == 2], [jnp.float32(jnp.nan), jnp.float32(-jnp.inf)], jnp.float32(1)
        )
        seen = jnp.select([now == 3, now == 4], [jnp.float32(jnp.nan), jnp.float32(2)], jnp.float32(0))
        return (count, kind), seen[None], reward, count < 0

    def mask(state):
        return jnp.array([False, True]) & ((state[0] != 5) | (state[1] != 5))

    spaces = Box(-1, 1, (1,)), Discrete(2)
    return FunctionalEnv(init, step, *spaces, 8, mask, name="going wrong", uniforms=1)


def test_a_compiled_environment_is_looked_at_before_anything_is_kept():
    env, met = going_wrong(), set()
    for seed in range(40):
        agent = rl.A2C(env, seed=seed, num_envs=1, num_steps=4, hidden=(4,))
        agent.train(4, progress=False, log_every=4)
        before, kind = agent._training, int(agent._training.running.state[1][0])
        if kind in met:
            continue
        met.add(kind)
        if kind == 0:
            assert agent.train(4, progress=False, log_every=4).steps == 8
            continue
        words, step = WRONG[kind]
        with pytest.raises(rl.EnvError, match=f"A2C: going wrong: {words}") as caught:
            agent.train(4, progress=False, log_every=4)
        assert (caught.value.index, caught.value.step, caught.value.seed) == (0, step, seed)
        assert agent._training is before and agent.steps == 4
    assert met == {0, *WRONG}


def test_evaluation_looks_at_a_compiled_environment_too():
    agent = rl.A2C(going_wrong(), num_envs=1, num_steps=4, hidden=(4,))
    words = {re.sub(r"\?", "", words.split()[0]).rstrip("s") for words, _ in WRONG.values()}
    for seed in range(3):  # of thirty episodes some go wrong
        with pytest.raises(rl.EnvError, match="evaluate: going wrong: ") as told:
            agent.evaluate(30, seed=seed)
        assert str(told.value).split(": ")[2].split()[0] in words


class Bad(gymnasium.Env):
    """Episodes of six steps, whose third one answers an observation or a reward that is none."""

    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, obs=0, reward=0.0, first=0, space=None):
        self.observation_space = gymnasium.spaces.Discrete(4) if space is None else space
        self.bad, self.first = (obs, reward), first

    def reset(self, *, seed=None, options=None):
        self.t = 0
        return self.first, {}

    def step(self, action):
        self.t += 1
        obs, reward = self.bad if self.t == 3 else (self.first, 0.0)
        return obs, reward, False, self.t == 6, {}


TABLES = "QTable", "Sarsa", "ExpectedSarsa", "DoubleQ", "NStepSarsa", "SarsaLambda", "MonteCarlo"
BOX = gymnasium.spaces.Box(-1, 1, (1,))
AT = np.zeros(1, np.float32)
BAD = (
    (dict(obs=9), 3, r"observation must be in Discrete\(4\); got 9"),
    (dict(reward=np.nan), 3, "reward must be finite; got nan"),
    (dict(reward=1e308), 3, r"reward must be within 1e\+200 of 0, so that sums stay finite; got 1e\+308"),
    (dict(first=7), 0, r"the observation of reset must be in Discrete\(4\); got 7"),
)
BAD_BOX = (
    (dict(obs=AT + 5), 3, r"observation must be in Box.*; got 5.0"),
    (dict(obs=AT + np.float32(np.nan)), 3, r"observation must be in Box.*; got nan"),
    (dict(obs=AT, reward=np.inf), 3, "reward must be finite; got inf"),
    (dict(obs=AT, first=AT - 2), 0, r"the observation of reset must be in Box.*; got -2.0"),
)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(("answer", "step", "words"), BAD)
def test_tables_name_the_step_of_a_bad_answer(name, answer, step, words):
    agent = getattr(rl, name)(Bad(**answer), seed=5)
    with pytest.raises(rl.EnvError, match=f"{name}: Bad: {words}") as caught:
        agent.train(20, progress=False)
    assert (caught.value.index, caught.value.step, caught.value.seed) == (0, step, 5)
    assert agent.steps == max(step - 1, 0)


@pytest.mark.parametrize(("answer", "step", "words"), BAD_BOX)
def test_tiles_and_evaluation_name_the_step_of_a_bad_answer(answer, step, words):
    given = dict(first=AT, space=BOX) | answer
    for run in (
        lambda: rl.TileSarsa(Bad(**given), tiles=4, num_tilings=2).train(20, progress=False),
        lambda: rl.evaluate_policy(lambda _: 0, Bad(**given), episodes=3),
    ):
        with pytest.raises(rl.EnvError, match=words) as caught:
            run()
        assert caught.value.step == step


@pytest.mark.parametrize(("answer", "step", "words"), BAD)
def test_the_evaluation_of_a_table_names_the_step_too(answer, step, words):
    with pytest.raises(rl.EnvError, match=f"evaluate_policy: Bad: {words}") as caught:
        rl.evaluate_policy([0] * 4, Bad(**answer), episodes=3)
    assert caught.value.step == step


def test_what_is_found_first_is_told_with_its_step():
    agent = rl.A2C(going_wrong(), num_envs=2, num_steps=4, hidden=(4,))
    returns = np.zeros((3, 4, 2))
    returns[1, 2, 1:] = np.nan
    fine, bad = np.full(3, -1), np.array([-1, 6, -1])
    with pytest.raises(rl.EnvError, match="rewards must be finite") as caught:
        agent._check_faults(Episodes(None, returns, None), Faults(np.array([-1, -1, 0]), bad))
    assert (caught.value.index, caught.value.step) == (1, 7)
    with pytest.raises(rl.EnvError, match="action_mask must leave") as caught:
        agent._check_faults(Episodes(None, np.zeros((3, 4, 2)), None), Faults(np.array([-1, -1, 0]), bad))
    assert (caught.value.index, caught.value.step) == (0, 8)
    agent._check_faults(Episodes(None, np.zeros((3, 4, 2)), None), Faults(fine, fine))


def test_one_episode_has_no_deviation():
    assert repr(rl.Evaluation(np.array([3.0]), np.array([7]))) == "Evaluation(1 episode: return 3, length 7)"
    told = repr(rl.Evaluation(np.array([3.0]), np.array([7]), np.array([True])))
    assert told == "Evaluation(1 episode: return 3, success True, length 7)"


@pytest.mark.parametrize(
    "error, told", [(SystemExit(3), "SystemExit: 3 "), (StopIteration(), "StopIteration ")]
)
@pytest.mark.parametrize("agent", [rl.QTable, rl.A2C])
def test_an_environment_that_leaves_the_program_is_an_error_of_its_own(agent, error, told):
    class Leaving(Lake):
        def step(self, action):
            raise error

        def reset(self, *, seed=None, options=None):
            if self.answer == "reset":
                raise error
            return 0, {}

    for asked in ("step", "reset"):
        with pytest.raises(rl.EnvError, match=f"{asked} raised {told}.environment 0"):
            agent(Leaving(asked)).train(5, progress=False)


def test_information_is_a_dict_wherever_it_is_told():
    for run in (rl.QTable, rl.A2C):
        with pytest.raises(rl.EnvError, match=r"info must be a dict; got None \(environment 0, its step 1"):
            run(Lake((1, 0.0, False, False, None))).train(5, progress=False)


@pytest.mark.parametrize("error", [RuntimeError("no window"), SystemExit(1)])
def test_an_environment_that_cannot_be_closed_costs_no_episode(error):
    closed = []

    class Unclosed(Counting):
        def close(self):
            closed.append(self)
            raise error

    told = f"evaluate: close of Unclosed must not raise; got {type(error).__name__}: {error}. What came"
    agent = rl.A2C(Unclosed, num_envs=1, hidden=(4,))
    closed.clear()
    with pytest.warns(UserWarning, match=told) as warned:
        evaluation = agent.evaluate(3, seed=1, max_steps=9)
    assert evaluation == rl.A2C(Counting, num_envs=1, hidden=(4,)).evaluate(3, seed=1, max_steps=9)
    assert len(closed) == 3 and len(warned) == 1 and warned[0].filename == __file__


def test_a_table_is_evaluated_in_an_environment_that_cannot_be_closed():
    class Unclosed(gymnasium.Wrapper):
        def close(self):
            raise RuntimeError("no window")

    agent = rl.QTable("FrozenLake-v1", seed=0).train(50, progress=False)
    with pytest.warns(UserWarning, match="evaluate: close of .* must not raise; got RuntimeError") as warned:
        evaluation = agent.evaluate(3, env=lambda: Unclosed(gymnasium.make("FrozenLake-v1")), seed=1)
    assert evaluation == agent.evaluate(3, seed=1)
    assert {one.filename for one in warned} == {__file__}


def test_an_error_in_an_episode_is_told_where_closing_fails_too():
    class Unclosed(Odd):
        def close(self):
            raise RuntimeError("no window")

    agent = rl.A2C(Unclosed(put(1, float("nan"))), num_envs=1, hidden=(4,))
    with (
        pytest.warns(UserWarning, match="close of Unclosed must not raise"),
        pytest.raises(rl.EnvError, match="reward must be finite; got nan"),
    ):
        agent.evaluate(1, max_steps=9)
