"""Progress of training: ten lines in a file, a bar in a terminal, silence where none is wanted."""

import io
import sys

from rl.progress import note, progress


def told(title, total, start=0, steps=range(10, 1001, 10), logs=None):
    with progress(title, total, start) as bar:
        for step in steps:
            bar.update(step, logs or {"return": step / 2})


def test_about_ten_lines_are_written_and_the_last_one_is_the_end(capsys):
    told("PPO", 1000)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("PPO 100/1,000 steps  return 50.00  ") and lines[0].endswith(" steps/s")
    assert lines[-1].startswith("PPO 1,000/1,000 steps  return 500.00  ")


def test_a_training_that_goes_on_counts_from_where_it_is(capsys):
    told("PPO", 1000, start=900, steps=(950, 1000))
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["950/1,000", "1,000/1,000"]


def test_silence_is_kept(capsys):
    told("PPO", None)
    told("PPO", 1000, start=1000)
    out, err = capsys.readouterr()
    assert out == err == ""


def test_figures_that_are_not_known_yet_are_left_out():
    assert note({"return": float("nan"), "loss": 0.0}) == "loss 0.00"
    assert note({"loss": 1e-5, "value": 2e6, "kl": -0.5}) == "loss 1.00e-05  value 2.00e+06  kl -0.50"


def test_a_terminal_gets_a_bar(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    screen = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(sys, "stdout", screen)
    told("DQN [1]", 1000, logs={"loss": 0.25})
    shown = screen.getvalue()
    assert "1,000/1,000 steps" in shown and "steps/s" in shown and "loss 0.25" in shown
