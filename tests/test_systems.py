"""Number systems: every kind of number does what its kind promises, and no two mix with loss."""

import decimal
import math
import random
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import arb
from mpmath import mpc, mpf

from microgrid import Value
from microgrid.derivatives import RULES
from microgrid.kinds import apply
from microgrid.systems import any_number, common, functions, number
from microgrid.systems.nested import innermost
from tests.rows import (
    DOMAIN,
    EDGES,
    MEANING,
    NO_RESULT,
    assert_edge,
    cells,
    numbers,
    refuse,
)

KINDS = {"float": float, "Fraction": Fraction, "Decimal": Decimal, "mpf": mpf, "arb": arb, "Value": Value}
RATIONAL = "add sub mul truediv neg abs sign floor relu step maximum minimum clip pow".split()
GAMMAS = "lgamma digamma polygamma".split()
SMOOTH = [name for name in RULES if name not in RATIONAL]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "operands", "value", "slopes"), EDGES)
def test_kinks_and_edges_follow_one_convention_in_every_system(kind, name, operands, value, slopes):
    if any(map(math.isnan, operands)) and kind != "float":
        return
    try:
        got = cells(RULES[name], numbers(RULES[name], operands, KINDS[kind]))
    except (TypeError, ValueError):
        assert kind == "Fraction" and (name not in RATIONAL or {math.nan, math.inf} & {*slopes})
    else:
        assert_edge(got, (value, slopes))


@pytest.mark.parametrize("kind", ["Decimal", "mpf", "Fraction", "Value"])
@pytest.mark.parametrize(("name", "operands"), NO_RESULT)
def test_no_system_makes_up_a_result(kind, name, operands):
    try:
        refuse(RULES[name], numbers(RULES[name], operands, KINDS[kind]))
    except TypeError:
        assert kind == "Fraction" or (kind == "Decimal" and name in GAMMAS)


def test_a_fraction_refuses_what_is_not_rational_by_name():
    for name in SMOOTH:
        operands = [Fraction(1, 3)] * len(RULES[name].operands)
        with pytest.raises(TypeError, match=r"no (exact|Fraction is)"):
            cells(RULES[name], operands)
    with pytest.raises(TypeError, match=r"^pow: a Fraction has no exact slope for its exponent; "):
        Value(Fraction(2)) ** Value(Fraction(3))
    with pytest.raises(ValueError, match=r"^pow: no result for .*only where the exponent is whole"):
        Value(Fraction(2)) ** Fraction(1, 2)
    x = Value(Fraction(2, 3))
    (x**-3).backward()
    assert x.grad == -3 * Fraction(3, 2) ** 4


@pytest.mark.parametrize("digits", [9, 28, 70])
@pytest.mark.parametrize("name", [name for name in RULES if name not in GAMMAS])
def test_decimals_are_right_to_the_last_digit_of_the_context(name, digits):
    rule, draw = RULES[name], random.Random(name)
    with decimal.localcontext(prec=digits), mpmath.workdps(3 * digits + 400):
        for _ in range(15):
            operands = [decimals(name, i, draw) for i in range(len(rule.operands))]
            exact = [mpf(str(x)) for x in operands]
            y, slopes = cells(rule, operands)
            close(y, MEANING[name](*exact), digits)
            for slope, true in zip(slopes, cells(rule, exact)[1], strict=True):
                close(slope, true, digits - 1)


def decimals(name, i, draw):
    """A Decimal of the domain, with all digits of the context."""
    x = DOMAIN.get((name, i), float)(draw.gauss(0, 3) * 10 ** draw.choice((-9, -2, 0, 0, 0, 1)))
    return Decimal(x) * (1 + Decimal(draw.random()) / 10**6)


def close(got, true, digits):
    assert abs(mpf(str(got)) - true) <= abs(true) * mpf(10) ** (1 - digits), (got, true)


@pytest.mark.parametrize("digits", [9, 28, 70])
def test_error_functions_of_decimals_are_right_far_out(digits):
    with decimal.localcontext(prec=digits), mpmath.workdps(digits + 30):
        for t in map(Decimal, ("2.1", "4.9", "8.3", "8.5", "13.2", "13.4", "40.7", "1234.567891")):
            for name in ("erf", "erfc", "bell", "normal_cdf", "normal_pdf"):
                close(getattr(functions(t), name)(t), MEANING[name](mpf(str(t))), digits)


def test_decimals_take_the_range_of_decimals():
    functions_of = functions(Decimal(1))
    tiny, huge = Decimal("1e-3000"), Decimal("1e30")
    for name in ("expm1", "log1p", "sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "cbrt"):
        y = getattr(functions_of, name)(tiny)
        assert y == (Decimal("1e-1000") if name == "cbrt" else tiny)
    with mpmath.workdps(80):
        assert abs(mpf(str(functions_of.sin(huge))) - mpmath.sin(mpf(10) ** 30)) < mpf(10) ** -28
    assert functions_of.erfc(Decimal(100)).adjusted() == -4346 and functions_of.bell(huge) == 0
    assert functions_of.tanh(huge) == 1 and functions_of.log(Decimal(1)) == 0
    with pytest.raises(ValueError, match="outside the domain"):
        functions_of.log(Decimal(0))
    for wrong in ("1e10000", "Infinity"):
        with pytest.raises(ValueError, match=r"(ten thousand digits|outside the domain)"):
            functions_of.sin(Decimal(wrong))
    with pytest.raises(OverflowError, match="too large"):
        functions_of.exp(huge)
    with pytest.raises(TypeError, match=r"^lgamma: a Decimal has no lgamma here; "):
        functions_of.lgamma(Decimal(1))
    assert functions_of.cos(Decimal("NaN")).is_nan()


MEETINGS = [
    (float, 2, "float"), (Fraction, 2, "Fraction"), (Decimal, 2, "Decimal"), (mpf, 2, "mpf"), (mpc, 2, "mpc"),
    (arb, 2, "arb"), (complex, 2, "complex"), (float, 0.5, "float"), (mpf, 0.5, "mpf"), (mpc, 0.5, "mpc"),
    (arb, 0.5, "arb"), (complex, 0.5, "complex"), (mpc, 1j, "mpc"), (mpc, mpf(1), "mpc"),
    (Fraction, Value(0.5), "Value"), (Fraction, True, "Fraction"),
]  # fmt: skip
STRANGERS = [
    (Fraction, 0.5), (Fraction, Decimal(1)), (Fraction, mpf(1)), (Fraction, arb(1)), (Fraction, 1j),
    (Decimal, 0.5), (Decimal, mpf(1)), (Decimal, arb(1)), (Decimal, 1j), (mpf, arb(1)), (mpf, 1j),
    (mpc, arb(1)), (arb, 1j),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "other", "meeting"), MEETINGS)
def test_kinds_that_lose_nothing_meet(kind, other, meeting):
    x = kind(1)
    assert common("mul", x, other).kind == common("mul", other, x).kind == meeting
    assert common("clip", x, 0, other).kind == meeting and common("add").kind == "float"


@pytest.mark.parametrize(("kind", "other"), STRANGERS)
def test_kinds_that_would_round_do_not_meet(kind, other):
    for pair in ((kind(1), other), (other, kind(1))):
        with pytest.raises(TypeError) as error:
            common("mul", *pair)
        rule = f"mul: operands must be of kinds that meet without rounding; got {pair[0]!r} and {pair[1]!r}."
        assert str(error.value) == f"{rule} Fix: convert one of them."


def test_mixing_inside_values_is_seen():
    third = Fraction(1, 3)
    for x, y in ((Value(0.5), third), (third, Value(Value(0.5))), (Value(Value(0.5)), Value(third))):
        with pytest.raises(TypeError, match=r"^mul: operands must be of kinds that meet without rounding; "):
            x * y
    with pytest.raises(TypeError, match=r"^maximum: operands must be of kinds that meet without rounding"):
        apply("maximum", Fraction(1, 3), 0.5)


@pytest.mark.parametrize("name", [name for name in SMOOTH if len(RULES[name].operands) == 1])
def test_third_derivatives_come_from_three_nested_values(name):
    with mpmath.workdps(60):
        point = mpf(DOMAIN.get((name, 0), float)(0.7))
        inner = Value(point)
        middle = Value(inner)
        outer = Value(middle)
        apply(name, outer).backward()
        outer.grad.backward()
        middle.grad.backward()
        true = mpmath.diff(MEANING[name], point, 3)
        assert abs(inner.grad - true) <= abs(true) * mpf(10) ** -40


def test_second_derivatives_of_two_operands_are_right():
    with mpmath.workdps(60):
        for name in ("pow", "hypot", "atan2", "truediv", "xlogy", "xlog1my"):
            inner = [Value(mpf("0.3")), Value(mpf("0.7"))]
            outer = [Value(x) for x in inner]
            apply(name, *outer).backward()
            outer[0].grad.backward()
            for x, order in zip(inner, ((2, 0), (1, 1)), strict=True):
                true = mpmath.diff(MEANING[name], (mpf("0.3"), mpf("0.7")), order)
                assert abs(innermost(x.grad) - true) <= mpf(10) ** -40, (name, order)


def test_numbers_of_numpy_are_numbers():
    for x in (np.float64(0.5), np.int32(3), np.array(0.5), np.bool_(True)):
        assert type(number(x)) in (float, int, bool) and number(x) == x
    assert type(any_number(np.complex128(1j))) is complex and number(np.complex128(1j)) is None
    assert number(mpc(1, 1)) is None and any_number(mpc(1, 1)) == mpc(1, 1)
    for wrong in ("1", None, [1], np.array([1.0]), np.ma.masked, object(), mpmath.iv.mpf(1)):
        assert any_number(wrong) is None and number(wrong) is None
    with pytest.raises(TypeError, match=r"a number must be a float, int, Fraction, .*; got str"):
        functions("1")


def test_subclasses_are_numbers_of_their_kind():
    class Celsius(float):
        pass

    assert functions(Celsius(1)) is functions(1.0) and functions(mpmath.pi).kind == "mpf"


def test_gammas_name_their_poles_and_orders():
    gammas = functions(1.0)
    for name, operands in (("lgamma", (-3.0,)), ("digamma", (0.0,)), ("polygamma", (1, -2.0))):
        with pytest.raises(ValueError, match="is a pole"):
            apply(name, *operands)
    for x in (1.0, mpf(1), arb(1)):
        for wrong in (-1, 0.5):
            with pytest.raises(ValueError, match=f"the order must be a whole number >= 0; got {wrong}"):
                functions(x).polygamma(wrong, x)
    for x in (0.7, 5.5, 33.0):
        assert gammas.polygamma(0, x) == gammas.digamma(x)
    assert gammas.polygamma(1, 1e-300) == math.inf and math.isnan(gammas.lgamma(math.nan))


def test_norm_neither_overflows_nor_underflows():
    for kind in (float, Decimal, mpf, arb):
        system = functions(kind(1))
        for scale in (kind(1), kind(2) ** 600, kind(2) ** -600):
            assert system.norm([3 * scale, kind(0), -4 * scale]) == 5 * scale
        assert system.norm([kind(0), kind(0)]) == 0
    for kind in (Fraction, complex):
        with pytest.raises(TypeError):
            functions(kind(1)).norm([kind(3), kind(4)])


def test_whole_results_are_numbers_of_the_system():
    for kind in (Fraction, Decimal, mpf, arb):
        for x in (kind(-2), Value(kind(-2))):
            one = functions(x).whole(1, x)
            assert one == 1 and type(one) is kind
    assert functions(mpc(1)).whole(1) / 3 == mpf(1) / 3 and functions(1.0).whole(1) == 1
