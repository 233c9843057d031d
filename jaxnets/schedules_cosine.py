"""Schedules that fall along a cosine: the change is slow at both ends, fast in the middle.

Each returns a function of the step t, a whole number >= 0, which counts from 0 as in Optax. q: the share of
the fall that is still to come, (1 + cos(pi * p)) / 2 where p is the share of the steps that is done; its
half-angle form sin(pi / 2 * (1 - p))**2 keeps its digits near the end.
"""

import math

import jax.numpy as jnp

from . import checks
from .steps import check, length, schedule, shares


def cosine_decay(init_value, decay_steps, alpha=0.0):
    """Cosine decay: half a wave, from the crest to the trough.

        cosine_decay(t) = init_value * (q + alpha * (1 - q)),  q = (1 + cos(pi * p)) / 2
        p = min(t / decay_steps, 1)

    init_value, alpha: >= 0; alpha is the share of init_value that stays; decay_steps: a whole number >= 1.
    Returns a function of the step. Source: Loshchilov and Hutter 2017, eq. 5, arXiv:1608.03983.

    >>> rate = cosine_decay(1.0, decay_steps=10)
    >>> rate(jnp.array([0, 5, 10, 99])).round(4).tolist()
    [1.0, 0.5, 0.0, 0.0]
    """
    rates = [("init_value", init_value), ("alpha", alpha)]
    init_value, alpha, decay_steps, _ = check("cosine_decay", rates, [("decay_steps", decay_steps)])

    def value(t):
        left, over = _shares(t, decay_steps)
        return init_value * (left + alpha * over)

    return schedule("cosine_decay", value)


def warmup_cosine_decay(init_value, peak_value, warmup_steps, decay_steps, end_value=0.0):
    """Warm-up along a straight line, then cosine decay.

        warmup_cosine_decay(t) = init_value * (1 - p) + peak_value * p,  p = t / warmup_steps  if p < 1
        warmup_cosine_decay(t) = peak_value * q + end_value * (1 - q),  q = (1 + cos(pi * p)) / 2  after it
        p = min((t - warmup_steps) / (decay_steps - warmup_steps), 1)

    init_value, peak_value, end_value: >= 0; warmup_steps: a whole number >= 0; decay_steps: a larger one, for
    it counts the warm-up too. Returns a function of the step. Source: Goyal et al. 2017, section 2.2,
    arXiv:1706.02677; Loshchilov and Hutter 2017, eq. 5, arXiv:1608.03983.

    >>> rate = warmup_cosine_decay(0.0, 1.0, warmup_steps=4, decay_steps=8)
    >>> rate(jnp.array([0, 1, 4, 6, 8])).round(4).tolist()
    [0.0, 0.25, 1.0, 0.5, 0.0]
    """
    rates = [("init_value", init_value), ("peak_value", peak_value), ("end_value", end_value)]
    init_value, peak_value, end_value, _ = check("warmup_cosine_decay", rates)
    warmup = length("warmup_cosine_decay", "warmup_steps", warmup_steps, 0)
    length("warmup_cosine_decay", "decay_steps", decay_steps, warmup_steps + 1)
    fall = length("warmup_cosine_decay", "decay_steps", decay_steps - warmup_steps, 1)

    def value(t):
        q, p = shares(t, max(warmup, 1))
        left, over = _shares(t - warmup, fall)
        rising, falling = init_value * q + peak_value * p, peak_value * left + end_value * over
        return jnp.where(t < warmup, rising, falling)

    return schedule("warmup_cosine_decay", value)


def warm_restarts(init_value, cycle_steps, alpha=0.0):
    """SGDR: cosine decay again and again; each restart leaves a valley for another.

        warm_restarts(t) = init_value * (q + alpha * (1 - q)),  q = (1 + cos(pi * p)) / 2
        p = steps since the restart / length of the cycle;  p = 1 after the last cycle

    init_value, alpha: >= 0; cycle_steps: the lengths of the cycles, a list of whole numbers >= 1. The paper
    doubles them: [10, 20, 40]. Returns a function of the step. Source: Loshchilov and Hutter 2017, eq. 5,
    arXiv:1608.03983.

    >>> rate = warm_restarts(1.0, cycle_steps=[2, 2])
    >>> rate(jnp.arange(6)).round(4).tolist()
    [1.0, 0.5, 1.0, 0.5, 0.0, 0.0]
    """
    if not isinstance(cycle_steps, list | tuple) or not cycle_steps:
        cycle = cycle_steps if isinstance(cycle_steps, int) and not isinstance(cycle_steps, bool) else 0
        fix = f" Fix: [{cycle_steps}]." if 1 <= cycle <= checks.MOST else ""
        raise TypeError(
            f"warm_restarts: cycle_steps must be a list of whole numbers; "
            f"got {checks.shown(cycle_steps)}.{fix}"
        )
    sizes = [("cycle_steps", length) for length in cycle_steps]
    rates = [("init_value", init_value), ("alpha", alpha)]
    init_value, alpha, first, *others, _ = check("warm_restarts", rates, sizes)

    def value(t):
        steps = first
        for following in others:
            ended = t >= steps
            t, steps = jnp.where(ended, t - steps, t), jnp.where(ended, following, steps)
        left, over = _shares(t, steps)
        return init_value * (left + alpha * over)

    return schedule("warm_restarts", value)


def one_cycle(transition_steps, peak_value, pct_start=0.3, div_factor=25.0, final_div_factor=1e4):
    """One cycle: half a wave up to a high peak, and half a wave down to almost nothing.

        one_cycle(t) = low * q + peak_value * (1 - q),  p = t / rise, if t < rise
        one_cycle(t) = peak_value * q + end * (1 - q),  p = min((t - rise) / (transition_steps - rise), 1)
        q = (1 + cos(pi * p)) / 2,  low = peak_value / div_factor,  end = low / final_div_factor
        rise = floor(pct_start * transition_steps)

    peak_value: >= 0; div_factor, final_div_factor: > 0; pct_start: in [0, 1), the share of the steps that
    rise; transition_steps: a whole number >= 1. Returns a function of the step. (PyTorch's peak comes a
    step earlier.) Source: Smith and Topin 2018, arXiv:1708.07120, with cosines for its lines.

    >>> rate = one_cycle(8, peak_value=1.0, pct_start=0.5, div_factor=4.0, final_div_factor=2.0)
    >>> rate(jnp.array([0, 2, 4, 6, 8])).round(4).tolist()
    [0.25, 0.625, 1.0, 0.5625, 0.125]
    """
    checked = check("one_cycle", [("peak_value", peak_value)], [("transition_steps", transition_steps)])
    peak_value, transition_steps, _ = checked
    checks.fraction("one_cycle", "pct_start", pct_start)
    div_factor = checks.positive("one_cycle", "div_factor", div_factor)
    final_div_factor = checks.positive("one_cycle", "final_div_factor", final_div_factor)
    rise = length("one_cycle", "pct_start", math.floor(pct_start * transition_steps), 0)
    low = peak_value / div_factor

    def value(t):
        below, above = _shares(t, max(rise, 1))
        left, over = _shares(t - rise, transition_steps - rise)
        fall = peak_value * left + low / final_div_factor * over
        return jnp.where(t < rise, low * below + peak_value * above, fall)

    return schedule("one_cycle", value)


def _shares(t, steps):
    """q and 1 - q, each by itself."""
    left, over = shares(t, steps)
    return jnp.sin(jnp.pi / 2 * left) ** 2, jnp.sin(jnp.pi / 2 * over) ** 2
