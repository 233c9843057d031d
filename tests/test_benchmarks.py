"""The benchmarks: hand-written gradients are right, and an engine with a wrong one is not timed."""

import doctest
import importlib
import math
import random
import sys

import mpmath
import pytest

from benchmarks import pythons, rounds, run, tables
from benchmarks.rounds import Unavailable, Worker, take_turns
from benchmarks.scalar import race as scalar_race, report
from benchmarks.scalar.engines import ENGINES, load
from benchmarks.scalar.race import Race, ask, disagreement, race
from benchmarks.scalar.worker import Measured
from benchmarks.scalar.workloads import WORKLOADS, OneByOne, convert, flat, updated

OWN = ["plain floats", "ours, eager", "ours, eager, one operation at a time", "ours, traced"]


class Digits(OneByOne):
    """Operations at mpmath's precision."""

    relu = staticmethod(lambda x: max(x, mpmath.mpf(0)))
    sigmoid = staticmethod(lambda x: 1 / (1 + mpmath.exp(-x)))
    tanh = staticmethod(mpmath.tanh)


def along(workload, direction, step):
    """The workload's value at arguments + step * direction, to 50 digits."""
    moves = iter(direction)
    moved = convert(workload.arguments, lambda x: mpmath.mpf(x) + step * next(moves))
    return workload.formula(Digits, *moved)


@pytest.mark.parametrize("name", WORKLOADS)
def test_the_hand_written_gradient_is_the_derivative(name):
    workload = WORKLOADS[name]
    engine = load("plain floats")(workload)
    engine.step()
    gradient, rng = engine.gradient(), random.Random(0)
    direction = [rng.uniform(-1, 1) for _ in gradient]
    with mpmath.workdps(50):
        step = mpmath.mpf(10) ** -20
        value = along(workload, direction, 0)
        slope = (along(workload, direction, step) - along(workload, direction, -step)) / (2 * step)
    scale = math.fsum(abs(g * d) for g, d in zip(gradient, direction, strict=True))
    assert abs(engine.value - value) <= 1e-13 * max(1, abs(value))
    assert abs(math.fsum(g * d for g, d in zip(gradient, direction, strict=True)) - slope) <= 1e-13 * scale


@pytest.mark.parametrize("name", WORKLOADS)
@pytest.mark.parametrize("engine", OWN[1:])
def test_our_engines_agree_with_the_hand_written_gradient(name, engine):
    truth, ours = (Measured(which, name, "default").gradient() for which in (OWN[0], engine))
    assert disagreement(ours, truth) is None


@pytest.mark.parametrize("name", WORKLOADS)
@pytest.mark.parametrize("engine", OWN)
def test_forward_is_the_value_of_the_step(name, engine):
    made = load(engine)(WORKLOADS[name])
    value = made.forward()
    made.step()
    assert float(value) == pytest.approx(float(made.value), rel=1e-14)


@pytest.mark.parametrize("engine", OWN)
def test_a_moons_step_updates_the_weights(engine):
    made = load(engine)(WORKLOADS["moons"])
    made.step()
    first = float(made.value)
    made.step()
    assert 0 < first - float(made.value) < 1e-6


def test_two_gradients_that_differ_are_told_apart():
    right = dict(value=1.0, gradient=[0.0, -2.0])
    assert disagreement(dict(value=1.0 + 1e-12, gradient=[1e-12, -2.0]), right) is None
    assert "gradient[1]" in disagreement(dict(value=1.0, gradient=[0.0, 2.0]), right)
    assert "gradient[0]" in disagreement(dict(value=1.0, gradient=[math.nan, -2.0]), right)
    assert "value" in disagreement(dict(value=1.1, gradient=[0.0, -2.0]), right)
    assert "1 slopes" in disagreement(dict(value=1.0, gradient=[0.0]), right)


def test_only_engines_with_the_right_gradient_are_timed(monkeypatch):
    asked = []

    class Scripted:
        """A worker that answers 2.0 for a gradient, unless it is wrong or absent."""

        def __init__(self, module, engine, workload, collector, python):
            self.engine = engine

        def ask(self, question):
            asked.append((self.engine, question))
            if self.engine == "absent":
                raise Unavailable("no such library")
            if question == "gradient":
                return dict(value=1.0, gradient=[3.0 if self.engine == "wrong" else 2.0])
            return 0.5

        def close(self):
            asked.append((self.engine, "close"))

    monkeypatch.setattr(scalar_race, "Worker", Scripted)
    result = race("moons", {name: (name, sys.executable) for name in ("good", "wrong", "absent")}, rounds=2)
    assert {engine for engine, question in asked if question == "step"} == {"good"}
    assert result.left_out == [
        "wrong is not timed: gradient[0] is 3.0 and must be 2.0.",
        "absent: no such library",
    ]
    assert set(result.times) == {("good", "default"), ("good", "off")}
    assert asked.count(("good", "close")) == 2 and ("wrong", "close") in asked


def test_workers_take_turns():
    asked = []

    class Noted:
        def __init__(self, name):
            self.name = name

        def ask(self, question):
            asked.append(self.name + question)
            return len(asked)

    answers = take_turns({"A": Noted("a"), "B": Noted("b")}, ("1", "2"), rounds=2)
    assert asked == ["a1", "a2", "b1", "b2"] * 2
    assert answers == {"A": {"1": [1, 5], "2": [2, 6]}, "B": {"1": [3, 7], "2": [4, 8]}}


def test_a_worker_is_another_process_that_answers():
    worker = Worker("benchmarks.scalar.worker", "plain floats", "dot", "off")
    try:
        assert len(worker.ask("gradient")["gradient"]) == 2000
        assert 0 < worker.ask("step") < 1
    finally:
        worker.close()
    assert worker.process.returncode


def test_a_worker_that_dies_says_why():
    with pytest.raises(Unavailable, match="KeyError: 'no such engine'"):
        ask("gradient", "no such engine", "dot")


def test_nodes_are_counted_and_weighed():
    memory = Measured("ours, eager, one operation at a time", "chain", "default").memory()
    assert memory["nodes"] == 5000
    assert 0 < memory["size"] / memory["nodes"] <= 240


def test_the_collector_runs_by_default_and_not_when_it_is_off():
    default, off = (ask("garbage", "ours, eager", "chain", collector) for collector in ("default", "off"))
    assert default["runs"][0] > 0 < default["collector"] < default["step"]
    assert off["runs"] == [0, 0, 0] and off["collector"] == 0 < off["step"]


def test_ratios_and_tables_show_minimum_and_median():
    times = {
        ("micrograd", "default"): dict(step=[8.0, 6.0, 9.0]),
        ("ours, eager", "default"): dict(step=[2.0, 3.0, 2.0]),
    }
    result = Race({}, times, [])
    assert result.seconds("ours, eager", "default") == (2.0, 2.0)
    assert result.times_faster("ours, eager", "micrograd", "default") == (3.0, 4.0)
    assert result.times_faster("ours, eager", "torch", "default") is None
    assert report.speed(result).splitlines()[2:] == [
        "| micrograd | 6000 / 8000 | 1.00 / 1.00 | - | - |",
        "| ours, eager | 2000 / 2000 | 3.00 / 4.00 | - | - |",
    ]


def test_an_engine_that_is_missing_leaves_a_dash():
    nothing = Race({}, {}, ["micrograd: no such library"])
    assert all(row.endswith(" - |") for row in report.targets(nothing, {}).splitlines()[2:])
    assert report.versions({"moons": nothing}).endswith("- left out of moons: micrograd: no such library")
    assert report.built({"moons": nothing}).splitlines()[2:] == ["| moons | - | - |"]


def test_an_update_goes_into_every_list():
    assert updated([1.0, [2.0, [3.0]]], [10.0, [0.0, [-10.0]]], 0.1) == [0.0, [2.0, [4.0]]]
    assert flat([1, [2, (3,)], []]) == [1, 2, 3]


def test_every_engine_has_a_file():
    for name, place in ENGINES.items():
        module = place.split(".")[0]
        assert importlib.util.find_spec(f"benchmarks.scalar.engines.{module}"), name


@pytest.mark.parametrize("module", [pythons, rounds, scalar_race, tables], ids=lambda module: module.__name__)
def test_the_examples_of_the_machinery_run(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["speed"], "must be one of training, gradients, scalar, rl; got speed"),
        (["gradients", "tiny"], "tiny"),
    ],
)
def test_what_there_is_not_to_be_measured_is_told_in_a_sentence(asked, said):
    with pytest.raises(SystemExit, match=said):
        run.main(asked)
