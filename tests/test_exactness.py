"""What must not get lost between number systems, levels and threads: digits, slopes at ties, connections."""

import math
import threading
from decimal import Decimal
from fractions import Fraction

import flint
import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from mpmath import mpf

from microgrid import Value, grad, hessian, jacobian, jvp, softmax_cross_entropy, value_and_grad
from microgrid.operations import (
    clip,
    dot,
    exp,
    largest,
    log,
    logsumexp,
    maximum,
    minimum,
    norm,
    plain,
    relu,
    softmax,
    sqrt,
    step,
    total,
    where,
    xlogy,
)

THIRD = {Fraction: Fraction(1, 3), Decimal: Decimal(1) / 3}


@pytest.mark.parametrize("kind", [Fraction, Decimal])
@pytest.mark.parametrize(
    "whole", [step, lambda x: maximum(x, 1), lambda x: clip(x, 1, 2), lambda x: largest([x, 1])]
)
def test_the_ints_of_kinks_stay_in_the_number_system(kind, whole):
    assert (whole(Value(kind(0))) / 3).data == THIRD[kind]
    assert type(whole(Value(Value(kind(0)))).data) in (Value, kind)


def test_a_constant_that_wins_has_the_digits_of_the_others():
    with mpmath.workdps(50):
        for winner in (minimum(0.5, Value(mpf(3))), clip(Value(mpf(3)), 0, 0.5)):
            assert abs(exp(winner).data - mpmath.sqrt(mpmath.e)) < mpf(10) ** -48
    assert isinstance(exp(minimum(0.5, Value(flint.arb(3)))).data, flint.arb)


@pytest.mark.parametrize("kind", [Fraction, Decimal])
def test_gradients_that_are_whole_numbers_stay_in_the_number_system(kind):
    assert grad(lambda x: x + 1)(kind(5)) / 3 == THIRD[kind]
    assert jvp(lambda x: x + 1, (kind(5),), (kind(1),))[1] / 3 == THIRD[kind]
    x = Value(kind(5))
    (x + 1).backward()
    assert x.grad / 3 == THIRD[kind]


def test_half_a_slope_has_all_its_digits():
    with mpmath.workdps(50):
        slope = grad(lambda x: maximum(x, x * 1) + maximum(x, 2))(mpf(2))
        assert isinstance(slope, mpf) and slope == mpf(3) / 2


@pytest.mark.parametrize(
    ("scalar", "array", "point"),
    [
        (lambda x: maximum(x[0], x[1]) * x[2], lambda x: jnp.maximum(x[0], x[1]) * x[2], [1.0, 1.0, 3.0]),
        (lambda x: clip(x[0], -1.0, 1.0) * x[1], lambda x: jnp.clip(x[0], -1.0, 1.0) * x[1], [1.0, 3.0]),
        (lambda x: largest(x) ** 2, lambda x: jnp.max(x) ** 2, [2.0, 2.0, 1.0]),
        (lambda x: norm([3.0, *x]), lambda x: jnp.sqrt(9.0 + x[0] ** 2 + x[1] ** 2), [1.0, 2.0]),
        (lambda x: logsumexp([5.0, *x]), lambda x: jax.nn.logsumexp(jnp.append(x, 5.0)), [1.0, 2.0]),
        (lambda x: softmax([5.0, *x])[0], lambda x: jax.nn.softmax(jnp.append(x, 5.0))[-1], [1.0, 2.0]),
    ],
)
def test_second_derivatives_at_ties_and_beside_constants_are_those_of_jax(scalar, array, point):
    expected = np.asarray(jax.hessian(array)(jnp.array(point)))
    assert np.allclose(np.array(hessian(scalar)(point), float), expected, rtol=1e-14, atol=1e-17)
    forward = [jvp(grad(scalar), (point,), (list(map(float, row)),))[1] for row in np.eye(len(point))]
    assert np.allclose(np.array(forward, float), expected, rtol=1e-14, atol=1e-17)


def test_a_loss_on_scores_has_its_second_derivatives():
    second = hessian(lambda z: softmax_cross_entropy([z], [0]))([2.0, -1.0, 0.5])
    p = softmax([2.0, -1.0, 0.5])
    for i in range(3):
        for j in range(3):
            assert second[i][j] == pytest.approx(p[i] * ((i == j) - p[j]), rel=1e-14)


@pytest.mark.parametrize(
    "test", [lambda x: x > 0, lambda x: x >= 0, lambda x: x == 0, lambda x: x != 0, bool]
)
def test_a_ball_that_straddles_decides_nothing(test):
    with pytest.raises(ValueError, match="straddles a kink"):
        test(Value(flint.arb(0, 1)))
    assert isinstance(test(Value(flint.arb(0))), bool) and isinstance(test(Value(flint.arb(3, 1))), bool)


def test_a_zero_of_the_table_stops_an_infinite_gradient():
    for x in (-1.0, Decimal(-1), mpf(-1)):
        assert grad(lambda x: sqrt(relu(x)))(x) == 0
        assert grad(lambda x: sqrt(step(x) * 0))(x) == 0
    assert math.isinf(grad(lambda x: sqrt(x))(0.0))


def test_nan_is_never_lost():
    for x in ([1.0, math.nan], [math.nan, 1.0]):
        assert math.isnan(largest(x)) and math.isnan(logsumexp(x)) and all(map(math.isnan, softmax(x)))
    assert logsumexp([-math.inf, -math.inf]) == -math.inf and logsumexp([math.inf, 1.0]) == math.inf


@pytest.mark.parametrize("nan", [math.nan, mpf("nan"), Decimal("nan"), flint.arb.nan(), complex(math.nan)])
def test_backward_refuses_nan_of_every_kind(nan):
    with pytest.raises(ValueError, match="the result must be a finite number"):
        (Value(nan) + 1).backward()


def test_threads_inside_a_derivative_have_levels_above_it():
    def slope_by_thread(x):
        found = []
        thread = threading.Thread(target=lambda: found.append(grad(lambda y: x * y)(1.0)))
        thread.start()
        thread.join()
        return x * found[0]

    assert grad(slope_by_thread)(3.0) == 6.0


def test_the_quick_ways_open_again_after_a_derivative():
    from microgrid.kinds import SEEN

    before = set(SEEN)
    grad(lambda x: x * x)(1.0)
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: x / 0)(1.0)
    assert before == SEEN


def test_a_variable_never_becomes_a_plain_number_in_silence():
    for convert in (float, int, complex, round, math.sin):
        with pytest.raises(TypeError, match="a number that a derivative is taken of must stay a Variable"):
            grad(lambda x, convert=convert: convert(x) * x)(3.0)
    assert grad(lambda x: plain(x) * x)(3.0) == 3.0
    with pytest.raises(TypeError, match="must stay a Dual"):
        jvp(lambda x: float(x) * x, (3.0,), (1.0,))


def test_values_of_a_lower_level_are_constants_of_a_fused_node():
    w = Value(2.0)
    slope = grad(lambda x: dot([x, w], [1.0, x]) + total([w, x]))(3.0)
    slope.backward()
    assert (slope.data, w.grad) == (4.0, 1)


def test_keywords_reach_the_function():
    assert grad(lambda x, *, k: x * k)(2.0, k=3.0) == 3.0
    assert value_and_grad(lambda x, k=1.0: x * k)(2.0, k=3.0) == (6.0, 3.0)
    assert jacobian(lambda x, *, k: [x * k])(2.0, k=3.0) == [3.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: where(~True, 1, 2), "where: condition must be True or False; got -2"),
        (lambda: norm(x for x in [1.0]), "norm: the numbers must come in a list; got <generator"),
        (lambda: dot("ab", [1.0, 2.0]), "dot: the numbers must come in a list; got 'ab'"),
        (lambda: dot([1.0, 2.0], {1.0, 2.0}), "dot: the numbers must come in a list; got"),
        (lambda: largest(None), "largest: the numbers must come in a list; got None"),
        (lambda: Value(2.0).backward(Decimal(1)), "backward: operands must be of kinds that meet"),
        (lambda: norm([Fraction(1), Fraction(2)]), r"norm: .*a Fraction has no exact sqrt.*number\.$"),
        (lambda: abs(Value(1j)), r"abs: no result for \(1j\): it is not holomorphic"),
        (lambda: Value(np.longdouble(1.1)), "Value: data must be one number"),
    ],
)
def test_mistakes_get_their_sentence(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_infinite_slopes_at_0_are_infinite_in_every_system():
    assert grad(lambda x: x ** mpf("0.3"))(mpf(0)) == mpmath.inf
    assert grad(log)(2.0) == 0.5 and grad(lambda x: xlogy(2.0, x))(0.0) == math.inf
