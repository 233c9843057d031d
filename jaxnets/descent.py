"""What optimizers share: a learning rate that is a number or a schedule, and the asking for params."""

import inspect
from typing import Any, cast

import numpy as np
import optax

from . import checks


def rate(function, learning_rate):
    """A learning rate that Optax takes: a checked number, or a schedule whose numbers are checked.

    A schedule is a function of the step, which counts from 0; inside a compiled function its number is
    traced, and only its shape is looked at.
    """
    if not callable(learning_rate) or isinstance(learning_rate, type):
        return checks.non_negative(function, "learning_rate", learning_rate, "a number or a schedule")

    _takes(function, learning_rate)

    def schedule(step) -> Any:
        try:
            value: Any = learning_rate(step)
        except Exception as error:  # a schedule may raise anything
            raise ValueError(
                f"{function}: the schedule of learning_rate does not take a step; {checks.why(error)}"
            ) from error
        if np.shape(value) != ():
            raise TypeError(
                f"{function}: learning_rate must be a schedule of numbers; got shape {np.shape(value)}."
            )
        return checks.non_negative(function, "learning_rate", value, "a schedule of numbers")

    return schedule


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


def with_params(function, transformation):
    """An optimizer whose update needs the params, and says so where they are missing."""

    def update(grads, state, params=None) -> Any:
        if params is None:
            raise ValueError(
                f"{function}: update must see the params, which its rule is about; got None. "
                f"Fix: update(grads, state, params)."
            )
        return transformation.update(grads, state, params)

    return optax.GradientTransformation(transformation.init, cast(Any, update))
