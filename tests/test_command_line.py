"""python -m rl: agents are trained, saved, played and filmed; mistakes are one sentence and exit status 2."""

import signal
import subprocess
import sys
from contextlib import suppress

import gymnasium
import pytest
from gymnasium.envs.classic_control import CartPoleEnv
from PIL import Image

import rl
from jaxnets import checkpoint
from rl import settings
from rl.__main__ import main

SMALL = [f"--set={setting}" for setting in ("num_envs=4", "num_steps=16", "batch_size=32", "num_epochs=2",
                                            "hidden=(8,)", "learning_rate=1e-3", "clip_eps=0.2")]  # fmt: skip
TRAIN = ["train", "ppo", "--env=CartPole-v1", "--steps=512", "--episodes=2", *SMALL]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("command")


@pytest.fixture(scope="module")
def trained(folder):
    files = ["--save", folder / "agent", "--plot", folder / "a.png", "--checkpoints", folder / "checkpoints"]
    assert main([*TRAIN, "--seed=3", *map(str, files)]) == 0
    return str(folder / "agent")


def test_training_saves_what_it_is_told_to(trained, folder):
    agent = rl.PPO.load(trained)
    assert (agent.steps, agent.seed, agent.num_envs, agent.hidden) == (512, 3, 4, (8,))
    with Image.open(folder / "a.png") as image:
        assert image.size == (960, 600)
    assert list((folder / "checkpoints").iterdir())


def test_training_tells_how_good_the_agent_is(trained, capsys):
    assert main([*TRAIN, "--seed=3"]) == 0
    out = capsys.readouterr().out
    assert "PPO 512/512 steps" in out and out.rstrip().endswith("not solved: the threshold is 475")


def test_training_goes_on_from_its_checkpoints(trained, folder, capsys):
    checkpoints = f"--checkpoints={folder / 'checkpoints'}"
    assert main([*TRAIN, "--seed=3", "--episodes=0", checkpoints]) == 0
    assert capsys.readouterr().out == ""  # all steps were there already
    assert main([*TRAIN, "--seed=4", checkpoints]) == 2
    assert capsys.readouterr().err.startswith("rl: train: resume must be a folder of the same agent")


def test_a_saved_agent_is_evaluated(trained, capsys):
    assert main(["evaluate", "ppo", trained, "--episodes=3", "--seed=7"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(repr(rl.PPO.load(trained).evaluate(3, seed=7))) and "the threshold is 475" in told


def test_a_saved_agent_is_watched(trained, folder, capsys):
    assert main(["watch", "ppo", trained, "--video", str(folder / "a.gif"), "--seed=7"]) == 0
    total = rl.PPO.load(trained).evaluate(1, seed=7).mean_return
    assert capsys.readouterr().out.splitlines() == [f"return {total:g}", f"saved: {folder / 'a.gif'}"]
    with Image.open(folder / "a.gif") as image:
        assert image.n_frames == -(-(total + 1) // 2)


def test_tasks_are_told_with_their_settings(capsys):
    assert main(["tasks"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(settings.TABLE)
    for row, line in zip(settings.TABLE, lines, strict=True):
        assert line.split()[:2] == [row.agent, row.env] and f"to {row.threshold:g}" in line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "ppo", "--env=CartPole-v1", "--set=gama=0.9"], "--set must name a setting of PPO: "),
        (
            ["train", "q_table", "--env=FrozenLake-v1", "--set=gama=0.9"],
            "--set must name a setting of QTable: epsilon, gamma, initial_value, learning_rate, "
            "learning_rate_visits; got gama. Fix: gamma.",
        ),
        (["train", "ppo", "--env=CartPole-v1", "--set=gamma=1.5"], "PPO: gamma must be in [0, 1]; got 1.5."),
        (
            ["train", "dqn", "--env=CartPole-v1", "--set=gamma=high"],
            "DQN: gamma must be a number; got 'high'.",
        ),
        (["train", "dqn", "--env=Pendulum-v1"], "DQN: actions must be Discrete; got Box"),
        (["train", "ppo", "--env=NoSuchTask-v0"], "PPO: env must be an id that gymnasium.make takes"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_status_2(arguments, words, capsys):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"rl: {words}") and err.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--video=a.mov", "--video: path must end in .gif or .mp4; got 'a.mov'."),
        ("--video=nodir/a.gif", "--video: FILE must be in a folder that can be written; got 'nodir/a.gif'."),
        ("--plot=nodir/a.png", "--plot: FILE must be in a folder that can be written; got 'nodir/a.png'."),
        ("--plot=a.xyz", "--plot: FILE must end in one of .png, .pdf, .svg, .jpg; got 'a.xyz'."),
        ("--plot=.", "--plot: FILE must be a file; got the folder '.'."),
        ("--save=file", "--save: FOLDER must be a folder; got the file 'file'."),
        ("--save=file/a", "--save: FOLDER must be a folder that can be written; got 'file/a'."),
        ("--checkpoints=file/a", "--checkpoints: FOLDER must be a folder that can be written; got 'file/a'."),
        ("--checkpoints=file", "--checkpoints: FOLDER must be a folder; got the file 'file'."),
        ("--episodes=-1", "--episodes: EPISODES must be >= 0; got -1."),
        ("--max-steps=0", "--max-steps: MAX_STEPS must be >= 1; got 0."),
        ("--steps=-1", "train: steps must be >= 0; got -1."),
        ("--seed=-1", "PPO: seed must be >= 0; got -1."),
    ],
)
def test_what_would_fail_at_the_end_fails_before_training(option, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert main([*TRAIN, option]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err == f"rl: {words}\n"


def test_training_that_is_stopped_says_how_to_go_on(monkeypatch, tmp_path, capsys):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(rl.PPO, "train", stopped)
    assert main(TRAIN) == 130
    assert capsys.readouterr().err == "rl: stopped. Fix: --checkpoints FOLDER keeps what was learnt.\n"
    assert main([*TRAIN, "--checkpoints", str(tmp_path)]) == 130
    told = f"rl: stopped before the first checkpoint was saved in {tmp_path}.\n"
    assert capsys.readouterr().err == told
    (tmp_path / ".unfinished-0123456789abcdef").mkdir()
    (tmp_path / "notes").mkdir()
    assert main([*TRAIN, "--checkpoints", str(tmp_path)]) == 130
    assert capsys.readouterr().err == told
    checkpoint.save(tmp_path, {"steps": 1})
    assert main([*TRAIN, "--checkpoints", str(tmp_path)]) == 130
    assert capsys.readouterr().err == f"rl: stopped. Fix: the same command goes on from {tmp_path}.\n"


@pytest.mark.parametrize("command", ["evaluate", "watch", "tasks"])
def test_what_keeps_nothing_is_stopped_without_advice(command, monkeypatch, tmp_path, capsys):
    def stopped(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"rl.__main__._{command}", stopped)
    assert main([command] if command == "tasks" else [command, "ppo", str(tmp_path)]) == 130
    assert capsys.readouterr().err == "rl: stopped.\n"


def test_a_training_stopped_where_no_folder_can_be_read_claims_nothing(monkeypatch, tmp_path, capsys):
    def stopped(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("rl.__main__._check_outputs", stopped)
    (tmp_path / "file").write_text("")
    assert main([*TRAIN, f"--checkpoints={tmp_path / 'file'}"]) == 130
    assert capsys.readouterr().err == "rl: stopped.\n"


class Unbuilt(CartPoleEnv):
    """Raises what it is told to where it is made."""

    error = SystemExit(0)

    def __init__(self, render_mode=None):
        raise self.error


gymnasium.register("Unbuilt-v0", Unbuilt)


@pytest.mark.parametrize("error", [SystemExit(0), SystemExit("no display"), KeyError("display")])
@pytest.mark.parametrize("agent", ["ppo", "q_table"])
def test_an_environment_that_cannot_be_made_is_one_sentence_and_exit_status_2(
    agent, error, monkeypatch, capsys
):
    monkeypatch.setattr(Unbuilt, "error", error)
    assert main(["train", agent, "--env=Unbuilt-v0"]) == 2
    out, told = capsys.readouterr()
    assert out == "" and told.count("\n") == 1 and f"{type(error).__name__}: {error}" in told
    if isinstance(error, SystemExit):
        assert told.startswith("rl: train: an environment must not end the program; got SystemExit: ")
        assert f"({__file__}, line " in told and told.endswith("Fix: raise RuntimeError there.\n")


def test_an_error_of_this_package_stays_a_traceback(monkeypatch):
    def wrong(_):
        raise KeyError("row")

    monkeypatch.setattr("rl.__main__._tasks", wrong)
    with pytest.raises(KeyError):
        main(["tasks"])


class Unclosed(CartPoleEnv):
    """Cannot be closed."""

    def close(self):
        raise KeyError("window")


def test_an_evaluation_survives_an_environment_that_cannot_be_closed(tmp_path, capsys):
    gymnasium.register("Unclosed-v0", Unclosed, max_episode_steps=20)
    words = (
        "evaluate: close of Unclosed-v0 must not raise; got KeyError: 'window'. What came before counts all"
    )
    save, train = f"--save={tmp_path}", ["train", "ppo", "--env=Unclosed-v0", "--steps=64", "--episodes=3"]
    for command in ([*train, save, *SMALL], ["evaluate", "ppo", str(tmp_path), "--episodes=3"]):
        with pytest.warns(UserWarning, match=words):
            assert main(command) == 0
        assert "Evaluation(3 episodes: mean return " in capsys.readouterr().out


class Swallowing(CartPoleEnv):
    """Takes Ctrl-C for something of its own, as JAX's hook of the garbage collector does."""

    def step(self, action):
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        return super().step(action)


@pytest.fixture
def interruptible():
    """Ctrl-C as Python starts with it, also where the tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_training_whose_interrupt_was_swallowed_stops_all_the_same(tmp_path, capsys):
    gymnasium.register("Swallowing-v0", Swallowing, max_episode_steps=20)
    command = ["train", "ppo", "--env=Swallowing-v0", "--steps=100000", f"--checkpoints={tmp_path}", *SMALL]
    assert main(command) == 130
    assert capsys.readouterr().err.endswith(f"goes on from {tmp_path}.\n")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert checkpoint.about(tmp_path)["steps"] < 100_000


def test_a_folder_without_an_agent_is_one_sentence_and_exit_status_2(tmp_path, capsys):
    assert main(["evaluate", "ppo", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["train", "ppo"], ["train", "ppo", "--env=CartPole-v1", "--set=gamma"]]
)
def test_arguments_that_cannot_be_read_are_exit_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2 and "python -m rl" in capsys.readouterr().err


def test_the_module_is_a_program():
    command = [sys.executable, "-m", "rl", "train", "ppo", "--env=CartPole-v1", "--set=gamma=2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and done.stderr == "rl: PPO: gamma must be in [0, 1]; got 2.\n"


@pytest.mark.parametrize("name", ["QTABLE", "q_table", "QTable", "q-table"])
def test_an_agent_is_known_by_either_spelling(name):
    assert main(["train", name, "--env", "FrozenLake-v1", "--steps", "20", "--episodes", "0"]) == 0


def test_a_setting_as_an_option_is_told_how(capsys):
    for given in (["--gamma", "2"], ["--gamma=2"], ["--num-steps=3"]):
        with pytest.raises(SystemExit):
            main(["train", "PPO", "--env", "CartPole-v1", *given])
        told = "num_steps=3" if "num" in given[0] else "gamma=2"
        assert f"a setting is given by --set {told}" in capsys.readouterr().err


def test_counts_may_be_written_with_an_exponent(trained, capsys):
    assert main(["evaluate", "ppo", trained, "--episodes=2e0", "--max-steps=5", "--seed=7"]) == 0
    assert capsys.readouterr().out.startswith(repr(rl.PPO.load(trained).evaluate(2, seed=7, max_steps=5)))
    assert main([*TRAIN, "--steps=5.12e2", "--episodes=1", "--max-steps=3"]) == 0
    assert "PPO 512/512 steps" in (told := capsys.readouterr().out) and "length 3" in told
    for odd in ("1.5e0", "1e999", "many", "2.0"):
        with pytest.raises(SystemExit):
            main([*TRAIN, f"--steps={odd}"])
        assert "must be a whole number, such as 10000 or 1e4; got" in capsys.readouterr().err
