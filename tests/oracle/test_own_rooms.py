"""Our own array rooms pass the oracle: every row of the table, drawn, at its hard points and at its kinks."""

import warnings

import pytest

from microgrid.oracle.check import check_grads
from microgrid.oracle.pairs import PAIRS
from tests.oracle import rooms

TYPES = ("float32", "float64")
FEW, MANY = 2, 16  # cases of a row, quickly and slowly
# The first steps of an optimizer that divides by the size of the slopes do not depend on that size: what is
# left of a slope near 0 after the subtraction has no digits, however it is written.
SCALE_FREE = "adagrad rmsprop adam adamw nadam amsgrad adamax adadelta lamb muon".split()
# Where a step is an integer these are float64 with 64 bits: one_cycle computes a float32 phase in it and
# subtracts 1, polynomial_decay goes on with a difference of float32 rates.
SCALE_FREE += ["one_cycle", "polynomial_decay"]
SERIES = {"gelu"}  # the normal distribution by a series, 3 ULP from what its rule differentiates


def evenly(cases, count):
    """So many of some cases, the last among them."""
    count = min(count, len(cases))
    return [cases[(k + 1) * len(cases) // count - 1] for k in range(count)]


def few(pair):
    """(case, dtype) in both types by turns."""
    return list(zip(evenly(rooms.cases(pair, 2), FEW), TYPES, strict=False))


def many(pair):
    """(case, dtype) in both types."""
    return [(case, dtype) for case in evenly(rooms.cases(pair, 3, seed=1), MANY) for dtype in TYPES]


def level(report):
    """Whether only sums of tangents lost digits, as a drawn direction may lead along a level line nearly."""
    lost = [leaf for leaf in report.leaves if leaf.verdict == "imprecise"]
    sums = all(leaf.path.startswith("output") and leaf.mode.endswith("fwd") for leaf in lost)
    return report.verdict == "imprecise" and sums and min(leaf.condition for leaf in lost) > 1e5


def passes(pair, chosen, order):
    """How many cases are checked and pass; where a loss itself is infinite, there is nothing to check."""
    allowed = ["ok", "kink"]
    allowed += ["imprecise"] if pair.function in SCALE_FREE else []
    allowed += ["approximate"] if pair.function in SERIES else []
    checked = 0
    for case, dtype in chosen:
        f, args = rooms.call(pair, case, dtype)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            report = check_grads(f, args, order=order, raises=False)
        if "is infinite at args" in report.refused:
            continue
        assert report.verdict in allowed or level(report), f"{dtype} {case}\n{report}"
        assert {leaf.mode[-3:] for leaf in report.leaves} == {"fwd", "rev"}
        checked += 1
    return checked


def each(every=1):
    """A test of each row, of one in so many unless slow tests run."""
    marks = [() if k % every == 0 else pytest.mark.slow for k in range(len(PAIRS))]
    rows = [pytest.param(pair, id=pair.name, marks=mark) for pair, mark in zip(PAIRS, marks, strict=True)]
    return pytest.mark.parametrize("pair", rows)


@each(every=6)
def test_gradients_of_a_row_are_right(pair):
    assert passes(pair, few(pair), order=1)


@each(every=24)
def test_gradients_of_gradients_of_a_row_are_right(pair):
    assert passes(pair, few(pair)[-1:], order=2)


@pytest.mark.slow
@each()
def test_gradients_of_many_cases_of_a_row_are_right(pair):
    assert passes(pair, many(pair), order=1)


@pytest.mark.slow
@each()
def test_gradients_of_gradients_in_both_types_are_right(pair):
    assert passes(
        pair, [(case, dtype) for case in evenly(rooms.cases(pair, 1), 2) for dtype in TYPES], order=2
    )
