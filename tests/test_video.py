"""Videos of episodes, and pictures of learning curves: what is in the files."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import gymnasium
import matplotlib.image
import numpy as np
import pytest
from PIL import Image

import rl
from rl.plots import curves_figure


class Still:
    """An agent that pushes to the left; the pole has fallen in about ten steps."""

    env, seed = "CartPole-v1", 3

    def act(self, obs):
        return 0


def fallen(seed):
    """The return of its episode, stepped by hand."""
    env, total, ended = gymnasium.make("CartPole-v1"), 0.0, False
    env.reset(seed=seed)
    while not ended:
        _, reward, terminated, truncated, _ = env.step(0)
        total, ended = total + float(reward), terminated or truncated
    return total


def test_a_gif_shows_the_episodes_that_were_played(tmp_path):
    returns = rl.record(Still(), tmp_path / "a.gif", episodes=2)
    assert returns == [fallen(4), fallen(5)]
    with Image.open(tmp_path / "a.gif") as image:
        count = sum(returns) + 2  # one picture of each start
        assert image.n_frames == -(-count // 2)  # 50 a second are too many: every other one
        assert image.size == (300, 200) and image.info["duration"] == 40
        first = np.asarray(image.convert("RGB"), int)
        image.seek(image.n_frames - 1)
        assert np.abs(np.asarray(image.convert("RGB"), int) - first).max() > 50


def test_frames_are_limited_and_episodes_are_not(tmp_path):
    assert rl.record(Still(), tmp_path / "a.gif", seed=4, max_frames=4) == [fallen(4)]
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 2


@pytest.mark.filterwarnings("ignore:os.fork")  # ffmpeg is a process of its own
def test_an_mp4_shows_every_frame(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    returns = rl.record(Still(), tmp_path / "a.mp4")
    frames, seconds = ffmpeg.count_frames_and_secs(str(tmp_path / "a.mp4"))
    assert frames == returns[0] + 1 and seconds == pytest.approx(frames / 50, abs=0.05)


def test_what_an_mp4_needs_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(ImportError, match=r"record: imageio-ffmpeg is not installed; .*'\.\[video\]'"):
        rl.record(Still(), tmp_path / "a.mp4", max_frames=1)


def test_a_window_plays_the_same_episodes(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    assert rl.show(Still(), seed=4) == [fallen(4)]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (dict(path="a.avi"), r"record: path must end in \.gif or \.mp4; got 'a\.avi'"),
        (dict(path="a.gif", episodes=0), "record: episodes must be >= 1; got 0"),
        (dict(path="a.gif", env=object()), "record: env must be an id"),
    ],
)
def test_mistakes_get_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        rl.record(Still(), **call)


FIRM = dict(is_slippery=False, max_episode_steps=5)


@pytest.mark.parametrize("made", [
    lambda: rl.QTable(gymnasium.make("FrozenLake-v1", **FIRM)),
    lambda: rl.A2C(gymnasium.make("FrozenLake-v1", **FIRM), num_steps=8),
    lambda: rl.A2C(gymnasium.make_vec("FrozenLake-v1", 2, **FIRM), num_steps=8),
])  # fmt: skip
def test_an_agent_is_filmed_in_an_environment_like_its_own(made, tmp_path):
    seen, agent = [], made()
    agent.act = lambda obs: seen.append(obs) or int(obs < 8)  # down, and then against the wall
    rl.record(agent, tmp_path / "a.gif", max_frames=1)
    assert seen == [0, 4, 8, 8, 8]


def test_an_environment_that_cannot_be_made_again_has_to_be_given(tmp_path):
    class Own(gymnasium.Wrapper):
        pass

    agent = rl.QTable(Own(gymnasium.make("FrozenLake-v1")))
    with pytest.raises(
        ValueError, match=r"record: env must be given where .*Own .*Fix: record\(env=\.\.\.\)"
    ):
        rl.record(agent, tmp_path / "a.gif")


class Blind(gymnasium.Env):
    """One state, one step; shows no picture, and fails if wanted."""

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012
    observation_space = action_space = gymnasium.spaces.Discrete(2)
    fails = endless = False

    def __init__(self, render_mode=None):
        self.render_mode = render_mode

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        return 0, {}

    def step(self, action):
        if self.fails:
            raise KeyError("lost")
        return 0, 1.0, not self.endless, False, {}

    def render(self):
        return np.zeros((2, 2, 3), np.uint8) if self.fails or self.endless else None


class Fails(Blind):
    fails = True


class Endless(Blind):
    endless = True


@pytest.mark.parametrize(("env", "kind", "words"), [
    (Blind, rl.EnvError, r"Blind: render must return a picture .*; got None \(.*step 0, seed 1\)"),
    (Fails, rl.EnvError, r"Fails: step raised KeyError: 'lost' \(.*step 1, seed 1\)"),
    (Endless, ValueError, r"episodes of Endless must end; one has gone on for 100,000 steps\. Fix: record\("),
    ("FrozenLake-v1", ValueError, r"env must have the agent's observations, Discrete\(2\); got Discrete\(16"),
])  # fmt: skip
def test_an_environment_that_cannot_be_filmed_gets_a_sentence(env, kind, words, tmp_path):
    with pytest.raises(kind, match=f"^record: {words}"):
        rl.record(rl.QTable(Blind()), tmp_path / "a.gif", env=env, max_frames=2)


def test_a_path_that_no_file_can_have_is_told_before_anything_is_played(tmp_path):
    (tmp_path / "a.gif").mkdir()
    with pytest.raises(ValueError, match=r"^record: path must be a file; got the folder"):
        rl.record(None, tmp_path / "a.gif")


def test_a_window_that_nobody_sees_is_none(monkeypatch):
    pygame = pytest.importorskip("pygame")
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    monkeypatch.setattr(pygame.display, "get_init", lambda: True)
    monkeypatch.setattr(pygame.display, "get_driver", lambda: "offscreen")
    made = lambda render_mode: gymnasium.make("FrozenLake-v1")  # noqa: E731
    with pytest.raises(RuntimeError, match=r"^show: a screen must be there; got none .*Fix: rl\.record\."):
        rl.show(rl.QTable("FrozenLake-v1"), env=made)


@pytest.mark.skipif(sys.platform == "win32", reason="it has no SIGTERM")
def test_a_film_can_be_ended_from_outside(tmp_path):
    code = """
import os, signal, rl
class Ends(rl.QTable):
    def act(self, obs):
        os.kill(os.getpid(), signal.SIGTERM)
        return 0
rl.record(Ends("FrozenLake-v1"), "a.gif", max_frames=1)
"""
    environ = os.environ | {"PYTHONPATH": str(Path(rl.__file__).parent.parent)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, timeout=120, env=environ)
    assert done.returncode == -signal.SIGTERM


def test_an_agent_with_a_table_is_filmed_where_it_was_trained(tmp_path):
    rl.record(rl.QTable("FrozenLake-v1", seed=0), tmp_path / "a.gif", max_frames=1)


def test_a_curve_is_the_median_and_a_band_is_the_middle_half(tmp_path):
    steps, returns = np.array([100, 200, 300]), np.array([[np.nan, 1, 2], [1, 2, 4], [5, 6, 7], [9, 9, 8.0]])
    figure = curves_figure(steps, returns, tmp_path / "a.png", threshold=7.5, title="four seeds")
    (axes,) = figure.axes
    median, line = axes.lines
    assert median.get_xdata().tolist() == [200, 300]  # nothing is drawn before all seeds are known
    assert median.get_ydata().tolist() == [4.0, 5.5]
    assert line.get_ydata() == [7.5, 7.5]
    band = axes.collections[0].get_paths()[0].vertices
    for step, column in ((200, 1), (300, 2)):
        low, high = np.percentile(returns[:, column], (25, 75))
        heights = band[band[:, 0] == step, 1]
        assert (heights.min(), heights.max()) == (low, high)
    assert axes.get_title() == "four seeds"
    (legend,) = figure.legends  # beside the axes, where no curve is covered
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == ["median of 4 seeds, and the middle half", "solved: 7.5"]
    assert matplotlib.image.imread(tmp_path / "a.png").shape == (600, 960, 4)


def test_curves_of_which_nothing_is_known_are_no_picture():
    with pytest.raises(ValueError, match=r"plot: every seed must have finished an episode; got none\."):
        curves_figure([1, 2], [[np.nan, np.nan]])


def test_an_environment_of_ones_own_is_filmed(tmp_path):
    agent = rl.QTable("FrozenLake-v1")
    own = gymnasium.make("FrozenLake-v1", render_mode="rgb_array")
    assert rl.record(agent, tmp_path / "own.gif", env=own, max_frames=2, seed=1) == rl.record(
        agent, tmp_path / "id.gif", max_frames=2, seed=1
    )
    own.reset()  # still open
    made = lambda render_mode: gymnasium.make("FrozenLake-v1", render_mode=render_mode)  # noqa: E731
    assert len(rl.record(agent, tmp_path / "made.gif", env=made, max_frames=2)) == 1
