"""What the deep agents are given, and by whom they are trained."""

import importlib
from dataclasses import dataclass, field

SOLVED = 475.0  # mean return of 100 episodes with the best actions
ZOO = "The settings are those of RL Baselines3 Zoo."
PPO = dict(
    num_envs=8, num_steps=32, batch_size=256, num_epochs=20, gamma=0.98, gae_lambda=0.8, learning_rate=1e-3,
    clip_eps=0.2, decay_steps=100_000, hidden=(64, 64),
)  # fmt: skip
DQN = dict(
    num_steps=256, gradient_steps=128, batch_size=64, gamma=0.99, learning_rate=2.3e-3, buffer_size=100_000,
    learning_starts=1_000, target_interval=10, epsilon_end=0.04, epsilon_steps=8_000, max_grad_norm=10.0,
    hidden=(256, 256),
)  # fmt: skip
# Ours to 475: more environments, so that the fewer gradients are worth more.
FAST_PPO = dict(
    num_envs=16, num_steps=64, batch_size=256, num_epochs=5, gamma=0.98, gae_lambda=0.9, learning_rate=3e-3,
    clip_eps=0.2, decay_steps=60_000, hidden=(64, 64),
)  # fmt: skip
OURS, HOST, SB3 = "ours, compiled", "ours, host loop", "Stable-Baselines3"
ASYNCHRONOUS = "ours, host loop, asynchronous"


@dataclass(frozen=True)
class Workload:
    """Training on CartPole-v1.

    agent: "PPO" or "DQN". engines: label -> "module:Class". settings: of every engine; those of `own` are in
    their place where it has the label. question: "rate" or "solve". steps: in a round, or at most.
    every: steps between two looks at whether it is solved. differs: label -> why it need not agree.
    targets: (engine, times faster than Stable-Baselines3).
    """

    title: str
    about: str
    agent: str
    question: str
    settings: dict
    steps: int
    engines: dict
    targets: tuple
    every: int = 2_048
    own: dict = field(default_factory=dict)
    differs: dict = field(default_factory=dict)

    def of(self, label):
        """The settings of an engine."""
        return self.own.get(label, self.settings)


_OURS = {OURS: "ours:Compiled", HOST: "ours:HostLoop", ASYNCHRONOUS: "ours:Asynchronous"}
_SB3 = {SB3: "stable_baselines3:Engine"}
_EVALUATED = (
    "From creating the agent until its greedy policy reaches a mean return of 475 over 100 episodes of "
    "Gymnasium's own environment. All engines are evaluated every 2,048 steps, with the clock stopped. "
    "Everything is compiled beforehand. Each round has its own seed."
)
WORKLOADS = {
    "ppo": Workload(
        "PPO on CartPole-v1, training steps",
        f"{ZOO} A new agent in each round; everything is compiled beforehand. The host loop begins with "
        "rl.use_synchronous_dispatch(), the asynchronous one does not.",
        "PPO", "rate", PPO, 10_240,
        _OURS | _SB3 | {"SBX": "sbx_engine:Engine", "Rejax": "rejax_engine:Engine"},
        ((OURS, 10.0), (HOST, 6.0)),
        differs={
            "SBX": "it clips the gradients of the two networks separately",
            "Rejax": "it clips each entry of a gradient, clips values, and takes truncated for terminated",
        },
    ),
    "dqn": Workload(
        "DQN on CartPole-v1, training steps",
        f"{ZOO} No double Q-learning. A new agent in each round; its first 1,000 steps are without learning.",
        "DQN", "rate", DQN, 10_240,
        {OURS: "ours:Compiled"} | _SB3 | {"SBX": "sbx_engine:Engine"},
        ((OURS, 4.0),),
        differs={"SBX": "it does not clip gradients"},
    ),
    "solve_ppo": Workload(
        "PPO on CartPole-v1, time to 475",
        f"{_EVALUATED} Each engine has its own best settings, Stable-Baselines3 those of the Zoo.",
        "PPO", "solve", PPO, 100_000, {OURS: "ours:Compiled"} | _SB3, ((OURS, 20.0),),
        own={OURS: FAST_PPO},
    ),
    "solve_dqn": Workload(
        "DQN on CartPole-v1, time to 475",
        f"{_EVALUATED} {ZOO}",
        "DQN", "solve", DQN, 50_000, {OURS: "ours:Compiled"} | _SB3, ((OURS, 3.0),),
    ),
}  # fmt: skip


def engine(name, label):
    """An engine of a workload, not trained yet."""
    workload = WORKLOADS[name]
    module, kind = workload.engines[label].split(":")
    return getattr(importlib.import_module(f".{module}", __package__), kind)(workload, workload.of(label))
