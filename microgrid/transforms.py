"""Functions that turn a function into its derivative: grad, value_and_grad, jvp, jacobian, hessian.

They take any function of numbers and of nested lists, tuples and dicts of numbers, nest to any order, and
leave the caller's numbers and Values alone.

    >>> def cube(x):
    ...     return x**3
    >>> grad(cube)(2.0), grad(grad(cube))(2.0), hessian(cube)(2.0)
    (12.0, 12.0, 12.0)
"""

from contextlib import contextmanager
from functools import wraps
from typing import Any

from .checks import nested
from .dual import Unconverted, dual_class
from .kinds import Operations, kind_of
from .levels import above
from .systems import any_number
from .value import NOT_YET, Value, backward, value_class


def value_and_grad(f, argnums=0):
    """The function that returns f's value and its gradient, from one walk forward and one back.

        value_and_grad(f)(x) = f(x), (d f / d x[i] for each number x[i])

    f: a function whose result is one number. argnums: which argument to differentiate by, or a tuple of
    them; numbers and nested lists, tuples or dicts of numbers of any system, Values too. Gradients come in
    the structure of the argument. Raises TypeError for a result that is not one number.

    >>> value_and_grad(lambda x: x[0] * x[1])([2.0, 3.0])
    (6.0, [3.0, 2.0])
    """
    return _value_and_grad("value_and_grad", f, argnums)


def _value_and_grad(name, f, argnums):
    positions = _positions(name, f, argnums)

    @wraps(f)
    def both(*args, **kwargs):
        with _variables(name, args, positions) as (given, variables, kind):
            result = f(*given, **kwargs)
            value = result.data if kind.holds(result) else result
            if not isinstance(value, Operations) and (value := any_number(value)) is None:
                raise TypeError(f"{name}: the function must return one number; got {result!r}.")
            gradients = _gradients(result, variables, kind)
        return value, _select(gradients, argnums)

    return both


def grad(f, argnums=0):
    """The function that returns f's gradient.

        grad(f)(x)[i] = d f / d x[i]

    Arguments and errors as for `value_and_grad`. Source of the name and the arguments: jax.grad.

    >>> grad(lambda x: x[0] * x[1] ** 2)([2.0, 3.0])
    [9.0, 12.0]
    """
    both = _value_and_grad("grad", f, argnums)

    @wraps(f)
    def gradient(*args, **kwargs):
        return both(*args, **kwargs)[1]

    return gradient


def jacobian(f, argnums=0):
    """The function that returns all slopes of a function of many results.

        jacobian(f)(x)[o][i] = d f(x)[o] / d x[i]

    One walk back for each result: right where they are fewer than the variables. Arguments as for
    `value_and_grad`; f may return any nesting of numbers, and each of them becomes a structure like x.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """
    positions = _positions("jacobian", f, argnums)

    @wraps(f)
    def slopes(*args, **kwargs):
        with _variables("jacobian", args, positions) as (given, variables, kind):
            results = f(*given, **kwargs)
            rows = [_select(_gradients(y, variables, kind), argnums) for y in _leaves("jacobian", results)]
        return _like(results, iter(rows))

    return slopes


def hessian(f, argnums=0):
    """The function that returns all second derivatives of f.

        hessian(f)(x)[i][j] = d2 f / d x[i] d x[j]

    Arguments as for `value_and_grad`.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    return jacobian(grad(f, argnums), argnums)


def jvp(f, primals, tangents):
    """The value of f and its slope along a direction, in one walk forward: forward mode.

        jvp(f, x, v) = f(x), sum_i d f / d x[i] * v[i]

    primals: the tuple of f's arguments; tangents: as many, of the same structure. Returns two results of f's
    structure. No graph is kept, so memory stays flat. Raises ValueError where the structures differ.
    Source of the name and the arguments: jax.jvp.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)
    """
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple | list):
            raise TypeError(f"jvp: {name} must be a tuple with one entry for each argument; got {given!r}.")
    numbers, directions = _leaves("jvp", primals), _leaves("jvp", tangents)
    if _like(primals, iter([0] * len(numbers))) != _like(tangents, iter([0] * len(directions))):
        raise ValueError(
            f"jvp: tangents must have the structure of primals; got {tangents!r} for {primals!r}."
        )
    with _level(numbers + directions) as level:
        kind = dual_class(level)
        duals = [kind(x, v) for x, v in zip(numbers, directions, strict=True)]
        results = f(*_like(primals, iter(duals)))
        ys = _leaves("jvp", results)
    values = [y.data if kind.holds(y) else y for y in ys]
    slopes = [y.tangent if kind.holds(y) else 0 for y in ys]
    return _like(results, iter(values)), _like(results, iter(slopes))


class Variable(Unconverted, Value):
    """A Value that a derivative is taken by, and what is computed from it."""

    __slots__ = ()


def _level(numbers):
    """A level above every derivative under way and every Value among the numbers."""
    kind = kind_of(numbers)
    return above(kind.level if kind else 1)


@contextmanager
def _variables(name, args, positions):
    """args with fresh Values at the positions; these args; their kind."""
    if positions[-1] >= len(args):
        raise ValueError(
            f"{name}: argnums must be below the number of arguments {len(args)}; got {positions[-1]}."
        )
    with _level([x for i in positions for x in _leaves(name, args[i])]) as level:
        kind = value_class(level, Variable)
        given, variables = list(args), {}
        for i in positions:
            variables[i] = given[i] = _like(args[i], map(kind, _leaves(name, args[i])))
        yield given, variables, kind


def _gradients(result, variables, kind):
    """d result / d each variable, by position, in the structure of the arguments."""
    leaves = {i: _leaves("gradient", structure) for i, structure in variables.items()}
    for x in (x for xs in leaves.values() for x in xs):
        x.grad = NOT_YET
    if kind.holds(result):
        backward([result], [1])
    return {i: _like(variables[i], map(_gradient, xs)) for i, xs in leaves.items()}


def _gradient(x):
    reached = x.grad is not NOT_YET
    return x.grad if reached else 0.0 if type(x.data) is float else 0


def _select(gradients, argnums):
    return tuple(gradients[i] for i in argnums) if isinstance(argnums, tuple | list) else gradients[argnums]


def _positions(name, f, argnums):
    """The arguments to differentiate by, in order."""
    if not callable(f):
        raise TypeError(f"{name}: f must be a function; got {f!r}.")
    positions = argnums if isinstance(argnums, tuple | list) else (argnums,)
    for i in positions:
        if isinstance(i, bool) or not isinstance(i, int) or i < 0:
            raise ValueError(f"{name}: argnums must be whole numbers >= 0; got {argnums!r}.")
    return sorted(positions)


def _leaves(name, x) -> list[Any]:
    """All numbers in nested lists, tuples and dicts, in order."""
    if isinstance(x, dict):
        return [leaf for entry in x.values() for leaf in _leaves(name, entry)]
    if isinstance(x, Operations):
        return [x]
    if (plainly := any_number(x)) is not None:
        return [plainly]
    if not nested(x):
        raise TypeError(f"{name}: numbers, or nested lists of numbers, must come here; got {x!r}.")
    return [leaf for entry in x for leaf in _leaves(name, entry)]


def _like(x, numbers):
    """The structure of x, filled from an iterator."""
    if isinstance(x, dict):
        return {key: _like(entry, numbers) for key, entry in x.items()}
    if isinstance(x, Operations) or any_number(x) is not None:
        return next(numbers)
    filled = [_like(entry, numbers) for entry in x]
    return tuple(filled) if isinstance(x, tuple) else filled
