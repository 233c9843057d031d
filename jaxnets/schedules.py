"""Schedules: learning rates that change with the step t, which counts from 0 as in Optax.

Each returns a function of the step for an optimizer to call, inside a compiled function or not: a whole
number >= 0, or an array of them (for a picture). After its last step a schedule keeps its value. They are
Optax's, in the form that loses fewest digits, and mistakes get a sentence where Optax falls back to a
constant.
"""

import math

import jax.numpy as jnp

from . import checks
from .steps import check, length, schedule, shares


def constant(value):
    """Constant: the step does not matter.

        constant(t) = value

    value: >= 0. Returns a function of the step. Source: Goodfellow et al. 2016, algorithm 8.1.

    >>> float(constant(0.5)(100))
    0.5
    """
    value = checks.non_negative("constant", "value", value)
    return schedule("constant", lambda t: jnp.broadcast_to(value, t.shape))


def piecewise_constant(init_value, boundaries_and_scales):
    """Piecewise constant: a learning rate that is scaled each time a boundary is reached.

        piecewise_constant(t) = init_value * product of the scales whose boundary <= t

    init_value: >= 0; boundaries_and_scales: {boundary: scale}, or pairs of them; boundaries are steps, scales
    >= 0. Returns a function of the step. Source: He et al. 2016, section 3.4, arXiv:1512.03385.

    >>> rate = piecewise_constant(1.0, {100: 0.5, 200: 0.5})
    >>> rate(jnp.array([99, 100, 200])).round(4).tolist()
    [1.0, 0.5, 0.25]
    """
    init_value = checks.non_negative("piecewise_constant", "init_value", init_value)
    stairs = _stairs(boundaries_and_scales)

    def value(t):
        scales = [jnp.where(t >= boundary, scale, 1) for boundary, scale in stairs]
        return init_value * math.prod(scales, start=jnp.ones(t.shape))

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
    return [
        (
            length("piecewise_constant", "a boundary of boundaries_and_scales", boundary, 0),
            checks.non_negative("piecewise_constant", "a scale of boundaries_and_scales", scale),
        )
        for boundary, scale in pairs
    ]


def linear_decay(init_value, end_value, transition_steps, transition_begin=0):
    """Linear decay, or warm-up: a straight line from one learning rate to another, down or up.

        linear_decay(t) = init_value * (1 - p) + end_value * p
        p = clip((t - transition_begin) / transition_steps, 0, 1)

    init_value, end_value: >= 0; transition_steps: a whole number >= 1, transition_begin: one >= 0.
    Returns a function of the step. Source: Goodfellow et al. 2016, eq. 8.14.

    >>> rate = linear_decay(1.0, 0.5, transition_steps=10)
    >>> rate(jnp.array([0, 5, 99])).round(4).tolist()
    [1.0, 0.75, 0.5]
    """
    rates = [("init_value", init_value), ("end_value", end_value)]
    checked = check("linear_decay", rates, [("transition_steps", transition_steps)], transition_begin)
    init_value, end_value, transition_steps, transition_begin = checked

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
    >>> rate(jnp.array([0, 5, 99])).round(4).tolist()
    [1.0, 0.25, 0.0]
    """
    rates = [("init_value", init_value), ("end_value", end_value)]
    checked = check("polynomial_decay", rates, [("transition_steps", transition_steps)], transition_begin)
    init_value, end_value, transition_steps, transition_begin = checked
    power = checks.positive("polynomial_decay", "power", power)

    def value(t):
        q, _ = shares(t - transition_begin, transition_steps)
        return end_value + (init_value - end_value) * jnp.power(q, power)

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

    >>> rate = exponential_decay(1.0, transition_steps=10, decay_rate=0.25, end_value=0.125)
    >>> rate(jnp.array([0, 5, 10, 99])).round(4).tolist()
    [1.0, 0.5, 0.25, 0.125]
    """
    bounded = end_value is not None
    rates = [("init_value", init_value), ("end_value", end_value if bounded else 0)]
    checked = check("exponential_decay", rates, [("transition_steps", transition_steps)], transition_begin)
    init_value, bound, transition_steps, transition_begin = checked
    decay_rate = checks.positive("exponential_decay", "decay_rate", decay_rate)
    checks.flag("exponential_decay", "staircase", staircase)

    def value(t):
        since = jnp.maximum(t - transition_begin, 0)
        p = since // transition_steps if staircase else since / transition_steps
        rate = init_value * jnp.power(decay_rate, p)
        lower, upper = jnp.maximum(rate, bound), jnp.minimum(rate, bound)
        return jnp.where(decay_rate < 1, lower, upper) if bounded else rate

    return schedule("exponential_decay", value)


def inverse_time_decay(init_value, transition_steps, decay_rate, staircase=False):
    """Inverse time decay: half the learning rate at decay_rate * p = 1, a third at 2.

        inverse_time_decay(t) = init_value / (1 + decay_rate * p)
        p = t / transition_steps,  rounded down if staircase

    init_value, decay_rate: >= 0; transition_steps: a whole number >= 1. Returns a function of the step.
    Source: Robbins and Monro 1951; Keras' InverseTimeDecay (Optax has none).

    >>> rate = inverse_time_decay(1.0, transition_steps=10, decay_rate=1.0)
    >>> rate(jnp.array([0, 10, 30])).round(4).tolist()
    [1.0, 0.5, 0.25]
    """
    rates = [("init_value", init_value), ("decay_rate", decay_rate)]
    checked = check("inverse_time_decay", rates, [("transition_steps", transition_steps)])
    init_value, decay_rate, transition_steps, _ = checked
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
    >>> rate(jnp.array([0, 1, 4, 16])).round(4).tolist()
    [0.0, 0.25, 1.0, 0.5]
    """
    checked = check("inverse_sqrt_decay", [("peak_value", peak_value)], [("warmup_steps", warmup_steps)])
    peak_value, warmup_steps, _ = checked

    def value(t):
        fall = jnp.sqrt(warmup_steps / jnp.maximum(t, warmup_steps))
        return peak_value * jnp.where(t < warmup_steps, t / warmup_steps, fall)

    return schedule("inverse_sqrt_decay", value)
