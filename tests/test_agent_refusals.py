"""What agents refuse, and what they name as the way out."""

import warnings

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.envs.phys2d.pendulum import PendulumFunctional
from gymnasium.spaces import Box, Discrete, MultiBinary, MultiDiscrete

import rl

SMALL = dict(num_envs=2, num_steps=8, batch_size=16, hidden=(8,))
NARROW = gymnasium.spaces.Dict(a=Discrete(4))


def steps(actions=None, mask=None, reward=1.0, length=3, limit=5):
    """Episodes of so many steps."""

    def step(key, state, action):
        return state + 1, jnp.zeros(1), jnp.float32(reward), state + 1 >= length

    def legal(state):
        return jnp.array(mask)

    return rl.FunctionalEnv(
        lambda key: (jnp.int32(0), jnp.zeros(1)),
        step,
        Box(-1, 1, (1,)),
        Discrete(2) if actions is None else actions,
        max_steps=limit,
        action_mask=None if mask is None else legal,
    )


class Seen(gymnasium.Env):
    """Shows such observations, and takes such actions."""

    def __init__(self, observations=None, actions=None):
        self.observation_space, self.action_space = observations or Discrete(2), actions or Discrete(2)


@pytest.mark.parametrize(
    ("kind", "env", "settings"),
    [
        (rl.PPO, "CartPole-v1", dict(learning_rate=0.0, gamma=0.0, num_envs=3, env="Acrobot-v1", seed=2)),
        (rl.DQN, "CartPole-v1", dict(epsilon=0.0, num_steps=3)),
        (rl.SAC, "Pendulum-v1", dict(polyak=0.5)),
        (rl.QTable, "FrozenLake-v1", dict(gamma=7.0, epsilon=0.0, learning_rate_visits=1.0, env="Taxi-v4")),
        (rl.NStepSarsa, "FrozenLake-v1", dict(num_steps=2)),
        (rl.MonteCarlo, "FrozenLake-v1", dict(every_visit=True)),
        (
            rl.TileSarsa,
            "MountainCar-v0",
            dict(tiles=3, num_tilings=2, low=[0, 0], high=[1, 1], trace="dutch"),
        ),
    ],
)
def test_a_setting_stays_as_the_agent_was_made_with(kind, env, settings):
    agent = kind(env)
    for name, setting in settings.items():
        before = getattr(agent, name)
        with pytest.raises(AttributeError, match=f"^{kind.__name__}: {name} must be given when .*Fix: a new"):
            setattr(agent, name, setting)
        assert getattr(agent, name) is before
    agent.comment = "anything else may be written"


TEXT = gymnasium.spaces.Text(3)
SEVERAL = gymnasium.spaces.Tuple([Discrete(2), Discrete(2)])
NEITHER = [
    *(dict(observations=kind) for kind in (TEXT, gymnasium.spaces.Sequence(Discrete(2)))),
    *(dict(observations=gymnasium.spaces.Dict(a=kind)) for kind in (TEXT, gymnasium.spaces.OneOf([TEXT]))),
    *(dict(observations=Box(0, 1, (2, 2)), actions=kind) for kind in (TEXT, NARROW, SEVERAL)),
    dict(observations=gymnasium.spaces.Graph(Box(0, 1), None)),
    dict(actions=SEVERAL),
    dict(observations=MultiBinary(2), actions=Discrete(2**40)),
]


@pytest.mark.parametrize("seen", NEITHER)
@pytest.mark.parametrize("kind", [rl.QTable, rl.TileSarsa])
def test_no_agent_is_offered_that_refuses_the_spaces_too(kind, seen):
    with pytest.raises(ValueError, match=r"must be .*Fix: .*gymnasium\.wrappers") as told:
        kind(Seen(**seen))
    assert "rl." not in str(told.value).split("Fix: ")[1]


@pytest.mark.parametrize("kind", [rl.QTable, rl.TileSarsa])
@pytest.mark.parametrize(
    ("observations", "actions", "names"),
    [
        (MultiBinary(2), Discrete(2), ["PPO", "DQN"]),
        (MultiBinary(2), Box(-1, 1, (1,)), ["PPO", "SAC"]),
        (MultiDiscrete([2, 3]), MultiBinary(2), ["PPO"]),
        (NARROW, Discrete(2, start=1), ["PPO", "DQN"]),
    ],
)
def test_an_agent_that_is_offered_takes_both_spaces(kind, observations, actions, names):
    env = Seen(observations, actions)
    with pytest.raises(ValueError, match=r"Fix: .*rl\.") as told:
        kind(env)
    assert f"{' or '.join(f'rl.{name}' for name in names)}" in str(told.value)
    for name in names:
        getattr(rl, name)(env)


@pytest.mark.parametrize("kind", [rl.SAC, rl.PPO])
def test_actions_hold_a_number(kind):
    with pytest.raises(ValueError, match=f"^{kind.__name__}: actions must hold one number at least; got Box"):
        kind(Seen(Box(-1, 1, (1,)), Box(-1, 1, (0,))))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (dict(episodes=1.5), "episodes must be an integer; got 1.5"),
        (dict(seed=-1), "seed must be >= 0; got -1"),
        (dict(env="Nope-v9"), "env must be an id that gymnasium.make takes; got 'Nope-v9'"),
        (dict(env=3), "env must be a Gymnasium id"),
        (dict(max_steps=0), "max_steps must be >= 1; got 0"),
        (dict(success=[99]), "success must be"),
    ],
)
@pytest.mark.parametrize("kind", [rl.QTable, rl.MonteCarlo])
def test_what_evaluate_refuses_bears_its_name(kind, given, words):
    with pytest.raises((TypeError, ValueError), match=f"^evaluate: {words}"):
        kind("FrozenLake-v1").evaluate(**given)


def test_a_mask_must_leave_an_action_in_each_choice():
    agent = rl.PPO(steps(MultiDiscrete([2, 2]), [True, True, False, False]), **SMALL)
    for run in (lambda: agent.train(48, progress=False), lambda: agent.evaluate(2)):
        with pytest.raises(rl.EnvError, match="action_mask must leave a legal action; got none"):
            run()
    agent = rl.PPO(steps(MultiDiscrete([2, 2]), [True, True, False, True]), **SMALL)
    assert agent.train(48, progress=False).evaluate(2).mean_return == 3
    assert agent.act([0.0], legal=[True, False, False, True]).tolist() == [0, 1]


@pytest.mark.parametrize("actions", [MultiDiscrete([2, 3], start=[1, 2]), MultiBinary(2)])
def test_several_choices_are_compiled_without_a_warning(actions):
    with jax.enable_x64(False), warnings.catch_warnings():
        warnings.simplefilter("error")
        agent = rl.PPO(steps(actions), **SMALL).train(48, progress=False)
    assert agent.act([0.0]) in actions


@pytest.mark.parametrize(
    ("kind", "actions", "fix"),
    [
        (rl.SAC, MultiDiscrete([2, 3]), "rl.PPO"),
        (rl.SAC, MultiBinary(2), "rl.PPO"),
        (rl.SAC, Discrete(2), "rl.PPO or rl.DQN"),
        (rl.SAC, Box(-np.inf, 1, (1,)), "rl.PPO"),
        (rl.DQN, MultiBinary(2), "rl.PPO"),
        (rl.DQN, Box(-1, 1, (1,)), "rl.PPO or rl.SAC"),
        (
            rl.PPO,
            Box(0, 3, (1,), int),
            "gymnasium.wrappers.TransformAction, to a space of floats or counted actions",
        ),
    ],
)
def test_an_agent_that_is_offered_takes_the_actions(kind, actions, fix):
    with pytest.raises(ValueError, match=rf"^{kind.__name__}: actions must be .*; got .*\. Fix: {fix}\.$"):
        kind(steps(actions))
    for name in fix.replace("rl.", "").split(" or ") if fix.startswith("rl.") else ():
        getattr(rl, name)(steps(actions))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: rl.NStepSarsa("FrozenLake-v1", n=3),
            "NStepSarsa: settings must be of env, seed, num_steps, bootstrap, gamma",
        ),
        (lambda: rl.QTable("FrozenLake-v1", seed=2**70), r"QTable: seed must be below 2\*\*63"),
        (
            lambda: rl.evaluate_policy([0] * 16, "FrozenLake-v1", 1, seed=2**70),
            r"evaluate_policy: seed must be below",
        ),
        (lambda: rl.PPO("CartPole-v1", num_envs=3, num_steps=7, batch_size=10), "Fix: batch_size=7 or 21"),
        (lambda: rl.PPO("CartPole-v1", num_envs=3, num_steps=7, batch_size=99), "Fix: batch_size=21"),
        (
            lambda: rl.RecurrentPPO("CartPole-v1", num_envs=4, num_steps=6, batch_size=7),
            "Fix: batch_size=6 or 12",
        ),
        (
            lambda: rl.RecurrentPPO("CartPole-v1", num_envs=4, num_steps=6, batch_size=8),
            "Fix: batch_size=6 or 12",
        ),
        (
            lambda: rl.tuned("Nope", "CartPole-v1"),
            "tuned: agent must be one with tuned settings: A2C, .*; got Nope",
        ),
        (
            lambda: rl.tuned("PPO", "Nope"),
            "tuned: env must be a task with a row for PPO: CartPole-v1, .*; got 'Nope'",
        ),
        (
            lambda: rl.TabularMDP.from_transitions([(10**12, 0, 1.0, 0, 1.0, True)]),
            "from_transitions: the table must fit into memory; 1,000,000,000,001 states and 1 actions take",
        ),
        (
            lambda: rl.RecurrentPPO("CartPole-v1").act([0.0] * 4, np.full((1, 32), np.nan)),
            "act: memory must be finite",
        ),
        (
            lambda: rl.QTable("Blackjack-v1").act((1.0, 1, 1)),
            r"act: obs must be in Tuple\(.*; got \(1.0, 1, 1\)",
        ),
        (lambda: rl.QTable("Blackjack-v1").act(("a", 1, 1)), r"act: obs must be in Tuple\("),
        (
            lambda: rl.evaluate_policy(lambda obs: np.array([1]), "FrozenLake-v1", 1),
            r"evaluate_policy: policy must return an integer; got array\(\[1\]\)",
        ),
        (
            lambda: rl.QTable(Seen(MultiDiscrete([2, 3]))),
            r"a Tuple of Discrete, .*; got MultiD.*Fix: .*rl.DQN",
        ),
        (lambda: rl.QTable(Seen(NARROW)), "a Tuple of Discrete, .*; got Dict.*Fix: .*rl.DQN"),
        (
            lambda: rl.Sarsa(Seen(actions=MultiBinary(2))),
            "actions must be Discrete .*; got MultiB.*Fix: .*rl.PPO",
        ),
        (
            lambda: rl.TileSarsa(Seen(MultiBinary(3))),
            r"must be a Box of one axis; got MultiBinary.*Fix: rl.PPO or rl.DQN\.$",
        ),
        (
            lambda: rl.PPO(steps(reward=1e38), **SMALL).train(480, progress=False),
            "PPO must stay finite.*scaled to about 1",
        ),
        (
            lambda: rl.PPO("MlpPolicy", "CartPole-v1"),
            r"^PPO: env must come first; .*Fix: PPO\('CartPole-v1', ",
        ),
        (lambda: rl.QTable("MlpPolicy"), r"^QTable: env must come first; .*Fix: QTable\(env, \.\.\.\)"),
        (lambda: rl.PPO("CartPole-v1", lr=1e-3), r"got lr\. Fix: learning_rate\.$"),
        (lambda: rl.PPO("CartPole-v1", n_steps=8), r"got n_steps\. Fix: num_steps\.$"),
        (lambda: rl.QTable("FrozenLake-v1", alpha=0.1), r"got alpha\. Fix: learning_rate\.$"),
        (lambda: rl.SarsaLambda("FrozenLake-v1", lam=0.1), r"got lam\. Fix: trace_decay\.$"),
        (
            lambda: rl.PPO(PendulumFunctional()),
            r"got PendulumFunctional\. Fix: rl\.from_func_env\(env, max_steps=",
        ),
        (lambda: rl.TileSarsa("MountainCar-v0", tiles=1.5), "^TileSarsa: each of tiles must be an integer; "),
        (lambda: rl.PPO("CartPole-v1", hidden=(8.0,)), "^PPO: each of hidden must be an integer; got 8.0"),
        (
            lambda: rl.RecurrentPPO("CartPole-v1", num_epochs=0),
            "^RecurrentPPO: num_epochs must be >= 1; got 0",
        ),
        (
            lambda: rl.SarsaLambda("FrozenLake-v1", trace=np.ones(2)),
            "^SarsaLambda: trace must be 'replacing' or",
        ),
        (lambda: rl.TileSarsa("MountainCar-v0", trace=np.ones(2)), "^TileSarsa: trace must be 'replacing', "),
        (
            lambda: rl.NStepSarsa("FrozenLake-v1", bootstrap=np.ones(2)),
            "^NStepSarsa: bootstrap must be 'sarsa', ",
        ),
        (lambda: rl.PPO("CartPole-v1", num_epochs=10**30), "^PPO: num_epochs must fit into memory"),
        (lambda: rl.PPO.load(None), r"^PPO.load: path must be the path of a folder; got None"),
        (
            lambda: rl.PPO("CartPole-v1").train(8, progress=False, resume=[]),
            r"^train: path must be the path of a folder; got \[\]",
        ),
        (
            lambda: rl.A2C(steps(limit=None)).evaluate(1),
            "^evaluate: max_steps must be given where the functional .* has no limit; .*Fix: max_steps=1000",
        ),
        (
            lambda: rl.train_seeds(rl.A2C, "CartPole-v1", range(2), steps=0, progress=False).plot(),
            "plot: every seed must have finished an episode; got none",
        ),
    ],
)
def test_a_sentence_names_the_way_out(call, words):
    with pytest.raises((ValueError, TypeError, FloatingPointError), match=words):
        call()


def test_methods_of_other_libraries_lead_to_those_that_there_are():
    agent = rl.QTable("FrozenLake-v1")
    for name, ours in (("learn", "train"), ("predict", "act")):
        with pytest.raises(
            AttributeError, match=rf"'QTable' object has no attribute '{name}'\. Fix: {ours}\("
        ):
            getattr(agent, name)


@pytest.mark.parametrize(
    "kind",
    [
        *(rl.QTable, rl.Sarsa, rl.ExpectedSarsa, rl.DoubleQ, rl.NStepSarsa, rl.SarsaLambda, rl.MonteCarlo),
        rl.TileSarsa,
    ],
)
def test_a_value_that_an_agent_has_not_leads_to_what_it_has(kind):
    tiles = kind is rl.TileSarsa
    agent = kind("MountainCar-v0" if tiles else "Blackjack-v1", initial_value=0.75)
    with pytest.raises(AttributeError, match=r"has no attribute 'value'\. Fix: agent\.") as told:
        _ = agent.value
    fix = str(told.value).partition("Fix: ")[2].rstrip(".")
    obs = [-0.5, 0.0] if tiles else (20, 10, 0)
    assert eval(fix, dict(agent=agent, obs=obs)) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ((0, 1, None, 2, False), "reward must be a number; got None"),
        ((0, 1, "x", 2, False), "reward must be a number; got 'x'"),
        ((0, 1, 10**400, 2, False), r"reward must be within 1e\+200 of 0"),
        ((0, 1, -1e308, 2, False), r"reward must be within 1e\+200 of 0"),
        ((0.0, 1, 1.0, 2, False), "obs must be an integer; got 0.0"),
        ((True, 1, 1.0, 2, False), "obs must be an integer; got True"),
        ((0, True, 1.0, 2, False), "action must be an integer; got True"),
        ((0, 1, 1.0, "2", False), "next_obs must be an integer; got 2"),
        ((0, 1, 1.0, 2, 0), "terminated must be True or False; got 0"),
    ],
)
@pytest.mark.parametrize("kind", [rl.QTable, rl.DoubleQ, rl.ExpectedSarsa])
def test_an_update_looks_at_all_that_it_is_given(kind, step, words):
    agent = kind("FrozenLake-v1")
    with pytest.raises((ValueError, TypeError), match=f"^update: {words}"):
        agent.update(*step)
    assert (agent.q == 1).all()
    agent.update(np.int64(0), 1, np.float32(0.5), 2, np.bool_(False))


def test_returns_of_several_large_rewards_are_learnt():
    agent = rl.NStepSarsa("FrozenLake-v1", num_steps=3, gamma=1.0)
    for reward, ended in ((1e200, False), (1e200, False), (1e200, True)):
        agent._follow(0, 0, reward, 1, ended, ended)
    assert agent.q.max() > 1e199 and np.isfinite(agent.q).all()
    with pytest.raises(ValueError, match=r"update: target must be within 1e\+200 of 0"):
        agent.update(0, 0, 1e201)


def test_reinforce_warns_once_where_no_episode_ends():
    agent = rl.REINFORCE(steps(length=100, limit=50), num_envs=2, num_steps=8, hidden=(4,))
    with pytest.warns(UserWarning, match="num_steps must be as long as an episode .* within 8 steps") as told:
        agent.train(64, progress=False, log_every=16)
    assert len(told) == 1
    rl.REINFORCE(steps(), num_envs=2, num_steps=8, hidden=(4,)).train(64, progress=False)
