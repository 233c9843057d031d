"""Value: gradients that are right, bits that do not change, graphs of any depth, numbers of any kind."""

import gc
import math
import subprocess
import sys
import weakref
from fractions import Fraction

import mpmath
import pytest

from microgrid import Value
from microgrid.operations import dot, exp, log, logsumexp, maximum, relu, sigmoid, sqrt, tanh, total, where


def test_gradient_of_a_worked_expression_is_right():
    a, b = Value(2.0), Value(-3.0)
    y = (a * b + 10) / b - b**2
    y.backward()
    assert (y.data, a.grad) == ((2.0 * -3.0 + 10) / -3.0 - 9.0, 1.0)
    assert b.grad == pytest.approx(-10 / 9 + 6, rel=1e-15)


def test_rational_gradients_are_exact_in_fractions():
    x = Value(Fraction(1, 3))
    y = (x**3 - 2 / x) * x
    y.backward()
    assert (y.data, x.grad) == (Fraction(1, 81) - 2, 4 * Fraction(1, 27))


def test_division_is_correctly_rounded():
    assert all((Value(float(a)) / b).data == a / b for a in range(1, 60) for b in range(1, 60))


def test_a_mean_of_fractions_stays_a_fraction():
    x = Value(Fraction(1, 3))
    ((x + 2) ** 2 / 7).backward()
    assert x.grad == Fraction(2, 3) and isinstance(x.grad, Fraction)


def test_a_mean_of_mpmath_numbers_keeps_its_fifty_digits():
    with mpmath.workdps(50):
        x = Value(mpmath.mpf(1))
        (x / 3).backward()
        assert x.grad == mpmath.mpf(1) / 3
        inner = Value(Value(mpmath.mpf(2)))
        (inner * inner / 3).backward()
        assert abs(inner.grad.data - mpmath.mpf(4) / 3) < mpmath.mpf(10) ** -48


def test_fractions_refuse_what_is_not_rational():
    with pytest.raises(TypeError, match="exp: a Fraction has no exact exp; give a float or an mpmath number"):
        exp(Value(Fraction(1, 2)))


def test_mpmath_numbers_keep_their_fifty_digits():
    with mpmath.workdps(50):
        x = Value(mpmath.mpf(2) / 3)
        sigmoid(tanh(2**x)).backward()
        slope = mpmath.diff(lambda v: 1 / (1 + mpmath.exp(-mpmath.tanh(2**v))), mpmath.mpf(2) / 3)
        assert abs(x.grad - slope) < mpmath.mpf(10) ** -40


def test_gradient_of_a_gradient_is_the_second_derivative():
    inner = Value(0.5)
    x = Value(inner)
    tanh(x).backward()
    x.grad.backward()
    y = math.tanh(0.5)
    assert inner.grad == pytest.approx(-2 * y * (1 - y * y), rel=1e-15)


def test_a_second_backward_spoils_nothing():
    x = Value(3.0)
    y = x * x
    z = y * y
    z.backward()
    assert x.grad == 108.0
    z.backward()
    assert x.grad == 216.0, "leaves add up"
    assert y.grad == 18.0, "computed Values hold the last walk's gradient"


def test_a_graph_three_hundred_thousand_deep_is_walked_and_freed():
    x = y = Value(1.0)
    for _ in range(300_000):
        y = y + 1e-6
    y.backward()
    assert x.grad == 1
    del y


def test_a_dropped_graph_is_freed_without_the_collector():
    class Watched(Value):
        __slots__ = ("__weakref__",)

    gc.disable()
    try:
        x = Watched(2.0)
        seen = weakref.ref(x)
        y = exp(x * x) + x
        y.backward()
        del x, y
        assert seen() is None
    finally:
        gc.enable()


def test_constants_are_no_nodes():
    x = Value(2.0)
    assert (3 * x + 1)._parents[0]._parents == (x,)
    assert dot([1.0, 2.0], [x, 5.0])._parents == (x,)
    assert total([1.0, 2.0]) == 3.0 and not isinstance(total([1.0, 2.0]), Value)


def test_gradient_bits_are_the_same_in_every_process():
    code = """
import random
from microgrid import Value
from microgrid.operations import tanh
draw = random.Random(1)
xs = [Value(draw.gauss(0, 1)) for _ in range(20)]
ys = xs
for _ in range(5):
    ys = [tanh(a * b + c) for a, b, c in zip(ys, ys[1:] + ys[:1], xs)]
s = ys[0]
for y in ys[1:]:
    s = s + y
s.backward()
print([x.grad.hex() for x in xs])
"""
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": str(seed), "PYTHONPATH": "."},
        ).stdout
        for seed in (1, 2)
    }
    assert len(printed) == 1 and "0x" in printed.pop()


def test_a_zero_gradient_stops_at_an_infinite_slope():
    x = Value(0.0)
    (0 * sqrt(x)).backward()
    assert x.grad == 0


@pytest.mark.parametrize(("function", "point", "slope"), [
    (relu, 0.0, 0), (relu, -0.0, 0), (abs, 0.0, 1), (lambda x: maximum(x, 0), 0.0, 0.5),
    (lambda x: maximum(0, x), 0.0, 0.5),
])  # fmt: skip
def test_slope_at_a_kink_is_the_documented_one(function, point, slope):
    x = Value(point)
    function(x).backward()
    assert x.grad == slope


def test_a_tie_of_fractions_is_shared_in_fractions():
    a, b = Value(Fraction(1, 3)), Value(Fraction(1, 3))
    maximum(a, b).backward()
    assert (a.grad, b.grad) == (Fraction(1, 2), Fraction(1, 2))


def test_values_compare_and_convert_as_numbers_do():
    x = Value(2.0)
    assert x > 1 and x >= 2 and x < 3.0 and x <= 2 and x == 2 and x != 3 and Value(1.0) < x
    assert float(x) == 2.0 and bool(Value(0.0)) is False
    assert max([Value(1.0), x]) is x and where(x > 1, "big", "small") == "big"


def test_logsumexp_neither_overflows_nor_loses_the_small():
    assert logsumexp([1e4, 0.0]) == 1e4
    assert logsumexp([0.0, -50.0]) == math.exp(-50)
    xs = [Value(800.0), Value(800.0)]
    y = logsumexp(xs)
    y.backward()
    assert (y.data, xs[0].grad) == (800 + math.log(2), 0.5)


@pytest.mark.parametrize(("wrong", "kind", "words"), [
    (lambda: exp(Value(1e4)), OverflowError, "exp: no result for (10000.0): math range error."),
    (lambda: log(Value(-1.0)), ValueError, "log: no result for (-1.0)"),
    (lambda: log(-1.0), ValueError, "log: no result for (-1.0)"),
    (lambda: Value(1.0) / 0, ZeroDivisionError, "truediv: no result for (1.0, 0): a division by zero."),
    (lambda: Value(0.0) ** -1, ZeroDivisionError, "pow: no result for (0.0, -1): a division by zero."),
    (lambda: Value("2"), TypeError, "Value: data must be one number; got '2'."),
    (lambda: Value([1.0]), TypeError, "Value: data must be one number; got [1.0]."),
    (lambda: Value(1.0) + "2", TypeError, "unsupported operand"),
    (lambda: dot([1.0], [1.0, 2.0]), ValueError, "dot: both lists must have one length; got 1 and 2."),
    (lambda: logsumexp([]), ValueError, "logsumexp: the list must not be empty"),
])  # fmt: skip
def test_a_mistake_gets_a_sentence(wrong, kind, words):
    with pytest.raises(kind) as error:
        wrong()
    assert words in str(error.value)
