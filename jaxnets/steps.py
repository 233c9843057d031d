"""What schedules share: how steps are counted, traced ones too, and what their arguments must be."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from . import checks, data


def schedule(function, value):
    """The function of the step that a schedule is: value(t), for whole numbers t >= 0, traced or not."""

    def of_step(step):
        known = isinstance(step, int | np.integer | np.ndarray | jax.Array)
        whole = known and jnp.issubdtype(jnp.result_type(step), jnp.integer)
        if not whole or not (isinstance(step, Tracer) or np.all(np.asarray(step) >= 0)):
            raise ValueError(f"{function}: step must be a whole number >= 0; got {checks.told(step)}.")
        return value(checks.array(function, "step", step).astype(jnp.result_type(int)))

    return of_step


def shares(t, steps):
    """The shares of so many steps that are still to come, and that are done, at t."""
    done = jnp.clip(t, 0, steps)
    return (steps - done) / steps, done / steps


def check(function, rates=(), steps=(), begin=0) -> Any:
    """What the schedule goes on with, in this order. rates: (argument, value) of learning rates, >= 0; steps:
    of lengths, whole numbers >= 1; begin: a transition_begin, a whole number >= 0."""
    return (
        *(checks.non_negative(function, argument, value) for argument, value in rates),
        *(length(function, argument, value, 1) for argument, value in steps),
        length(function, "transition_begin", begin, 0),
    )


def length(function, argument, value, least) -> Any:
    """A whole number of steps, >= least; as a float where it is more than a step can be, and cut where no
    float of 32 bits could hold it."""
    steps = data.whole(function, argument, value, least)
    return steps if steps <= jnp.iinfo(jnp.result_type(int)).max else float(min(steps, 2**100))
