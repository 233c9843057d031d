"""The command line: `python -m rl train ppo --env CartPole-v1`, `evaluate`, `watch`, `tasks`."""

import argparse
import ast
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from . import checks, outputs

PICTURES = (".png", ".pdf", ".svg", ".jpg")  # what matplotlib can write

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

_MISTAKES = (ValueError, TypeError, ImportError, RuntimeError, ArithmeticError, OSError)


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


def _read(arguments):
    """The arguments as they are understood; a setting given as an option gets the fix that names --set."""
    top = parser()
    options, unknown = top.parse_known_args(arguments)
    if unknown:
        name, equals, value = unknown[0].removeprefix("--").partition("=")
        name, fix = name.replace("-", "_"), ""
        if options.command == "train" and name in (checks.settings(_kind(options)) or ()):
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
        "--checkpoints", metavar="FOLDER", help="save while training; goes on from what is there"
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


def main(arguments=None):
    """Runs a command; a mistake of the user is one sentence, and exit status 2."""
    from jaxnets.checkpoint import CheckpointError

    from .dispatch import use_synchronous_dispatch

    options = _read(arguments)
    with suppress(RuntimeError):  # a program that calls this function may have started JAX
        use_synchronous_dispatch()
    try:
        commands = {"train": _train, "evaluate": _evaluate, "watch": _watch, "tasks": _tasks}
        return commands[options.command](options)
    except KeyboardInterrupt:
        print("rl: stopped. Fix: --checkpoints FOLDER keeps what was learnt.", file=sys.stderr)
        return 130
    except (*_MISTAKES, CheckpointError) as error:
        print(f"rl: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def _kind(options):
    import rl

    return getattr(rl, AGENTS[options.agent])


def _train(options):
    from jaxnets.callbacks import Checkpoint

    from . import settings
    from .seeds import SeedRuns
    from .video import record

    _check_outputs(options)
    kind = _kind(options)
    row = settings.row(kind.__name__, options.env)
    steps = options.steps if options.steps is not None else row.steps if row else 100_000
    given = (row.over(steps) if row else {}) | dict(options.set)
    known = set(checks.settings(kind) or ()) - {"env", "seed"}
    for name in set(given) - known:
        near = checks.nearest(name, sorted(known))
        raise ValueError(
            f"--set must name a setting of {kind.__name__}: {', '.join(sorted(known))}; got {name}."
            + (f" Fix: {near}." if near else "")
        )
    if options.host:
        if options.agent in STEPPING:
            raise ValueError(f"--host must be left out for {options.agent}, which compiles nothing.")
        given["compiled"] = False
    agent = kind(options.env, seed=options.seed, **given)
    callbacks = [Checkpoint(options.checkpoints)] if options.checkpoints else []
    agent.train(steps, callbacks=callbacks, resume=options.checkpoints)
    if options.save:
        agent.save(options.save)
        print(f"saved: {options.save}")
    if options.episodes:
        _tell(agent.evaluate(options.episodes, max_steps=options.max_steps), row)
    if options.video:
        returns = record(agent, options.video)
        print(f"saved: {options.video}, an episode that returned {returns[0]:g}")
    if options.plot:
        title = f"{kind.__name__} on {options.env}"
        SeedRuns([agent]).plot(options.plot, row.threshold if row else None, title)
        print(f"saved: {options.plot}")
    return 0


def _check_outputs(options):
    """What would fail at the end fails before anything is trained."""
    from .video import writer

    checks.whole_number("--episodes", "EPISODES", options.episodes, 0)
    if getattr(options, "video", None):
        outputs.check_file("--video", "FILE", options.video)
        writer("--video", options.video)
    if getattr(options, "plot", None):
        outputs.check_file("--plot", "FILE", options.plot)
        if Path(options.plot).suffix.lower() not in PICTURES:
            raise ValueError(f"--plot: FILE must end in one of {', '.join(PICTURES)}; got {options.plot!r}.")
        if find_spec("matplotlib") is None:
            raise ImportError(
                "--plot: matplotlib is not installed; in the project's folder run: pip install -e '.[plots]'"
            )
    for name in ("save", "checkpoints"):
        if folder := getattr(options, name, None):
            outputs.make_folder(f"--{name}", "FOLDER", folder)


def _tell(evaluation, row):
    met = row and evaluation.mean_return >= row.threshold
    solved = f", {'solved' if met else 'not solved'}: the threshold is {row.threshold:g}" if row else ""
    print(f"{evaluation!r}{solved}")


def _loaded(options):
    _check_outputs(options)
    return _kind(options).load(options.folder, env=options.env)


def _evaluate(options):
    from . import settings

    agent = _loaded(options)
    row = settings.row(type(agent).__name__, agent._env_id())
    _tell(agent.evaluate(options.episodes, options.seed, max_steps=options.max_steps), row)
    return 0


def _watch(options):
    from .video import record, show

    agent, given = _loaded(options), (options.episodes, options.seed)
    for total in record(agent, options.video, *given) if options.video else show(agent, *given):
        print(f"return {total:g}")
    if options.video:
        print(f"saved: {options.video}")
    return 0


def _tasks(options):
    from . import settings

    for row in settings.TABLE:
        shown = ", ".join(f"{name}={value!r}" for name, value in row.settings.items())
        print(f"{row.agent:10} {row.env:16} {row.steps:>9,} steps to {row.threshold:g}   {shown}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
