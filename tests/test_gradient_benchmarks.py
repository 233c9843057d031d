"""The gradient benchmarks: checkers are asked the same, and what they see is told."""

import pytest

from benchmarks.gradients import report, worker
from benchmarks.gradients.workloads import WORKLOADS, Workload

TINY = Workload("tiny", (6, 5, 3), 4)


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(WORKLOADS, "tiny", TINY)


@pytest.mark.parametrize("checker", TINY.checkers)
def test_every_checker_passes_what_is_right_and_sees_a_tenth(checker, tiny):
    measured = worker.Measured(checker, "tiny")
    assert measured.passes() and not measured.passes(0.1)
    assert measured.check() > 0 and measured.memory() > 0


@pytest.mark.parametrize("checker", ["microgrid, balls", "microgrid, float64"])
def test_ours_see_all_errors(checker, tiny):
    assert worker.Measured(checker, "tiny").sees()["least"] == min(worker.ERRORS)


def test_every_target_is_measured():
    assert all(checker in WORKLOADS[name].checkers for name, checker in report.TARGETS)
