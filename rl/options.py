"""What `python -m rl` understands: its commands, their options, and the names of agents."""

import argparse
import ast
from contextlib import suppress

from . import checks

DEEP = {
    "a2c": "A2C",
    "dqn": "DQN",
    "ppo": "PPO",
    "recurrent_ppo": "RecurrentPPO",
    "reinforce": "REINFORCE",
    "sac": "SAC",
}
STEPPING = {
    "double_q": "DoubleQ",
    "expected_sarsa": "ExpectedSarsa",
    "monte_carlo": "MonteCarlo",
    "n_step_sarsa": "NStepSarsa",
    "q_table": "QTable",
    "sarsa": "Sarsa",
    "sarsa_lambda": "SarsaLambda",
    "tile_sarsa": "TileSarsa",
}
AGENTS = DEEP | STEPPING


def _setting(text):
    """name=value as a pair; the value as Python reads it, else as text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"a setting must be name=value, such as gamma=0.98; got {text!r}")
    try:
        return name, ast.literal_eval(value.capitalize() if value in ("true", "false") else value)
    except (SyntaxError, ValueError):
        return name, value


def _count(text):
    """A whole number, 1e5 too."""
    with suppress(ValueError, OverflowError):
        number = float(text) if "e" in text.lower() else int(text)
        if number == int(number):
            return int(number)
    raise argparse.ArgumentTypeError(f"must be a whole number, such as 10000 or 1e4; got {text!r}")


def _agent(text):
    """An agent's name in any case, with underscores or without."""
    plain = text.replace("_", "").replace("-", "").lower()
    return next((name for name in AGENTS if name.replace("_", "") == plain), text)


def read(arguments):
    """The arguments as they are understood; a setting given as an option gets the fix that names --set."""
    top = parser()
    options, unknown = top.parse_known_args(arguments)
    if unknown:
        name, equals, value = unknown[0].removeprefix("--").partition("=")
        name, fix = name.replace("-", "_"), ""
        if options.command == "train" and name in (checks.settings(kind(options)) or ()):
            value = value if equals else next(iter(unknown[1:]), "VALUE")
            fix = f" (a setting is given by --set {name}={value})"
        top.error(f"unrecognized arguments: {' '.join(unknown)}{fix}")
    return options


def parser():
    """What the command line understands."""
    top = argparse.ArgumentParser(
        prog="python -m rl", description="Train and watch agents on Gymnasium tasks."
    )
    commands = top.add_subparsers(dest="command", required=True)

    train = commands.add_parser("train", help="train an agent, and show how good it is")
    train.add_argument("agent", type=_agent, choices=AGENTS)
    train.add_argument("--env", required=True, help="an id such as CartPole-v1")
    train.add_argument("--steps", type=_count, help="environment steps; those of the tuned row, else 100000")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument(
        "--set",
        type=_setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the agent, over the tuned ones, such as --set gamma=0.98",
    )
    train.add_argument("--host", action="store_true", help="step Gymnasium's environment, compile none of it")
    train.add_argument("--save", metavar="FOLDER", help="where the trained agent goes")
    train.add_argument(
        "--checkpoints",
        metavar="FOLDER",
        help="save while training; goes on from there, with the same options",
    )
    train.add_argument("--episodes", type=_count, default=100, help="episodes of the evaluation at the end")
    train.add_argument("--video", metavar="FILE", help="an episode as .gif or .mp4")
    train.add_argument("--plot", metavar="FILE", help="the learning curve as .png")

    evaluate = commands.add_parser("evaluate", help="play episodes with a saved agent")
    watch = commands.add_parser("watch", help="a saved agent's episode as a video, or in a window")
    for command in (evaluate, watch):
        command.add_argument("agent", type=_agent, choices=AGENTS)
        command.add_argument("folder")
        command.add_argument("--env", help="an id in the place of the one it was trained on")
        command.add_argument("--episodes", type=_count, default=100 if command is evaluate else 1)
        command.add_argument("--seed", type=int)
    for command in (train, evaluate):
        command.add_argument("--max-steps", type=_count, help="ends an episode of the evaluation too")
    watch.add_argument("--video", metavar="FILE", help=".gif or .mp4; without it, a window")
    commands.add_parser("tasks", help="the table of tuned settings")
    return top


def kind(options):
    """The class of the agent that is asked for."""
    import rl

    return getattr(rl, AGENTS[options.agent])
