"""Value: a number that remembers how it was made, so that gradients can flow back to what made it.

    >>> a, b = Value(2.0, name="a"), Value(3.0, name="b")
    >>> y = a * b + a
    >>> y.backward()
    >>> a.grad, b.grad
    (4.0, 2.0)

Operations and slopes come from the one table in derivatives.py; here are the graph and the walk back.
operations.py has the operations as functions: exp(x), dot(xs, ys), ...; transforms.py has grad, jvp, hessian.
"""

from functools import cache

from .finite import beginning, finite
from .kinds import SEEN, TRACED, Operations
from .levels import nested
from .methods import with_operations
from .systems import any_number, common, functions
from .telling import shown


class _Zero(int):
    """The gradient of what no walk has reached: 0 in every number system, and told apart by identity."""


NOT_YET = _Zero(0)


class Value(Operations):
    """A number with a gradient.

    data: the number, of any number system (systems), also a Value: see `level`.
    grad: d result / d this, after `backward` of a result; 0 before, and added to by every further `backward`
        for the Values that were not computed from others; computed ones hold that of the last walk.
    name: shown by repr and by drawings, if given.
    level: 1, and 1 more for a Value whose data is a Value.
    """

    __slots__ = ("_parents", "_rule", "_slopes", "data", "grad", "name")

    def __new__(cls, data=None, name=None):
        level = data.level + 1 if isinstance(data, Operations) else 1
        if level > cls.level and level != TRACED:
            nested(level)
            cls = value_class(level)
        return _new(cls)

    def __init__(self, data, name=None):
        self.data, self.grad, self.name = any_number(data), NOT_YET, name
        if getattr(data, "level", 0) == TRACED:
            raise TypeError("Value: data must be known; got a traced number. Fix: trace, then differentiate.")
        if self.data is None:
            raise TypeError(f"Value: data must be one number; got {shown(data)}.")
        self._parents, self._slopes, self._rule = (), (), None
        SEEN.add(type(self.data))

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
        return f"{type(self).__name__}({self.data!r}, grad={self.grad!r}{name})"


_new = object.__new__


def _with_operations(cls):
    """The class with the rows of the table as methods, whose results are Values of this class."""

    def operation(data, parents, slopes, rule):
        value = _new(cls)
        value.data, value.grad, value.name = data, NOT_YET, None
        value._parents, value._slopes, value._rule = parents, slopes, rule
        return value

    cls.operation = staticmethod(operation)
    return with_operations(cls)


_with_operations(Value)


@cache
def value_class(level, base=Value):
    """The class of Values, or of a subclass, whose data may hold Values of every lower level."""
    if level == 1:
        return base
    return _with_operations(type(base.__name__, (base,), dict(__slots__=(), level=level)))


def backward(results, gradients):
    """Walks from results back to everything they came from, passing gradients on.

        parent.grad += slope * child.grad

    results: a list of Values; gradients: as many numbers. A computed Value starts each walk at 0, so a second
    walk spoils nothing; the others add up. Children come before their parents, in an order that the program
    alone decides, so the bits are the same in every process. Depth is limited by memory alone. A gradient of
    exactly 0 stops, also in front of an infinite slope.
    Raises ValueError for a result that is nan or infinite by mistake, and changes no gradient then.

    >>> x = Value(2.0)
    >>> backward([x * x, 3 * x], [1, 10])
    >>> x.grad
    34.0
    """
    _check(results, gradients)
    gradients = [x if isinstance(x, Operations) else any_number(x) for x in gradients]
    kinds = {type(result.data) for result in results}
    floats = float in kinds and kinds <= {float, int}
    zero = float("0") if floats else _Zero(0)  # a new object: it marks what this walk has met
    order = _computed(results, zero)
    leaves = [] if floats else [value for value in graph(results) if not value._parents]
    before = [leaf.grad for leaf in leaves]
    try:
        for result, gradient in zip(results, gradients, strict=True):
            _add(result, gradient)
        (_pass_on_floats if floats else _pass_on)(order)
    except BaseException:  # floats cannot fail on the way; Decimals can
        for leaf, grad in zip(leaves, before, strict=True):
            leaf.grad = grad
        raise
    for value in [] if floats else [*order, *leaves]:
        if type(value.grad) is int:  # divided by 3 it would be a float, of fewer digits than a Decimal
            value.grad = functions(value.data).whole(value.grad, value.data)


def _pass_on(order):
    for value in reversed(order):
        gradient = value.grad
        if isinstance(gradient, Operations) or not gradient == 0:  # a ball around 0 is not
            for parent, slope in zip(value._parents, value._slopes, strict=True):
                if type(slope) is not int or slope != 0:
                    _add(parent, slope * gradient)


def _add(value, gradient):
    """What has no gradient yet takes it as it is: 0 + gradient would be one more node in a nested graph."""
    value.grad = gradient if type(value.grad) is _Zero else value.grad + gradient


def _pass_on_floats(order):
    for value in reversed(order):
        gradient = value.grad
        if gradient or (type(gradient) is not float and isinstance(gradient, Operations)):
            if gradient - gradient:  # nan, so infinite: even so it stops at a slope that is the table's 0
                _pass_on([value])
            elif len(value._parents) == 1:  # a fifth faster than the loop
                value._parents[0].grad += value._slopes[0] * gradient
            else:
                for parent, slope in zip(value._parents, value._slopes):  # noqa: B905, strict costs a tenth
                    parent.grad += slope * gradient


def _computed(results, zero):
    """The computed Values behind results, parents before children, each with the gradient zero."""
    order, path = [], []
    for result in results:
        if not result._parents or result.grad is zero:
            continue
        value, parents, result.grad = result, iter(result._parents), zero
        while value is not None:
            for parent in parents:
                if parent._parents and parent.grad is not zero:  # computed, and not met before
                    parent.grad = zero
                    path.append((value, parents))
                    value, parents = parent, iter(parent._parents)
                    break
            else:
                order.append(value)
                value, parents = path.pop() if path else (None, ())
    return order


def graph(results):
    """All Values behind results, each once, parents before children, in the same order in every process.

    >>> x = Value(3.0)
    >>> [value.data for value in graph([2 * x + x])]
    [3.0, 6.0, 9.0]
    """
    order, met, walk = [], set(), list(reversed(results))
    while walk:
        value = walk.pop()
        if value is None:
            order.append(walk.pop())
        elif id(value) not in met:
            met.add(id(value))
            walk += [value, None, *reversed(value._parents)]
    return order


def _check(results, gradients):
    if len(results) != len(gradients):
        raise ValueError(
            f"backward: there must be one gradient for each result; got {len(gradients)} for {len(results)}."
        )
    for result, gradient in zip(results, gradients, strict=True):
        if not isinstance(result, Value):
            raise TypeError(f"backward: results must be Values; got {shown(result)}.")
        number = gradient if isinstance(gradient, Operations) else any_number(gradient)
        if number is None:
            raise TypeError(f"backward: a gradient must be a number; got {shown(gradient)}.")
        if not finite(result.data):
            _name_the_mistake(result)
        if type(number) is not int:
            common("backward", result.data, number)


def _name_the_mistake(result):
    """Raises ValueError naming the operation that first made a nan, or an infinity out of finite numbers."""
    if (value := beginning(graph([result]))) is None:
        return
    numbers = ", ".join(str(parent.data) for parent in value._parents)
    made = f"{value._rule} of ({numbers}) with slopes {value._slopes}" if numbers else repr(value)
    raise ValueError(
        f"backward: the result must be a finite number; got {result.data}, which began as {value.data} "
        f"from {made}."
    )


def mistaken(result):
    """True for a Value that is nan or infinite by mistake, as `backward` refuses it."""
    return isinstance(result, Value) and not finite(result.data) and beginning(graph([result])) is not None


def plain(x):
    """The number in a Value, or the plain number. Raises TypeError for what is neither.

    >>> plain(Value(2.0)), plain(3)
    (2.0, 3)
    """
    if isinstance(x, Value):
        return x.data
    if isinstance(x, Operations) and x.level == TRACED:
        return x.held()
    if (plainly := any_number(x)) is None:
        raise TypeError(f"microgrid: a number or a Value must come here; got {shown(x)}.")
    return plainly
