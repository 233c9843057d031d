"""What README.md and docs/training.md show is what happens; speeds are those of benchmarks/RESULTS.md."""

import contextlib
import doctest
import io
import re
from pathlib import Path

import jax
import pytest

from microgrid.oracle import PAIRS, verdict
from tests.test_gradient_bugs import coarse, skip_elsewhere

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text()
RESULTS = (ROOT / "benchmarks" / "RESULTS.md").read_text()
SPEED = TEXT.partition("Training steps compared with")[2].partition("All figures")[0]
SHORTER = (  # the same calls with less work
    (r"train\([\d_]+\)", "train(2_000, progress=False)"),
    (r"steps=[\d_]+\)", "steps=2_000, progress=False)"),
    (r"epochs=\d+", "epochs=1"),
    (r"episodes=[\d_]+", "episodes=5"),
    (r"range\(16\)", "range(2)"),
    (r"runs.summary\(\)", "runs.summary(episodes=5)"),
)


def blocks(title):
    """The code and the outputs between a heading and the next one of its level or above."""
    level = title.split()[0]
    part = re.split(rf"(?m)^#{{1,{len(level)}}} ", TEXT.partition(f"\n{title}\n")[2])[0]
    return re.findall(r"(?s)```(?:python)?\n(.*?)\n```", part)


def printed(code, name="readme.py", names=None):
    """What a block prints."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(compile(code, name, "exec"), {} if names is None else names)
    return told.getvalue().strip()


def test_the_first_report_of_the_readme_is_that_of_its_example():
    skip_elsewhere()
    code, report = blocks("### Check a gradient")
    with jax.enable_x64(False):
        assert coarse(printed(code, "my_loss.py")) == coarse(report)


@pytest.mark.parametrize("title", ["### Train a network", "### Train an agent"])
def test_the_shortest_trainings_of_the_readme_run(title, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(title)
    for pattern, less in SHORTER:
        code = re.sub(pattern, less, code)
    with jax.enable_x64(False):
        assert re.search("accuracy|mean return", printed(code))


def test_the_formulas_of_the_readme_agree_as_it_says():
    names = {}
    told = [printed(code, names=names) for code in blocks("## Formulas on scalars and on arrays")]
    scalar, array = (re.findall(r"-?\d\.\d+", line) for line in told[0].splitlines())
    assert [float(x) for x in scalar] == pytest.approx([float(x) for x in array], rel=1e-6)
    said = re.search(r"# (losses.softmax_cross_entropy: ok), value ([\d.]+) and gradient ([\d.]+) ULP", TEXT)
    found = verdict(next(pair for pair in PAIRS if pair.name == "losses.softmax_cross_entropy"))
    assert told[1].startswith(f"{said[1]}, value {found.value:.2f} and gradient {found.gradient:.2f} ULP")
    assert abs(found.value - float(said[2])) <= 1.5 and abs(found.gradient - float(said[3])) <= 1.5
    assert "my.softplus: ok" in told[1]
    assert told[2].startswith("6.0 4.0") and "\n6.0\n" in told[2] and "d_w0 = " in told[2]


def test_the_readme_counts_formulas_and_bounds_right():
    assert TEXT.partition("\n\n")[2].startswith(f"{len(PAIRS)} formulas")
    assert f"the cross-check of all {len(PAIRS)} formulas" in TEXT
    bounds = [pair.ulps for pair in PAIRS]
    few = [pair for pair in bounds if pair != (4, 8)]
    assert len(few) < 10 and max(map(max, bounds)) == 16


def test_the_lake_of_the_readme_has_its_figures(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    code = next(block for block in blocks("## Agents and Markov decision processes") if "import rl" in block)
    code = code.replace("agent.evaluate(episodes=10_000)", "agent.evaluate(episodes=5)")
    code = code.replace("steps=100_000)", "steps=2_000, progress=False, num_envs=2, num_steps=8)")
    code = code.replace("range(16)", "range(2)").replace("summary()", "summary(episodes=5)")
    with jax.enable_x64(False):
        told = printed(code.replace("train(200_000)", "train(200_000, progress=False)")).splitlines()
    said = re.findall(r"# (0\.\d{4}),", code)
    assert [f"{float(line):.4f}" for line in told[:2]] == said and len(said) == 2


def test_the_speeds_of_the_readme_are_those_measured():
    pairs = re.findall(r"[\d.]+ / [\d.]+", SPEED)
    assert len(pairs) >= 13
    for pair in pairs:
        assert f"| {pair} |" in RESULTS or f"| {pair} (missed) |" in RESULTS, pair


def test_the_speed_of_ppo_in_the_readme_is_that_measured():
    steps = RESULTS.partition("PPO on CartPole-v1, training steps")[2]

    def times(road, text, digits=0):
        return {
            round(float(x), digits)
            for x in re.search(rf"\| ours, {road} \| .* ([\d.]+) / ([\d.]+) ", text).groups()
        }

    xeon, _, epyc = steps.partition("measured on: AMD EPYC")
    assert times("compiled", xeon) == {12}
    assert times("host loop", xeon) == {6} and times("host loop, asynchronous", xeon) == {5}
    assert times("compiled", epyc) == {9} and times("host loop, asynchronous", epyc) == {4}
    prose = " ".join(TEXT.partition("PPO with the settings of")[2].split())
    assert "about 12 times as many steps per second as Stable-Baselines3 on a quiet Intel Xeon" in prose
    assert "about 6 times as many after `rl.use_synchronous_dispatch()`, without it 5 times" in prose
    assert "(an earlier version on an AMD EPYC: about 9 times, and without it 4 times)" in prose
    solved = RESULTS.partition("PPO on CartPole-v1, time to 475")[2].partition("\n### ")[0]
    assert re.search(r"\| ours, compiled .* (26.1) / (34.4) \|", solved) and "26 to 34 times sooner" in prose
    dqn = RESULTS.partition("DQN on CartPole-v1, training steps")[2]
    assert re.search(r"(4.88) / (4.88)", dqn) and re.search(r"(5.98) / (3.98)", dqn)
    assert "DQN trains 4.9 times as fast, and solves it 4 to 6 times sooner" in prose


def test_the_readme_lists_every_example_and_every_guide():
    files = [path.name for path in (ROOT / "examples").glob("[0-9]*.py")]
    assert re.findall(r"(?m)^\| `(\d\d_\w+\.py)`", TEXT) == sorted(files)
    for path in (
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / name for name in ("LICENSE", "CONTRIBUTING.md", "CHANGELOG.md")),
    ):
        assert f"]({path.relative_to(ROOT)})" in TEXT, path


def test_every_link_between_the_pages_leads_somewhere():
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "RESULTS.md"):
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            assert "://" in link or (page.parent / link).exists(), (page.name, link)


def test_the_examples_of_the_guide_to_training_print_what_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with jax.enable_x64(False):
        failed, tried = doctest.testfile(str(ROOT / "docs" / "training.md"), module_relative=False)
    assert tried > 30 and failed == 0


def test_the_guide_to_training_names_what_there_is():
    import jaxnets

    guide = (ROOT / "docs" / "training.md").read_text()
    table = guide.partition("| topic | names |")[2].partition("\n## ")[0]
    for name in re.findall(r"`(\w+)[`(]", table):
        assert hasattr(jaxnets, name), name
    for row, count in (("activations", 23), ("optimizers", 16)):
        line = next(line for line in table.splitlines() if line.startswith(f"| {row} |"))
        assert line.count("`") == 2 * count and f"{count} {row}" in TEXT
