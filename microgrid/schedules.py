"""Schedules: learning rates that change with the step t, which counts from 0 as in Optax.

Each returns a function of the step, a whole number >= 0, for an optimizer to call; behind its last step it
keeps its value. p: the share of the steps that is done, q: the share that is still to come.
"""

from . import checks
from .operations import maximum, minimum, sqrt, where
from .steps import check, schedule, shares


def constant(value):
    """Constant: one learning rate for every step.

        constant(t) = value

    value: >= 0. Returns a function of the step. Source: Goodfellow et al. 2016, algorithm 8.1.

    >>> constant(0.5)(100)
    0.5
    """
    value = checks.non_negative("constant", "value", value)
    return schedule("constant", lambda t: value)


def piecewise_constant(init_value, boundaries_and_scales):
    """A staircase: at each boundary the learning rate is multiplied by a scale.

        piecewise_constant(t) = init_value * product of the scales whose boundary <= t

    init_value: >= 0; boundaries_and_scales: {boundary: scale}, or pairs of them; boundaries are steps, scales
    >= 0. Returns a function of the step. Source: He et al. 2016, section 3.4, arXiv:1512.03385.

    >>> rate = piecewise_constant(1.0, {100: 0.5, 200: 0.5})
    >>> rate(99), rate(100), rate(200)
    (1.0, 0.5, 0.25)
    """
    init_value = checks.non_negative("piecewise_constant", "init_value", init_value)
    stairs = _stairs(boundaries_and_scales)

    def value(t):
        rate = init_value
        for boundary, scale in stairs:
            rate = rate * scale if t >= boundary else rate
        return rate

    return schedule("piecewise_constant", value)


def _stairs(given):
    """(boundary, scale) pairs."""
    pairs = list(given.items()) if isinstance(given, dict) else given
    listed = isinstance(pairs, list | tuple) and all(isinstance(pair, list | tuple) for pair in pairs)
    if not listed or any(len(pair) != 2 for pair in pairs):
        raise TypeError(
            f"piecewise_constant: boundaries_and_scales must be a dict {{boundary: scale}}; "
            f"got {checks.shown(given)}."
        )
    told = "boundaries_and_scales"
    return [
        (
            checks.whole("piecewise_constant", f"a boundary of {told}", boundary, 0),
            checks.non_negative("piecewise_constant", f"a scale of {told}", scale),
        )
        for boundary, scale in pairs
    ]


def linear_decay(init_value, end_value, transition_steps, transition_begin=0):
    """A straight line from one learning rate to another, down or up.

        linear_decay(t) = init_value * (1 - p) + end_value * p
        p = clip((t - transition_begin) / transition_steps, 0, 1)

    init_value, end_value: >= 0; transition_steps: a whole number >= 1, transition_begin: one >= 0.
    Returns a function of the step. Source: Goodfellow et al. 2016, eq. 8.14.

    >>> rate = linear_decay(1.0, 0.5, transition_steps=10)
    >>> rate(0), rate(5), rate(99)
    (1.0, 0.75, 0.5)
    """
    rates = [("init_value", init_value), ("end_value", end_value)]
    steps = [("transition_steps", transition_steps)]
    init_value, end_value, transition_steps, transition_begin = check(
        "linear_decay", rates, steps, transition_begin
    )

    def value(t):
        q, p = shares(t - transition_begin, transition_steps)
        return init_value * q + end_value * p

    return schedule("linear_decay", value)


def polynomial_decay(init_value, end_value, power, transition_steps, transition_begin=0):
    """A power of the time that is left, from one learning rate to another.

        polynomial_decay(t) = end_value + (init_value - end_value) * (1 - p)**power
        p = clip((t - transition_begin) / transition_steps, 0, 1)

    init_value, end_value: >= 0; power: > 0; transition_steps: a whole number >= 1, transition_begin: one >=
    0. Returns a function of the step. Source: Chen et al. 2017, section 4.1, arXiv:1606.00915.

    >>> rate = polynomial_decay(1.0, 0.0, power=2, transition_steps=10)
    >>> rate(0), rate(5), rate(99)
    (1.0, 0.25, 0.0)
    """
    rates = [("init_value", init_value), ("end_value", end_value)]
    steps = [("transition_steps", transition_steps)]
    init_value, end_value, transition_steps, transition_begin = check(
        "polynomial_decay", rates, steps, transition_begin
    )
    power = checks.positive("polynomial_decay", "power", power)

    def value(t):
        q, _ = shares(t - transition_begin, transition_steps)
        return end_value + (init_value - end_value) * q**power

    return schedule("polynomial_decay", value)


def exponential_decay(
    init_value, transition_steps, decay_rate, transition_begin=0, staircase=False, end_value=None
):
    """Exponential decay: every transition_steps steps the learning rate is multiplied by decay_rate.

        exponential_decay(t) = init_value * decay_rate**p,  not beyond end_value
        p = max(t - transition_begin, 0) / transition_steps,  rounded down if staircase

    init_value: >= 0; decay_rate: > 0; transition_steps: a whole number >= 1, transition_begin: one >= 0.
    end_value: >= 0, a lower bound for decay_rate < 1, an upper bound for others; None for no bound.
    Returns a function of the step. Source: Li and Arora 2020, arXiv:1910.07454.

    >>> rate = exponential_decay(1.0, transition_steps=10, decay_rate=0.25, end_value=0.1)
    >>> rate(0), rate(5), rate(10), rate(99)
    (1.0, 0.5, 0.25, 0.1)
    """
    rates, steps = [("init_value", init_value)], [("transition_steps", transition_steps)]
    init_value, transition_steps, transition_begin = check(
        "exponential_decay", rates, steps, transition_begin
    )
    if end_value is not None:
        end_value = checks.non_negative("exponential_decay", "end_value", end_value)
    decay_rate = checks.positive("exponential_decay", "decay_rate", decay_rate)
    checks.flag("exponential_decay", "staircase", staircase)

    def value(t):
        since = max(t - transition_begin, 0)
        p = since // transition_steps if staircase else since / transition_steps
        rate = init_value * decay_rate**p
        if end_value is None:
            return rate
        return where(decay_rate < 1, maximum(rate, end_value), minimum(rate, end_value))

    return schedule("exponential_decay", value)


def inverse_time_decay(init_value, transition_steps, decay_rate, staircase=False):
    """Inverse time decay: half the learning rate at decay_rate * p = 1, a third at 2.

        inverse_time_decay(t) = init_value / (1 + decay_rate * p)
        p = t / transition_steps,  rounded down if staircase

    init_value, decay_rate: >= 0; transition_steps: a whole number >= 1. Returns a function of the step.
    Source: Robbins and Monro 1951; Keras' InverseTimeDecay (Optax has none).

    >>> rate = inverse_time_decay(1.0, transition_steps=10, decay_rate=1.0)
    >>> rate(0), rate(10), rate(30)
    (1.0, 0.5, 0.25)
    """
    rates = [("init_value", init_value), ("decay_rate", decay_rate)]
    steps = [("transition_steps", transition_steps)]
    init_value, decay_rate, transition_steps = check("inverse_time_decay", rates, steps)
    checks.flag("inverse_time_decay", "staircase", staircase)

    def value(t):
        p = t // transition_steps if staircase else t / transition_steps
        return init_value / (1 + decay_rate * p)

    return schedule("inverse_time_decay", value)


def inverse_sqrt_decay(peak_value, warmup_steps):
    """Inverse square root decay: a straight rise, then a fall that never ends.

        inverse_sqrt_decay(t) = peak_value * min(t / warmup_steps, sqrt(warmup_steps / t))

    peak_value: >= 0, reached at step warmup_steps, a whole number >= 1. At step 0 the learning rate is 0.
    Returns a function of the step. Source: Vaswani et al. 2017, eq. 3, arXiv:1706.03762, which counts from 1.

    >>> rate = inverse_sqrt_decay(1.0, warmup_steps=4)
    >>> rate(0), rate(1), rate(4), rate(16)
    (0.0, 0.25, 1.0, 0.5)
    """
    rates, steps = [("peak_value", peak_value)], [("warmup_steps", warmup_steps)]
    peak_value, warmup_steps = check("inverse_sqrt_decay", rates, steps)

    def value(t):
        return peak_value * (t / warmup_steps if t < warmup_steps else sqrt(warmup_steps / t))

    return schedule("inverse_sqrt_decay", value)
