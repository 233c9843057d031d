"""The rows of derivatives.py proved in balls: their slopes meet the coefficients of flint's power series.

A smooth row is a power series of balls in each operand. A rational row is a power series of exact fractions,
or where it is a straight line on both sides of its kinks, a difference quotient of exact Fractions.
"""

import math
import random
from fractions import Fraction

import flint
import pytest
from flint import arb, arb_series, fmpq, fmpq_series

from microgrid.derivatives import RULES
from tests.rows import DOMAIN, ORDER, cells, evaluate, numbers

SMOOTH = {  # from flint's exp, log, sqrt, sin, cos, tan, asin, acos, atan, erf, erfc and lgamma
    "pow": lambda a, b: (b * a.log()).exp(),
    "exp": lambda a: a.exp(),
    "expm1": lambda a: a.exp() - 1,
    "log": lambda a: a.log(),
    "log1p": lambda a: (1 + a).log(),
    "sqrt": lambda a: a.sqrt(),
    "cbrt": lambda a: (a.log() / 3).exp(),
    "hypot": lambda a, b: (a * a + b * b).sqrt(),
    "sin": lambda a: a.sin(),
    "cos": lambda a: a.cos(),
    "tan": lambda a: a.tan(),
    "asin": lambda a: a.asin(),
    "acos": lambda a: a.acos(),
    "atan": lambda a: a.atan(),
    "atan2": lambda a, b: 2 * (a / ((a * a + b * b).sqrt() + b)).atan(),
    "sinh": lambda a: (a.exp() - (-a).exp()) / 2,
    "cosh": lambda a: (a.exp() + (-a).exp()) / 2,
    "tanh": lambda a: 1 - 2 / ((2 * a).exp() + 1),
    "sech2": lambda a: 4 / (a.exp() + (-a).exp()) / (a.exp() + (-a).exp()),
    "asinh": lambda a: (a + (a * a + 1).sqrt()).log(),
    "acosh": lambda a: (a + (a * a - 1).sqrt()).log(),
    "atanh": lambda a: ((1 + a) / (1 - a)).log() / 2,
    "erf": lambda a: a.erf(),
    "erfc": lambda a: a.erfc(),
    "bell": lambda a: (-(a * a)).exp() * 2 / arb.pi().sqrt(),
    "normal_cdf": lambda a: (-a / arb(2).sqrt()).erfc() / 2,
    "normal_pdf": lambda a: (-(a * a) / 2).exp() / (2 * arb.pi()).sqrt(),
    "lgamma": lambda a: a.lgamma(),
    "digamma": lambda a: a.lgamma().derivative(),
    "polygamma": lambda n, a: derivative(a.lgamma(), n + 1),
    "sigmoid": lambda a: 1 / (1 + (-a).exp()),
    "softplus": lambda a: (1 + a.exp()).log(),
    "xlogy": lambda a, b: a * b.log(),
    "xlog1my": lambda a, b: a * (1 - b).log(),
}
RATIONAL = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "truediv": lambda a, b: a / b,
    "neg": lambda a: -a,
    "pow": lambda a, b: a * a * a,
}
STRAIGHT = {  # on both sides of the kinks
    "abs": lambda a: max(a, -a),
    "sign": lambda a: (a > 0) - (a < 0),
    "floor": lambda a: math.floor(a),
    "relu": lambda a: max(a, 0),
    "step": lambda a: int(a >= 0),
    "maximum": lambda a, b: max(a, b),
    "minimum": lambda a, b: min(a, b),
    "clip": lambda a, low, high: min(max(a, low), high),
}


def derivative(series, times):
    for _ in range(times):
        series = series.derivative()
    return series


def each(table):
    return pytest.mark.parametrize("name", table)


def test_every_row_is_proved_here():
    assert SMOOTH.keys() | RATIONAL.keys() | STRAIGHT.keys() == RULES.keys()


@each(SMOOTH)
@pytest.mark.parametrize("bits", [53, 200])
def test_slopes_meet_the_power_series_of_balls(name, bits):
    rule, draw = RULES[name], random.Random(name)
    with flint.ctx.workprec(bits):
        for _ in range(40):
            operands = numbers(rule, [ball(name, i, draw) for i in range(len(rule.operands))], arb)
            y, slopes = cells(rule, operands)
            for i, slope in enumerate(slopes):
                if rule.operands[i] != ORDER:
                    series = SMOOTH[name](*along(rule, operands, i))
                    assert meet(y, series[0]) and meet(slope, series[1]), (name, operands, rule.slopes[i])


def along(rule, operands, i):
    """The operands as power series of a step of operand i."""
    steps = [arb_series([x, int(i == j)], 8) for j, x in enumerate(operands)]
    return [x if rule.operands[j] == ORDER else steps[j] for j, x in enumerate(operands)]


def ball(name, i, draw):
    """A small ball around a number of the domain of operand i."""
    x = DOMAIN.get((name, i), abs if name == "cbrt" else float)(draw.gauss(0, 2))
    return x if isinstance(x, int) else arb(x, abs(x) * 2.0**-40)


def meet(ours, theirs):
    """Two small balls with a common number."""
    small = all(x.is_finite() and x.rad() <= (1 + abs(x)) * 1e-6 for x in (arb(ours), theirs))
    return small and arb(ours).overlaps(theirs)


@each(RATIONAL)
def test_rational_slopes_are_the_power_series_of_fractions(name):
    rule, draw = RULES[name], random.Random(name)
    for _ in range(40):
        operands = [Fraction(draw.randint(-99, 99) * 2 + 1, draw.randint(1, 99)) for _ in rule.operands]
        if name == "pow":
            operands[1] = 3
        y = evaluate(rule.value, rule, operands)
        for i, text in enumerate(rule.slopes):
            if (name, i) != ("pow", 1):
                exact = [fmpq(x.numerator, x.denominator) for x in operands]
                series = RATIONAL[name](*(fmpq_series([x, int(i == j)]) for j, x in enumerate(exact)))
                slope = evaluate(text, rule, operands, y)
                assert [y, slope] == [Fraction(int(c.p), int(c.q)) for c in (series[0], series[1])]


@each(STRAIGHT)
def test_straight_slopes_are_exact_difference_quotients(name):
    rule, draw = RULES[name], random.Random(name)
    h, function = Fraction(1, 100), STRAIGHT[name]
    for _ in range(100):
        whole = draw.sample(range(-9, 9), len(rule.operands))
        operands = [Fraction(7 * x + draw.randint(1, 6), 7) for x in whole]
        y, slopes = cells(rule, operands)
        assert y == function(*operands)
        for i, slope in enumerate(slopes):
            up, down = ([x + way * h * (i == j) for j, x in enumerate(operands)] for way in (1, -1))
            assert slope == (function(*up) - function(*down)) / (2 * h)
            assert isinstance(slope, int | Fraction)
