"""Series for Decimals: pi, sines, arctangents and error functions, to the precision of the decimal context.

a: a Decimal; t: |a|; k: the number of a term. Source: Abramowitz and Stegun 1964, 4.3, 4.4, 7.1.
"""

import decimal
from decimal import Decimal
from functools import cache, wraps


def spare(digits):
    """A context with that many more digits."""
    context = decimal.getcontext().copy()
    context.prec += digits
    return decimal.localcontext(context)


def precision():
    """The digits of the context."""
    return decimal.getcontext().prec


def rounded(function):
    """function with ten digits to spare, its result rounded to the context."""

    @wraps(function)
    def result(system, *operands):
        operands = [Decimal(x) for x in operands]
        if any(x.is_nan() for x in operands):
            return Decimal("NaN")
        try:
            with spare(10):
                y = function(system, *operands)
            return +y
        except decimal.InvalidOperation:
            raise ValueError("the operand is outside the domain") from None
        except decimal.Overflow:
            raise OverflowError("the result is too large") from None

    return result


def series(term, following):
    """term + following(term, 1) + ...: each term comes from the one before, until one changes nothing."""
    y, before, k = term, None, 0
    while y != before:
        k += 1
        term = following(term, k)
        y, before = y + term, y
    return y


def arctangent(t):
    """atan(t) for a small t."""
    return series(t, lambda term, k: -term * t * t * (2 * k - 1) / (2 * k + 1))


def pi():
    """Machin's formula of 1706."""
    return +_machin(precision() + 10)


@cache
def _machin(digits):
    with decimal.localcontext(decimal.Context(prec=digits)):
        return 16 * arctangent(1 / Decimal(5)) - 4 * arctangent(1 / Decimal(239))


def sin_cos(a):
    """sin(a) and cos(a): the quarter turns taken off a leave its last digits, so there are twice as many."""
    if a.adjusted() > 9999:
        raise ValueError("an angle of more than ten thousand digits is not reduced")
    with spare(precision() + max(0, a.adjusted())):
        quarter = pi() / 2
        turns = (a / quarter).to_integral_value()
        r = a - turns * quarter
        sin = series(r, lambda term, k: -term * r * r / (2 * k * (2 * k + 1)))
        cos = series(Decimal(1), lambda term, k: -term * r * r / (2 * k * (2 * k - 1)))
        return [(sin, cos), (cos, -sin), (-sin, -cos), (-cos, sin)][int(turns % 4)]


def bell(a):
    """2 / sqrt(pi) * exp(-a**2), with the digits that the rounding of a**2 costs; from 1e20 on it is 0."""
    with spare(min(40, max(0, 2 * a.adjusted()))):
        return 2 / pi().sqrt() * (-a * a).exp()


def erf_near_0(t):
    """erf(t); its terms are all positive."""
    return bell(t) * series(t, lambda term, k: term * 2 * t * t / (2 * k + 1))


def erfc_far_out(t):
    """A continued fraction: exp(-t**2) / sqrt(pi) / (t + 1/2 / (t + 2/2 / (t + 3/2 / (t + ...))))."""
    y = t
    for k in range(precision(), 0, -1):
        y = t + k / (2 * y)
    return bell(t) / (2 * y)


def near_0(t):
    """False from where on erf(t) is 1 to the last digit of the context."""
    return 2 * t * t < 5 * precision()
