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

from .dual import Unconverted, dual_class
from .kinds import Operations, kind_of
from .levels import above
from .structures import described, filled, leaves, structure
from .systems import any_number, functions
from .telling import shown
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
                raise TypeError(f"{name}: the function must return one number; got {shown(result)}.")
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
            like = structure(results, "jacobian: what the function returns", statics=False)
            rows = [_select(_gradients(y, variables, kind), argnums) for y in leaves(like, results)]
        return filled(like, iter(rows))

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
            raise TypeError(
                f"jvp: {name} must be a tuple with one entry for each argument; got {shown(given)}."
            )
    like, other = (structure(tuple(x), "jvp: an argument", statics=False) for x in (primals, tangents))
    if described(like) != described(other):
        raise ValueError(
            f"jvp: tangents must have the structure of primals; got {shown(tangents)} for {shown(primals)}."
        )
    numbers, directions = leaves(like, primals), leaves(like, tangents)
    with _level(numbers + directions) as level:
        kind = dual_class(level)
        results = f(*filled(like, map(kind, numbers, directions)))
        like = structure(results, "jvp: what the function returns", statics=False)
        ys = leaves(like, results)
    values = [y.data if kind.holds(y) else y for y in ys]
    slopes = [_slope(y.tangent if kind.holds(y) else 0, x) for x, y in zip(values, ys, strict=True)]
    return filled(like, iter(values)), filled(like, iter(slopes))


class Variable(Unconverted, Value):
    """A Value that a derivative is taken by, and what is computed from it."""

    __slots__ = ()


def _level(numbers):
    """A level above every derivative under way and every Value among the numbers."""
    kind = kind_of(numbers)
    return above(kind.level if kind else 1)


@contextmanager
def _variables(name, args, positions):
    """args with fresh Values at the positions; position -> (their structure, these Values); their kind."""
    if positions[-1] >= len(args):
        raise ValueError(
            f"{name}: argnums must be below the number of arguments {len(args)}; got {positions[-1]}."
        )
    likes = {i: structure(args[i], f"{name}: argument {i}", statics=False) for i in positions}
    numbers = {i: leaves(likes[i], args[i]) for i in positions}
    with _level([x for xs in numbers.values() for x in xs]) as level:
        kind = value_class(level, Variable)
        given, variables = list(args), {i: (likes[i], list(map(kind, numbers[i]))) for i in positions}
        for i, (like, values) in variables.items():
            given[i] = filled(like, iter(values))
        yield given, variables, kind


def _gradients(result, variables, kind):
    """d result / d each variable, by position, in the structure of the arguments."""
    for x in (x for _, values in variables.values() for x in values):
        x.grad = NOT_YET
    if kind.holds(result):
        backward([result], [1])
    return {
        i: filled(like, (_slope(x.grad, x.data) for x in values)) for i, (like, values) in variables.items()
    }


def _slope(slope, x):
    """A slope that is a whole number, in the number system of x: a third of it must have all its digits."""
    if not isinstance(slope, int):
        return slope
    return float(slope) if type(x) is float else functions(x).whole(int(slope), x)


def _select(gradients, argnums):
    return tuple(gradients[i] for i in argnums) if isinstance(argnums, tuple | list) else gradients[argnums]


def _positions(name, f, argnums):
    """The arguments to differentiate by, in order."""
    if not callable(f):
        raise TypeError(f"{name}: f must be a function; got {shown(f)}.")
    positions = argnums if isinstance(argnums, tuple | list) else (argnums,)
    for i in positions:
        if isinstance(i, bool) or not isinstance(i, int) or i < 0:
            raise ValueError(f"{name}: argnums must be whole numbers >= 0; got {shown(argnums)}.")
    return sorted(positions)
