"""Reinforcement learning: Markov decision processes solved exactly, and agents for Gymnasium environments.

Names are imported when they are first used, so that the formulas need no gymnasium.
"""

from importlib import import_module as _import_module
from importlib.util import find_spec as _find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import (
        agents as agents,
        mdp as mdp,
        plots as plots,
        policy_gradient as policy_gradient,
        q_learning as q_learning,
        returns as returns,
        sutton_barto as sutton_barto,
    )
    from .agents.a2c import A2C as A2C
    from .agents.double_q import DoubleQ as DoubleQ
    from .agents.dqn import DQN as DQN
    from .agents.monte_carlo import MonteCarlo as MonteCarlo
    from .agents.n_step_sarsa import NStepSarsa as NStepSarsa
    from .agents.ppo import PPO as PPO
    from .agents.q_table import QTable as QTable
    from .agents.recurrent_ppo import RecurrentPPO as RecurrentPPO
    from .agents.reinforce import REINFORCE as REINFORCE
    from .agents.sac import SAC as SAC
    from .agents.sarsa import ExpectedSarsa as ExpectedSarsa, Sarsa as Sarsa
    from .agents.sarsa_lambda import SarsaLambda as SarsaLambda
    from .agents.tile_sarsa import TileSarsa as TileSarsa
    from .answers import EnvError as EnvError
    from .callbacks import EvalCallback as EvalCallback
    from .dispatch import use_synchronous_dispatch as use_synchronous_dispatch
    from .evaluate import Evaluation as Evaluation, evaluate_policy as evaluate_policy
    from .functional import (
        FunctionalEnv as FunctionalEnv,
        from_func_env as from_func_env,
        functional_env as functional_env,
        register as register,
    )
    from .many_tables import Tables as Tables, train_tables as train_tables
    from .schedules import inverse_time as inverse_time, linear as linear
    from .seeds import SeedRuns as SeedRuns, SeedSummary as SeedSummary, train_seeds as train_seeds
    from .settings import tuned as tuned
    from .tabular_mdp import Solution as Solution, TabularMDP as TabularMDP
    from .tiles import Tiles as Tiles
    from .video import record as record, show as show

for _name in ("numpy", "jax"):
    if _find_spec(_name) is None:
        raise ImportError(
            f"rl: {_name} is not installed; in the project's folder run: pip install -e '.[rl]'"
        )

_HOMES = {
    "A2C": "agents.a2c",
    "DQN": "agents.dqn",
    "DoubleQ": "agents.double_q",
    "EnvError": "answers",
    "EvalCallback": "callbacks",
    "Evaluation": "evaluate",
    "ExpectedSarsa": "agents.sarsa",
    "FunctionalEnv": "functional",
    "MonteCarlo": "agents.monte_carlo",
    "NStepSarsa": "agents.n_step_sarsa",
    "PPO": "agents.ppo",
    "QTable": "agents.q_table",
    "REINFORCE": "agents.reinforce",
    "RecurrentPPO": "agents.recurrent_ppo",
    "SAC": "agents.sac",
    "Sarsa": "agents.sarsa",
    "SarsaLambda": "agents.sarsa_lambda",
    "SeedRuns": "seeds",
    "SeedSummary": "seeds",
    "Solution": "tabular_mdp",
    "TabularMDP": "tabular_mdp",
    "Tables": "many_tables",
    "TileSarsa": "agents.tile_sarsa",
    "Tiles": "tiles",
    "evaluate_policy": "evaluate",
    "from_func_env": "functional",
    "functional_env": "functional",
    "inverse_time": "schedules",
    "linear": "schedules",
    "record": "video",
    "register": "functional",
    "show": "video",
    "train_seeds": "seeds",
    "train_tables": "many_tables",
    "tuned": "settings",
    "use_synchronous_dispatch": "dispatch",
}
_MODULES = ("agents", "mdp", "plots", "policy_gradient", "q_learning", "returns", "sutton_barto")

__all__ = sorted([*_HOMES, *_MODULES])  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name):
    if name in _MODULES:
        return _import_module(f".{name}", __name__)
    if name in _HOMES:
        return getattr(_import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}.")


def __dir__():
    return __all__
