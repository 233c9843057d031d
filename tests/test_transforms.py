"""grad, value_and_grad, jvp, jacobian, hessian: right to any order, nested, captured, and never confused."""

import math
import threading
from fractions import Fraction

import pytest

from microgrid import Value, grad, hessian, jacobian, jvp, value_and_grad
from microgrid.operations import dot, exp, log, maximum, relu, sin, softmax, sqrt, tanh, total, where


def polynomial(x):
    return x[0] ** 3 * x[1] + 2 * x[1] ** 2


def test_a_gradient_has_the_structure_of_its_argument():
    def loss(weights, x):
        return dot(weights["kernel"][0], x) * weights["scale"] + weights["shift"][1]

    weights = {"kernel": [[1.0, 2.0]], "scale": 3.0, "shift": (4.0, 5.0)}
    value, slopes = value_and_grad(loss)(weights, [6.0, 7.0])
    assert value == 65.0
    assert slopes == {"kernel": [[18.0, 21.0]], "scale": 20.0, "shift": (0.0, 1.0)}


def test_argnums_choose_the_arguments():
    def f(x, y, z):
        return x * y + z

    assert grad(f, argnums=1)(2.0, 3.0, 4.0) == 2.0
    assert grad(f, argnums=(2, 0))(2.0, 3.0, 4.0) == (1.0, 3.0)
    assert hessian(f, argnums=(0, 1))(2.0, 3.0, 4.0) == ((0.0, 1.0), (1.0, 0.0))


def test_every_order_of_derivative_is_exact_in_fractions():
    def f(x):
        return x**7 / 3

    slopes, point = f, Fraction(2, 5)
    for order in range(1, 9):
        slopes = grad(slopes)
        truth = Fraction(math.perm(7, order), 3) * point ** max(7 - order, 0) if order <= 7 else 0
        assert slopes(point) == truth, order


def test_the_hessian_is_the_matrix_of_second_derivatives():
    x, y = Fraction(2), Fraction(3)
    assert hessian(polynomial)([x, y]) == [[6 * x * y, 3 * x**2], [3 * x**2, 4]]


def test_the_inner_variable_is_never_taken_for_the_outer_one():
    def outer(x):
        return x * grad(lambda y: x * y)(1.0)  # = x**2

    assert grad(outer)(3.0) == 6.0
    assert jvp(outer, (3.0,), (1.0,)) == (9.0, 6.0)
    assert grad(lambda x: x * jvp(lambda y: x + y, (1.0,), (1.0,))[1])(3.0) == 1.0
    assert jvp(lambda x: x * jvp(lambda y: x * y * y, (x,), (1.0,))[1], (2.0,), (1.0,)) == (16.0, 24.0)


def test_a_value_captured_by_the_function_stays_connected():
    w = Value(2.0)
    slope = grad(lambda x: w * w * x)(3.0)
    slope.backward()
    assert (slope.data, w.grad) == (4.0, 4.0)
    nested = Value(Value(5.0))
    slope = grad(lambda x: nested * x**2)(3.0)
    slope.backward()
    assert (float(slope), float(nested.grad)) == (30.0, 6.0)


def test_forward_and_reverse_mode_agree_to_the_last_digits():
    def f(x):
        return sin(x[0]) * exp(x[1] / 3) + tanh(x[0] * x[1]) - log(x[1]) * sqrt(x[0])

    x = [1.3, 0.7]
    slopes = grad(f)(x)
    for i in range(2):
        value, slope = jvp(f, (x,), ([float(i == 0), float(i == 1)],))
        assert value == f(x) and slope == pytest.approx(slopes[i], rel=1e-15)


def test_mixed_modes_give_one_hessian():
    x = [1.3, 0.7]
    second = hessian(polynomial)(x)
    assert jacobian(grad(polynomial))(x) == second
    for i in range(2):
        direction = [float(i == 0), float(i == 1)]
        assert jvp(grad(polynomial), (x,), (direction,))[1] == pytest.approx(second[i], rel=1e-15)
        along = grad(lambda x, direction=direction: jvp(polynomial, (x,), (direction,))[1])(x)
        assert along == pytest.approx(second[i], rel=1e-15)


def test_the_jacobian_of_softmax_has_rows_that_sum_to_zero():
    rows = jacobian(softmax)([0.5, -1.0, 2.0])
    assert len(rows) == 3 and all(len(row) == 3 for row in rows)
    assert all(abs(math.fsum(row)) <= 2**-54 for row in rows)
    p = softmax([0.5, -1.0, 2.0])
    assert rows[0][1] == pytest.approx(-p[0] * p[1], rel=1e-15)


def test_fused_nodes_have_second_derivatives():
    second = hessian(lambda x: dot(x, x) + total(x) * x[0])([2.0, 3.0])
    assert second == [[4.0, 1.0], [1.0, 2.0]]


def test_kinks_take_the_same_side_in_forward_mode():
    assert jvp(relu, (0.0,), (1.0,)) == (0, 0)
    assert jvp(lambda x: maximum(x, 0.0), (0.0,), (1.0,)) == (0.0, 0.5)
    assert jvp(lambda x: where(x > 0, x, 2 * x), (0.0,), (1.0,)) == (0.0, 2.0)


def test_a_direction_of_zero_stops_in_front_of_an_infinite_slope():
    assert jvp(sqrt, (0.0,), (0.0,)) == (0.0, 0)


def test_a_constant_function_has_gradient_zero():
    assert grad(lambda x: 3.0)([1.0, Fraction(1, 2)]) == [0.0, 0]
    assert jvp(lambda x: 3.0, (1.0,), (1.0,)) == (3.0, 0)


def test_the_callers_values_are_left_alone():
    x = Value(3.0)
    assert float(grad(lambda y: y * y)(x)) == 6.0
    x.backward()
    grad(lambda y: y * y)(x)
    assert x.grad == 1


def test_threads_do_not_share_levels():
    slopes = []

    def work():
        slopes.extend(grad(lambda x: x * grad(lambda y: x * y * y)(x))(2.0) for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert slopes == [24.0] * 200  # x * 2 x**2 has slope 6 x**2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: grad(3), TypeError, "grad: f must be a function; got 3."),
        (
            lambda: grad(lambda x: [x, x])(1.0),
            TypeError,
            "grad: the function must return one number",
        ),
        (
            lambda: grad(lambda x: x, argnums=1)(1.0),
            ValueError,
            "argnums must be below the number of arg.* 1",
        ),
        (lambda: grad(lambda x: x, argnums=-1), ValueError, "argnums must be whole numbers >= 0; got -1"),
        (
            lambda: grad(lambda x: x)("2"),
            TypeError,
            "must be numbers or nested lists of numbers; got '2'",
        ),
        (lambda: jvp(lambda x: x, 1.0, 1.0), TypeError, "jvp: primals must be a tuple"),
        (
            lambda: jvp(lambda x: x, (1.0,), ([1.0],)),
            ValueError,
            "tangents must have the structure",
        ),
        (
            lambda: jacobian(lambda x: "y")(1.0),
            TypeError,
            "jacobian: what the function returns must be numbers or nested lists",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message.replace("[", r"\[")):
        call()
