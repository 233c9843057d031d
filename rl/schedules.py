"""Settings that change while an agent learns: a number, or a function of the environment steps taken.

What needs JAX imports it where it is used: agents with a table do without.
"""

import math
from typing import NamedTuple

import numpy as np

from . import checks


def linear(start, end, steps):
    """A schedule: from start to end in so many environment steps, then end.

        start + (end - start) * min(step / steps, 1)

    >>> schedule = linear(1.0, 0.5, steps=100)
    >>> schedule(50), schedule(1000)
    (0.75, 0.5)
    """
    checks.whole_number("linear", "steps", steps, 1)
    for name, number in (("start", start), ("end", end)):
        checks.amount("linear", name, number)
    return Linear(float(start), float(end), int(steps))


def inverse_time(start, steps):
    """A schedule: half of start after so many environment steps, a third after twice as many, never 0.

        start / (1 + step / steps)

    It does not know how long training will be. Steps may be any number > 0.

    >>> schedule = inverse_time(0.5, steps=100)
    >>> schedule(0), schedule(100), schedule(400)
    (0.5, 0.25, 0.1)
    """
    checks.amount("inverse_time", "start", start)
    checks.number_in("inverse_time", "steps", steps, 1e-9, 1e18)
    return InverseTime(float(start), float(steps))


class Linear(NamedTuple):
    """See `linear`; equal ones are equal, so that agents that have them share compiled programs."""

    start: float
    end: float
    steps: int

    def __call__(self, step):
        part = step / float(self.steps)  # an integer may be too large to meet one of JAX
        if isinstance(part, float):
            part = min(part, 1.0)
        else:
            import jax.numpy as jnp

            part = jnp.minimum(part, 1.0)
        return self.start + (self.end - self.start) * part


class InverseTime(NamedTuple):
    """See `inverse_time`; equal ones are equal, so that agents that have them share compiled programs."""

    start: float
    steps: float

    def __call__(self, step):
        return self.start / (1 + step / self.steps)


MOST_ASKED = 4_096  # steps at which a function of a user is looked at
EXPLORING = InverseTime(0.1, 10_000.0)  # how often agents with a table take a random action, by default
KINDS = {"linear": Linear, "inverse_time": InverseTime}  # those that a file can hold, by name


def scheduled(setting, step):
    """A hyper-parameter after so many environment steps: a number, or a function of them."""
    import jax.numpy as jnp

    return jnp.float32(setting(step) if callable(setting) else setting)


def after(function, name, setting, step, most):
    """A setting after a Python number of steps, as a Python number: a function of a user is looked at."""
    if isinstance(setting, Linear | InverseTime):
        return setting(step)
    number = _number(function, name, setting(step)) if callable(setting) else float(setting)
    if not 0 <= number <= most:
        raise ValueError(f"{function}: {name} must be in [0, {most}]; got {number} at step {step}.")
    return number


def row(function, name, setting, start, count, most):
    """[count], float32: a setting after `start` steps, and after each one more."""
    if not callable(setting):
        return np.full(count, setting, np.float32)
    told = [after(function, name, setting, start + i, most) for i in range(count)]
    return np.array(told, np.float32)


def _number(function, name, told):
    """The one number that a function of a user told."""
    if np.shape(told) != () or np.asarray(told).dtype.kind not in "iuf":
        raise TypeError(f"{function}: {name} must be a function that returns one number; got {told!r}.")
    return float(told)


def check_schedule(function, name, setting, steps=(0,), most=math.inf, compiled=True):
    """A finite number in [0, most], or a function of the steps that is one at each of steps.

    compiled: whether JAX must be able to compile it.
    """
    if isinstance(setting, Linear):
        found = [("as it starts", setting.start), ("as it ends", setting.end)]
    elif isinstance(setting, InverseTime):
        found = [("as it starts", setting.start)]
    elif callable(setting):
        if compiled:
            _one_number(function, name, setting)
        at_once = compiled and len(steps) > 1
        told = (_asked_at_once if at_once else _asked_in_turn)(function, name, setting, steps)
        found = [(f"at step {step}", number) for step, number in zip(steps, told, strict=True)]
    else:
        found = [("", setting)]
    for where, number in found:
        label = f"{name} {where}".rstrip()
        if most == math.inf:
            checks.amount(function, label, number)
        else:
            checks.number_in(function, label, number, 0, most)


def asked(start, goal, strides):
    """Steps from start to goal at which a schedule is looked at before it is followed.

    One every stride, of the first of strides that leaves at most MOST_ASKED; else every so many of the last.
    """
    apart = next((stride for stride in strides if (goal - start) // stride < MOST_ASKED), None)
    if apart is None:
        apart = strides[-1] * -(-(goal - start) // (strides[-1] * MOST_ASKED))
    return [*range(start, goal, apart), goal]


def _asked_in_turn(function, name, setting, steps):
    """What a user's function says at each of some steps."""
    told = []
    for step in steps:
        try:
            told.append(setting(step))
        except Exception as error:
            raise _failed(function, name, error) from error
    return [_number(function, name, number) for number in told]


def _asked_at_once(function, name, setting, steps):
    """The same of one that JAX can compile."""
    import jax
    import jax.numpy as jnp

    try:
        return np.asarray(jax.vmap(setting)(jnp.array(steps, jnp.int32))).tolist()
    except Exception as error:
        raise _failed(function, name, error) from error


def _failed(function, name, error):
    """The sentence for a user's function that raised."""
    reason = f"{type(error).__name__}: {error}".rstrip(".")
    return TypeError(f"{function}: {name} must be a function of the steps taken; got {reason}.")


def _one_number(function, name, setting):
    """Raises where a schedule cannot be compiled, or tells another thing than one number."""
    import jax
    import jax.numpy as jnp

    try:
        told = jax.eval_shape(setting, jax.ShapeDtypeStruct((), jnp.int32))
    except (jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError) as error:
        raise TypeError(
            f"{function}: {name} must be a function that JAX can compile; got {type(error).__name__} of "
            f"{setting!r}. Fix: jnp.where in the place of if, jnp in the place of math and numpy."
        ) from None
    except Exception as error:
        raise _failed(function, name, error) from error
    if getattr(told, "shape", None) != () or told.dtype.kind not in "iuf":
        raise TypeError(f"{function}: {name} must be a function that returns one number; got {told}.")
