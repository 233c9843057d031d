"""What functions mean whose programs only approximate them, to tell a rule for the meaning from a wrong one.

`jax.scipy.special.log_ndtr` sums a series far out, and its custom rule is the derivative of the true
function, not of the series. With the meaning in the place of the program, exact against exact, such a rule is
right.
"""

import inspect

import numpy as np

from .specials import ROWS, Row, by_circle


def meaning(name, function, *slopes):
    """Say what a function with a custom rule means.

    name: that of the Python function; function: of flint's acb numbers, one for each real argument; slopes:
    its derivatives for them, in order, of the same arguments. None where Cauchy's integral shall find one:
    the function must then be analytic on a circle of a sixteenth of the argument around it.

    >>> meaning("cubed", lambda x: _acb(x) ** 3, lambda x: 3 * _acb(x) ** 2)
    >>> ROWS.pop(row("cubed")).floats[0](np.array([2.0])).tolist()
    [8.0]
    """
    count = len(inspect.signature(function).parameters)
    found = [slopes[j] if j < len(slopes) and slopes[j] else _slope(function, j) for j in range(count)]
    balls = _real(function), [_real(lambda *x, s=s: s(*x[:-1])) for s in found]
    ROWS[row(name)] = Row(
        (np.vectorize(_float(balls[0])), [np.vectorize(_float(s)) for s in balls[1]]), balls
    )


def known(name, arrays):
    """The row of the meaning of a function of these arrays, or None."""
    found = ROWS.get(row(name))
    fits = found and len(found.floats[1]) == len(arrays) and all(array.floats for array in arrays)
    return row(name) if fits else None


def row(name):
    """The name of the row of a meaning."""
    return f"the meaning of {name}"


def _real(function):
    return lambda *arguments: _acb(function(*arguments)).real


def _float(function):
    return lambda *arguments: float(function(*map(float, arguments)))


def _slope(function, j):
    def slope(*arguments):
        return by_circle(
            lambda s: function(*(s if k == j else x for k, x in enumerate(arguments))), arguments[j]
        )

    return slope


def _acb(x):
    import flint

    return flint.acb(x)


def _ndtr(x):
    return (-_acb(x) / _acb(2).sqrt()).erfc() / 2


def _density(x):
    import flint

    return (-_acb(x) * x / 2).exp() / (2 * flint.acb.pi()).sqrt()


def _hyp1f1(a, b, x):
    return _acb(x).hypgeom_1f1(_acb(a), _acb(b))


def _hyp2f1(a, b, c, x):
    return _acb(x).hypgeom_2f1(_acb(a), _acb(b), _acb(c))


def _poch(z, m):
    return (_acb(z) + m).gamma() / _acb(z).gamma()


meaning("log_ndtr", lambda x: _ndtr(x).log(), lambda x: _density(x) / _ndtr(x))
meaning("normal_cdf", _ndtr, _density)  # jaxnets.stable, a Chebyshev series
meaning("normal_pdf", _density, lambda x: -_acb(x) * _density(x))  # the same, 0 far out
meaning("log_cosh", lambda x: _acb(x).cosh().log(), lambda x: _acb(x).tanh())
meaning("exp_neg_sq", lambda x: (-_acb(x) * x).exp(), lambda x: -2 * _acb(x) * (-_acb(x) * x).exp())
meaning("expi", lambda x: _acb(x).ei(), lambda x: _acb(x).exp() / x)
meaning("expn", lambda n, x: _acb(x).expint(_acb(n)), None, lambda n, x: -_acb(x).expint(_acb(n) - 1))
meaning("zeta", lambda x, q: _acb(x).zeta(_acb(q)), None, lambda x, q: -_acb(x) * (_acb(x) + 1).zeta(_acb(q)))
meaning("hyp1f1", _hyp1f1, None, None, lambda a, b, x: _acb(a) / b * _hyp1f1(_acb(a) + 1, _acb(b) + 1, x))
meaning(
    "hyp2f1", _hyp2f1, None, None, None,
    lambda a, b, c, x: _acb(a) * b / c * _hyp2f1(_acb(a) + 1, _acb(b) + 1, _acb(c) + 1, x),
)  # fmt: skip
meaning(
    "poch", _poch,
    lambda z, m: _poch(z, m) * ((_acb(z) + m).digamma() - _acb(z).digamma()),
    lambda z, m: _poch(z, m) * (_acb(z) + m).digamma(),
)  # fmt: skip
