"""Settings and schedules of agents: what cannot be is one sentence, before anything is trained."""

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from test_host import Counting

import rl

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
        (rl.PPO, "CartPole-v1", dict(hidden=(0,)), "PPO: hidden must be >= 1; got 0"),
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
        (rl.DQN, "CartPole-v1", dict(batch_size=10**12), "a batch must fit into memory"),
        (rl.A2C, spaced(), dict(num_envs=10**9), "num_envs must fit into memory; 1,000,000,000 environments"),
        (rl.RecurrentPPO, "CartPole-v1", dict(memory_features=10**6), "hidden must fit into memory"),
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


@pytest.mark.parametrize(
    "kind, env, name", [(rl.PPO, "CartPole-v1", "clip_eps"), (rl.DQN, "CartPole-v1", "epsilon")]
)
def test_a_schedule_is_looked_at_as_far_as_training_will_go(kind, env, name):
    agent = kind(env, **{name: lambda step: 1.0 - step / 1_000})
    with pytest.raises(ValueError, match=f"{name} at step 2000 must be"):
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
