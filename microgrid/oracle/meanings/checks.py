"""What a meaning of a user's is held to: how it is told, and its slopes at the numbers of the run."""

import inspect

import numpy as np

from ...checks import whole
from .. import compat, exact
from ..arrays import Unsupported
from ..specials import ROWS

POINTS = 4  # at which slopes are held to their function, each time
BITS = 4 * exact.BITS
STEP, NEAR = 2.0**-40, 2.0**-24  # of differences, and how near to them a slope must be, both relative


def arguments(name, function, slopes, outputs, analytic, package):
    """How many arguments a function takes; TypeError or ValueError for what no meaning can be made of.

    >>> arguments("atan2", lambda y, x: (y / x).atan(), (), 1, False, "")
    2
    """
    if not isinstance(name, str) or not name or not callable(function):
        raise TypeError(
            "meaning: name must be that of a Python function, and function one of flint's numbers; got "
            f"{name!r} and {function!r}."
        )
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise TypeError(
            f"meaning: function must say what it takes; got {function!r}. Fix: lambda x: ... around it."
        ) from None
    if not parameters or any(p.kind not in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters):
        raise TypeError(
            f"meaning: function must take so many numbers, by their places; got one of "
            f"{inspect.signature(function)}. Fix: lambda x: ... around it."
        )
    for slope in slopes:
        if slope is not None and not callable(slope):
            raise TypeError(f"meaning: slopes must be functions, or None; got {slope!r}.")
    if len(slopes) > len(parameters):
        raise ValueError(
            f"meaning: slopes must be one for each argument of function, {len(parameters)}; "
            f"got {len(slopes)}."
        )
    whole("meaning", "outputs", outputs, 1)
    if not isinstance(analytic, bool):
        raise TypeError(f"meaning: analytic must be True or False; got {analytic!r}.")
    if analytic and len(parameters) != 1:
        raise ValueError(
            "meaning: function must be of one complex number where analytic is True; got one of "
            f"{len(parameters)}."
        )
    if not isinstance(package, str):
        raise TypeError(f"meaning: package must be the name of one, or ''; got {package!r}.")
    return len(parameters)


def held(found, equation, columns):
    """Hold the slopes of a meaning to its function, at some of the numbers that it is needed at, [n] each, or
    [1] where it is the same for all; Unsupported where a slope is another than the derivative."""
    size = max(map(len, columns))
    for k in sorted({*np.linspace(0, size - 1, POINTS).astype(int).tolist()} if size else ()):
        point = [float(column[k % len(column)]) for column in columns]
        for row in found.rows:
            value, slopes = ROWS[row].balls
            for j, slope in enumerate(slopes):
                try:
                    said, low, high = _both(value, slope, point, j)
                except Exception as error:
                    raise raised(equation, error) from error
                if said < low or said > high:  # nan is not
                    name = compat.name_of(equation)
                    raise Unsupported(
                        f"the slope of the meaning of {name} for argument {j} must be the derivative of its "
                        f"function; got {said:.9g} where that is {(low + high) / 2:.9g}, at "
                        f"{', '.join(f'{x:.9g}' for x in point)}. Fix: meaning({name!r}, function, slope) "
                        "with the right one.",
                        equation,
                    )


def _both(value, slope, point, j):
    """What a slope says at a point, and the lowest and highest that differences to both sides allow."""
    import flint

    with exact.precision(BITS):
        step = max(abs(point[j]), STEP) * STEP
        at = [flint.arb(x) for x in point]
        sides = [[*at[:j], at[j] + s * step, *at[j + 1 :]] for s in (-1, 1)]
        here, (left, right) = value(*at), (value(*side) for side in sides)
        said = float(slope(*at, here))
        ends = float((here - left) / step), float((right - here) / step)
    reach = NEAR * max(map(abs, (said, *ends)))
    return said, min(ends) - reach, max(ends) + reach


def raised(equation, error):
    """What to say where the function of a meaning, or its slope, raised an error."""
    name, told = compat.name_of(equation), " ".join(str(error).split()).removesuffix(".")
    return Unsupported(
        f"the meaning of {name} raised {type(error).__name__}: {told}. Fix: meaning({name!r}, function) of "
        "one that takes flint's acb numbers.",
        equation,
    )
