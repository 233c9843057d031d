"""What schedules share: how steps are counted, and what their arguments must be."""

from . import checks


def schedule(function, value):
    """The function of the step that a schedule is: value(t), for a whole number t >= 0.

    >>> schedule("half", lambda t: t / 2)(3)
    1.5
    """

    def of_step(step):
        return value(checks.whole(function, "step", step, 0))

    return of_step


def shares(t, steps):
    """The shares of so many steps that are still to come, and that are done, at t.

    >>> shares(-1, 4), shares(1, 4), shares(5, 4)
    ((1.0, 0.0), (0.75, 0.25), (0.0, 1.0))
    """
    done = min(max(t, 0), steps)
    return (steps - done) / steps, done / steps


def check(function, rates, steps=(), *begin):
    """The plain numbers of all of them, in order.

    rates: (argument, value) of learning rates, >= 0; steps: of lengths, whole numbers >= 1; begin: a
    transition_begin, a whole number >= 0, if there is one."""
    found = [checks.non_negative(function, argument, value) for argument, value in rates]
    found += [checks.whole(function, argument, value, 1) for argument, value in steps]
    return [*found, *(checks.whole(function, "transition_begin", value, 0) for value in begin)]
