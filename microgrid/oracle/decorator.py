"""A test that is only the function and the point where its gradient is checked."""

import functools

from .check import check_grads


def gradient_test(function=None, **told):
    """Decorates a function that returns (f, args): calling it checks the gradient of f there.

    told: what else `check_grads` takes, such as order=2 or modes="rev". Fixtures of pytest are passed on.

    >>> @gradient_test(modes="rev")
    ... def test_square():
    ...     return lambda x: x * x, (3.0,)
    >>> test_square()
    """
    if function is None:
        return functools.partial(gradient_test, **told)

    @functools.wraps(function)
    def test(*args, **kwargs):
        __tracebackhide__ = True
        f, point = function(*args, **kwargs)
        check_grads(f, point, **told)

    return test
