"""The examples show what their first lines say. Digits and students have files of their own."""

import os
import runpy
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from microgrid.oracle import PAIRS, verdict

EXAMPLES = Path(__file__).parent.parent / "examples"


def example(name):
    """The functions of an example, by name."""
    return runpy.run_path(str(EXAMPLES / name))


def test_guesses_are_steps_of_gradient_descent_and_exact(capsys):
    told, ends = example("01_guessing.py")["main"]()
    assert told == [19, 16, 12, 8, 4, 6]
    assert all(type(guess) is Fraction for guess in told)
    assert "19     169      26            3/26           16" in capsys.readouterr().out
    assert all(abs(ends[rate]) < 13 for rate in (0.1, 0.4, 0.5, 0.9))


def test_a_step_too_large_overshoots_and_above_one_diverges():
    functions = example("01_guessing.py")
    told = functions["guesses"](functions["RATES"])
    assert told[3] > 6 > told[4]
    off = {rate: abs(functions["guesses"]([Fraction(rate)] * 20)[-1] - 6) for rate in ("1", "1.1")}
    assert off["1"] == 13
    assert off["1.1"] == 13 * Fraction("1.2") ** 20


@pytest.fixture(scope="module")
def xor():
    return example("02_xor.py")["main"]()


def test_xor_without_activation_stays_half_right(xor):
    losses, _, outputs = xor
    assert 0.25 - 1e-12 <= losses["plain"] < 0.25001
    assert all(abs(row[0] - 0.5) < 0.01 for row in outputs)


def test_xor_with_an_activation_is_solved_in_both_rooms(xor):
    losses, ulps, _ = xor
    assert losses["scalars"] < 0.01
    assert losses["scalars"] == pytest.approx(losses["arrays"], rel=1e-9)
    assert ulps <= 8


def test_backpropagation_gives_every_published_number():
    functions = example("03_backpropagation.py")
    published, ours = functions["PUBLISHED"], functions["main"]()
    assert ours.keys() == published.keys()
    for name, number in published.items():
        digits = len(number.partition(".")[2])
        assert digits >= 8
        assert f"{ours[name]:.{digits}f}" == number, name


def test_weighted_sum_by_loop_equals_the_matrix_product():
    differing, ulps, ratio = example("04_weighted_sum.py")["main"]()
    assert differing == 0
    assert ulps <= 4
    assert ratio > 10


def test_verdict_table_names_every_topic(tmp_path, capsys):
    some = PAIRS[1::9]
    verdicts = example("08_verdicts.py")["main"](tmp_path, some, count=1, processes=1)
    told = capsys.readouterr().out
    assert all(verdict.ok for verdict in verdicts)
    assert all(f"  {pair.topic} " in told for pair in some)
    assert "FAIL" not in told
    assert "agreement.png" in told
    assert (tmp_path / "agreement.png").stat().st_size > 10_000


def test_verdict_table_shouts_where_rooms_disagree(tmp_path, capsys, monkeypatch):
    functions = example("08_verdicts.py")
    main, row = functions["main"], next(pair for pair in PAIRS if pair.name == "activations.tanh")

    def dishonest(pairs, count, processes):
        from jaxnets.activations import sigmoid
        from microgrid.activations import tanh

        return (verdict(pair, count, functions=(tanh, sigmoid)) for pair in pairs)

    monkeypatch.setitem(main.__globals__, "verdicts", dishonest)
    assert not main(tmp_path, [row], count=1)[0].ok
    told = capsys.readouterr().out
    assert "FAIL activations.tanh" in told and "0 of 1 formulas agree" in told


def test_demo_plays_its_parts_and_lists_every_file_they_leave(tmp_path, capsys):
    functions = example("demo.py")
    parts = {path.name for path in EXAMPLES.glob("0*.py") if path.name > "05"}
    assert {name for name, _ in functions["PARTS"]} == parts | {"22_cart_pole.py"}
    (tmp_path / "old.png").touch()
    os.utime(tmp_path / "old.png", (0, 0))
    seconds = functions["main"](tmp_path, [("09_your_table.py", "A table")])
    told = capsys.readouterr().out
    assert list(seconds) == ["09_your_table.py"]
    assert "1. A table (examples/09_your_table.py)" in told
    assert "old.png" not in told
    assert all(
        f"  {tmp_path / name}\n" in told for name in ("last_year.csv", "this_year.csv", "verdicts.csv")
    )


STARTED_ALIKE = [*(path.name for path in sorted(EXAMPLES.glob("0[1-8]*.py"))), "demo.py"]


@pytest.fixture
def play(monkeypatch, tmp_path):
    """What starts an example, as if from an empty folder with these words on the command line."""

    def start(*words, main=None, about="One line.\nAnother.\n\nMore."):
        monkeypatch.setattr("sys.argv", [str(EXAMPLES / "story.py"), *words])
        return example("command_line.py")["play"](main, about)

    monkeypatch.chdir(tmp_path)
    return start


@pytest.mark.parametrize("name", STARTED_ALIKE)
def test_help_tells_the_first_lines_and_leaves_nothing(name, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.setattr("sys.argv", [str(EXAMPLES / name), "--help"])
    about = runpy.run_path(str(EXAMPLES / name), run_name="__main__")["__doc__"]
    told = capsys.readouterr().out
    assert told.startswith(about.partition("\n\n")[0] + "\n\nusage: ")
    assert f"usage: python examples/{name}" in told
    assert ("[FOLDER]" in told) == (name > "05")
    assert not list(tmp_path.iterdir())


def test_words_that_are_no_folder_get_one_sentence(play, tmp_path, capsys):
    played = []
    (tmp_path / "file").touch()
    for words in (["--folder"], ["-v"], ["a", "b"], ["file"]):
        with pytest.raises(SystemExit) as stopped:
            play(*words, main=lambda folder="here": played.append(folder))
        assert stopped.value.code == 2
        out, err = capsys.readouterr()
        assert (
            out == "" and err.startswith("usage: python examples/story.py [FOLDER]") and err.count("\n") == 1
        )
    with pytest.raises(SystemExit):
        play("a", main=lambda: played.append("a"))
    assert not played
    play(main=lambda folder="here": played.append(folder))
    play("there", main=lambda folder="here": played.append(folder))
    assert played == ["here", "there"]


def test_interrupted_it_ends_with_one_word(play, capsys):
    def main():
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as stopped:
        play(main=main)
    assert stopped.value.code == 130
    assert capsys.readouterr().err == "\nStopped.\n"


def test_without_a_reader_it_ends_with_one_sentence():
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, str(EXAMPLES / "01_guessing.py")]
    paths = {**os.environ, "PYTHONPATH": str(EXAMPLES.parent)}
    ended = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, env=paths)
    os.close(writer)
    assert ended.returncode == 1
    assert ended.stderr == "Stopped: nobody reads the output any more.\n"


def test_the_derivation_by_hand_is_that_of_the_machine(capsys):
    (_, by_hand, bias), eager, traced, batch, second, along = example("10_derivation.py")["main"]()
    assert eager == pytest.approx([*by_hand, bias], rel=1e-15)
    assert traced == pytest.approx([*by_hand, bias], rel=1e-15)
    assert "for (x0, x1), t in zip(xs, ts):" in batch
    assert along == pytest.approx(second[0], rel=1e-15) and second[0][1] == second[1][0]
    assert "    d_w0 = d_z * x0" in capsys.readouterr().out


@pytest.mark.slow
def test_no_digit_is_lost_where_libraries_lose_them(capsys):
    found = example("16_lost_digits.py")["main"]()
    for (dtype, name), (_, ours) in found.items():
        crossing = name in ("gelu", "mish")  # their slopes cross 0 near -0.7 and -1.2
        assert ours[0] <= 4 and ours[1] <= (50 if crossing else 8), (dtype, name)
    assert found["float64", "gelu"][0][0] > 100 and found["float64", "elu"][0][1] > 1e10
    assert found["float32", "log_softmax"][0][0] > 1e5
    assert "ULP, worst of 46 points" in capsys.readouterr().out


def assert_remedies_help(seen, gap, least=0.8):
    """Half the gap at most, and a lower loss on what was never seen; least: the gap without a remedy."""
    none = seen["none"]
    assert gap(none) > least and none["train"][-1] < 0.05, "learnt by heart"
    for name, one in seen.items():
        assert name == "none" or (gap(one) < gap(none) / 2 and one["test"][-1] < none["test"][-1]), name


@pytest.mark.slow
def test_every_remedy_against_overfitting_halves_the_gap(tmp_path, capsys):
    functions = example("17_overfitting.py")
    seen = functions["main"](tmp_path)
    assert list(seen) == list(functions["REMEDIES"])
    assert_remedies_help(seen, functions["gap"])
    assert f"{functions['gap'](seen['none']):.3f}" in capsys.readouterr().out
    assert (tmp_path / "overfitting.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_remedy_against_overfitting_halves_the_gap_on_other_digits(seed):
    functions = example("17_overfitting.py")
    train, test = functions["data"](seed)
    remedies = functions["REMEDIES"].items()
    seen = {name: functions["curves"](train, test, **remedy, seed=seed) for name, remedy in remedies}
    assert_remedies_help(seen, functions["gap"], least=0.7)


@pytest.mark.slow
def test_attention_learns_to_read_backwards(tmp_path, capsys):
    accuracy, weights = example("18_attention.py")["main"](tmp_path)
    assert accuracy >= 0.99
    assert weights.argmax(axis=1).tolist() == list(range(8))[::-1]
    assert weights.sum(axis=1) == pytest.approx([1] * 8)
    assert "->" in capsys.readouterr().out
    assert (tmp_path / "attention.png").stat().st_size > 10_000


def test_filters_agree_with_exact_fractions_and_do_what_their_names_say(tmp_path, capsys):
    distances = example("12_filters.py")["main"](tmp_path)
    assert len(distances) == 7
    assert max(distances.values()) <= 4
    assert distances["identity"] == 0
    assert "A filter is nine weights" in capsys.readouterr().out
    assert (tmp_path / "filters.png").stat().st_size > 50_000


def test_gradients_vanish_and_explode_by_the_radius_and_clipping_tames_them(tmp_path, capsys):
    norms, losses = example("14_vanishing_gradients.py")["main"](tmp_path)
    for radius, linear in norms["identity"].items():
        assert linear == pytest.approx([radius**n for n in range(51)], rel=1e-12)
        assert (norms["tanh"][radius][1:] < linear[1:]).all()
    plain, clipped = losses.values()
    assert clipped[0] == plain[0] and clipped[-1] < 0.1 * clipped[0]
    assert not plain[-1] < 10 * plain[0]
    assert "1.5      50" in capsys.readouterr().out
    assert (tmp_path / "vanishing_gradients.png").stat().st_size > 10_000


def test_the_sequences_of_the_adding_problem_are_what_they_are_called():
    inputs, sums = example("15_adding_problem.py")["sequences"](np.random.default_rng(0), 500)
    values, marks = inputs[..., 0], inputs[..., 1]
    assert inputs.shape == (500, 100, 2) and 0 <= values.min() and values.max() <= 1
    assert (marks[:, :50].sum(axis=1) == 1).all() and (marks[:, 50:].sum(axis=1) == 1).all()
    assert sums[:, 0] == pytest.approx((values * marks).sum(axis=1))
    assert sums.mean() == pytest.approx(1, abs=0.06) and sums.var() == pytest.approx(1 / 6, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_adding_problem_is_solved_within_two_thousand_steps(cell, seed):
    functions = example("15_adding_problem.py")
    errors, _ = functions["solve"](functions["CELLS"][cell], seed=seed)
    assert errors[-1] < 0.01 and len(errors) * functions["PART"] <= 2000
    assert errors[0] > 0.02, "not at once"


@pytest.mark.slow
def test_the_adding_problem_is_drawn(tmp_path, capsys):
    found = example("15_adding_problem.py")["main"](tmp_path)
    assert all(errors[-1] < 0.01 for errors in found.values())
    assert capsys.readouterr().out.count("steps,") == 2
    assert (tmp_path / "adding_problem.png").stat().st_size > 10_000


def test_the_ring_is_drawn_after_a_few_steps(tmp_path, capsys):
    main = example("19_gan_ring.py")["main"]
    main.__globals__.update(EPOCHS=3, STAGES=(1, 3), BATCH=16, HIDDEN=8)
    modes, good = main(tmp_path)
    assert 0 <= modes <= 8 and 0 <= good <= 1
    told = capsys.readouterr().out
    assert "after    100 steps" in told and f"after    300 steps: {modes} of 8 modes" in told
    assert (tmp_path / "gan_ring.png").stat().st_size > 10_000


def test_generated_digits_are_read_and_drawn_after_a_few_steps(tmp_path, capsys):
    main = example("20_gan_digits.py")["main"]
    main.__globals__.update(EPOCHS=2, HIDDEN=16, SAMPLES=200)
    sure, shares, (near, among_real) = main(tmp_path)
    assert 0.1 <= sure <= 1 and shares.sum() == pytest.approx(1)
    assert near > among_real > 0, "noise is far from every digit"
    assert f"{sure:.0%} sure" in capsys.readouterr().out
    assert (tmp_path / "gan_digits.png").stat().st_size > 10_000


def test_the_pole_is_kept_up_and_filmed(tmp_path, capsys):
    evaluation = example("22_cart_pole.py")["main"](tmp_path)
    assert evaluation.episodes == 100 and evaluation.mean_return >= 475
    assert {path.name for path in tmp_path.iterdir()} == {"cart_pole.png", "cart_pole.gif"}
    lines = [line for line in capsys.readouterr().out.splitlines() if "steps/s" in line]
    assert 9 <= len(lines) <= 11 and all(len(line) < 100 for line in lines)
