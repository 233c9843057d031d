"""Every agent on environments whose values are known: what each skill is worth, and where value ends."""

import numpy as np
import pytest
from probes import GAMMA, ONE, PROBES, TWO

import rl

SMALL = dict(gamma=GAMMA, hidden=(32,), seed=0)
POLICY = dict(num_envs=16, num_steps=16, learning_rate=0.01, max_grad_norm=10.0, **SMALL)
VALUES = dict(
    num_envs=4,
    gradient_steps=8,
    learning_rate=0.003,
    learning_starts=200,
    target_interval=64,
    buffer_size=2_000,
    epsilon=0.5,
    **SMALL,
)
SOFT = dict(
    num_envs=4,
    num_steps=2,
    gradient_steps=4,
    learning_rate=0.005,
    polyak=0.05,
    batch_size=64,
    target_entropy=-3.0,
    buffer_size=2_000,
    **SMALL,
)
AGENTS = {
    "PPO": (rl.PPO, TWO, dict(batch_size=64, num_epochs=4, **POLICY), 12_800),
    "PPO of a Box": (rl.PPO, ONE, dict(batch_size=64, num_epochs=4, log_std=-1.0, **POLICY), 25_600),
    "A2C": (
        rl.A2C,
        TWO,
        POLICY | dict(learning_rate=rl.linear(0.01, 0.0, 51_200)),
        51_200,
    ),  # RMSprop circles
    "REINFORCE": (rl.REINFORCE, TWO, POLICY, 51_200),
    "DQN": (rl.DQN, TWO, VALUES, 4_800),
    "DQN, all extras": (rl.DQN, TWO, dict(dueling=True, n_step=2, prioritized=True, **VALUES), 4_800),
    "SAC": (rl.SAC, ONE, SOFT, 4_800),
}
ON_THE_HOST = {  # steps that are enough for what needs every skill
    "PPO": ("both", 6_400),
    "A2C": ("observation", 12_800),
    "REINFORCE": ("discount", 12_800),
    "DQN": ("truncated", 2_400),
    "SAC": ("terminated", 2_400),
}


def trained(kind, probe, compiled, steps=None):
    make, space, settings, enough = AGENTS[kind]
    env = probe.functional(space) if compiled else probe.gymnasium(space)
    return make(env, **settings).train(enough if steps is None else steps, progress=False)


def value_is_right(agent, probe, kind):
    # An exploring policy earns less than the best one, and a soft one is paid for its entropy too.
    slack = 0.15 if kind in ("SAC", "PPO of a Box") else 0.1
    for obs, value in probe.values.items():
        assert agent.value(np.array([obs], np.float32)) == pytest.approx(value, abs=slack), (probe.name, obs)


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)
@pytest.mark.parametrize("kind", AGENTS)
def test_an_agent_learns_what_everything_is_worth(kind, probe):
    agent = trained(kind, probe, compiled=True)
    value_is_right(agent, probe, kind)
    if probe.name == "action":
        assert agent.act([0.0]) == pytest.approx(1, abs=0.3)
    if probe.name == "both":
        assert [agent.act([obs]) for obs in (-1.0, 1.0)] == pytest.approx([0, 1], abs=0.35)


@pytest.mark.parametrize("kind", ON_THE_HOST)
def test_an_agent_learns_the_same_where_the_host_steps_the_environment(kind):
    name, steps = ON_THE_HOST[kind]
    probe = next(probe for probe in PROBES if probe.name == name)
    value_is_right(trained(kind, probe, compiled=False, steps=steps), probe, kind)
