"""PPO and DQN of SBX: Stable-Baselines3's loops around networks in JAX."""

from importlib.metadata import version

import jax
import sbx

from . import stable_baselines3


class Engine(stable_baselines3.Engine):
    """The library's own `learn`; its networks are not asked for."""

    library = sbx

    def __init__(self, workload, settings):
        super().__init__(workload, settings)
        self.version = f"sbx {version('sbx-rl')}, jax {jax.__version__}"
