"""Schedules that fall along a cosine: the change is slow at both ends, fast in the middle.

Each returns a function of the step t, a whole number >= 0, which counts from 0 as in Optax. q: the share of
the fall that is still to come, (1 + cos(pi * p)) / 2 where p is the share of the steps that is done; its
half-angle form sin(pi / 2 * (1 - p))**2 keeps its digits near the end.
"""

import math

from . import checks
from .steps import check, schedule, shares


def cosine_decay(init_value, decay_steps, alpha=0.0):
    """Cosine decay: half a wave, from the crest to the trough.

        cosine_decay(t) = init_value * (q + alpha * (1 - q)),  q = (1 + cos(pi * p)) / 2
        p = min(t / decay_steps, 1)

    init_value, alpha: >= 0; alpha is the share of init_value that stays; decay_steps: a whole number >= 1.
    Returns a function of the step. Source: Loshchilov and Hutter 2017, eq. 5, arXiv:1608.03983.

    >>> rate = cosine_decay(1.0, decay_steps=10)
    >>> rate(0), round(rate(5), 4), rate(10), rate(99)
    (1.0, 0.5, 0.0, 0.0)
    """
    rates, steps = [("init_value", init_value), ("alpha", alpha)], [("decay_steps", decay_steps)]
    init_value, alpha, decay_steps = check("cosine_decay", rates, steps)

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
    >>> rate(0), rate(1), rate(4), round(rate(6), 4), rate(8)
    (0.0, 0.25, 1.0, 0.5, 0.0)
    """
    rates = [("init_value", init_value), ("peak_value", peak_value), ("end_value", end_value)]
    init_value, peak_value, end_value = check("warmup_cosine_decay", rates)
    warmup_steps = checks.whole("warmup_cosine_decay", "warmup_steps", warmup_steps, 0)
    decay_steps = checks.whole("warmup_cosine_decay", "decay_steps", decay_steps, warmup_steps + 1)

    def value(t):
        if t < warmup_steps:
            return init_value * ((warmup_steps - t) / warmup_steps) + peak_value * (t / warmup_steps)
        left, over = _shares(t - warmup_steps, decay_steps - warmup_steps)
        return peak_value * left + end_value * over

    return schedule("warmup_cosine_decay", value)


def warm_restarts(init_value, cycle_steps, alpha=0.0):
    """SGDR: cosine decay again and again; each restart leaves a valley for another.

        warm_restarts(t) = init_value * (q + alpha * (1 - q)),  q = (1 + cos(pi * p)) / 2
        p = steps since the restart / length of the cycle;  p = 1 after the last cycle

    init_value, alpha: >= 0; cycle_steps: the lengths of the cycles, a list of whole numbers >= 1. The paper
    doubles them: [10, 20, 40]. Returns a function of the step. Source: Loshchilov and Hutter 2017, eq. 5,
    arXiv:1608.03983.

    >>> rate = warm_restarts(1.0, cycle_steps=[2, 4])
    >>> [round(rate(t), 4) for t in range(8)]
    [1.0, 0.5, 1.0, 0.8536, 0.5, 0.1464, 0.0, 0.0]
    """
    if not isinstance(cycle_steps, list | tuple) or not cycle_steps:
        cycle = cycle_steps if isinstance(cycle_steps, int) and not isinstance(cycle_steps, bool) else 0
        fix = f" Fix: [{cycle_steps}]." if 1 <= cycle <= checks.MOST else ""
        raise TypeError(
            f"warm_restarts: cycle_steps must be a list of whole numbers; "
            f"got {checks.shown(cycle_steps)}.{fix}"
        )
    lengths = [("cycle_steps", length) for length in cycle_steps]
    rates = [("init_value", init_value), ("alpha", alpha)]
    init_value, alpha, *cycle_steps = check("warm_restarts", rates, lengths)

    def value(t):
        cycle = 0
        while t >= cycle_steps[cycle] and cycle < len(cycle_steps) - 1:
            t, cycle = t - cycle_steps[cycle], cycle + 1
        left, over = _shares(t, cycle_steps[cycle])
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
    >>> rate(0), round(rate(2), 4), rate(4), round(rate(6), 4), rate(8)
    (0.25, 0.625, 1.0, 0.5625, 0.125)
    """
    rates, steps = [("peak_value", peak_value)], [("transition_steps", transition_steps)]
    peak_value, transition_steps = check("one_cycle", rates, steps)
    pct_start = checks.fraction("one_cycle", "pct_start", pct_start)
    div_factor = checks.positive("one_cycle", "div_factor", div_factor)
    final_div_factor = checks.positive("one_cycle", "final_div_factor", final_div_factor)
    rise = int(pct_start * transition_steps)
    low = peak_value / div_factor

    def value(t):
        if t < rise:
            left, over = _shares(t, rise)
            return low * left + peak_value * over
        left, over = _shares(t - rise, transition_steps - rise)
        return peak_value * left + low / final_div_factor * over

    return schedule("one_cycle", value)


def _shares(t, steps):
    """q and 1 - q, each by itself."""
    left, over = shares(t, steps)
    return math.sin(math.pi / 2 * left) ** 2, math.sin(math.pi / 2 * over) ** 2
