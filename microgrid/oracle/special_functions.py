"""What JAX's special functions, and those of `jaxnets`, mean: in flint's complex balls, with their slopes.

Each is the `meaning` of the Python function of its name. x, y, z: numbers; a, b, c, n, m: parameters.
"""

from . import compat
from .meanings import MEANINGS, meaning

BROKEN_OFF = ("expn", "hyp1f1", "hyp2f1", "zeta")


def breaks_off(equation):
    """Whether an equation calls a function of JAX whose slopes are sums of a series, up to the rounding."""
    return compat.of_jax(equation) and compat.name_of(equation) in BROKEN_OFF


def _z(x):
    import flint

    return flint.acb(x)


def _pi():
    import flint

    return flint.acb.pi()


def _over_root_pi(x):
    return _z(x) / _pi().sqrt()


def _ndtr(x):
    return (-_z(x) / _z(2).sqrt()).erfc() / 2


def _density(x):
    return (-_z(x) * x / 2).exp() / (2 * _pi()).sqrt()


def _dawsn(x):
    return (-_z(x) * x).exp() * _z(x).erfi() * _pi().sqrt() / 2


def _erfcx(x):
    return (_z(x) * x).exp() * _z(x).erfc()


def _wofz(z):
    return (-z * z).exp() * (z * _z(1j) * -1).erfc()


def _fresnel_slopes(x):
    angle = _pi() * x * x / 2
    return angle.sin(), angle.cos()


def _owens_t(h, a):
    """The integral of exp(-h^2 (1 + t^2) / 2) / (1 + t^2) / (2 pi) from 0 to a."""
    return _z(1).integral(lambda t, _: _owens_slope(h, t), 0, a)


def _owens_slope(h, a):
    wide = 1 + _z(a) * a
    return (-_z(h) * h * wide / 2).exp() / (2 * _pi() * wide)


def _owens_slope_of_h(h, a):
    return -_density(h) * (_z(a) * h / _z(2).sqrt()).erf() / 2


def _hyp1f1(a, b, x):
    return _z(x).hypgeom_1f1(_z(a), _z(b))


def _hyp2f1(a, b, c, x):
    return _z(x).hypgeom_2f1(_z(a), _z(b), _z(c))


def _poch(z, m):
    return (_z(z) + m).gamma() / _z(z).gamma()


def _zeta_slope(x, q):
    import flint

    return flint.acb_series([x, 1], prec=2).zeta(q)[1]


meaning("log_ndtr", lambda x: _ndtr(x).log(), lambda x: _density(x) / _ndtr(x))
meaning("normal_cdf", _ndtr, _density)  # jaxnets.stable, a Chebyshev series
meaning("normal_pdf", _density, lambda x: -_z(x) * _density(x))  # the same, 0 far out
meaning("exp_neg_sq", lambda x: (-_z(x) * x).exp(), lambda x: -2 * _z(x) * (-_z(x) * x).exp())
meaning("log_cosh", lambda x: _z(x).cosh().log(), lambda x: _z(x).tanh())
meaning("expi", lambda x: _z(x).ei(), lambda x: _z(x).exp() / x)
meaning("expn", lambda n, x: _z(x).expint(_z(n)), None, lambda n, x: -_z(x).expint(_z(n) - 1))
meaning("_dawsn", _dawsn, lambda x: 1 - 2 * _z(x) * _dawsn(x))
meaning("_erfcx", _erfcx, lambda x: 2 * _z(x) * _erfcx(x) - 2 * _over_root_pi(1))
meaning("_wofz", _wofz, lambda z: 2 * (_over_root_pi(1j) - z * _wofz(z)), analytic=True)
meaning("fresnel", lambda x: (_z(x).fresnel_s(), _z(x).fresnel_c()), _fresnel_slopes, outputs=2)
meaning(
    "sici", lambda x: (_z(x).si(), _z(x).ci()), lambda x: (_z(x).sinc(), _z(x).cos() / x), outputs=2
)  # fmt: skip
meaning("_owens_t_impl", _owens_t, _owens_slope_of_h, _owens_slope)
meaning("zeta", lambda x, q: _z(x).zeta(_z(q)), _zeta_slope, lambda x, q: -_z(x) * (_z(x) + 1).zeta(_z(q)))
meaning("hyp1f1", _hyp1f1, None, None, lambda a, b, x: _z(a) / b * _hyp1f1(_z(a) + 1, _z(b) + 1, x))
meaning(
    "hyp2f1", _hyp2f1, None, None, None,
    lambda a, b, c, x: _z(a) * b / c * _hyp2f1(_z(a) + 1, _z(b) + 1, _z(c) + 1, x),
)  # fmt: skip
meaning(
    "poch", _poch,
    lambda z, m: _poch(z, m) * ((_z(z) + m).digamma() - _z(z).digamma()),
    lambda z, m: _poch(z, m) * (_z(z) + m).digamma(),
)  # fmt: skip


OURS = ("normal_cdf", "normal_pdf", "log_cosh")
for _name in MEANINGS:  # another function of one of these names means something else
    MEANINGS[_name] = MEANINGS[_name]._replace(package="jaxnets" if _name in OURS else "jax")
