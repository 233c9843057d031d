"""Programs at their edges: choices within choices, names that clash, balls, ints, nan, profilers."""

import cProfile
import math
from fractions import Fraction

import flint
import pytest

from microgrid import trace, value_and_grad
from microgrid.operations import exp, hypot, logsumexp, sigmoid, sin, softmax, where


def h(x, z):
    d = z - x
    e = z - d
    return where(z != x, d, e * d) * d


def k(x, y, z):
    m = sin(y) * z
    a = y * z + y
    inner = where(a > x, z * a, m - y * m)
    return where(y < z, x, inner)


@pytest.mark.parametrize(
    ("f", "point"), [(h, (1.0, 2.0)), (h, (2.0, 2.0)), (k, (9.0, 3.0, 2.0)), (k, (1.0, 2.0, 3.0))]
)
def test_choices_within_choices_are_those_of_values(f, point):
    every = tuple(range(len(point)))
    program = trace(f, *point, wrt=every)
    assert program(*point) == f(*point)
    assert program.value_and_grad(*point) == value_and_grad(f, every)(*point)


@pytest.mark.parametrize("f", [exp, abs, sigmoid, hypot])
def test_a_function_may_have_the_name_of_what_it_calls(f):
    point = (0.5, 0.25) if f is hypot else (0.5,)
    assert trace(f, *point)(*point) == f(*point)


def test_a_ball_that_straddles_takes_no_branch_in_a_program():
    for condition in (lambda x: x > 0, lambda x: x >= 0, lambda x: ~(x < 0)):
        program = trace(lambda x, condition=condition: where(condition(x), 5, 1) * x, 1.0)
        with pytest.raises(ValueError, match="straddles"):
            program(flint.arb(0.5, 1))
    square = trace(lambda x: x**2, 1.0)(flint.arb(0, 1))
    assert square.contains(0) and square.contains(1)


def test_ints_in_a_program_on_exact_numbers_are_exact():
    assert trace(lambda x: where(x > 0, 1, x) / 3, 1.0)(Fraction(2)) == Fraction(1, 3)
    assert trace(lambda x, y: x / 3 + y, 1.0, 1.0)(1, Fraction(1, 3)) == Fraction(2, 3)


def test_nan_is_not_lost_in_a_program():
    for x in ([1.0, math.nan], [math.nan, 1.0]):
        assert math.isnan(trace(logsumexp, [1.0, 1.0])(x))
        assert all(map(math.isnan, trace(softmax, [1.0, 1.0])(x)))
    assert trace(logsumexp, [1.0, 1.0])([-math.inf, -math.inf]) == -math.inf


def test_what_is_no_list_is_refused_for_one():
    program = trace(lambda d: d[0] - d[1], [1.0, 2.0])
    for wrong in ({0: 2.0, 1: 5.0}, {1.0, 2.0}, "12"):
        with pytest.raises((ValueError, TypeError), match="d must"):
            program(wrong)


def test_conditions_are_no_numbers_to_compare():
    with pytest.raises(TypeError, match="where"):
        trace(lambda x: where((x > 0) == (x < 1), x, 9), 1.0)


def test_a_program_without_arguments_has_its_source():
    assert "return 3.0" in trace(lambda: 3.0).source


def test_a_profiler_is_left_alone():
    profile = cProfile.Profile()
    profile.enable()
    try:
        assert trace(exp, 1.0)(0.0) == 1.0
    finally:
        profile.disable()
