"""The command line: `python -m rl train ppo --env CartPole-v1`, `evaluate`, `watch`, `tasks`."""

import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from traceback import extract_tb

from . import checks, outputs
from .options import STEPPING, kind, read

PICTURES = (".png", ".pdf", ".svg", ".jpg")  # what matplotlib can write
STOPPED = 130  # the exit status of a program that Ctrl-C ended
_MISTAKES = (ValueError, TypeError, ImportError, RuntimeError, ArithmeticError, OSError)


def main(arguments=None):
    """Runs a command; a mistake of the user is one sentence, and exit status 2."""
    options = None
    try:
        options = read(arguments)
        return _run(options)
    except KeyboardInterrupt:
        print(f"rl: stopped{_kept(options)}", file=sys.stderr)
        return STOPPED


def _kept(options):
    """How the sentence about a command that was stopped ends: a training's tells what is kept of it."""
    if options is None or options.command != "train":
        return "."
    if not options.checkpoints:
        return ". Fix: --checkpoints FOLDER keeps what was learnt."
    # JAX may crash where an import that was cut short is begun anew: without it nothing is known
    with suppress(Exception):
        if sys.modules["jaxnets.checkpoint"].is_empty(options.checkpoints):
            return f" before the first checkpoint was saved in {options.checkpoints}."
        return f". Fix: the same command goes on from {options.checkpoints}."
    return "."


def _run(options):
    from jaxnets.checkpoint import CheckpointError

    from .dispatch import use_synchronous_dispatch

    with suppress(RuntimeError):  # a program that calls this function may have started JAX
        use_synchronous_dispatch()
    try:
        commands = {"train": _train, "evaluate": _evaluate, "watch": _watch, "tasks": _tasks}
        return commands[options.command](options)
    except (*_MISTAKES, CheckpointError) as error:
        print(f"rl: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except SystemExit as error:  # which an environment raises, nothing here: its 0 would pass for success
        at, said = extract_tb(error.__traceback__)[-1], " ".join(str(error).split())
        print(
            f"rl: {options.command}: an environment must not end the program; got SystemExit: {said} "
            f"({at.filename}, line {at.lineno}). Fix: raise RuntimeError there.",
            file=sys.stderr,
        )
        return 2


@contextmanager
def _stoppable():
    """A callback that ends a training at the first Ctrl-C, also where a hook of a library has swallowed it:
    JAX has one in the garbage collector, where Python prints an exception and goes on."""
    asked = []

    def ask(*_):
        asked.append(True)
        raise KeyboardInterrupt

    def stop(*_):
        if asked:
            raise KeyboardInterrupt

    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not usual or threading.current_thread() is not threading.main_thread():
        yield stop
        return
    signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _train(options):
    from jaxnets.callbacks import Checkpoint

    from . import settings
    from .seeds import SeedRuns
    from .video import record

    _check_outputs(options)
    agent_kind = kind(options)
    row = settings.row(agent_kind.__name__, options.env)
    steps = options.steps if options.steps is not None else row.steps if row else 100_000
    given = (row.over(steps) if row else {}) | dict(options.set)
    known = set(checks.settings(agent_kind) or ()) - {"env", "seed"}
    for name in set(given) - known:
        near = checks.nearest(name, sorted(known))
        raise ValueError(
            f"--set must name a setting of {agent_kind.__name__}: {', '.join(sorted(known))}; got {name}."
            + (f" Fix: {near}." if near else "")
        )
    if options.host:
        if options.agent in STEPPING:
            raise ValueError(f"--host must be left out for {options.agent}, which compiles nothing.")
        given["compiled"] = False
    callbacks = [Checkpoint(options.checkpoints)] if options.checkpoints else []
    with _stoppable() as stop:
        agent = agent_kind(options.env, seed=options.seed, **given)
        agent.train(steps, callbacks=[*callbacks, stop], resume=options.checkpoints)
    if options.save:
        agent.save(options.save)
        print(f"saved: {options.save}")
    if options.episodes:
        _tell(agent.evaluate(options.episodes, max_steps=options.max_steps), row)
    if options.video:
        returns = record(agent, options.video)
        print(f"saved: {options.video}, an episode that returned {returns[0]:g}")
    if options.plot:
        title = f"{agent_kind.__name__} on {options.env}"
        SeedRuns([agent]).plot(options.plot, row.threshold if row else None, title)
        print(f"saved: {options.plot}")
    return 0


def _check_outputs(options):
    """What would fail at the end fails before anything is trained."""
    from .video import writer

    checks.whole_number("--episodes", "EPISODES", options.episodes, 0)
    if getattr(options, "max_steps", None) is not None:
        checks.whole_number("--max-steps", "MAX_STEPS", options.max_steps, 1)
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
    return kind(options).load(options.folder, env=options.env)


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
    status = main()
    if status == STOPPED:  # what was interrupted inside JAX may crash where Python takes it down
        sys.stdout.flush()
        os._exit(status)
    sys.exit(status)
