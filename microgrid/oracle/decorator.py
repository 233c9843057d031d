"""A test that is only the function and the point where its gradient is checked."""

import functools
import inspect
from collections.abc import Iterator
from types import FunctionType

from .levels import PLACE, checked, skip_where_off

TOLD = ("order", "modes", "atol", "rtol", "eps", "seed", "engine", "surrogate", "sample", "raises")


def gradient_test(function=None, **told):
    """Decorates a function that returns (f, args): calling it checks the gradient of f there.

    told: what else `check_grads` takes, such as order=2 or modes="rev". Fixtures of pytest are passed on, and
    --grad-level is obeyed. Raises TypeError for what is no plain function, for what check_grads does not
    take, and, when the test runs, where something else than a pair is returned.

    >>> @gradient_test(modes="rev")
    ... def test_square():
    ...     return lambda x: x * x, (3.0,)
    >>> test_square()
    """
    for name in told:
        if name not in TOLD:
            raise TypeError(f"gradient_test: it takes what check_grads does, {', '.join(TOLD)}; got {name}.")
    if function is not None and not callable(function):
        raise TypeError(f"gradient_test: it decorates a function; got {function!r}. Fix: @gradient_test.")
    if inspect.isclass(function):
        fix = "put it on each of its methods"
        raise TypeError(f"gradient_test: it decorates a function; got class {function.__name__}. Fix: {fix}.")
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise TypeError(
            f"gradient_test: it decorates a function that returns a pair; {function.__name__} is "
            "a coroutine or a generator. Fix: def and return."
        )
    if isinstance(told.get("surrogate"), Iterator):  # one that ends, while a test may run many times
        told["surrogate"] = list(told["surrogate"])
    if function is None:
        return functools.partial(gradient_test, **told)

    code = getattr(inspect.unwrap(function), "__code__", None)
    place = code and (code.co_filename, code.co_firstlineno)
    shown = _shown_at(code)

    @functools.wraps(function)
    def test(*args, **kwargs):
        __tracebackhide__ = True
        skip_where_off()
        made = function(*args, **kwargs)
        if not isinstance(made, tuple | list) or len(made) != 2:
            came = f"{len(made)} things" if isinstance(made, tuple | list) else type(made).__name__
            raise TypeError(
                f"gradient_test: {function.__name__} must return a function and the tuple of its arguments; "
                f"got {came}. Fix: return f, (x,)."
            )
        token = PLACE.set(place)
        try:
            shown(*made, **told)
        finally:
            PLACE.reset(token)

    return test


def _shown_at(code):
    """`checked`, called by a frame that stands in tracebacks where the code of a test does: a report would
    else come with no line at all, as those of the checker are hidden."""

    def shown(f, args, **told): checked(f, args, **told)  # fmt: skip

    if code is None:
        return shown
    place = dict(co_filename=code.co_filename, co_firstlineno=code.co_firstlineno, co_name=code.co_name)
    return FunctionType(shown.__code__.replace(**place), shown.__globals__)
