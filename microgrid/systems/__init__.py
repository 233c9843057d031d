"""Number systems: what exp, log, tanh, ... mean for each kind of number.

    floats.py            float and int, through the math module
    rationals.py         Fraction: exact, rational operations only
    decimals.py          Decimal, at the context's precision
    mpmath_numbers.py    mpmath's mpf and mpc, at mpmath's precision
    balls.py             flint's arb: balls that contain the true number
    complexes.py         complex: holomorphic functions only
    nested.py            numbers that carry the operations as methods, such as a Value in a Value

`functions(x)` is the system of a number, `common(name, a, b)` the one where several numbers meet. Third-party
modules are imported only once one of their numbers has come.
"""

from decimal import Decimal
from fractions import Fraction

from .balls import Balls
from .base import Numbers
from .complexes import Complexes, Holomorphic
from .decimals import Decimals
from .floats import Floats
from .mpmath_numbers import ComplexNumbers, Reals
from .nested import Methods
from .rationals import Fractions

_SYSTEMS: dict[type, Numbers] = {
    float: Floats(),
    Fraction: Fractions(),
    Decimal: Decimals(),
    complex: Complexes(),
}
_SYSTEMS[int] = _SYSTEMS[bool] = _SYSTEMS[float]
_MEETINGS: dict[frozenset, Numbers] = {}


def functions(number):
    """The number system of a number.

    number: float, int, Fraction, Decimal, complex, mpmath.mpf, mpmath.mpc, flint.arb, or an object with the
        operations as methods. Raises TypeError for anything else.

    >>> functions(2.0).exp(0.0), functions(Fraction(1, 3)).sign(Fraction(1, 3))
    (1.0, 1)
    """
    kind = type(number)
    system = _SYSTEMS.get(kind)
    if system is None:
        system = _SYSTEMS[kind] = _find(kind)
    return system


def common(name, *operands):
    """The number system where operands of several kinds meet without rounding; an int fits in everywhere.

    name: the operation, for the sentence of the TypeError where they do not meet.

    >>> common("mul", 2, Fraction(1, 3)).kind
    'Fraction'
    """
    kinds = frozenset(map(type, operands))
    system = _MEETINGS.get(kinds)
    if system is None:
        system = _MEETINGS[kinds] = _meeting(name, operands)
    return system


def any_number(x):
    """x as a plain number: numpy's scalars become Python's, which neither wrap nor warn; None for no number.

    >>> any_number(3), any_number(2j), any_number("3"), any_number([3])
    (3, 2j, None, None)
    """
    if type(x) is float or type(x) is int:
        return x
    if getattr(x, "shape", None) == () and hasattr(x, "item"):
        try:
            item = x.item()
        except Exception:  # a key of JAX has no number inside, and may raise anything
            return None
        return None if type(x).__name__ == "MaskedConstant" or type(item) is type(x) else any_number(item)
    try:
        functions(x)
    except TypeError:
        return None
    return x


def number(x):
    """any_number(x), but None for a complex number: what formulas of real numbers take.

    >>> number(3), number(Fraction(1, 2)), number(2j)
    (3, Fraction(1, 2), None)
    """
    if type(x) is float or type(x) is int:
        return x
    x = any_number(x)
    return None if x is not None and isinstance(functions(x), Holomorphic) else x


def _meeting(name, operands):
    systems = [functions(x) for x in operands if not isinstance(x, int)] or [_SYSTEMS[int]]
    for system in systems:
        if all(system.takes_in(other) for other in systems):
            return system
    raise TypeError(
        f"{name}: operands must be of kinds that meet without rounding; "
        f"got {' and '.join(map(repr, operands))}. Fix: convert one of them."
    )


def _find(kind):
    for base in kind.__mro__:
        if base in _SYSTEMS:
            return _SYSTEMS[base]
    if hasattr(kind, "operation"):
        return Methods(common)
    library = kind.__module__.partition(".")[0]
    if library == "mpmath" and hasattr(kind, "_mpf_"):
        return Reals()
    if library == "mpmath" and hasattr(kind, "_mpc_"):
        return ComplexNumbers()
    if library == "flint" and kind.__name__ == "arb":
        return Balls()
    raise TypeError(
        "Value: a number must be a float, int, Fraction, Decimal, complex, mpmath or arb number; "
        f"got {kind.__name__}."
    )
