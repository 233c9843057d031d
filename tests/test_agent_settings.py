"""Settings and schedules of agents: what cannot be is one sentence, before anything is trained."""

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete, Tuple
from test_host import Counting

import rl
from rl import schedules, spaces
from rl.agents import saving

SMALL = dict(num_envs=2, num_steps=4, batch_size=8, hidden=(4,))


def spaced(obs=None, actions=None):
    """An environment with these spaces."""
    env = Counting()
    env.observation_space, env.action_space = obs or env.observation_space, actions or env.action_space
    return env


@pytest.mark.parametrize(
    ("kind", "env", "settings", "words"),
    [
        (
            rl.PPO,
            "CartPole-v1",
            dict(learning_rte=0.1),
            "PPO: settings must be .*got learning_rte. Fix: lear",
        ),
        (rl.QTable, "FrozenLake-v1", dict(gama=1.0), "QTable: settings must be .*got gama. Fix: gamma"),
        (rl.MonteCarlo, "FrozenLake-v1", dict(epsilom=1.0), "MonteCarlo: .*Fix: epsilon"),
        (rl.DQN, "CartPole-v1", dict(double="no"), "DQN: double must be True or False; got 'no'"),
        (rl.DQN, "CartPole-v1", dict(dueling=1), "DQN: dueling must be True or False; got 1"),
        (rl.PPO, "CartPole-v1", dict(compiled="no"), "PPO: compiled must be True or False; got 'no'"),
        (rl.MonteCarlo, "FrozenLake-v1", dict(every_visit=2), "every_visit must be True or False; got 2"),
        (
            rl.PPO,
            "CartPole-v1",
            dict(learning_rate=np.inf),
            "learning_rate must be a finite number >= 0; got inf",
        ),
        (rl.PPO, "CartPole-v1", dict(ent_coef=np.inf), "ent_coef must be a finite number >= 0; got inf"),
        (rl.A2C, "CartPole-v1", dict(vf_coef=np.nan), "vf_coef must be a finite number >= 0; got nan"),
        (rl.A2C, "CartPole-v1", dict(max_grad_norm=0), "max_grad_norm must be > 0; got 0"),
        (rl.PPO, "CartPole-v1", dict(log_std=np.nan), r"log_std must be in \[-20.0, 20.0\]; got nan"),
        (rl.PPO, "CartPole-v1", dict(hidden=(0,)), "PPO: each of hidden must be >= 1; got 0"),
        (rl.PPO, "CartPole-v1", dict(activation={}), "PPO: activation must be one of .*got {}"),
        (rl.PPO, "CartPole-v1", dict(num_envs=True), "num_envs must be an integer; got True"),
        (rl.PPO, "CartPole-v1", dict(gamma=True), "gamma must be a number; got True"),
        (rl.SAC, "Pendulum-v1", dict(target_entropy=np.nan), "SAC: target_entropy must be in .*got nan"),
        (rl.DQN, "CartPole-v1", dict(epsilon=2), r"DQN: epsilon must be in \[0, 1\]; got 2"),
        (
            rl.DQN,
            "CartPole-v1",
            dict(epsilon=rl.linear(2, 0, 9)),
            "epsilon as it starts must be in .*got 2.0",
        ),
        (
            rl.DQN,
            "CartPole-v1",
            dict(buffer_size=10**12),
            "buffer_size must fit into memory; 1,000,000,000,000 st",
        ),
        (rl.PPO, "CartPole-v1", dict(num_steps=10**9), "num_steps \\* num_envs must fit into memory"),
        (rl.PPO, spaced(Discrete(10**9)), {}, "observations must fit into memory; .* Fix: rl"),
        (rl.PPO, spaced(Box(0, 1, (0,))), {}, r"PPO: observations must hold one number at least; got Box"),
        (rl.PPO, spaced(actions=Box(0, 1, (0,))), {}, "PPO: actions must hold one number at least; got Box"),
        (
            rl.PPO,
            spaced(actions=Box(0, 1)),
            dict(action_mask=True),
            "action_mask must be False where actions",
        ),
        (rl.PPO, "CartPole-v1", dict(action_mask=True), "action_mask must be False where the functional"),
        (
            rl.PPO,
            gymnasium.make_vec("CartPole-v1", 2),
            dict(num_envs=3),
            "that of the vector environment, 2; got 3",
        ),
    ],
)
def test_a_setting_that_cannot_be_is_told_at_once(kind, env, settings, words):
    with pytest.raises((ValueError, TypeError), match=words):
        kind(env, **settings)


@pytest.mark.parametrize(
    ("kind", "env", "settings", "words"),
    [
        (rl.PPO, "CartPole-v1", dict(hidden=(10**6, 10**6)), "hidden must fit into memory"),
        (
            rl.PPO,
            "CartPole-v1",
            dict(num_steps=10**9, num_epochs=99),
            r"^PPO: num_steps \* num_envs must fit",
        ),
        (rl.DQN, "CartPole-v1", dict(batch_size=10**12), "a batch must fit into memory"),
        (rl.A2C, spaced(), dict(num_envs=10**9), "num_envs must fit into memory; 1,000,000,000 environments"),
        (rl.RecurrentPPO, "CartPole-v1", dict(memory_features=10**6), "memory_features must fit into memory"),
        (rl.PPO, spaced(actions=Discrete(10**10)), {}, "must fit into memory"),
        (rl.QTable, spaced(Discrete(10**11)), {}, "QTable: the table must fit into memory"),
    ],
)
def test_what_would_not_fit_into_memory_is_told_in_gibibytes(kind, env, settings, words):
    with pytest.raises(ValueError, match=rf"{words}.* take [\d,]+ GiB, and there are [\d,]+ GiB\. Fix: "):
        kind(env, **settings)


def test_an_environment_that_cannot_be_copied_is_told():
    class Wired(Counting):
        def __deepcopy__(self, memo):
            raise TypeError("cannot pickle 'socket' object")

    with pytest.raises(TypeError, match=r"env must be one that .* can copy; got Wired"):
        rl.PPO(Wired(), **SMALL)


def test_settings_of_a_user_s_own_agent_are_known():
    class Mine(rl.QTable):
        def __init__(self, env, courage, **settings):
            super().__init__(env, epsilon=courage, **settings)

    assert Mine("FrozenLake-v1", courage=0.5, gamma=0.5).epsilon == 0.5
    with pytest.raises(TypeError, match=r"Mine: settings must be .*got curage\. Fix: courage"):
        Mine("FrozenLake-v1", curage=0.5)


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (
            lambda step: 1e-3 if step < 100 else 1e-4,
            "PPO: learning_rate must be a function that JAX can compile; "
            r"got TracerBool.*Fix: jnp\.where",
        ),
        (lambda step: float(step), "must be a function that JAX can compile"),
        (lambda step: np.sin(step), "must be a function that JAX can compile"),
        (lambda step: "fast", "must be a function of the steps taken; got TypeError"),
        (lambda: 1e-3, "must be a function of the steps taken; got TypeError"),
        (lambda step: jnp.ones(2), "must be a function that returns one number; got"),
        (lambda step: None, "must be a function that returns one number; got None"),
        (lambda step: step * jnp.nan, "learning_rate at step 0 must be a finite number >= 0; got nan"),
    ],
)
def test_a_schedule_is_compiled_before_it_is_used(schedule, words):
    with pytest.raises((ValueError, TypeError), match=words):
        rl.PPO("CartPole-v1", learning_rate=schedule, **SMALL)


@pytest.mark.parametrize("kind, name, first", [(rl.PPO, "clip_eps", 1_008), (rl.DQN, "epsilon", 1_001)])
def test_a_schedule_is_looked_at_as_far_as_training_will_go(kind, name, first):
    agent = kind("CartPole-v1", **{name: lambda step: 1.0 - step / 1_000})
    with pytest.raises(ValueError, match=f"{name} at step {first} must be"):
        agent.train(4_000, progress=False)
    assert agent.steps == 0


@pytest.mark.parametrize("start, end", [(np.nan, 0), (0, np.inf), (-1, 0), ("1", 0)])
def test_a_line_runs_between_two_numbers(start, end):
    with pytest.raises((ValueError, TypeError), match=r"linear: (start|end) must be"):
        rl.linear(start, end, 10)


@pytest.mark.parametrize("agent, actions", [("DQN", Discrete(2)), ("SAC", Box(-1, 1, (1,)))])
def test_scaled_observations_do_not_depend_on_their_unit(agent, actions):
    def weights(unit):
        space = Box(0, unit, (2,), np.float32)
        env = rl.FunctionalEnv(
            lambda key: (jnp.int32(0), jnp.full(2, 0.25 * unit, jnp.float32)),
            lambda key, s, action: (
                s + 1,
                jnp.full(2, 0.125 * unit, jnp.float32) * (s + 1),
                jnp.float32(s),
                s >= 3,
            ),
            space,
            actions,
        )
        learner = getattr(rl, agent)(env, hidden=(4,), learning_starts=8, scale_obs=True)
        return learner.train(64, progress=False)._training.learner.params

    for one, other in zip(*(jax.tree.leaves(weights(unit)) for unit in (1.0, 1024.0)), strict=True):
        np.testing.assert_array_equal(one, other)


UNLIKE = [np.linspace(1, 2, 1_200, dtype=np.float32) for _ in range(2)]
UNLIKE[1][600] = 9.0


def pulling(space):
    """Episodes of one step, paid by the size of one number of the action."""

    class Pulling(Counting):
        action_space = space

        def step(self, action):
            return np.zeros(1, np.float32), float(abs(action[600])), True, False, {}

    return Pulling()


def test_spaces_that_differ_in_one_number_share_no_program():
    actions = [Box(-high, high) for high in UNLIKE]
    assert repr(actions[0]) == repr(actions[1])
    assert spaces.fingerprint(actions[0]) != spaces.fingerprint(actions[1])
    agents = [rl.PPO(pulling(space), log_std=9.0, seed=1, **SMALL) for space in actions]
    assert agents[0]._programs is not agents[1]._programs
    assert [agent.evaluate(1, deterministic=False).mean_return for agent in agents] == [UNLIKE[0][600], 9.0]
    assert rl.PPO(pulling(Box(-UNLIKE[0], UNLIKE[0])), log_std=9.0, **SMALL)._programs is agents[0]._programs


def test_an_agent_is_loaded_only_where_all_numbers_of_its_spaces_are_the_same(tmp_path):
    same, other = (Box(-high, high) for high in UNLIKE)
    rl.PPO(spaced(same), **SMALL).save(tmp_path)
    assert rl.PPO.load(tmp_path, env=spaced(Box(-UNLIKE[0], UNLIKE[0]))).observation_space == same
    words = r"PPO\.load: env must have the observations it was trained with; got other numbers in Box\("
    with pytest.raises(ValueError, match=words):
        rl.PPO.load(tmp_path, env=spaced(other))


@pytest.mark.parametrize(
    "space",
    [
        Box(0, 2**40, (1,), np.int64),
        Box(0, 2**40, (1,), np.uint64),
        Box(-1e300, 1e300, (1,), np.float64),
        Discrete(2, start=2**40),
        Discrete(2, start=2**31 - 1),
        MultiDiscrete([2, 3], start=[0, 2**40]),
        Tuple([Discrete(2), Dict(a=Box(0, 2**40, (1,), np.int64))]),
    ],
)
def test_numbers_that_do_not_fit_into_32_bits_are_told_when_an_agent_is_made(space):
    words = r"PPO: {} must be numbers of 32 bits, in \[-?[\d.e+]+, [\d.e+]+\]; got "
    with pytest.raises(ValueError, match=words.format("observations")):
        rl.PPO(spaced(space), **SMALL)
    if not isinstance(space, Tuple) and not (isinstance(space, Box) and space.dtype.kind != "f"):
        with pytest.raises(ValueError, match=words.format("actions")):
            rl.PPO(spaced(actions=space), **SMALL)


@pytest.mark.parametrize(
    ("space", "good", "bad"),
    [
        (Box(-np.inf, np.inf, (1,), np.float64), 1e30, 1e300),
        (Box(0, 2**63 - 1, (1,), np.int64), 2**31 - 1, 2**32 + 3),
        (Box(0, np.inf, (1,), np.int64), 2**31 - 1, 2**32 + 3),
    ],
)
def test_a_box_without_bounds_is_taken_and_a_number_that_does_not_fit_is_told(space, good, bad):
    class Large(Counting):
        observation_space, shown = space, good

        def reset(self, *, seed=None, options=None):
            return np.full(1, 3, space.dtype), {}

        def step(self, action):
            return np.full(1, self.shown, space.dtype), 1.0, True, False, {}

    env = Large()
    agent = rl.A2C(env, num_envs=1, num_steps=4, hidden=(4,), learning_rate=0.0).train(4, progress=False)
    assert np.isfinite(agent.value([good]))
    with pytest.raises(ValueError, match="value: obs must be in Box"):
        agent.value([bad])
    env.shown = bad
    with pytest.raises(rl.EnvError, match="observation must be in Box"):
        rl.A2C(env, num_envs=1, num_steps=4, hidden=(4,)).train(4, progress=False)


@pytest.mark.parametrize("road", [None, False])
@pytest.mark.parametrize(
    ("name", "schedule", "words"),
    [
        ("learning_rate", lambda s: 1e-2 * jnp.cos(4 * jnp.pi * s / 1024), "number >= 0; got -"),
        (
            "epsilon",
            lambda s: jnp.where((s > 100) & (s < 110), -5.0, 0.5),
            r"epsilon at step 101 must be in \[",
        ),
        ("epsilon", lambda s: jnp.where(s == 768, jnp.nan, 0.5), r"at step 768 must be in \[0, 1\]; got nan"),
    ],
)
def test_a_schedule_is_looked_at_wherever_training_will_follow_it(name, schedule, words, road):
    agent = rl.DQN("CartPole-v1", hidden=(4,), compiled=road, **{name: schedule})
    with pytest.raises(ValueError, match=words):
        agent.train(1_024, progress=False)
    assert agent.steps == 0
    with pytest.raises(ValueError, match=words):
        rl.train_seeds(rl.DQN, "CartPole-v1", [0, 1], 1_024, False, hidden=(4,), compiled=road,
                       **{name: schedule})  # fmt: skip


def test_a_schedule_is_asked_at_some_thousands_of_steps_at_most():
    assert schedules.asked(0, 40, (2, 8)) == list(range(0, 41, 2))
    assert schedules.asked(0, 40_000, (2, 16)) == list(range(0, 40_001, 16))
    assert schedules.asked(7, 7, (2, 16)) == [7]
    few = schedules.asked(0, 10**9, (2, 16))
    assert len(few) <= schedules.MOST_ASKED + 1 and few[-1] == 10**9 and all(step % 16 == 0 for step in few)


def test_steps_beyond_what_is_counted_are_told():
    agent = rl.DQN("CartPole-v1", hidden=(4,))
    with pytest.raises(
        ValueError, match=r"^train: steps must lead to less than 2\*\*31 in all; got 2147483648"
    ):
        agent.train(2**31, progress=False)
    for name in ("learning_starts", "target_interval"):
        with pytest.raises(ValueError, match=rf"^DQN: {name} must be below 2\*\*31; got 2147483648\.$"):
            rl.DQN("CartPole-v1", **{name: 2**31})
    with pytest.raises(ValueError, match=r"^SAC: learning_starts must be below 2\*\*31; got 4294967296\.$"):
        rl.SAC("Pendulum-v1", learning_starts=2**32)
    slow = rl.linear(1e-3, 0.0, 2**40)
    slow = rl.A2C("CartPole-v1", num_envs=2, num_steps=4, hidden=(4,), learning_rate=slow)
    assert slow.train(16, progress=False).steps == 16


class Masked(Counting):
    """One action is legal, and pays."""

    def _told(self):
        return {"action_mask": np.array([False, True])}

    def reset(self, *, seed=None, options=None):
        return super().reset(seed=seed)[0], self._told()

    def step(self, action):
        obs, _, *rest, _ = super().step(action)
        return obs, float(action), *rest, self._told()


@pytest.mark.parametrize("kind", [rl.PPO, rl.RecurrentPPO, rl.DQN])
def test_an_agent_that_learns_with_a_mask_needs_it_to_act(kind):
    batch = {} if kind is rl.DQN else dict(batch_size=8)
    agent = kind(Masked(), num_envs=2, num_steps=4, hidden=(4,), action_mask=True, **batch)
    agent.train(8, progress=False)
    with pytest.raises(ValueError, match=r"^act: legal must be given, .*got None\. Fix: legal=info\['action"):
        agent.act([0.0])
    for seed in range(9):
        action = agent.act([0.0], deterministic=False, seed=seed, legal=[False, True])
        assert (action[0] if kind is rl.RecurrentPPO else action) == 1
    if kind is not rl.DQN:  # what an observation is worth does not hang on a mask
        assert agent.value([0.0]) == agent.value([0.0], legal=[False, True])
        return
    with pytest.raises(ValueError, match=r"^value: legal must be given, "):
        agent.value([0.0])
    q = np.asarray(agent.q(agent._training.learner.params, np.zeros((1, 1), np.float32)))[0]
    assert [agent.value([0.0], legal=row) for row in ([True, False], [False, True])] == q.tolist()
    assert agent.value([0.0], legal=[True, True]) == q.max()


def test_an_agent_of_an_earlier_version_is_told_so(monkeypatch, tmp_path):
    agent = rl.PPO("CartPole-v1", num_envs=1, num_steps=8, batch_size=8, hidden=(4,))
    with monkeypatch.context() as patched:
        old = {name: x for name, x in saving.about(agent).items() if name != "fingerprints"}
        patched.setattr(saving, "about", lambda _: old)
        agent.save(tmp_path / "old")
    with pytest.raises(
        ValueError, match=r"^PPO\.load: an agent must .* that an earlier version saved\. Fix: "
    ):
        rl.PPO.load(tmp_path / "old")
