"""The operations of many operands, one node each: total, dot, norm, largest, logsumexp, softmax.

They add up from left to right, so that every Python version gives the same bits (`sum` of floats changed in
3.12).
"""

from functools import partial
from itertools import compress
from typing import Any

from .finite import finite
from .kinds import SEEN, TRACED, Operations, kind_of, no_result, system_of
from .systems import any_number, functions
from .telling import shown
from .value import Value

FLOATS, LISTS = frozenset({float, int}), (list, tuple)
_node = Value.operation


def total(xs):
    """Sum of many operands, as one node.

        total(x) = sum_i x[i]

    xs: a list of Values or numbers. Returns 0 for an empty list.

    >>> total([1.0, 2.0, 3.5])
    6.5
    """
    return _fused("total", _total, xs) if (xs := _listed("total", xs)) else 0


def _total(numbers, _):
    return _sum(numbers), (1,) * len(numbers)


def _sum(numbers):
    data = 0
    for x in numbers:
        data += x
    return data


def dot(xs, ys, start=0):
    """Weighted sum of many operands, as one node.

        dot(x, y) = start + sum_i x[i] * y[i]

    xs, ys: lists of one length; start: a number, such as a bias. Raises ValueError for two lengths.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """
    if type(xs) not in LISTS or type(ys) not in LISTS:
        xs, ys = _listed("dot", xs), _listed("dot", ys)
    if len(xs) != len(ys):
        raise ValueError(f"dot: both lists must have one length; got {len(xs)} and {len(ys)}.")
    xs, ys = tuple(xs), tuple(ys)
    if xs and len(SEEN) == 2 and (node := _quick_dot(xs, ys, start)) is not None:
        return node
    return _fused("dot", _dot, xs, ys, (start,))


def _quick_dot(xs, ys, start):
    """The node where all numbers are floats and all of xs are Values, all of ys or none; None anywhere else.

    Most of the time of a net is spent here.
    """
    try:
        a = [x.data for x in xs]
        data, first, one = (start.data, (start,), (1,)) if type(start) is Value else (start, (), ())
        if type(ys[0]) is Value:
            b = [y.data for y in ys]
            for x, y in zip(a, b):  # noqa: B905, equal lengths are checked; strict costs a tenth here
                data += x * y
            return _node(data, xs + ys + first, (*b, *a, *one), "dot")
        if SEEN.issuperset(map(type, ys)):
            for x, y in zip(a, ys):  # noqa: B905
                data += x * y
            return _node(data, xs + first, ys + one, "dot")
    except (AttributeError, TypeError):  # some are no Values
        return None
    return None


def _dot(numbers, _):
    n = len(numbers) // 2
    a, b, data = numbers[:n], numbers[n:-1], numbers[-1]
    for x, y in zip(a, b, strict=True):
        data += x * y
    return data, (*b, *a, 1)


def norm(xs):
    """Euclidean length of a list, as one node, without overflow.

        norm(x) = sqrt(sum_i x[i]**2)

    xs: a list of at least one Value or number. At 0, where no slope is right, all slopes are 0.

    >>> norm([3.0, 4.0])
    5.0
    """
    return _fused("norm", _norm, _some("norm", xs))


def _norm(numbers, system):
    data = system.norm(numbers)
    return data, tuple(x / data if data != 0 else 0 for x in numbers)


def largest(xs):
    """The largest of many operands, as one node; those that tie for it share its slope equally.

        largest(x) = max_i x[i]

    xs: a list of at least one Value or number.

    >>> largest([1.0, 3.0, 2.0])
    3.0
    """
    return _fused("largest", _largest, _some("largest", xs))


def _largest(numbers, system):
    best = numbers[0]
    for x in numbers[1:]:
        best = x if system.above(x, best) or x != x else best
    ties = [x == best for x in numbers]
    if kind_of(numbers) is not None:
        best = largest(numbers)  # in a tie, all keep their part in gradients of gradients too
    elif type(best) is int:
        best = system.whole(best, *numbers)
    if not any(ties):  # the largest is nan, and so is each share
        share = best
    else:
        share = 1 if sum(ties) == 1 else system.reciprocal(best, sum(ties))
    return best, tuple(share if tie else 0 for tie in ties)


def logsumexp(xs):
    """Logarithm of a sum of exponentials, as one node: a soft maximum that never overflows.

        logsumexp(x) = log(sum_i exp(x[i]))

    xs: a list of at least one Value or number. The largest is taken out of the sum, and its 1 is left to
    log1p: so the result is accurate also where the largest is 0 and all others are far below.

    >>> logsumexp([1000.0, 0.0])
    1000.0
    """
    return _fused("logsumexp", _logsumexp, _some("logsumexp", xs))


def _logsumexp(numbers, system):
    top, powers, rest = _powers(numbers, system)
    if not finite(numbers[top]):
        return _largest(numbers, system)
    return numbers[top] + system.log1p(rest), tuple(power / (1 + rest) for power in powers)


def softmax(xs):
    """Exponentials as shares of their sum: one node for each share.

        softmax(x)[i] = exp(x[i]) / sum_j exp(x[j])

    xs: a list of at least one Value or number. Returns as many numbers in [0, 1], their sum 1; never
    overflows. The slope of a share near 1 is the sum of the other shares, where 1 - share would lose digits.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    xs = _some("softmax", xs)
    if (kind := kind_of(xs)) is not None and kind.level == TRACED:
        return kind.fused("softmax", xs)
    return [_fused("softmax", partial(_share, i), xs) for i in range(len(xs))]


def _share(i, numbers, system):
    """The share of number i, and its slopes."""
    _, powers, rest = _powers(numbers, system)
    others = _sum([power for j, power in enumerate(powers) if j != i])
    share = powers[i] / (1 + rest)
    return share, tuple(
        share * (others / (1 + rest)) if j == i else -share * (power / (1 + rest))
        for j, power in enumerate(powers)
    )


def _powers(numbers, system) -> tuple[int, list[Any], Any]:
    """The index of the largest, exp(x - largest) of each, and the sum of all but that of the largest, a 1."""
    top = 0
    for i, x in enumerate(numbers):
        top = i if x > numbers[top] else top  # of balls that overlap, any will do
    powers = [system.exp(x - numbers[top]) for x in numbers]
    return top, powers, _sum(powers[:top] + powers[top + 1 :])


def _listed(name, xs):
    """The numbers of a list, tuple or array, as a tuple."""
    if not hasattr(xs, "__len__") or isinstance(xs, str | bytes | dict | set):
        raise TypeError(f"{name}: the numbers must come in a list; got {shown(xs)}.")
    return tuple(xs)


def _some(name, xs):
    if len(xs := _listed(name, xs)) == 0:
        raise ValueError(f"{name}: the list must not be empty; got [].")
    return xs


def _fused(name, formula, *lists):
    """One node for formula(numbers, system) -> (data, slopes); plain numbers among operands are constants."""
    operands = sum(lists, ())
    kinds: list[Any] = list(map(type, operands))
    carriers: list[Any] = [kind for kind in set(kinds) if issubclass(kind, Operations)]
    kind: Any = carriers[0] if len(carriers) == 1 else kind_of(operands)
    if kind is not None and kind.level == TRACED:
        return kind.fused(name, *lists)
    if kinds.count(kind) == len(kinds):
        tracked, numbers = None, [x.data for x in operands]
    else:  # Values of a lower level are constants, as plain numbers are
        mine = {carrier for carrier in carriers if kind and carrier.level == kind.level}
        tracked = [kind in mine for kind in kinds]
        numbers = [x.data if own else any_number(x) for x, own in zip(operands, tracked, strict=True)]
    system = functions(0.0) if FLOATS.issuperset(map(type, numbers)) else system_of(name, numbers, operands)
    try:
        data, slopes = formula(numbers, system)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise no_result(name, numbers, error) from None
    if kind is None:
        return data
    if tracked is None:
        return kind.operation(data, operands, slopes, name)
    return kind.operation(data, tuple(compress(operands, tracked)), tuple(compress(slopes, tracked)), name)
