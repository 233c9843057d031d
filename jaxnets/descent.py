"""What optimizers share: a learning rate that is a number or a schedule, and the asking for params."""

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

    def schedule(step) -> Any:
        value: Any = learning_rate(step)
        if np.shape(value) != ():
            raise TypeError(
                f"{function}: learning_rate must be a schedule of numbers; got shape {np.shape(value)}."
            )
        return checks.non_negative(function, "learning_rate", value, "a schedule of numbers")

    return schedule


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
