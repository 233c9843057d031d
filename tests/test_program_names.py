"""The names in a Program: the formula's letters where there are any, nothing that Python does not take."""

import sys
from functools import partial

import pytest
from programs import run

from microgrid.operations import exp, log, total
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
