"""Value: a number that remembers how it was made, so that gradients can flow back to what made it.

    >>> a, b = Value(2.0, name="a"), Value(3.0, name="b")
    >>> y = a * b + a
    >>> y.backward()
    >>> a.grad, b.grad
    (4.0, 2.0)

Operations and slopes come from the one table in derivatives.py; here are the graph and the walk back.
operations.py has the operations as functions: exp(x), dot(xs, ys), ...
"""

from itertools import count
from operator import attrgetter

from .methods import Operations, with_operations
from .systems import number

_made = count()  # creation order: parents before children, the same in every process


class Value(Operations):
    """A number with a gradient.

    data: the number, of any number system (systems.py).
    grad: d result / d this, after `backward` of a result; 0 before, and added to by every further `backward`
        for the Values that were not computed from others; computed ones hold that of the last walk.
    name: shown by repr, if given.
    """

    __slots__ = ("_order", "_parents", "_slopes", "data", "grad", "name")

    def __init__(self, data, name=None):
        self.data, self.grad, self.name = number(data), 0, name
        if self.data is None:
            raise TypeError(f"Value: data must be one number; got {data!r}.")
        self._parents, self._slopes, self._order = (), (), next(_made)

    @staticmethod
    def operation(data, parents, slopes):
        """The Value of an operation: its number, the Values it came from, the slope for each."""
        value = _new(Value)
        value.data, value.grad, value.name = data, 0, None
        value._parents, value._slopes, value._order = parents, slopes, next(_made)
        return value

    def backward(self, gradient=1):
        """Adds d self / d v, times gradient, to the grad of every Value v that self was computed from.

        gradient: a number, d result / d self where self is not yet the result.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> x.grad
        6.0
        """
        backward([self], [gradient])

    def __repr__(self):
        name = "" if self.name is None else f", name={self.name!r}"
        return f"Value({self.data}, grad={self.grad}{name})"


_new = Value.__new__
with_operations(Value)


def backward(results, gradients):
    """Walks from results back to everything they came from, youngest first, passing gradients on.

        parent.grad += slope * child.grad

    results: a list of Values; gradients: as many numbers. A computed Value starts each walk at 0, so a second
    walk spoils nothing; the others add up. Depth is limited by memory alone. A gradient of exactly 0 stops,
    also in front of an infinite slope.

    >>> x = Value(2.0)
    >>> backward([x * x, 3 * x], [1, 10])
    >>> x.grad
    34.0
    """
    if len(results) != len(gradients):
        raise ValueError(
            f"backward: there must be one gradient for each result; got {len(gradients)} for {len(results)}."
        )
    for result, gradient in zip(results, gradients, strict=True):
        if not isinstance(result, Value):
            raise TypeError(f"backward: results must be Values; got {result!r}.")
        if not isinstance(gradient, Value) and number(gradient) is None:
            raise TypeError(f"backward: a gradient must be a number; got {gradient!r}.")
    seen, walk = {}, list(results)
    while walk:
        value = walk.pop()
        if id(value) not in seen:
            seen[id(value)] = value
            walk.extend(value._parents)
            if value._parents:
                value.grad = 0
    for result, gradient in zip(results, gradients, strict=True):
        result.grad = result.grad + gradient
    for value in sorted(seen.values(), key=attrgetter("_order"), reverse=True):
        gradient = value.grad
        if type(gradient) is Value or gradient:
            for parent, slope in zip(value._parents, value._slopes, strict=True):
                parent.grad = parent.grad + slope * gradient


def plain(x):
    """The number in a Value, or the plain number. Raises TypeError for what is neither.

    >>> plain(Value(2.0)), plain(3)
    (2.0, 3)
    """
    if isinstance(x, Value):
        return x.data
    plainly = number(x)
    if plainly is None:
        raise TypeError(f"microgrid: a number or a Value must come here; got {x!r}.")
    return plainly
