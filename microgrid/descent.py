"""What optimizers share: the arrays that they move, and a learning rate that is a number or a schedule.

An optimizer is (init, update): init(params) -> state, update(grads, state, params) -> (updates, state),
where params, grads and updates are lists of arrays, each a number or nested lists of numbers; add the
updates to the params. No state is ever changed in place. g: gradient, w: weight, t: step, from 1.
"""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from . import checks
from .checks import each, flatten, read


class Optimizer(NamedTuple):
    """init(params) -> state, and update(grads, state, params) -> (updates, state)."""

    init: Callable
    update: Callable

    def __reduce__(self):
        raise TypeError(
            "Optimizer: a net must be pickled before it is compiled, for optimizers cannot be; got one with "
            "such. Fix: save its weights, [weight.data for weight in net.parameters(frozen=True)]."
        )

    def __copy__(self):
        return self  # it never changes

    def __deepcopy__(self, memo):
        return self


def by_weight(function, learning_rate, rule, memory=None, decay=False):
    """An optimizer that moves every weight by itself, against a direction and learning_rate times as far.

    learning_rate: a number >= 0, or a schedule, a function of the step, which counts from 0 as in Optax.
    rule(g, w, t, memory) -> (direction, memory); memory: what a weight remembers at first. decay: True where
    the rule looks at the weight; any other gets None for w.
    """
    learning_rate = _checked(function, learning_rate)

    def init(params):
        return 0, [memory for _ in flatten(params)]

    def update(grads, state, params=None):
        slopes = flatten(grads)
        weights = flatten(_given(function, params)) if decay else [None] * len(slopes)
        rate, t = _rate(function, learning_rate, state[0]), state[0] + 1
        moved = [rule(g, w, t, m) for g, w, m in zip(slopes, weights, state[1], strict=True)]
        return _filled(grads, [-rate * direction for direction, _ in moved]), (t, [m for _, m in moved])

    return Optimizer(init, update)


def by_array(function, learning_rate, rule, memory):
    """An optimizer that looks at an array of weights as a whole.

    rule(g, w, t, memory) -> (direction, memory), of arrays; memory(w): what the array w remembers at first.
    """
    learning_rate = _checked(function, learning_rate)

    def init(params):
        return 0, [memory(w) for w in params]

    def update(grads, state, params=None):
        rate, t = _rate(function, learning_rate, state[0]), state[0] + 1
        arrays = zip(read(grads), read(_given(function, params)), state[1], strict=True)
        moved = [rule(g, w, t, m) for g, w, m in arrays]
        directions = flatten([direction for direction, _ in moved])
        return _filled(grads, [-rate * direction for direction in directions]), (t, [m for _, m in moved])

    return Optimizer(init, update)


def _checked(function, learning_rate):
    if not callable(learning_rate) or isinstance(learning_rate, type):
        return checks.non_negative(function, "learning_rate", learning_rate, "a number or a schedule")
    _takes(function, learning_rate)
    return learning_rate


def _takes(function, schedule):
    """Refuses a schedule that cannot be called with a step."""
    try:
        signature = inspect.signature(schedule)
    except (TypeError, ValueError):  # a builtin may have none
        return
    try:
        signature.bind(None)
    except TypeError:
        raise TypeError(
            f"{function}: learning_rate must be a number or a schedule, a function of the step; "
            f"got one of {signature}."
        ) from None


def _rate(function, learning_rate, step) -> Any:
    """The learning rate of a step."""
    if not callable(learning_rate):
        return learning_rate
    try:
        rate = learning_rate(step)
    except Exception as error:  # a schedule may raise anything
        raise ValueError(
            f"{function}: the schedule of learning_rate does not take a step; {checks.why(error)}"
        ) from error
    return checks.non_negative(function, "learning_rate", rate, "a schedule of numbers")


def _given(function, params):
    if params is None:
        raise ValueError(
            f"{function}: update must see the params, which its rule is about; got None. "
            f"Fix: update(grads, state, params)."
        )
    return params


def _filled(like, numbers):
    """Nested lists of one shape with like, of these numbers."""
    rest = iter(numbers)
    return each(lambda _: next(rest), like)
