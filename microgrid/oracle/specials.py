"""Rows that only the replay of array programs needs: ties, roundings, and functions that no textbook has.

A row has its value and slopes twice, on arrays of float64 and on balls. Slopes take the operands, then the
value.
"""

from typing import Any, NamedTuple

import numpy as np
import scipy.special as special


class Row(NamedTuple):
    """floats, balls: (value, slopes), functions of the operands."""

    floats: Any
    balls: Any


def _arb():
    import flint

    return flint.arb


def _hull(a, b):
    return _arb()(a).union(_arb()(b))


def _between(*_):
    return _arb()(0.5, 0.5)


def _i0e(x):
    x = _arb()(x)
    return (-abs(x)).exp() * x.bessel_i(0)


def _i1e(x):
    x = _arb()(x)
    return (-abs(x)).exp() * x.bessel_i(1)


def _igamma(a, x):
    return _arb()(x).gamma_lower(_arb()(a), regularized=1)


def _igammac(a, x):
    return _arb()(x).gamma_upper(_arb()(a), regularized=1)


def _gamma_density(a, x, _y):
    a, x = _arb()(a), _arb()(x)
    return (-x).exp() * x ** (a - 1) / a.gamma()


def by_circle(function, z):
    """The derivative of an analytic function at a real point, by Cauchy's integral over a circle.

    A trapezoidal sum of N points on a circle of radius r: its error falls like (r / R)**N, R the distance of
    the nearest singular point; for the functions here that is at least the distance from 0.
    """
    import flint

    z = flint.arb(z)
    points, radius = 128, (z.abs_lower() / 16).mid()
    total = flint.acb(0)
    for k in range(points):
        turn = flint.acb(0, 2 * flint.arb.pi() * k / points).exp()
        total += function(flint.acb(z) + radius * turn) / turn
    y = (total / (points * radius)).real
    return flint.arb(y, abs(y).mid() * flint.arb(2) ** (20 - flint.ctx.prec))


def _igamma_a(a, x, _y):
    import flint

    return by_circle(lambda s: flint.acb(x).gamma_lower(s, regularized=1), a)


def _igammac_a(a, x, y):
    return -_igamma_a(a, x, y)


def _betainc(a, b, x):
    return _arb()(x).beta_lower(a, b, regularized=1)


def _betainc_a(a, b, x, _y):
    import flint

    return by_circle(lambda s: flint.acb(x).beta_lower(s, b, regularized=1), a)


def _betainc_b(a, b, x, _y):
    import flint

    return by_circle(lambda s: flint.acb(x).beta_lower(a, s, regularized=1), b)


def _beta_density(a, b, x, _y):
    a, b, x = map(_arb(), (a, b, x))
    return x ** (a - 1) * (1 - x) ** (b - 1) * (a + b).gamma() / (a.gamma() * b.gamma())


def _numerical(function, j):
    """The slope of a function of float64 for its operand j by central differences, for orientation only."""

    def slope(*operands):
        *operands, _ = operands
        h = 1e-5 * np.maximum(np.abs(operands[j]), 1e-3)
        up, down = list(operands), list(operands)
        up[j], down[j] = up[j] + h, down[j] - h
        return (function(*up) - function(*down)) / (2 * h)

    return slope


def _half(*operands):
    return np.full_like(operands[0], 0.5)


def _float_gamma_density(a, x, _y):
    return np.exp(-x + (a - 1) * np.log(x) - special.gammaln(a))


def _float_beta_density(a, b, x, _y):
    return np.exp(special.xlogy(a - 1, x) + special.xlog1py(b - 1, -x) - special.betaln(a, b))


def _none(*_):
    """The slope for an operand that is a whole number, or that nobody differentiates for."""
    return 0.0


def _unknown(*_):
    return _arb().nan()


def _polygamma(n, a):
    import flint

    return flint.acb(a).polygamma(flint.acb(n)).real


def _i1e_slope(a, y):
    with np.errstate(all="ignore"):
        return np.where(a == 0, 0.5, special.i0e(a) - y * (np.sign(a) + 1 / a))


def _i1e_slope_of_balls(a, y):
    return _arb()(0.5) if a == 0 else _i0e(a) - y * ((1 if a > 0 else -1) + 1 / a)


def _mean(a, b):
    return (a + b) / 2


def _mean_slope(*_):
    return _arb()(0.5)


def _erfinv_slope(a, y):
    return np.sqrt(np.pi) / 2 * np.exp(y * y)


def _erfinv_slope_of_balls(a, y):
    return _arb().pi().sqrt() / 2 * (y * y).exp()


def _betainc_slopes():
    return [_numerical(special.betainc, 0), _numerical(special.betainc, 1), _float_beta_density]


ROWS = {
    "round": Row((lambda a: a, [lambda a, y: np.ones_like(a)]), (lambda a: a, [lambda a, y: 1])),
    "mean": Row((_mean, [_half, _half]), (_mean, [_mean_slope, _mean_slope])),
    "hull": Row((_mean, [_half, _half]), (_hull, [_between, _between])),
    "one_minus_square": Row(
        (lambda a: (1 + a) * (1 - a), [lambda a, y: -2 * a]),
        (lambda a: (1 + a) * (1 - a), [lambda a, y: -2 * a]),
    ),
    "cos_turn": Row((lambda a, n: np.cos(np.pi * (a / n)), []), (lambda a, n: (_arb()(a) / n).cos_pi(), [])),
    "sin_turn": Row((lambda a, n: np.sin(np.pi * (a / n)), []), (lambda a, n: (_arb()(a) / n).sin_pi(), [])),
    "erf_inv": Row(
        (special.erfinv, [_erfinv_slope]), (lambda a: _arb()(a).erfinv(), [_erfinv_slope_of_balls])
    ),
    "bessel_i0e": Row(
        (special.i0e, [lambda a, y: special.i1e(a) - np.sign(a) * y]),
        (_i0e, [lambda a, y: _i1e(a) - (1 if a > 0 else -1 if a < 0 else 0) * y]),
    ),
    "bessel_i1e": Row((special.i1e, [_i1e_slope]), (_i1e, [_i1e_slope_of_balls])),
    "igamma": Row(
        (special.gammainc, [_numerical(special.gammainc, 0), _float_gamma_density]),
        (_igamma, [_igamma_a, _gamma_density]),
    ),
    "igammac": Row(
        (special.gammaincc, [_numerical(special.gammaincc, 0), lambda *x: -_float_gamma_density(*x)]),
        (_igammac, [_igammac_a, lambda *x: -_gamma_density(*x)]),
    ),
    "betainc": Row((special.betainc, _betainc_slopes()), (_betainc, [_betainc_a, _betainc_b, _beta_density])),
    "polygamma": Row(
        (special.polygamma, [_none, lambda n, a, y: special.polygamma(n + 1, a)]),
        (_polygamma, [_unknown, lambda n, a, y: _polygamma(n + 1, a)]),
    ),
    "igamma_grad_a": Row(
        (lambda a, x: _numerical(special.gammainc, 0)(a, x, 0), [_none, _none]),
        (lambda a, x: _igamma_a(a, x, 0), [_unknown, _unknown]),
    ),
    "gamma_density": Row(
        (lambda a, x: _float_gamma_density(a, x, 0), [_none, _none]),
        (lambda a, x: _gamma_density(a, x, 0), [_unknown, _unknown]),
    ),
    "random_gamma_grad": Row(
        (
            lambda a, x: -_numerical(special.gammainc, 0)(a, x, 0) / _float_gamma_density(a, x, 0),
            [_none, _none],
        ),
        (lambda a, x: -_igamma_a(a, x, 0) / _gamma_density(a, x, 0), [_unknown, _unknown]),
    ),
    "zeta": Row(
        (special.zeta, [_numerical(special.zeta, 0), lambda x, q, y: -x * special.zeta(x + 1, q)]),
        (
            lambda x, q: _arb()(x).zeta(_arb()(q)),
            [
                lambda x, q, y: by_circle(lambda s: s.zeta(q), x),
                lambda x, q, y: -x * _arb()(x + 1).zeta(_arb()(q)),
            ],
        ),
    ),
}
