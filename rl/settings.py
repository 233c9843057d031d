"""Tuned settings, one row for each algorithm and task, and the steps after which they have solved it.

Solved means: over 100 episodes of Gymnasium's own environment the best actions return the threshold on
average. Rows start from the settings that RL Baselines3 Zoo publishes, and were changed where that helped.
"""

from dataclasses import dataclass, field
from typing import Any

from . import checks
from .schedules import InverseTime, Linear

_ACROBOT = dict(num_envs=16, num_steps=64, batch_size=256, num_epochs=4, learning_rate=1e-3, gae_lambda=0.94)
_CART_POLE = dict(num_envs=8, num_steps=32, batch_size=256, num_epochs=20, gamma=0.98, gae_lambda=0.8)
_HOPE = dict(learning_rate=1.0, epsilon=0.0)  # optimism alone
_CERTAIN = dict(gamma=1.0, **_HOPE, learning_rate_visits=float("inf"))  # nothing is left to chance there
_DQN = dict(num_envs=4, num_steps=16, gradient_steps=32, target_interval=512)


@dataclass(frozen=True)
class Row:
    """agent: the class's name. env: the id. steps: the budget. threshold: the return that solves the task.

    What a table has learnt is judged by the process, without chance: its exact return, from every start
    where that is certain.
    """

    agent: str
    env: str
    steps: int
    threshold: float
    settings: dict[str, Any] = field(default_factory=dict)

    def over(self, steps):
        """The settings for another budget: schedules are drawn out, or in, as far.

        >>> row("PPO", "CartPole-v1").over(200_000)["clip_eps"]
        Linear(start=0.2, end=0.0, steps=200000)
        """

        def drawn_out(setting):
            if not isinstance(setting, Linear | InverseTime):
                return setting
            return setting._replace(steps=max(1, round(setting.steps * steps / self.steps)))

        return {name: drawn_out(setting) for name, setting in self.settings.items()}


TABLE = (
    Row("PPO", "CartPole-v1", 100_000, 475, dict(
        **_CART_POLE, learning_rate=Linear(1e-3, 0.0, 100_000), clip_eps=Linear(0.2, 0.0, 100_000))),
    Row("A2C", "CartPole-v1", 300_000, 475, dict(
        num_envs=16, num_steps=8, learning_rate=Linear(2e-3, 0.0, 300_000), gae_lambda=0.95)),
    Row("REINFORCE", "CartPole-v1", 600_000, 475, dict(num_envs=8, learning_rate=Linear(5e-3, 0.0, 600_000))),
    Row("DQN", "CartPole-v1", 80_000, 475, dict(
        **_DQN, learning_rate=Linear(2e-3, 1e-5, 80_000), epsilon=Linear(1.0, 0.05, 15_000), n_step=8,
        gamma=0.98)),
    Row("PPO", "Acrobot-v1", 300_000, -100, dict(**_ACROBOT, normalize_obs=True, normalize_reward=True)),
    Row("DQN", "Acrobot-v1", 100_000, -100, dict(
        **_DQN, learning_rate=Linear(1e-3, 1e-4, 100_000), epsilon=Linear(1.0, 0.05, 20_000), n_step=3)),
    Row("DQN", "MountainCar-v0", 120_000, -110, dict(
        num_envs=4, num_steps=4, gradient_steps=8, batch_size=128, buffer_size=50_000, target_interval=600,
        learning_rate=Linear(2e-3, 1e-5, 120_000), epsilon=Linear(1.0, 0.05, 24_000), n_step=4,
        scale_obs=True)),
    Row("TileSarsa", "MountainCar-v0", 100_000, -110, dict(
        tiles=8, num_tilings=8, trace_decay=0.9, learning_rate=InverseTime(0.5, 20_000))),
    Row("PPO", "Pendulum-v1", 200_000, -200, dict(
        num_envs=8, num_steps=512, batch_size=256, num_epochs=10, gamma=0.9,
        learning_rate=Linear(1e-3, 0.0, 200_000), normalize_reward=True)),
    Row("PPO", "LunarLander-v3", 500_000, 200, dict(
        num_envs=16, num_steps=512, batch_size=128, num_epochs=6, gamma=0.999, gae_lambda=0.98, ent_coef=0.01,
        learning_rate=Linear(1e-3, 0.0, 500_000), normalize_reward=True)),
    Row("DQN", "LunarLander-v3", 600_000, 200, dict(
        num_envs=4, num_steps=4, gradient_steps=8, batch_size=128, buffer_size=200_000, target_interval=2000,
        hidden=(128, 128), learning_rate=Linear(1e-3, 1e-5, 600_000), epsilon=Linear(1.0, 0.05, 80_000),
        n_step=4, dueling=True)),
    Row("SAC", "Pendulum-v1", 12_000, -200, dict(
        hidden=(64, 64), learning_rate=1e-3, learning_starts=200, polyak=0.01)),
    Row("QTable", "FrozenLake-v1", 100_000, 0.72, dict(gamma=0.98, **_HOPE)),
    Row("QTable", "FrozenLake8x8-v1", 200_000, 0.87, dict(gamma=0.999, **_HOPE)),
    Row("QTable", "CliffWalking-v1", 20_000, -13, dict(**_CERTAIN, initial_value=0.0)),
    Row("QTable", "Taxi-v4", 100_000, 7.93, dict(**_CERTAIN, initial_value=20.0)),
    Row("QTable", "Blackjack-v1", 500_000, -0.0451, dict(
        gamma=1.0, epsilon=1.0, learning_rate=1.0, learning_rate_visits=1.0, initial_value=0.0)),
)  # fmt: skip


def row(agent, env):
    """The row of an algorithm and a task, None where there is none.

    >>> row("PPO", "CartPole-v1").threshold
    475
    """
    return next((row for row in TABLE if (row.agent, row.env) == (agent, env)), None)


def tuned(agent, env, steps=None):
    """The tuned settings of an algorithm on a task, for `agent(env, **settings)`.

    agent: an algorithm of rl or its name. env: an id. steps: of the training, those of the row if None;
    schedules are drawn out as far. Raises ValueError where the table has no such row.

    >>> import rl
    >>> rl.PPO("CartPole-v1", **tuned(rl.PPO, "CartPole-v1", steps=50_000)).learning_rate
    Linear(start=0.001, end=0.0, steps=50000)
    """
    name = agent if isinstance(agent, str) else getattr(agent, "__name__", repr(agent))
    found = row(name, env)
    if found is None:
        tasks = ", ".join(row.env for row in TABLE if row.agent == name)
        if not tasks:
            names = ", ".join(sorted({row.agent for row in TABLE}))
            raise ValueError(f"tuned: agent must be one with tuned settings: {names}; got {name}.")
        raise ValueError(f"tuned: env must be a task with a row for {name}: {tasks}; got {env!r}.")
    if steps is not None:
        checks.whole_number("tuned", "steps", steps, 1)
    return found.over(found.steps if steps is None else steps)
