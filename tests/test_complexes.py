"""Complex numbers, Python's and mpmath's: holomorphic functions, and a refusal of all others."""

import random

import mpmath
import pytest
from mpmath import mpc, mpf

from microgrid.derivatives import RULES
from microgrid.systems import functions
from tests.rows import MEANING, ORDER, cells, numbers

REAL_ONLY = "abs sign floor cbrt hypot atan2 relu step maximum minimum clip".split()
MPMATH_ONLY = "erf erfc bell normal_cdf normal_pdf lgamma digamma polygamma".split()
HOLOMORPHIC = [name for name in RULES if name not in REAL_ONLY]
PRINCIPAL = MEANING | {  # where the real formula is of another branch, or not holomorphic
    "asinh": mpmath.asinh,
    "acosh": mpmath.acosh,
    "atanh": mpmath.atanh,
    "lgamma": mpmath.loggamma,
}


def truth(name, operands):
    """Value and slopes of the principal branch, to 40 digits, by difference quotients along the real axis."""
    function, h, slopes = PRINCIPAL[name], mpf(10) ** -50, []
    with mpmath.workdps(150):
        for i, x in enumerate(operands):
            if RULES[name].operands[i] != ORDER:
                up, down = (function(*operands[:i], x + way, *operands[i + 1 :]) for way in (h, -h))
                slopes.append((up - down) / (2 * h))
        return function(*operands), slopes


@pytest.mark.parametrize(("kind", "digits"), [(complex, 12), (mpc, 35)])
@pytest.mark.parametrize("name", HOLOMORPHIC)
def test_holomorphic_functions_and_their_slopes_are_right(kind, digits, name):
    rule, draw = RULES[name], random.Random(name)
    if kind is complex and name in MPMATH_ONLY:
        return
    with mpmath.workdps(40):
        for _ in range(30):
            points = [mpc(draw.gauss(0, 2), draw.gauss(0, 1)) for _ in rule.operands]
            if rule.operands[0] == ORDER:
                points[0] = draw.randint(0, 3)
            y, slopes = cells(rule, numbers(rule, points, kind))
            own = [slope for slope, operand in zip(slopes, rule.operands, strict=True) if operand != ORDER]
            value, true = truth(name, points)
            for got, expected in zip([y, *own], [value, *true], strict=True):
                assert abs(got - expected) <= abs(expected) * mpf(10) ** -digits, (name, points)


@pytest.mark.parametrize("kind", [complex, mpc])
@pytest.mark.parametrize("name", REAL_ONLY)
def test_what_has_no_complex_derivative_is_refused(kind, name):
    with pytest.raises(TypeError):
        cells(RULES[name], [kind(1, 1)] * len(RULES[name].operands))


@pytest.mark.parametrize("name", ["floor", "hypot", "atan2", "cbrt", *MPMATH_ONLY])
def test_the_sentence_names_the_function(name):
    with pytest.raises(TypeError, match=f"^{name}: a complex number has no {name} here; give a real number"):
        getattr(functions(1j), name)


def test_complex_functions_keep_their_digits():
    system = functions(1j)
    for tiny in (1e-300, 1e-12j, 1e-9 + 1e-12j):
        for name in ("log1p", "expm1"):
            got, true = getattr(system, name)(tiny), getattr(mpmath, name)(mpc(tiny))
            assert abs(got - true) <= 1e-15 * abs(tiny)
    assert system.sigmoid(-800 + 1j) == 0 and system.sigmoid(800 + 1j) == 1 and system.sech2(800 + 1j) == 0


@pytest.mark.parametrize(("name", "edge"), [("sqrt", 0), ("asin", 1), ("acosh", 1), ("log", 0)])
@pytest.mark.parametrize("kind", [complex, mpc])
def test_a_complex_edge_has_no_slope(name, edge, kind):
    with pytest.raises((ArithmeticError, ValueError)):
        cells(RULES[name], [kind(edge)])
