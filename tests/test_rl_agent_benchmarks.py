"""The benchmarks of deep agents: who learns otherwise is not timed, and our side trains as it is asked."""

import dataclasses
import importlib.util

import numpy as np
import pytest

from benchmarks.rl import agents, data, ours, race, report, stepping, worker

SMALL = dataclasses.replace(agents.WORKLOADS["ppo"], steps=512, every=256)


@pytest.mark.parametrize("name", agents.WORKLOADS)
def test_every_engine_of_a_workload_is_there(name):
    workload = agents.WORKLOADS[name]
    assert {agents.OURS, agents.SB3} <= set(workload.engines) and workload.question in ("rate", "solve")
    assert {label for label, _ in workload.targets} | set(workload.differs) <= set(workload.engines)
    for place in workload.engines.values():
        assert importlib.util.find_spec(f"benchmarks.rl.{place.split(':')[0]}"), place


def test_an_engine_that_learns_otherwise_is_told():
    workload = agents.WORKLOADS["ppo"]
    start = data.named(data.networks("PPO", workload.settings["hidden"]))
    truth = {name: (array + 1).ravel().tolist() for name, array in start.items()}
    assert race.disagreement(workload, truth, truth) is None
    wrong = truth | {"value.2.bias": [1.02]}
    told = race.disagreement(workload, wrong, truth)
    assert told == "value.2.bias moved wrongly by 0.02 of its largest movement"
    assert "nan" in race.disagreement(workload, truth | {"value.2.bias": [np.nan]}, truth)


def test_ppo_moves_as_adam_must_and_lets_nothing_stand():
    engine = ours.Compiled(SMALL, SMALL.settings)
    start = data.named(data.networks("PPO", (64, 64)))
    for name, learnt in engine.learnt().items():
        most = np.abs(learnt - start[name]).max()
        assert 0 < most < 1.5 * SMALL.settings["num_epochs"] * SMALL.settings["learning_rate"], name


def test_a_look_that_says_so_ends_training_and_costs_no_time(monkeypatch):
    monkeypatch.setitem(agents.WORKLOADS, "small", dataclasses.replace(SMALL, question="solve"))
    monkeypatch.setattr(agents, "SOLVED", 0.0)
    told = worker.Measured("small", agents.OURS).solve()
    assert told["solved"] and told["steps"] == 256 and told["seconds"] > 0


def test_the_best_actions_are_judged_over_whole_episodes():
    kernel = np.zeros((4, 2), np.float32)
    assert 8 < data.mean_return("PPO", [(kernel, np.float32([1, 0]))]) < 11  # always to the left
    balanced = [(np.float32([[0, 0], [0, 0.5], [0, 1], [0, 1.5]]), np.zeros(2, np.float32))]
    assert data.mean_return("PPO", balanced) > 400


def test_our_steps_are_gymnasiums_and_random_poles_fall_after_22(monkeypatch):
    monkeypatch.setattr(stepping, "STEPS", 400)
    told = stepping.Measured(agents.OURS).agreement()
    assert told["error"] < report.LOWEST and told["reward"] == 1.0
    assert 21 < told["length"] < 24  # the mean of a million of Gymnasium's is 22.2, cut ones left out


def test_a_summary_holds_rates_against_the_peer_and_the_targets():
    answers = {
        agents.OURS: [dict(rate=200.0, learnt=100.0)] * 2,
        agents.SB3: [dict(rate=10.0, learnt=90.0), dict(rate=8.0, learnt=None)],
    }
    result = race.Race(agents.WORKLOADS["ppo"], ["jax 1"], answers, ["x is not timed: y."])
    told = race.summary(result).splitlines()
    assert told[2] == f"| {agents.OURS} | 200 / 200 | 100 | at least 10 | 20.0 / 22.2 |"
    assert told[3] == f"| {agents.SB3} | 10 / 9 | 90.0 |  | 1.00 / 1.00 |"
    assert "x is not timed: y." in told and told[-1] == "jax 1."
    result.answers[agents.SB3] = [dict(rate=21.0, learnt=None)] * 2
    assert race.summary(result).splitlines()[2].endswith("| at least 10 | 9.52 / 9.52 (missed) |")


def test_without_the_peers_environment_the_suite_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(report, "PYTHON", tmp_path / "python")
    assert "make bench" in list(report.sections())[-1]
