"""The set of right and wrong gradients: what it holds, its labels, and what is counted in the comparison."""

import warnings

import pytest

from tests.oracle.cases import HALVES, cases
from tests.oracle.cases.__main__ import main
from tests.oracle.cases.case import Case
from tests.oracle.cases.checkers import ALARM, CHECKERS, NOT_CHECKED, PASS
from tests.oracle.cases.comparison import Result, ask, worker_of
from tests.oracle.cases.labels import primitives, prove

CASES = [case for half in HALVES for case in cases(half)]
LABELS = {label: [case for case in CASES if case.label == label] for label in ("wrong", "right")}
EVERY = 20  # one label in so many in a quick run
NAMED = {case.name: case for case in cases("a")}


def params(chosen):
    """Cases as parameters of a test, those left out that need a library that is not there."""
    missing = pytest.mark.skipif
    return [
        pytest.param(case, id=case.name, marks=missing(not case.installed, reason=f"needs {case.needs}"))
        for case in chosen
    ]


def test_the_set_is_large_and_half_of_the_wrong_ones_are_public():
    assert len(LABELS["wrong"]) >= 60 and len(LABELS["right"]) >= 80
    assert 2 * sum(case.source.startswith("https://") for case in LABELS["wrong"]) >= len(LABELS["wrong"])


def test_every_case_has_a_name_a_reason_and_a_proof():
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(case.why and case.proof and case.kind for case in CASES)
    assert all(case.guilty for case in LABELS["wrong"])


@pytest.mark.parametrize("case", params(CASES[::EVERY]))
def test_a_label_is_proved(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        proved, text = prove(case)
    assert proved, text


@pytest.mark.slow
@pytest.mark.parametrize("case", params([case for k, case in enumerate(CASES) if k % EVERY]))
def test_every_other_label_is_proved(case):
    test_a_label_is_proved(case)


@pytest.mark.parametrize(
    ("name", "label"), [("square without its factor two", "right"), ("range of a vector with ties", "wrong")]
)
def test_a_false_label_is_not_proved(name, label):
    case = NAMED[name]
    facts = dict(proof=case.proof, guilty="reduce_max", modes=case.modes)
    assert not prove(Case(case.make, label, **facts))[0]


def test_a_guilty_primitive_that_does_not_occur_is_not_proved():
    case = NAMED["square without its factor two"]
    proved, text = prove(Case(case.make, "wrong", proof=case.proof, guilty="sin", modes=case.modes))
    assert not proved and "sin is not among" in text


def test_primitives_inside_loops_are_seen():
    import jax

    def f(x):
        return jax.lax.scan(lambda c, _: (jax.numpy.sin(c), None), x, None, 3)[0]

    assert {"scan", "sin"} <= primitives(jax.make_jaxpr(f)(0.5).jaxpr)


def said(word, guilty=""):
    """An answer of a checker."""
    return dict(said=word, verdict=word, guilty=guilty, seconds=1.5)


def test_a_row_counts_what_was_found_missed_and_blamed():
    wrong = [Case(lambda: None, "wrong", guilty="sin") for _ in range(4)]
    right = [Case(lambda: None, "right") for _ in range(4)]
    of_wrong = [said(ALARM, "sin"), said(ALARM, "cos"), said(PASS), said(NOT_CHECKED)]
    of_right = [said(ALARM), said(PASS), said(PASS), said(NOT_CHECKED)]
    result = Result("ours", {}, dict(zip(wrong + right, of_wrong + of_right, strict=True)))
    assert result.row()[1:] == ["2", "1", "1", "1", "1", "1 of 2", "12"]
    assert result.mistakes == 3


@pytest.mark.parametrize("key", list(CHECKERS))
def test_every_checker_tells_a_plain_right_gradient_from_a_plain_wrong_one(key):
    checker = CHECKERS[key]
    cases = NAMED["product rule with a sign error"], NAMED["cond and switch"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = [[checker.check(case, **tuning)[0] for case in cases] for tuning in checker.tunings[:12]]
    assert [ALARM, PASS] in told


def test_a_case_that_takes_too_long_is_not_checked():
    worker = worker_of("ours", "a")
    assert ask(worker, "0 cond and switch", 0)["said"] == NOT_CHECKED


def test_the_comparison_prints_a_table_and_names_mistakes(capsys):
    main(["a", "--checkers", "jax", "--only", "one sided difference"])
    told = capsys.readouterr().out
    assert "Half a: 1 wrong (0 from threads), 0 right" in told
    assert "| jax.test_util.check_grads, defaults | 0 | 1 | 0 | 0 | 0 | - |" in told
    assert "wrong, said pass (agrees): rule by a one sided difference" in told
