"""What JAX's special functions, and those of `jaxnets`, mean: in flint's complex balls, with their slopes.

Each is the `meaning` of the Python function of its name. x, y, z: numbers; a, b, c, n, m: parameters.
"""

from functools import partial

from .. import compat
from ..programs import OWN_RULE
from .meaning import meaning

BROKEN_OFF = ("expn", "hyp1f1", "hyp2f1", "zeta")


def breaks_off(equation):
    """Whether an equation is one of JAX's whose slopes are sums of a series, up to the rounding."""
    name = equation.primitive.name
    if name not in OWN_RULE:
        return name == "random_gamma"
    return compat.name_of(equation) in BROKEN_OFF and compat.of_jax(equation)


def _pi():
    import flint

    return flint.acb.pi()


def _over_root_pi(x):
    return x / _pi().sqrt()


def _root_2():
    import flint

    return flint.acb(2).sqrt()


def _ndtr(x):
    return (-x / _root_2()).erfc() / 2


def _density(x):
    return (-x * x / 2).exp() / (2 * _pi()).sqrt()


def _dawsn(x):
    return (-x * x).exp() * x.erfi() * _pi().sqrt() / 2


def _erfcx(x):
    return (x * x).exp() * x.erfc()


def _wofz(z):
    return (-z * z).exp() * (z * -1j).erfc()


def _fresnel_slopes(x):
    angle = _pi() * x * x / 2
    return angle.sin(), angle.cos()


def _owens_t(h, a):
    """The integral of exp(-h^2 (1 + t^2) / 2) / (1 + t^2) / (2 pi) from 0 to a."""
    return a.integral(lambda t, _: _owens_slope(h, t), 0, a)


def _owens_slope(h, a):
    wide = 1 + a * a
    return (-h * h * wide / 2).exp() / (2 * _pi() * wide)


def _owens_slope_of_h(h, a):
    return -_density(h) * (a * h / _root_2()).erf() / 2


def _hyp1f1(a, b, x):
    return x.hypgeom_1f1(a, b)


def _hyp2f1(a, b, c, x):
    return x.hypgeom_2f1(a, b, c)


def _poch(z, m):
    return (z + m).gamma() / z.gamma()


def _zeta_slope(x, q):
    import flint

    return flint.acb_series([x, 1], prec=2).zeta(q)[1]


of_jax, of_jaxnets = partial(meaning, package="jax"), partial(meaning, package="jaxnets")

of_jax("log_ndtr", lambda x: _ndtr(x).log(), lambda x: _density(x) / _ndtr(x))
of_jaxnets("normal_cdf", _ndtr, _density)  # jaxnets.stable, a Chebyshev series
of_jaxnets("normal_pdf", _density, lambda x: -x * _density(x))  # the same, 0 far out
of_jax("exp_neg_sq", lambda x: (-x * x).exp(), lambda x: -2 * x * (-x * x).exp())
of_jaxnets("log_cosh", lambda x: x.cosh().log(), lambda x: x.tanh())
of_jax("expi", lambda x: x.ei(), lambda x: x.exp() / x)
of_jax("expn", lambda n, x: x.expint(n), None, lambda n, x: -x.expint(n - 1))
of_jax("_dawsn", _dawsn, lambda x: 1 - 2 * x * _dawsn(x))
of_jax("_erfcx", _erfcx, lambda x: 2 * x * _erfcx(x) - _over_root_pi(2))
of_jax("_wofz", _wofz, lambda z: _over_root_pi(2j) - 2 * z * _wofz(z), analytic=True)
of_jax("fresnel", lambda x: (x.fresnel_s(), x.fresnel_c()), _fresnel_slopes, outputs=2)
of_jax("sici", lambda x: (x.si(), x.ci()), lambda x: (x.sinc(), x.cos() / x), outputs=2)
of_jax("_owens_t_impl", _owens_t, _owens_slope_of_h, _owens_slope)
of_jax("zeta", lambda x, q: x.zeta(q), _zeta_slope, lambda x, q: -x * (x + 1).zeta(q))
of_jax("hyp1f1", _hyp1f1, None, None, lambda a, b, x: a / b * _hyp1f1(a + 1, b + 1, x))
of_jax(
    "hyp2f1", _hyp2f1, None, None, None,
    lambda a, b, c, x: a * b / c * _hyp2f1(a + 1, b + 1, c + 1, x),
)  # fmt: skip
of_jax(
    "poch", _poch,
    lambda z, m: _poch(z, m) * ((z + m).digamma() - z.digamma()),
    lambda z, m: _poch(z, m) * (z + m).digamma(),
)  # fmt: skip
