"""The benchmarks of reinforcement learning: the sides compute the same, and the tables say how long."""

import numpy as np
import pytest

import rl
from benchmarks.rl import many_tables as many, value_iteration as bench


def test_sweeps_are_compared_before_they_are_timed(monkeypatch):
    mdp = bench.random_process(num_states=300)
    (ours, _, own, share), (theirs, _, times, _) = bench.large(mdp, rounds=2)
    assert (ours, theirs) == ("rl, compiled", "scipy.sparse")
    assert own == "1.00 / 1.00" and float(times.split(" / ")[0]) > 0 and float(share) > 0
    monkeypatch.setattr(bench, "by_scipy", lambda mdp: lambda value: value + 1)
    with pytest.raises(AssertionError):
        bench.large(mdp, rounds=1)


def test_small_solves_are_compared_before_they_are_timed(monkeypatch):
    lake = rl.TabularMDP.from_gymnasium("FrozenLake-v1")
    assert [row[0] for row in bench.small(lake, rounds=1)] == ["rl", "plain numpy"]
    monkeypatch.setattr(bench, "solved_by_numpy", lambda mdp: lambda: np.ones(16))
    with pytest.raises(AssertionError):
        bench.small(lake, rounds=1)


def test_many_seeds_are_compared_with_one_before_they_are_timed(monkeypatch):
    monkeypatch.setattr(many, "STEPS", {name: (n, 300) for name, (n, _) in many.STEPS.items()})
    lake = rl.TabularMDP.from_gymnasium("FrozenLake-v1")
    assert [row[0] for row in many.rows(lake, rounds=1)] == ["256 seeds", "one seed", "numpy loop"]
    learnt = many.by_numpy(lake, 1, 300)()
    assert learnt.shape == (1, 16, 4) and (learnt < 1).any()
    monkeypatch.setattr(many, "by_rl", lambda mdp, *size: lambda: np.random.default_rng(size).random((1, 2)))
    with pytest.raises(AssertionError):
        many.rows(lake, rounds=1)
