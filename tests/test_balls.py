"""Balls: the results contain what comes of every number in the operands, or there is an error."""

import random

import flint
import mpmath
import pytest
from flint import arb
from mpmath import mpf

from microgrid import Value
from microgrid.derivatives import RULES
from microgrid.kinds import apply
from microgrid.operations import clip, floor, log, maximum, relu
from microgrid.systems import functions
from tests.rows import DOMAIN, MEANING, NO_RESULT, ORDER, STRADDLING, cells, numbers, refuse

ONE_SIDED = {("truediv", 1), ("cbrt", 0), ("hypot", 0), ("atan2", 1)}  # a kink divides the domain
KINKED = {"abs", "sign", "floor", "relu", "step", "maximum", "minimum", "clip"}
WIDE = [name for name in RULES if name not in KINKED | {"tan"}]


def interval(name, i, draw, width):
    """Two numbers of the domain of an operand, as far apart as said: 1 is any."""
    into = abs if (name, i) in ONE_SIDED else DOMAIN.get((name, i), float)
    low, high = into(draw.gauss(0, 3)), into(draw.gauss(0, 3))
    return (low, low) if isinstance(low, int) else (low, low + (high - low) * width)


@pytest.mark.parametrize("name", WIDE)
def test_every_number_of_a_ball_maps_into_the_results(name):
    rule, draw = RULES[name], random.Random(name)
    for width in [0, 1e-15, 1e-9, 1e-3, 0.1, 1] * 10:
        ends = [interval(name, i, draw, width) for i in range(len(rule.operands))]
        balls = [low if isinstance(low, int) else arb(low).union(high) for low, high in ends]
        y, slopes = cells(rule, balls)
        for share in (0, 1, draw.random()):
            with mpmath.workdps(50):  # three times the precision of the balls
                point = [low if low == high else low + (mpf(high) - low) * share for low, high in ends]
                point = numbers(rule, point, mpf)
                value, true_slopes = MEANING[name](*point), cells(rule, point)[1]
            assert holds(y, value), (name, balls, point)
            for operand, slope, true in zip(rule.operands, slopes, true_slopes, strict=True):
                assert operand == ORDER or holds(slope, true), (name, balls, point)


def holds(ball, number):
    """True if the ball contains a number that is known to 45 digits."""
    with flint.ctx.workprec(200):
        return arb(ball).is_finite() and arb(ball).overlaps(arb(number) * (1 + arb(0, 1e-45)))


@pytest.mark.parametrize(("name", "balls"), STRADDLING)
def test_a_ball_over_a_kink_or_an_edge_is_refused(name, balls):
    refuse(RULES[name], numbers(RULES[name], balls, lambda ball: arb(*ball)))


@pytest.mark.parametrize("name", ["abs", "sign", "floor", "relu", "step", "sqrt", "log", "cbrt"])
def test_the_sentence_names_the_operation_and_the_ball(name):
    ball = r"\[\+/- 0\.501\]"
    with pytest.raises(ValueError, match=rf"^{name}: no result for \({ball}\): the ball {ball} "):
        apply(name, Value(arb(0, 0.5)))


@pytest.mark.parametrize(("name", "operands"), NO_RESULT)
def test_flint_s_nan_is_an_error(name, operands):
    refuse(RULES[name], numbers(RULES[name], operands, arb))


def test_balls_around_the_origin_have_no_angle():
    for name in ("hypot", "atan2"):
        with pytest.raises(ValueError, match="straddle the origin"):
            apply(name, arb(0, 0.5), arb(0.25, 0.5))
    with pytest.raises(ValueError, match="straddle the origin"):
        apply("atan2", 0, arb(0, 0.5))


def test_an_overlap_is_no_answer():
    above, ball = functions(arb(0)).above, arb(1, 0.25)
    assert above(ball, 0) and not above(0, ball) and not above(arb(1), arb(1))
    for pair in ((ball, 1), (1, ball), (ball, ball)):
        with pytest.raises(ValueError, match="straddles a kink"):
            above(*pair)


def test_a_ball_that_touches_nothing_is_not_refused():
    x = Value(arb(2.5, 0.25))
    y = floor(x) + clip(x, 0, 3) + relu(x) + abs(x) + maximum(x, 2)
    y.backward()
    assert y.data.contains(12) and x.grad == 4


def test_precision_is_that_of_flint():
    with flint.ctx.workprec(1000):
        x = Value(arb(2))
        log(x).backward()
        assert x.grad == arb(0.5) and log(x).data.rel_accuracy_bits() > 990
