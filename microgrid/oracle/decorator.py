"""A test that is only the function and the point where its gradient is checked."""

import functools

from .levels import checked, skip_where_off


def gradient_test(function=None, **told):
    """Decorates a function that returns (f, args): calling it checks the gradient of f there.

    told: what else `check_grads` takes, such as order=2 or modes="rev". Fixtures of pytest are passed on, and
    --grad-level is obeyed. Raises TypeError where something else than a pair is returned.

    >>> @gradient_test(modes="rev")
    ... def test_square():
    ...     return lambda x: x * x, (3.0,)
    >>> test_square()
    """
    if function is not None and not callable(function):
        raise TypeError(f"gradient_test: it decorates a function; got {function!r}. Fix: @gradient_test.")
    if function is None:
        return functools.partial(gradient_test, **told)

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
        checked(*made, **told)

    return test
