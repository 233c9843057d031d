"""log |gamma|, digamma and polygamma of floats; math.lgamma loses all digits next to its zeros 1 and 2.

Next to a zero each is its Taylor series there, whose coefficients are values of the Hurwitz zeta function;
other arguments are moved there, or are large enough for the asymptotic series. Reflection serves the negative
ones. a: the argument; n, s: whole numbers; x: the distance to a zero.
Source: Olver et al. 2010, NIST Handbook of Mathematical Functions, 5.5, 5.7, 5.11, 5.15 and 25.11.
"""

import math
from functools import cache

from .base import order

BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)  # B[2], B[4], ...
ONE_MINUS_EULER = 0.42278433509846713
HALF_LOG_TWO_PI = 0.9189385332046728
ZERO, REST = 1.4616321449683622, 9.549995429965697e-17  # ZERO + REST is the zero of digamma


def lgamma(a):
    """log |gamma(a)|. Raises ValueError at a pole.

    >>> lgamma(2.0), lgamma(3.0) == math.log(2)
    (0.0, True)
    """
    if -1e-300 < a < 0:
        return -math.log(-a)  # gamma(a) is 1 / a there, and a * sin(pi * a) underflows
    if a <= 0:
        return math.log(math.pi / abs(a * math.sin(math.pi * _from_pole(a)))) - lgamma(-a)
    if a < 0.5:
        return _lgamma_near_2(a) - math.log1p(a) - math.log(a)
    if a < 1.25:
        return _lgamma_near_2(a - 1) - math.log1p(a - 1)
    if a < 10:
        product = 1.0
        while a > 2.5:
            a -= 1
            product *= a
        return _lgamma_near_2(a - 2) + math.log(product)
    tail = sum(b / (2 * k * (2 * k - 1)) * a ** (1 - 2 * k) for k, b in enumerate(BERNOULLI, start=1))
    return (a - 0.5) * (math.log(a) - 1) + (HALF_LOG_TWO_PI - 0.5) + tail


def digamma(a):
    """d lgamma(a) / da. Raises ValueError at a pole.

    >>> round(digamma(1.0), 4)
    -0.5772
    """
    if a <= 0:
        return digamma(1 - a) - math.pi * _cotangent(_from_pole(a))
    if a < 1:
        return digamma(1 + a) - 1 / a
    if a < 2:
        x = (a - ZERO) - REST
        return x * _horner(_zetas(ZERO), -x)
    if a < 10:
        whole = int(a) - 1
        return math.fsum([digamma(a - whole), *(1 / (a - k) for k in range(1, whole + 1))])
    tail = sum(b / (2 * k) * a ** (-2 * k) for k, b in enumerate(BERNOULLI, start=1))
    return math.log(a) - 0.5 / a - tail


def polygamma(n, a):
    """The n-th derivative of digamma(a), n >= 0. Raises ValueError at a pole.

        polygamma(n, a) = (-1)**(n + 1) * n! * zeta(n + 1, a),  n > 0 and a > 0

    >>> round(polygamma(1, 1.0), 4) == round(math.pi**2 / 6, 4)
    True
    """
    n = order(n)
    if n == 0:
        return digamma(a)
    if a > 0 or a != a:
        return (-1) ** (n + 1) * math.factorial(n) * hurwitz(n + 1, a)
    slopes = [0, 1]  # of the polynomial in the cotangent: d cot(u) / du = -(1 + cot(u)**2)
    for _ in range(n):
        slopes = _cotangent_slope(slopes)
    return (-1) ** n * polygamma(n, 1 - a) - math.pi ** (n + 1) * _horner(slopes, _cotangent(_from_pole(a)))


def hurwitz(s, a):
    """Hurwitz zeta function of a whole s > 1 at a > 0, by the Euler-Maclaurin formula; infinite on overflow.

        zeta(s, a) = sum_k (a + k)**-s

    >>> round(hurwitz(2, 1.0), 4) == round(math.pi**2 / 6, 4)
    True
    """
    try:
        terms = [(a + k) ** -s for k in range(12)]
    except OverflowError:
        return math.inf
    b = a + 12
    terms += [b ** (1 - s) / (s - 1), b**-s / 2]
    factor = s * b ** (-s - 1) / 2
    for k, bernoulli in enumerate(BERNOULLI, start=1):
        terms.append(bernoulli * factor)
        factor *= (s + 2 * k - 1) * (s + 2 * k) / ((2 * k + 1) * (2 * k + 2) * b * b)
    return math.fsum(terms)


def _lgamma_near_2(x):
    """log gamma(2 + x) = (1 - euler) * x + sum_k zeta(k, 2) / k * (-x)**k."""
    return x * (ONE_MINUS_EULER + x * _horner([zeta / (k + 2) for k, zeta in enumerate(_zetas(2.0))], -x))


def _horner(coefficients, x):
    y = 0.0
    for coefficient in reversed(coefficients):
        y = y * x + coefficient
    return y


@cache
def _zetas(a):
    return [hurwitz(s, a) for s in range(2, 45)]


def _cotangent_slope(coefficients):
    slope = [k * c for k, c in enumerate(coefficients)][1:]
    return [-x - y for x, y in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]


def _cotangent(x):
    """cot(pi * x) for |x| <= 1/2, right next to its zeros too."""
    if abs(x) < 0.25:
        return 1 / math.tan(math.pi * x)
    return math.copysign(math.tan(math.pi * (0.5 - abs(x))), x)


def _from_pole(a):
    """The signed distance of a <= 0 to the nearest whole number, without rounding."""
    distance = math.remainder(a, 1)
    if distance == 0:
        raise ValueError("the argument is a pole")
    return distance
