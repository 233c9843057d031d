"""How much of a gradient is left after it has travelled back in time through a recurrent network."""

from math import frexp, inf, ldexp

from . import checks
from .checks import each, flatten
from .operations import dot, sqrt, total
from .systems import number
from .transforms import jacobian
from .value import plain


def gradient_norms(step, carry, inputs):
    """By what factor a gradient grows or shrinks on its way back from the last carry to each one before it.

        gradient_norms[t] = sqrt(sum_ij (d carry[T][i] / d carry[t][j])**2 / n)

    step: a function (carry[t-1], x[t]) -> carry[t], such as the `step` of a recurrent layer; carry: the first
    one, nested lists of n numbers; inputs: [T], one x[t] for each step. Returns [T + 1] floats >= 0, for t
    from 0 to T; the last is 1. It is the root mean square over all directions: where every step multiplies by
    radius times an orthogonal matrix, it is exactly radius**(T - t); the largest singular value is at most
    sqrt(n) times as large. Raises ValueError for no inputs.
    Source: Pascanu et al. 2013, eq. 5, arXiv:1211.5063; Goodfellow et al. 2016, section 10.7.

    >>> gradient_norms(lambda h, x: [h[0] / 2 + x], [1.0], [0.0, 0.0])
    [0.25, 0.5, 1.0]
    """
    if not checks.nested(inputs):
        checks.shape(inputs, "gradient_norms: inputs")  # the sentence of what is not even a number
    if not checks.nested(inputs) or not len(inputs):
        raise ValueError(f"gradient_norms: inputs must hold at least one time step; got {inputs!r}.")
    if not callable(step):
        raise TypeError(f"gradient_norms: step must be a function (carry, input) -> carry; got {step!r}.")
    size, slopes = len(flatten(carry, "gradient_norms: carry")), []
    if size == 0:
        raise ValueError("gradient_norms: carry must hold at least one number; got none.")
    for x in inputs:
        row, following = _taken(step, carry, x)
        if len(row) != size**2:
            got = len(row) // size
            raise ValueError(
                f"gradient_norms: step must return a carry of {size} numbers, as it takes; got {got}."
            )
        carry = following
        slopes.append([row[i * size : (i + 1) * size] for i in range(size)])
    product, exponent, norms = [[int(i == j) for j in range(size)] for i in range(size)], 0, [1.0]
    for slope in reversed(slopes):
        slope, more = _scaled(slope)
        columns = [list(column) for column in zip(*slope, strict=True)]
        product, most = _scaled([[dot(row, column) for column in columns] for row in product])
        exponent += more + most
        norms.append(_power(_root_mean_square(flatten(product), size), exponent))
    return norms[::-1]


def _taken(step, carry, x):
    """The slopes of one step, and the carry that it returns, as plain numbers."""
    try:
        row, following = jacobian(step)(carry, x), step(carry, x)
    except Exception as error:  # a step may raise anything
        told = "gradient_norms: step must take a carry and one of the inputs as they are given"
        raise ValueError(f"{told}; {checks.why(error)}") from error
    row = [plain(slope) for slope in flatten(row)]
    for slope in row:
        if number(slope) is None:
            raise TypeError(f"gradient_norms: step must return real numbers; got one of slope {slope}.")
    return row, each(plain, following)


def _scaled(matrix):
    """A matrix whose largest number is brought near 1, and the power of two that it is to be multiplied by:
    a product of many floats would be infinite, and infinity times 0 is no number. Other kinds have no end."""
    largest = max(abs(x) for row in matrix for x in row)
    if not isinstance(largest, float):
        return matrix, 0
    exponent = frexp(largest)[1] - 1
    return [[ldexp(x, -exponent) for x in row] for row in matrix], exponent


def _power(x, exponent):
    """x * 2**exponent, infinite where that is too large for a float."""
    try:
        return ldexp(x, exponent)
    except OverflowError:
        return inf


def _root_mean_square(numbers, size):
    """sqrt(sum_i numbers[i]**2 / size), a float; exact where the numbers are all of one size, or 0."""
    if not (largest := max(map(abs, numbers))):
        return 0.0
    return float(largest) * sqrt(float(total([(x / largest) ** 2 for x in numbers]) / size))
