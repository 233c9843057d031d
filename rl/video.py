"""Episodes as pictures: what an environment renders, as a GIF or an MP4."""

import os
import sys
import warnings
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from reprlib import repr as shortened

import numpy as np

from . import checks, outputs


def record(agent, path, episodes=1, seed=None, env=None, max_frames=2_000, **kwargs):
    """Plays episodes of an agent's best actions in Gymnasium's own environment into a GIF or an MP4.

    path: its suffix decides, ".gif" or ".mp4" (which needs the extra `video`). episodes: an integer >= 1.
    seed: of the first episode, the next ones count up; the agent's own + 1 if None. env: in the place
    of the agent's: an id, a function of render_mode that makes one, or an environment made with
    render_mode="rgb_array". max_frames: of the video; the episodes are played to their ends all the same.
    kwargs: for gymnasium.make. Returns the return of each episode.
    Raises ValueError for another suffix, an environment that cannot be made again to show itself, and an
    episode of 100,000 steps that nothing limits; EnvError for an environment that fails.

    >>> import rl, tempfile
    >>> agent = rl.QTable("FrozenLake-v1", seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     returns = record(agent, Path(folder) / "lake.gif", env="FrozenLake-v1", max_frames=2)
    ...     returns, (Path(folder) / "lake.gif").exists()
    ([0.0], True)
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"record: path must be the path of a file; got {path!r}.")
    path, frames = Path(path), []
    write = writer("record", path)
    checks.whole_number("record", "max_frames", max_frames, 1)
    outputs.check_file("record", "path", path)

    def seen(watched, made):
        if len(frames) < max_frames:
            frames.append(_picture(watched, made))

    with _variables(SDL_VIDEODRIVER="dummy"):  # a machine without a screen has nothing to complain of
        returns, rate = _played("record", agent, episodes, seed, env, "rgb_array", seen, kwargs)
    write(path, frames, rate)
    return returns


def writer(function, path):
    """What writes a video, by the suffix of its path; a sentence where nothing does."""
    write = {".gif": _gif, ".mp4": _mp4}.get(Path(path).suffix.lower())
    if write is None:
        raise ValueError(f"{function}: path must end in .gif or .mp4; got {str(path)!r}.")
    if write is _mp4:
        try:
            import imageio_ffmpeg  # noqa: F401
        except ImportError:
            raise ImportError(
                f"{function}: imageio-ffmpeg is not installed; in the project's folder run: "
                "pip install -e '.[video]'. Fix: a path that ends in .gif needs nothing more."
            ) from None
    return write


@contextmanager
def _variables(**told):
    """Sets variables of the process for a while."""
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            del os.environ[name]
            if value is not None:
                os.environ[name] = value


def _picture(watched, made):
    """What an environment renders: [height, width, 3]."""
    try:
        picture = made.render()
    except Exception as error:
        raise watched.error(f"render raised {type(error).__name__}: {error}".rstrip(".")) from error
    if np.ndim(picture) != 3 or np.shape(picture)[2] != 3:
        what = "render must return a picture [height, width, 3] where render_mode is 'rgb_array'"
        raise watched.error(f"{what}; got {shortened(picture)}")
    return np.asarray(picture)


def show(agent, episodes=1, seed=None, env=None, **kwargs):
    """The same in a window. Returns the return of each episode. Raises RuntimeError without a screen."""
    chosen = "SDL_VIDEODRIVER" in os.environ

    def seen(watched, made):
        pygame = sys.modules.get("pygame")
        if chosen or pygame is None or not pygame.display.get_init():
            return
        if (driver := pygame.display.get_driver()) in ("offscreen", "dummy"):  # SDL's own choice: nobody sees
            raise RuntimeError(f"no video device but {driver!r}")

    try:
        return _played("show", agent, episodes, seed, env, "human", seen, kwargs)[0]
    except Exception as error:
        if "video device" not in str(error):
            raise
        raise RuntimeError(f"show: a screen must be there; got none ({error}). Fix: rl.record.") from error


def _played(function, agent, episodes, seed, env, mode, seen, kwargs):
    """(returns, pictures a second) of episodes; seen: called at each of their steps."""
    from . import answers, envs

    checks.whole_number(function, "episodes", episodes, 1)
    if not all(hasattr(agent, name) for name in ("act", "env", "seed")):
        raise TypeError(f"{function}: agent must be one of rl's agents; got {agent!r}.")
    if seed is not None:
        checks.seed(function, seed)
    given = agent.env if env is None else env
    made = envs.rendered(function, given, mode, **kwargs)
    first, returns = int(checks.next_seed(agent.seed) if seed is None else seed), []
    try:
        if env is not None and hasattr(agent, "observation_space"):
            _check_spaces(function, agent, *envs.spaces(made))
        with _variables(SDL_NO_SIGNAL_HANDLERS="1"):  # SDL would keep SIGTERM from ending the process
            for number in range(first, first + episodes):
                watched = answers.Watched(function, made, 0, number)
                returns.append(_episode(agent, watched, partial(seen, watched, envs.bare(made).env)))
    finally:
        if made is not given:
            answers.close(function, [made])
    return returns, made.metadata.get("render_fps", 30)


def _check_spaces(function, agent, *found):
    mine = agent.observation_space, agent.action_space
    for label, ours, theirs in zip(("observations", "actions"), mine, found, strict=True):
        if ours != theirs:
            raise ValueError(f"{function}: env must have the agent's {label}, {ours}; got {theirs}.")


def _episode(agent, watched, seen):
    """The return of an episode."""
    from . import envs
    from .evaluate import LONGEST

    obs, info = watched.reset(watched.seed)
    total, ended, act = 0.0, False, _acting(agent, watched)
    seen()
    while not ended:
        obs, reward, terminated, truncated, info = watched.step(act(obs, info))
        total, ended = total + reward, terminated or truncated or watched.steps >= watched.limit
        seen()
        if not ended and watched.steps >= LONGEST and watched.limit == float("inf"):
            raise ValueError(
                f"{watched.function}: episodes of {envs.name(watched.env)} must end; one has gone on for "
                f"{LONGEST:,} steps. Fix: {watched.function}(..., max_episode_steps=1000)."
            )
    return total


def _acting(agent, watched):
    """A function of (obs, info) for one episode, which tells what is legal and remembers for the agent."""
    memory, told = None, {}

    def act(obs, info):
        nonlocal memory
        if getattr(agent, "_masked", False):
            told["legal"] = watched.legal(info)
        if not hasattr(agent, "memory_features"):
            return agent.act(obs, **told)
        action, memory = agent.act(obs, memory, **told)
        return action

    return act


def _gif(path, frames, rate):
    """Half as wide, at most 25 pictures a second: a GIF has no compression to speak of."""
    from PIL import Image

    every = max(1, round(rate / 25))
    images = [Image.fromarray(np.asarray(frame)).reduce(2) for frame in frames[::every]]
    images[0].save(path, save_all=True, append_images=images[1:], duration=round(1000 * every / rate), loop=0)


def _mp4(path, frames, rate):
    import imageio_ffmpeg

    height, width = np.asarray(frames[0]).shape[:2]
    writer = imageio_ffmpeg.write_frames(str(path), (width, height), fps=rate, macro_block_size=2)
    with warnings.catch_warnings():  # of os.fork beside threads: the child becomes ffmpeg at once
        warnings.simplefilter("ignore", RuntimeWarning)
        writer.send(None)
    for frame in frames:
        writer.send(np.ascontiguousarray(frame))
    writer.close()
