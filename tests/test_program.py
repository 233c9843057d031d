"""What a Program computes: the function's results and gradients, for every kind of number and argument."""

import gc
import operator
from collections import namedtuple
from decimal import Decimal
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
from programs import run

from microgrid import Value, grad, hessian, jvp, value_and_grad
from microgrid.operations import (
    dot,
    exp,
    log,
    maximum,
    relu,
    sigmoid,
    sign,
    softmax,
    sqrt,
    step,
    total,
    where,
)
from microgrid.program import Program, trace


def neuron_loss(w, b, x, t):
    z = dot(w, x) + b
    e = relu(z) - t
    return e**2 / 3


ARGUMENTS = ([0.5, -0.25], 0.125, [3.0, 2.0], 0.75)
SHAPED = ([1.0, 1.0], 1.0, [1.0, 1.0], 1.0)  # examples lend a program their structure alone


def as_kind(kind, x):
    return [as_kind(kind, part) for part in x] if isinstance(x, list) else kind(x)


def eager(f, *args, wrt=0):
    return value_and_grad(f, wrt)(*args)


def test_the_value_and_the_gradient_are_those_of_values():
    program = trace(neuron_loss, *SHAPED)
    value, gradient = program.value_and_grad(*ARGUMENTS)
    assert value == program(*ARGUMENTS) == neuron_loss(*ARGUMENTS)
    assert gradient == pytest.approx(eager(neuron_loss, *ARGUMENTS)[1], rel=1e-15)


def test_fractions_stay_exact():
    args = [as_kind(Fraction, x) for x in ARGUMENTS]
    program = trace(neuron_loss, *SHAPED, wrt=(0, 1, 2, 3))
    value, gradient = program.value_and_grad(*args)
    assert (value, gradient) == eager(neuron_loss, *args, wrt=(0, 1, 2, 3))
    assert value == Fraction(3, 64)
    assert gradient[0] == [Fraction(3, 4), Fraction(1, 2)] and gradient[1] == Fraction(1, 4)
    assert all(type(x) is Fraction for x in [value, gradient[1], *gradient[0], *gradient[2]])


def test_ratios_in_slopes_stay_exact():
    """For floats 3 * (1 / 2) may be one number; as whole numbers 3 / 2 would be a float."""
    program = trace(lambda w, v: 3 * (w * (v / 2)), 1, 1)
    value, gradient = program.value_and_grad(Fraction(1, 3), Fraction(1, 5))
    assert (value, gradient) == (Fraction(1, 10), Fraction(3, 10)) and type(gradient) is Fraction


def test_steps_and_signs_have_digits():
    for f in (lambda x: step(x) / 3, lambda x: sign(x) / 3, lambda x: maximum(x, 1) / 3):
        program = trace(f, 1)
        assert program._function(None, [Fraction(1)], {Fraction})(Fraction(1)) == Fraction(1, 3)


def test_whole_numbers_stay_whole():
    program = trace(lambda x, y: x * y + 1, 1, 1)
    assert program(10**20, 3) == 3 * 10**20 + 1
    assert type(program(2, 3)) is int


@pytest.mark.parametrize("kind", [Decimal, mpmath.mpf])
def test_decimals_and_mpmath_numbers_keep_their_digits(kind):
    args = [as_kind(kind, x) for x in ARGUMENTS]
    value, gradient = trace(neuron_loss, *SHAPED).value_and_grad(*args)
    with mpmath.workdps(50):
        assert (value, gradient) == eager(neuron_loss, *args)
        assert type(value) is kind


def test_balls_enclose_the_truth():
    args = [as_kind(flint.arb, x) for x in ARGUMENTS]
    value, gradient = trace(neuron_loss, *SHAPED, wrt=1).value_and_grad(*args)
    assert value.contains(flint.fmpq(3, 64)) and gradient.contains(flint.fmpq(1, 4))
    assert value.rad() < 1e-12


@pytest.mark.parametrize("kind", [Fraction, mpmath.mpf, flint.arb])
def test_a_slope_that_is_a_plain_number_is_of_the_kind_of_its_argument(kind):
    _, gradient = trace(lambda x: x[0] - x[1], [1, 1, 1]).value_and_grad([kind(3)] * 3)
    assert [type(slope) for slope in gradient] == [kind] * 3
    assert gradient == [1, -1, 0]


def test_numbers_of_numpy_are_taken_for_what_they_are():
    program = trace(neuron_loss, *SHAPED)
    arrays = (np.array(ARGUMENTS[0]), np.float64(ARGUMENTS[1]), np.array(ARGUMENTS[2]), ARGUMENTS[3])
    assert program.value_and_grad(*arrays) == program.value_and_grad(*ARGUMENTS)


def test_a_float_among_fractions_is_refused():
    args = [as_kind(Fraction, x) for x in ARGUMENTS[:3]]
    with pytest.raises(TypeError, match="kinds that meet without rounding"):
        trace(neuron_loss, *SHAPED)(*args, 0.75)


def test_a_float_in_the_formula_is_refused_for_fractions():
    with pytest.raises(TypeError, match="kinds that meet without rounding"):
        trace(lambda x: 0.1 * x, 1.0)(Fraction(1, 3))


# Values: one node, differentiable again.


def test_values_get_one_node():
    w, b = [Value(0.5), Value(-0.25)], Value(0.125)
    result = trace(neuron_loss, *SHAPED)(w, b, *ARGUMENTS[2:])
    assert result._parents == (*w, b)
    assert result._rule == "neuron_loss"
    result.backward()
    assert (result.data, [x.grad for x in w], b.grad) == (3 / 64, [0.75, 0.5], 0.25)


def test_a_value_that_stands_twice_gets_both_slopes():
    x = Value(3.0)
    trace(lambda a, b: a * b, 1.0, 1.0)(x, x).backward()
    assert x.grad == 6.0


def test_a_list_of_results_is_a_list_of_values():
    x = [Value(1.0), Value(2.0)]
    first, second = trace(lambda x: [x[0] * x[1], x[0] + x[1]], [1.0, 1.0])(x)
    (first * second).backward()
    assert [x[0].grad, x[1].grad] == [2.0 * 3 + 2, 1.0 * 3 + 2]


def test_gradients_of_gradients_go_through_programs():
    def f(x):
        return x[0] ** 3 * sigmoid(x[1]) + relu(x[0] * x[1])

    program = trace(f, [1.0, 1.0])
    point = [Fraction(1, 2), Fraction(3)]

    def rational(x):
        return x[0] ** 3 * x[1] / (1 + x[1]) + relu(x[0] * x[1])

    assert hessian(trace(rational, [1, 1]))(point) == hessian(rational)(point)
    assert np.allclose(hessian(program)([0.5, 3.0]), hessian(f)([0.5, 3.0]), rtol=1e-14)
    assert np.allclose(grad(lambda x: grad(program)(x)[1])([0.5, 3.0]), hessian(f)([0.5, 3.0])[1], rtol=1e-14)


def test_a_gradient_that_happens_to_be_0_still_has_a_slope():
    """d / dw of (d / dx of w * sqrt(x)) is 1 / (2 * sqrt(x)) at w = 0, too."""
    program = trace(lambda w, x: w * sqrt(x), 1.0, 1.0)
    assert grad(lambda w: program.value_and_grad(w, 4.0, wrt=1)[1])(0.0) == 0.25


def test_a_program_in_a_traced_function_is_recorded():
    inner = trace(lambda x, y: x * y + x, 1.0, 1.0)
    outer = trace(lambda x: inner(x, 3.0) ** 2, 1.0)
    assert outer.value_and_grad(2.0) == (64.0, 64.0)
    assert "x * 3.0 + x" in outer.source


def test_no_cycle_keeps_a_graph_alive():
    program = trace(neuron_loss, *SHAPED)
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            program([Value(0.5), Value(0.5)], 0.0, [1.0, 1.0], 0.0).backward()
        assert gc.collect() == 0
    finally:
        gc.enable()


# Arguments.


def test_gradients_come_in_the_structure_of_the_argument():
    def f(params):
        w, (b, c) = params["w"], params["rest"]
        return w[0][0] * b + w[1][0] * c**2

    args = {"w": [[1.0], [2.0]], "rest": (3.0, 4.0)}
    assert trace(f, args).value_and_grad(args) == (35.0, {"w": [[3.0], [16.0]], "rest": (1.0, 16.0)})


def test_named_tuples_stay_named_for_the_function():
    Point = namedtuple("Point", "x y")
    program = trace(lambda p: p.x * p.y, Point(1.0, 1.0))
    assert program.value_and_grad(Point(2.0, 3.0)) == (6.0, (3.0, 2.0))


def test_wrt_names_one_argument_or_several():
    program = trace(lambda x, y, z: x * y + z, 1.0, 1.0, 1.0)
    assert program.value_and_grad(2.0, 3.0, 4.0) == (10.0, 3.0)
    assert program.value_and_grad(2.0, 3.0, 4.0, wrt=1) == (10.0, 2.0)
    assert program.value_and_grad(2.0, 3.0, 4.0, wrt=(2, 0)) == (10.0, (1.0, 3.0))
    both = trace(lambda x, y: x * y, 1.0, 1.0, wrt=(0, 1))
    assert both.value_and_grad(2.0, 3.0) == (6.0, (3.0, 2.0))


def test_what_does_not_matter_has_the_gradient_0():
    program = trace(lambda x, y: x[0] * 2, [1.0, 1.0], 1.0, wrt=(0, 1))
    assert program.value_and_grad([1.0, 5.0], 7.0) == (2.0, ([2.0, 0.0], 0.0))


def test_an_argument_that_is_no_number_is_static():
    def f(x, how, activation, flag):
        y = [activation(a) for a in x]
        return total(y) if how == "sum" else total(y) / (2 if flag else 1)

    program = trace(f, [1.0, 1.0], "mean", relu, True)
    assert program([1.0, -2.0], "mean", relu, True) == 0.5
    for other in (("sum", relu, True), ("mean", abs, True), ("mean", relu, False), ("mean", relu, 1)):
        with pytest.raises(ValueError, match="must have the structure it was traced with"):
            program([1.0, -2.0], *other)


def test_numbers_can_be_made_static():
    program = trace(lambda scores, label: log(softmax(scores)[label]), [1.0, 1.0, 1.0], 2, static=1)
    assert program([0.0, 0.0, 0.0], 2) == pytest.approx(-np.log(3))
    with pytest.raises(ValueError, match="label must have the structure it was traced with, 2; got"):
        program([0.0, 0.0, 0.0], 1)


def test_a_function_may_return_nested_numbers_and_constants():
    program = trace(lambda x: {"twice": [2 * x, (x, 7)], "none": []}, 1.0)
    assert program(3.0) == {"twice": [6.0, (3.0, 7)], "none": []}


def test_a_function_without_arguments_is_a_constant():
    assert trace(lambda: 2.5)() == 2.5


def test_the_number_of_a_value_is_a_constant_in_a_traced_function():
    """As everywhere else: softmax's shift is one, and no gradient goes through it."""
    from microgrid.value import plain

    program = trace(lambda x: plain(x) * x, 1.0)
    assert program.value_and_grad(3.0) == (9.0, 3.0)


# Conditions.


def test_where_computes_only_the_side_that_is_chosen():
    program = trace(lambda x: where(x > 0, log(x) * x, -x), 1.0)
    assert program.value_and_grad(-2.0) == (2.0, -1.0)
    assert program.value_and_grad(1.0) == (0.0, 1.0)


def test_backward_computes_only_the_side_that_was_chosen():
    program = trace(lambda x: where(x < 100, exp(x), x**2), 1.0)
    assert program.value_and_grad(1000.0) == (1e6, 2000.0)


def test_conditions_combine():
    program = trace(lambda x, y: where((x > 0) & ~(y > 0) | (x == 3), x, y), 1.0, 1.0)
    for x, y in ((1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (3.0, 1.0), (-1.0, 1.0)):
        assert program(x, y) == (x if (x > 0 and not y > 0) or x == 3 else y)


def test_a_condition_on_conditions_chooses_in_both_directions():
    def f(x):
        inner = where(x > 1, x * x, 3 * x)
        return where(x > 0, inner * inner, inner - 1)

    program = trace(f, 1.0)
    for x in (-2.0, 0.0, 0.5, 1.0, 2.0):
        assert program.value_and_grad(x) == eager(f, x)


def test_both_sides_may_need_several_lines():
    def f(x, y):
        inside, outside = log(x) * log(y), exp(x) + exp(-y)
        return where((x > 0) & (y > 0), inside * inside, outside * outside)

    program = trace(f, 1.0, 1.0, wrt=(0, 1))
    for x, y in ((2.0, 3.0), (-1.0, 1.0), (1.0, -1.0)):
        side = (
            (lambda x, y: (log(x) * log(y)) ** 2)
            if x > 0 and y > 0
            else (lambda x, y: (exp(x) + exp(-y)) ** 2)
        )
        expected = eager(side, x, y, wrt=(0, 1))
        value, gradient = run(program)(x, y)
        assert value == pytest.approx(expected[0], rel=1e-15)
        assert gradient == pytest.approx(expected[1], rel=1e-14)


def test_what_is_needed_where_a_condition_fails_is_computed_there():
    def f(x, y):
        inside = (x - y) * 3
        return [where((x > 0) & (y > 0), x, inside * inside + inside)]

    program = trace(f, 1.0, 1.0)
    assert "if not (x > 0.0 and y > 0.0):" in program.source
    for x, y in ((2.0, 3.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -2.0)):
        assert program(x, y) == f(x, y)


def test_a_gradient_of_0_goes_no_further():
    """sqrt has an infinite slope at 0; what multiplies by 0 does not care."""
    for f in (lambda x, w: w * sqrt(x), lambda x, w: w / (1 + x) * log(x + 1), lambda x, w: w * x**0.5):
        program = trace(f, 1.0, 1.0, wrt=(0, 1))
        assert program.value_and_grad(0.0, 0.0)[1][0] == 0.0
        assert run(program)(0.0, 0.0)[1][0] == 0.0, "without the help of Values"


def test_an_infinite_slope_is_infinite():
    assert trace(sqrt, 1.0).value_and_grad(0.0) == eager(sqrt, 0.0) == (0.0, float("inf"))


def test_repr_tells_arguments_and_size():
    program = trace(neuron_loss, *SHAPED)
    assert isinstance(program, Program)
    assert repr(program) == ("Program(neuron_loss(w: (2,), b: (), x: (2,), t: ()): 6 operations)")


def test_forward_mode_goes_through_programs():
    program = trace(neuron_loss, *SHAPED)
    weights, direction = ARGUMENTS[0], [1.0, -2.0]
    value, slope = jvp(lambda w: program(w, *ARGUMENTS[1:]), (weights,), (direction,))
    assert (value, slope) == (3 / 64, 0.75 * 1.0 + 0.5 * -2.0)


@pytest.mark.parametrize("compare", [operator.gt, operator.ge, operator.lt, operator.le])
def test_a_condition_that_a_ball_straddles_is_refused(compare):
    program = trace(lambda x: where(compare(x, 1), x * x, x * 6), 1.0)
    assert program.value_and_grad(flint.arb(3, 0.5))[1].contains(6)
    with pytest.raises(ValueError, match="straddles"):
        program._function(None, [flint.arb(1)], {flint.arb})(flint.arb(1, 0.5))


def test_complex_numbers_go_through():
    program = trace(lambda z: exp(z * 2) * z, 1.0)
    assert program(1j) == (lambda z: exp(z * 2) * z)(1j)
    assert program.value_and_grad(1 + 2j) == eager(lambda z: exp(z * 2) * z, 1 + 2j)
