"""What formulas and agents ask of their arguments: each check raises one sentence, or lets them pass."""

from numbers import Real
from operator import index

import numpy as np


def same_shape(function, names, arguments, axes):
    """Arrays of one shape with the given axes, none of them empty."""
    shapes = [np.shape(x) for x in arguments]
    if len(set(shapes)) > 1 or len(shapes[0]) != len(axes) or 0 in shapes[0]:
        raise ValueError(
            f"{function}: {', '.join(names[:-1])} and {names[-1]} must share one shape [{', '.join(axes)}]; "
            f"got {', '.join(map(str, shapes[:-1]))} and {shapes[-1]}."
        )


def one_number(function, name, number):
    """Not an array: a vector would broadcast against the values without a word."""
    if np.shape(number) != ():
        raise ValueError(f"{function}: {name} must be one number; got shape {np.shape(number)}.")


def integer_in(function, name, number, end):
    """An index in [0, end); True is none: in brackets it would add an axis."""
    try:
        inside = None if isinstance(number, bool) else 0 <= index(number) < end
    except TypeError:
        inside = None
    if inside is None:
        raise TypeError(f"{function}: {name} must be an integer; got {number}.")
    if not inside:
        raise ValueError(f"{function}: {name} must be in [0, {end}); got {number}.")


def indices_in(function, name, array, end):
    """Every entry an index in [0, end); the first that is not is shown."""
    array = np.asarray(array)
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{function}: {name} must be integers; got {array.flat[0]}.")
    outside = (array < 0) | (array >= end)
    if outside.any():
        raise ValueError(f"{function}: {name} must be in [0, {end}); got {array[outside][0]}.")


def finite(function, name, array):
    """No nan and no infinity; the first is shown."""
    bad = ~np.isfinite(array)
    if bad.any():
        raise ValueError(f"{function}: {name} must be finite; got {np.asarray(array)[bad][0]}.")


def number_in(function, name, number, low, high):
    """A real number in [low, high]; nan is not."""
    if not isinstance(number, Real):
        raise TypeError(f"{function}: {name} must be a number; got {number!r}.")
    plain = number.item() if isinstance(number, np.generic) else number  # its own type may overflow
    if not low <= plain <= high:
        raise ValueError(f"{function}: {name} must be in [{low}, {high}]; got {number}.")


def whole_number(function, name, number, low):
    """An integer >= low; True and 3.0 are not."""
    if isinstance(number, bool | np.bool_) or not isinstance(number, int | np.integer):
        raise TypeError(f"{function}: {name} must be an integer; got {number!r}.")
    if number < low:
        raise ValueError(f"{function}: {name} must be >= {low}; got {number}.")
