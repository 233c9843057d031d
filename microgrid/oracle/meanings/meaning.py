"""What functions mean whose programs only approximate them, to tell a rule for the meaning from a wrong one.

`jax.scipy.special.log_ndtr` sums a series far out, and its custom rule is the derivative of the true
function, not of the series. With the meaning in the place of the program, exact against exact, such a rule is
right. The meanings of JAX's own functions are in `special_functions`.
"""

import itertools
from typing import NamedTuple

import numpy as np

from .. import compat
from ..fields import Field, join, parts, unpacked
from ..programs import OWN_RULE
from ..specials import ROWS, Row, by_circle
from ..user_rules import is_own
from .checks import arguments, held, raised
from .pseudo_inverse import lowered


class Meaning(NamedTuple):
    """rows: the names of its rows, one for each output, of a complex function for the real part and for the
    imaginary one; count: how many real arguments a row takes; analytic: whether they are those parts;
    package: that of the Python function, "" for any; own: whether it is one of this package's, whose slopes
    are tested."""

    rows: tuple
    count: int
    analytic: bool
    package: str
    own: bool


MEANINGS = {}  # the name of a Python function -> its Meaning
NUMBERS = itertools.count()


def meaning(name, function, *slopes, outputs=1, analytic=False, package=""):
    """Say what a function with a custom rule means.

    name: that of the Python function; function: of flint's acb numbers, one for each argument, and it returns
    one, of which the real part counts where all arguments are real; slopes: its derivatives for them, in
    order, of the same arguments. None where Cauchy's integral shall find one: the function must then be
    analytic on a circle of a sixteenth of the argument around it. outputs: how many numbers it returns, and
    each slope, as a tuple where they are several. analytic: whether it is a function of one complex number.
    package: where the function must have been written, "jax" say, so that another one of its name is not
    taken for it. A meaning counts only where the program comes near its value.

    >>> meaning("cubed", lambda x: x**3, lambda x: 3 * x**2)
    >>> ROWS[MEANINGS.pop("cubed").rows[0]].floats[0](np.array([2.0])).tolist()
    [8.0]
    """
    count = arguments(name, function, slopes, outputs, analytic, package)
    rows = []
    for k in range(outputs):
        value = _output(function, k, outputs)
        given = [slopes[j] if j < len(slopes) else None for j in range(count)]
        found = [_output(s, k, outputs) if s else _slope(value, j) for j, s in enumerate(given)]
        rows += _halves(value, found[0]) if analytic else [_row(value, found)]
    if name in MEANINGS:  # what is registered again counts from now on
        for row in MEANINGS[name].rows:
            ROWS.pop(row, None)
    start = next(NUMBERS)  # walks keep the functions of a row by its name
    names = tuple(f"the meaning of {name}, {start}, {k}" for k in range(len(rows)))
    ROWS.update(zip(names, rows, strict=True))
    count = 2 * count if analytic else count
    MEANINGS[name] = Meaning(names, count, analytic, package, is_own(function))


def meant(replay, equation, inputs):
    """The outputs of an equation that calls a function with a meaning, by that; None without, and where its
    program is no approximation of it."""
    if (found := known(equation, inputs)) is None:
        return lowered(replay, equation, inputs)
    ids = [part for array in compat.real_inputs(equation, inputs) for part in parts(array)]
    dtype = equation.outvars[0].aval.dtype
    try:
        made = [replay.tape.apply(row, *ids, dtype=Field(replay.tape, dtype).part) for row in found.rows]
    except Exception as error:
        raise raised(equation, error) from error
    made = [unpacked(dtype, x) for x in ([join(*made)] if found.analytic else made)]
    theirs = replay.guide(equation, inputs)
    if not all(map(near, map(replay.numbers, made), map(replay.numbers, theirs))):
        return None
    if not found.own:
        held(found, equation, [replay.tape.run[part].ravel() for part in ids])
    replay.meant = True
    return made


def known(equation, inputs):
    """The `Meaning` of the function that an equation calls with arrays like these, or None."""
    arrays = compat.real_inputs(equation, inputs)
    found = MEANINGS.get(compat.name_of(equation))
    if found is None or not all(array.floats for array in arrays):
        return None
    if len(found.rows) != len(equation.outvars) * (found.analytic + 1):
        return None
    if found.package and not compat.written_in(equation, found.package):
        return None
    kinds = [compat.is_complex(array.dtype) for array in arrays]
    return (
        found if sum(kind + 1 for kind in kinds) == found.count and set(kinds) <= {found.analytic} else None
    )


def comes(step):
    """Whether a function with a meaning came in a step of a run."""
    own = step.equation.primitive.name in OWN_RULE
    return (own and known(step.equation, step.inputs) is not None) or any(map(comes, step.inside))


def near(numbers, others):
    """Whether a program comes near a meaning: to two digits."""
    kind = complex if np.iscomplexobj(numbers) else float
    return np.allclose(numbers.astype(kind), others.astype(kind), rtol=0.01, atol=1e-6, equal_nan=True)


def _output(function, k, outputs):
    return function if outputs == 1 else lambda *x: function(*x)[k]


def _row(value, slopes):
    balls = _real(value), [_real(lambda *x, s=s: s(*x[:-1])) for s in slopes]
    floats = np.vectorize(_float(balls[0])), [np.vectorize(_float(s)) for s in balls[1]]
    return Row(floats, balls)


def _halves(function, slope):
    """The rows of both parts of an analytic function of x + iy, by the equations of Cauchy and Riemann."""

    def f(x, y):
        return _acb(function(_acb(x.real, y.real)))

    def d(x, y):
        return _acb(slope(_acb(x.real, y.real)))

    real = _row(lambda x, y: f(x, y).real, [lambda x, y: d(x, y).real, lambda x, y: -d(x, y).imag])
    return [real, _row(lambda x, y: f(x, y).imag, [lambda x, y: d(x, y).imag, lambda x, y: d(x, y).real])]


def _real(function):
    return lambda *arguments: _number(function(*map(_acb, arguments))).real


def _float(function):
    return lambda *arguments: float(function(*map(float, arguments)))


def _slope(function, j):
    def slope(*arguments):
        others = {k: x for k, x in enumerate(arguments) if k != j}
        count = len(arguments)
        return by_circle(lambda s: function(*(others.get(k, s) for k in range(count))), arguments[j].real)

    return slope


def _number(made):
    if made is None or isinstance(made, str):  # of which flint makes a number
        raise TypeError(f"it must return a number of flint's; got {made!r}")
    return _acb(made)


def _acb(*parts):
    import flint

    return flint.acb(*parts)
