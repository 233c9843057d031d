"""The operations as functions, on Values and plain numbers alike: exp(x), maximum(a, b), dot(xs, ys), ...

Those of one or two operands are the rows of derivatives.py; those of many operands are one node each, and add
up from left to right, so that every Python version gives the same bits (`sum` of floats changed in 3.12).
"""

from .derivatives import RULES
from .methods import value_function
from .systems import functions
from .value import Value, plain


def _row(name):
    """The function of a row: its method on the operand that is a Value, or its number if none is."""

    of_numbers = value_function(RULES[name])

    def function(*operands):
        first, *others = operands
        if isinstance(first, Value):
            return getattr(first, name)(*others)
        if others and isinstance(others[0], Value):
            return getattr(others[0], "r" + name)(first)
        return of_numbers(*operands)

    rule = RULES[name]
    slopes = ", ".join(f"d/d{x} = {slope}" for x, slope in zip(rule.operands, rule.slopes, strict=True))
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{name}({', '.join(rule.operands)}) = {rule.value}, of Values or numbers; {slopes}."
    return function


exp, expm1, log, log1p = _row("exp"), _row("expm1"), _row("log"), _row("log1p")
sqrt, sin, cos, tanh = _row("sqrt"), _row("sin"), _row("cos"), _row("tanh")
sigmoid, softplus, relu, step, sign = (
    _row("sigmoid"),
    _row("softplus"),
    _row("relu"),
    _row("step"),
    _row("sign"),
)
maximum, minimum = _row("maximum"), _row("minimum")
xlogy, xlog1my = _row("xlogy"), _row("xlog1my")


def where(condition, x, y):
    """x if the condition holds, else y: the unchosen one gets no gradient.

    >>> where(Value(1.0) > 0, 5, 7)
    5
    """
    return x if condition else y


def _node(data, operands, slopes):
    """A node of many operands; the plain numbers among them are no parents."""
    tracked = [(x, slope) for x, slope in zip(operands, slopes, strict=True) if isinstance(x, Value)]
    if not tracked:
        return data
    return Value.operation(data, tuple(x for x, _ in tracked), tuple(slope for _, slope in tracked))


def total(xs):
    """Sum of many operands, as one node.

        total(x) = sum_i x[i]

    xs: a list of Values or numbers. Returns 0 for an empty list.

    >>> total([1.0, 2.0, 3.5])
    6.5
    """
    data = 0
    for x in xs:
        data = data + plain(x)
    return _node(data, xs, [1] * len(xs))


def dot(xs, ys):
    """Weighted sum of many operands, as one node.

        dot(x, y) = sum_i x[i] * y[i]

    xs, ys: lists of one length. Raises ValueError for two lengths.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """
    if len(xs) != len(ys):
        raise ValueError(f"dot: both lists must have one length; got {len(xs)} and {len(ys)}.")
    a, b, data = [plain(x) for x in xs], [plain(y) for y in ys], 0
    for x, y in zip(a, b, strict=True):
        data = data + x * y
    return _node(data, [*xs, *ys], [*b, *a])


def largest(xs):
    """The largest of many operands, as one node; those that tie for it share its slope equally.

        largest(x) = max_i x[i]

    xs: a list of at least one Value or number.

    >>> largest([1.0, 3.0, 2.0])
    3.0
    """
    if not xs:
        raise ValueError("largest: the list must not be empty; got [].")
    best = max(map(plain, xs))
    ties = [x for x in xs if plain(x) == best]
    share = 1 if len(ties) == 1 else (0 * best + 1) / len(ties)  # in the number system of best
    return _node(best, ties, [share] * len(ties))


def logsumexp(xs):
    """Logarithm of a sum of exponentials, as one node: a soft maximum that never overflows.

        logsumexp(x) = log(sum_i exp(x[i]))

    xs: a list of at least one Value or number. The largest is taken out of the sum, and its 1 is left to
    log1p: so the result is accurate also where the largest is 0 and all others are far below.

    >>> logsumexp([1000.0, 0.0])
    1000.0
    """
    if not xs:
        raise ValueError("logsumexp: the list must not be empty; got [].")
    a = [plain(x) for x in xs]
    top = max(range(len(a)), key=a.__getitem__)
    system = functions(a[top])
    powers = [system.exp(x - a[top]) for x in a]
    rest = 0
    for i, power in enumerate(powers):
        if i != top:
            rest = rest + power
    slopes = [power / (1 + rest) for power in powers]
    return _node(a[top] + system.log1p(rest), xs, slopes)
