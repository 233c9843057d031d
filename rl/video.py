"""Episodes as pictures: what an environment renders, as a GIF or an MP4."""

import os
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from . import checks


def record(agent, path, episodes=1, seed=None, env=None, max_frames=2_000, **kwargs):
    """Plays episodes of an agent's best actions in Gymnasium's own environment into a GIF or an MP4.

    path: its suffix decides, ".gif" or ".mp4" (which needs the extra `video`). episodes: an integer >= 1.
    seed: of the first episode, the next ones count up; the agent's own + 1 if None. env: in the place
    of the agent's: an id, a function of render_mode that makes one, or an environment made with
    render_mode="rgb_array". max_frames: of the video; the episodes are played to their ends all the same.
    kwargs: for gymnasium.make. Returns the return of each episode.
    Raises ValueError for another suffix, or an agent without an id.

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
    if not path.parent.is_dir():
        raise ValueError(f"record: path must be in a folder that is there; got {str(path)!r}.")

    def seen(made):
        if len(frames) < max_frames:
            frames.append(made.render())

    with _without_screen():
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
def _without_screen():
    """Pictures are drawn in memory: a machine without a screen has nothing to complain of."""
    name = "SDL_VIDEODRIVER"
    before = os.environ.get(name)
    os.environ[name] = "dummy"
    try:
        yield
    finally:
        del os.environ[name]
        if before is not None:
            os.environ[name] = before


def show(agent, episodes=1, seed=None, env=None, **kwargs):
    """The same in a window. Returns the return of each episode. Raises RuntimeError without a screen."""
    try:
        return _played("show", agent, episodes, seed, env, "human", lambda made: None, kwargs)[0]
    except Exception as error:
        if "video device" not in str(error):
            raise
        raise RuntimeError(f"show: a screen must be there; got none ({error}). Fix: rl.record.") from error


def _played(function, agent, episodes, seed, env, mode, seen, kwargs):
    """(returns, pictures a second) of episodes; seen: called with the environment at each of its steps."""
    from . import envs

    checks.whole_number(function, "episodes", episodes, 1)
    if not all(hasattr(agent, name) for name in ("act", "env", "seed")):
        raise TypeError(f"{function}: agent must be one of rl's agents; got {agent!r}.")
    if seed is not None:
        checks.seed(function, seed)
    given = agent.env if env is None else env
    made = envs.rendered(function, given, mode, **kwargs)
    seed, returns = agent.seed + 1 if seed is None else seed, []
    try:
        for episode in range(episodes):
            obs, info = made.reset(seed=seed + episode)
            total, ended, act = 0.0, False, _acting(agent)
            seen(made)
            while not ended:
                obs, reward, terminated, truncated, info = made.step(act(obs, info))
                total, ended = total + float(reward), terminated or truncated
                seen(made)
            returns.append(total)
    finally:
        if made is not given:
            made.close()
    return returns, made.metadata.get("render_fps", 30)


def _acting(agent):
    """A function of (obs, info) for one episode, which tells what is legal and remembers for the agent."""
    memory, told = None, {}

    def act(obs, info):
        nonlocal memory
        if getattr(agent, "action_mask", False):
            told["legal"] = np.asarray(info["action_mask"], bool)
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
