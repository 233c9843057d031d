"""The names in a Program: the letters of the formula where there are any. Also its statics and conditions."""

import math
import sys
from fractions import Fraction
from functools import partial

import flint
import numpy as np
import pytest
from programs import run

from microgrid.operations import exp, log, total, where
from microgrid.program import trace


def neuron(w, x):
    z = w * x
    return exp(z)


def test_letters_come_from_the_formula():
    def sigma(slope):
        return 1 / (1 + exp(-slope))

    def f(alpha, values):
        x, *rest = values
        mean = total(rest) * alpha
        fired = sigma(mean - x)
        return fired * mean

    source = trace(f, 1.0, [1.0, 1.0, 1.0]).source
    for name in ("alpha", "x,", "mean =", "fired =", "d_mean =", "d_alpha ="):
        assert name in source, name
    assert "slope" not in source, "what a function calls its parameter is not what its caller calls it"


def test_equal_letters_are_numbered():
    def unit(w, x):
        z = w * x
        return exp(z) * z

    source = trace(lambda w, x: unit(w, x) + unit(x, x), 1.0, 1.0).source
    assert "z1 = w * x" in source and "z2 = x * x" in source and "d_z1 =" in source


def test_a_name_may_be_given():
    def f(x, y):
        y_hat = x * y
        y_hat.name = "prediction"
        return exp(y_hat) * y_hat

    assert "prediction = x * y" in trace(f, 1.0, 1.0).source
    assert "d_prediction = " in trace(f, 1.0, 1.0).source


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("x; import os", "v1"),
        ("class", "class_"),
        ("exp", "exp1"),
        ("x", "x1"),
        ("d_x", "dx"),
        ("d__x", "dx"),
        ("zip", "zip1"),
        ("f", "f1"),
        ("", "v1"),
        ("__import__", "v1"),
        ("3d", "v1"),
        (7, "v1"),
        ("ﬁre", "fire"),
        ("θ", "θ"),
        ("_", "__"),
    ],
)
def test_names_that_python_does_not_take_are_replaced(bad, good):
    def f(x, xs):
        z = x * 3
        z.name = bad
        return total([exp(z) * z * y + z for y in xs])

    program = trace(f, 1.0, [1.0] * 4)
    assert f"    {good} = x * 3.0\n" in program.source
    assert run(program)(0.5, [1.0, 2.0, 3.0, 4.0]) == program.value_and_grad(0.5, [1.0, 2.0, 3.0, 4.0])


def test_parameters_that_clash_are_renamed():
    def f(exp_, zip, d_x, x):
        return exp_ * zip * d_x * exp(x)

    def g(exp, x):
        return log(exp) * globals()["exp"](x)

    assert "def f_and_gradient(exp_, zip1, dx, x):" in trace(f, 1.0, 1.0, 1.0, 1.0).source
    assert "def g_and_gradient(exp1, x):" in trace(g, 1.0, 1.0).source
    assert trace(g, 1.0, 1.0)(1.0, 0.0) == 0.0


def test_a_constant_has_a_name_that_nothing_else_has():
    def f(c1):
        return where(c1 < math.inf, c1 * c1, 0.0)

    assert trace(f, 1.0).value_and_grad(3.0) == (9.0, 6.0)

    def loss(xs):  # the weights of a round are c0, c1, ...
        weighted = [
            [k * w * where(x < math.inf, x, 0.0) for w, x in enumerate(row)] for k, row in enumerate(xs)
        ]
        return total([total(row) for row in weighted])

    rows = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
    assert trace(loss, rows).value_and_grad(rows)[1] == [[0, 0, 0], [0, 1, 2], [0, 2, 4]]


def test_functions_without_a_name_or_signature_have_programs():
    assert "def f_and_gradient(x):" in trace(lambda x: x * x, 1.0).source
    assert "def f_and_gradient(x, y):" in trace(partial(lambda w, x, y: w * x * y, 2), 1.0, 1.0).source
    assert "def f_and_gradient(xs0, xs1):" in trace(lambda *xs: xs[0] * xs[1], 1.0, 1.0).source
    assert trace(max, [1.0]).value_and_grad([3.0]) == (3.0, [1.0])


def test_a_profiler_that_runs_stays():
    def profiler(frame, event, arg):
        pass

    sys.setprofile(profiler)
    try:
        trace(neuron, 1.0, 1.0)
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)


# Static arguments, which a program knows by what they were, and conditions with True and False.


def test_a_static_list_that_changes_is_another():
    scales = [1.0, math.nan]
    program = trace(lambda x, s: x * s[0], 1.0, scales, static=1)
    assert program(3.0, scales) == program(3.0, [1.0, float("nan")]) == 3.0
    scales[0] = 2.0
    with pytest.raises(ValueError, match=r"s must have the structure it was traced with, \[1.0, nan\]; got"):
        program(3.0, scales)


def test_a_static_array_is_compared_number_by_number():
    program = trace(lambda x, s: x * float(s["a"][0]), 1.0, {"a": np.array([2.0, 1.0])}, static=1)
    assert program(3.0, {"a": np.array([2.0, 1.0])}) == 6.0
    for other in ({"a": np.array([2.0, 3.0])}, {"a": np.array([2.0])}, {"b": np.array([2.0, 1.0])}, None):
        with pytest.raises(ValueError, match="s must have the structure it was traced with"):
            program(3.0, other)


@pytest.mark.parametrize("x", [-1.0, 0.5, 2.0])
@pytest.mark.parametrize(
    "condition",
    [
        lambda x: True & (x > 0),
        lambda x: (x > 0) & False,
        lambda x: False | (x > 0),
        lambda x: (x > 0) | True,
        lambda x: (x > 0) ^ (x > 1),
        lambda x: True ^ (x > 0),
    ],
)
def test_conditions_combine_with_true_and_false(condition, x):
    assert trace(lambda x: where(condition(x), x * 2, x - 1), 1.0)(x) == (x * 2 if condition(x) else x - 1)


# Numbers that are not floats.


@pytest.mark.parametrize("op", ["__eq__", "__ne__"])
def test_a_ball_that_may_be_a_number_is_not_compared(op):
    program = trace(lambda x: where(getattr(x, op)(0), 5, 1), 1.0)
    with pytest.raises(ValueError, match="straddles"):
        program(flint.arb(0.5, 1))
    assert program(flint.arb(3, 1)) == (1 if op == "__eq__" else 5)
    assert program(flint.arb(0)) == (5 if op == "__eq__" else 1)


def test_results_are_of_the_system_of_the_arguments():
    f = trace(lambda x, y: [x, y, 7, where(x > y, 1, 2)], 1.0, 1.0)
    assert [type(x) for x in f(1, Fraction(1, 2))] == [Fraction] * 4
    assert f(1, Fraction(1, 2)) == [1, Fraction(1, 2), 7, 1]
    assert [type(x) for x in f(1, 2)] == [int] * 4
