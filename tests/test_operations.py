"""The operations of many operands: one node each, exact where the numbers are, the same whatever they mix."""

import itertools
import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from microgrid import Value, grad, hessian
from microgrid.kinds import SEEN
from microgrid.operations import (
    clip,
    dot,
    exp,
    largest,
    log,
    logsumexp,
    maximum,
    norm,
    softmax,
    sqrt,
    total,
    where,
    xlogy,
)
from microgrid.oracle.distance import ulps

INF = math.inf


@pytest.fixture(autouse=True, params=["in a fresh process", "after other numbers"])
def quick_ways(request):
    """The quick ways of kinds.SEEN open, then shut: nothing may differ."""
    SEEN.intersection_update({float, int})
    SEEN.update({Fraction} if request.param == "after other numbers" else ())


def gradients(f, numbers):
    xs = [Value(x) for x in numbers]
    y = f(xs)
    y.backward()
    return y.data, [x.grad for x in xs]


def test_fused_nodes_equal_their_chains_exactly_in_fractions():
    xs, ys = [Fraction(n, 7) for n in (3, -2, 5)], [Fraction(n, 11) for n in (1, 4, -6)]

    def chain(x):
        return x[0] * x[3] + x[1] * x[4] + x[2] * x[5] + x[6]

    def fused(x):
        return dot(x[:3], x[3:6], x[6])

    point = [*xs, *ys, Fraction(1, 3)]
    assert gradients(fused, point) == gradients(chain, point)
    assert gradients(total, xs) == gradients(lambda x: x[0] + x[1] + x[2], xs)
    assert hessian(fused)(point) == hessian(chain)(point)


@pytest.mark.parametrize("mixed", list(itertools.product((False, True), repeat=5)))
def test_a_dot_has_one_answer_whatever_of_it_is_constant(mixed):
    numbers = [2.0, 3.0, 5.0, 7.0, 11.0]
    operands = [Value(x) if tracked else x for x, tracked in zip(numbers, mixed, strict=True)]
    y = dot(operands[:2], operands[2:4], operands[4])
    assert float(y) == 2 * 5 + 3 * 7 + 11
    slopes = [5.0, 7.0, 2.0, 3.0, 1]
    if any(mixed):
        y.backward()
        assert y._rule == "dot" and len(y._parents) == sum(mixed)
        assert [x.grad for x in operands if isinstance(x, Value)] == list(itertools.compress(slopes, mixed))
    else:
        assert not isinstance(y, Value)


def test_a_dot_takes_the_scalars_of_numpy_and_refuses_text():
    w = Value(2.0)
    y = dot([w, w], np.array([3.0, 4.0]))
    assert y.data == 14.0 and type(y.data) is float
    with pytest.raises(TypeError, match="dot: an operand must be a number or a Value; got 'a'"):
        dot([w], ["a"])
    with pytest.raises(TypeError, match="total: an operand must be a number or a Value; got None"):
        total([w, None])


def test_one_value_on_both_sides_of_a_dot_gets_both_slopes():
    x = Value(3.0)
    dot([x, x], [x, 2.0]).backward()
    assert x.grad == 8.0


@pytest.mark.parametrize("name", ["logsumexp", "norm", "softmax"])
@pytest.mark.parametrize(
    "numbers", [[0.5, -1.0, 2.0], [30.0, -5.0, 29.0], [1e-9, 2e-9, -1e-9], [-40.0, 0.1, -0.2]]
)
def test_fused_functions_are_right_to_the_last_digits(name, numbers):
    meaning = {
        "logsumexp": lambda x: mpmath.log(mpmath.fsum(map(mpmath.exp, x))),
        "norm": lambda x: mpmath.sqrt(mpmath.fsum(v * v for v in x)),
        "softmax": lambda x: mpmath.exp(x[0]) / mpmath.fsum(map(mpmath.exp, x)),
    }[name]
    function = {"logsumexp": logsumexp, "norm": norm, "softmax": lambda x: softmax(x)[0]}[name]
    value, slopes = gradients(function, numbers)
    with mpmath.workdps(120):
        exact = [mpf(x) for x in numbers]
        orders = [tuple(int(i == j) for j in range(3)) for i in range(3)]
        truth = [mpmath.diff(lambda *x: meaning(x), tuple(exact), order) for order in orders]
        many, many_slopes = gradients(function, exact)
        assert abs(many - meaning(exact)) <= abs(many) * mpf(10) ** -115
        for slope, true in zip(many_slopes, truth, strict=True):
            assert abs(slope - true) <= abs(true) * mpf(10) ** -50
    rounded = max(numbers) - min(numbers)  # x - max(x) is off by half an ULP of itself, exp of it by as much
    assert ulps(value, float(meaning(exact))) <= 4 + rounded
    assert all(ulps(slope, float(true)) <= 8 + rounded for slope, true in zip(slopes, truth, strict=True))


def test_nothing_overflows_that_need_not():
    assert gradients(logsumexp, [1000.0, 0.0]) == (1000.0, [1.0, 0.0])
    assert ulps(gradients(norm, [3e200, 4e200])[0], 5e200) <= 1
    assert [p.data for p in softmax([Value(-1000.0), Value(1000.0)])] == [0.0, 1.0]


def test_a_dominant_share_keeps_the_digits_of_its_slope():
    x = [Value(40.0), Value(0.0)]
    softmax(x)[0].backward()
    assert x[0].grad == pytest.approx(math.exp(-40.0), rel=1e-15)


def test_short_lists_have_their_answers():
    assert (total([]), dot([], []), dot([], [], 3.0)) == (0, 0, 3.0)
    assert gradients(norm, [-2.0]) == (2.0, [-1.0])
    assert gradients(logsumexp, [-2.0]) == (-2.0, [1.0])
    assert gradients(largest, [-2.0]) == (-2.0, [1])
    assert gradients(lambda x: softmax(x)[0], [-2.0]) == (1.0, [0.0])


def test_plain_numbers_give_plain_numbers():
    assert softmax([0.0, 0.0]) == [0.5, 0.5] and logsumexp([0.0]) == 0.0
    exact = [total([Fraction(1, 2), 1]), dot([Fraction(1, 2)], [3]), largest([Fraction(1, 3), 0])]
    assert exact == [Fraction(3, 2), Fraction(3, 2), Fraction(1, 3)]
    assert all(type(x) is Fraction for x in exact)


def test_ints_meet_other_kinds_of_numbers_wherever_they_stand():
    with mpmath.workdps(50):
        one = Value(mpf(1) / 3)
        assert abs(logsumexp([1, one]).data - mpmath.log(mpmath.e + mpmath.exp(one.data))) < mpf(10) ** -48
        assert abs(norm([1, one]).data - mpmath.sqrt(1 + one.data**2)) < mpf(10) ** -48


def test_ties_of_the_largest_share_its_slope():
    assert gradients(largest, [3.0, 1.0, 3.0]) == (3.0, [0.5, 0, 0.5])
    assert gradients(largest, [Fraction(1), Fraction(1), Fraction(1)])[1] == [Fraction(1, 3)] * 3


def test_the_norm_of_zero_has_slope_zero():
    assert gradients(norm, [0.0, 0.0]) == (0.0, [0, 0])


def test_clip_takes_half_its_slope_at_a_bound():
    assert [grad(lambda x: clip(x, 0.0, 1.0))(x) for x in (-1.0, 0.0, 0.5, 1.0, 2.0)] == [0, 0.5, 1, 0.5, 0]
    low, high = Value(0.0), Value(1.0)
    clip(5.0, low, high).backward()
    assert (low.grad, high.grad) == (0, 1)


def test_where_asks_the_condition_only():
    x = Value(2.0)
    where(x > 1, x * x, x).backward()
    assert x.grad == 4.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: log(x - 3), r"log: no result for \(-1.0\): "),
        (lambda x: sqrt(-x), r"sqrt: no result for \(-2.0\): "),
        (lambda x: x / (x - 2), r"truediv: no result for \(2.0, 0.0\): a division by zero."),
        (lambda x: (x - 2) ** -1, r"pow: no result for \(0.0, -1\): "),
        (lambda x: exp(x * 1000), r"exp: no result for \(2000.0\): "),
        (lambda x: dot([x], [x, x]), "dot: both lists must have one length; got 1 and 2."),
        (lambda x: softmax([]), r"softmax: the list must not be empty; got \[\]."),
    ],
)
def test_what_has_no_result_is_named_with_its_operands(call, message):
    with pytest.raises((ArithmeticError, ValueError), match=message):
        call(Value(2.0))


def test_backward_names_where_nan_or_infinity_began():
    x = Value(1e308, name="x")
    y = x * 10.0 - 1.0
    with pytest.raises(ValueError, match=r"got inf, .* as inf from mul of \(1e\+308\) with slopes \(10.0,\)"):
        (y * 2.0).backward()
    assert x.grad == 0
    with pytest.raises(ValueError, match=r"got nan, which began as inf from mul"):
        (y - y).backward()
    with pytest.raises(ValueError, match=r"got nan, which began as nan from Value\(nan"):
        (Value(math.nan) + 1.0).backward()


def test_a_certain_mistake_may_cost_infinity():
    p = Value(0.0)
    (-xlogy(1.0, p)).backward()
    assert p.grad == -INF


def test_comparison_is_that_of_numbers():
    x = Value(2.0)
    assert x == 2 and x != 3 and x < 3 and x <= 2 and x > 1 and x >= 2.0 and x == Value(2.0)
    assert sorted([Value(3.0), Value(1.0)]) == [1.0, 3.0] and max(Value(1.0), Value(2.0)) == 2.0
    assert (float(x), int(Value(2.7)), round(Value(2.718), 2), bool(Value(0.0))) == (2.0, 2, 2.72, False)
    assert f"{Value(3.14159):.2f}" == "3.14" and f"{Value(1.0)}" == "Value(1.0, grad=0)"
    assert maximum(x, 3) == 3


def test_an_array_does_not_swallow_a_value():
    with pytest.raises(TypeError, match="unsupported operand"):
        np.array([1.0, 2.0]) * Value(2.0)
    assert (np.float64(3.0) * Value(2.0)).data == 6.0 and type((np.float64(3.0) * Value(2.0)).data) is float


def test_a_subclass_meets_its_base_at_one_level():
    class Named(Value):
        pass

    a, b = Named(2.0), Value(3.0)
    dot([a * b, b * a], [a, b]).backward()
    assert (a.grad, b.grad) == (2 * 2 * 3 + 9, 4 + 2 * 2 * 3)


def test_variables_of_outer_gradients_are_constants_inside_whichever_two_meet():
    slopes = {}

    def nest(outer):
        def level(v):
            if len(outer) < 12:
                nest((*outer, v))
            return sum((logsumexp(pair) for x in outer for pair in ([x, v], [v, x])), v)

        slopes[len(outer)] = grad(level)(float(len(outer)))

    nest(())
    for n, slope in slopes.items():
        for _ in range(n - 1):  # a gradient inside another is a variable of the other
            slope = slope.data
        assert slope == pytest.approx(1 + sum(2 / (1 + math.exp(i - n)) for i in range(n)), rel=1e-14)


def test_an_int_that_is_the_largest_joins_the_number_system():
    assert (largest([Value(Fraction(1, 3)), 3]) / 7).data == Fraction(3, 7)


def test_only_lists_are_lists():
    for wrong in (None, "ab", {1.0: 2.0}, iter([1.0])):
        with pytest.raises(TypeError, match="largest: the numbers must come in a list"):
            largest(wrong)
