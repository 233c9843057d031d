"""Rows of schedules, at a step."""

from ..samplers import Sampler, choice, unit
from .pair import Pair

steps = Sampler(lambda draw: draw.randint(0, 12), (0, 3, 4, 5, 8), real=False)
factor = Sampler(lambda draw: draw.uniform(0.1, 2.0), (0.5, 1.0))
BAD_STEP = (dict(step=-1), "step must be a whole number >= 0; got -1.")
BAD_INIT = (dict(init_value=-1.0), "init_value must be a finite number >= 0; got -1.0.")
BAD_STEPS = (dict(transition_steps=0), "transition_steps must be a whole number >= 1; got 0.")
BAD_BEGIN = (dict(transition_begin=-1), "transition_begin must be a whole number >= 0; got -1.")
BAD_END = (dict(end_value=-1.0), "end_value must be a finite number >= 0; got -1.0.")
BAD = (BAD_STEP, (dict(step=True), "step must be a whole number >= 0; got True."), BAD_INIT)

RECIPROCAL = (
    "XLA divides by a constant as it multiplies by its reciprocal, so the exponent may be one ULP off, which is "
    "worth |log(decay_rate)| * exponent times as much: up to 10 ULP here"
)
# fmt: off
PAIRS = (
    Pair("schedules.constant", dict(step=steps, value=unit), fails=(BAD_STEP, (dict(value=-1.0), "value must be a finite number >= 0; got -1.0."), (dict(value=True), "value must be a number; got True."))),
    Pair("schedules.piecewise_constant", dict(step=steps, init_value=unit, boundaries_and_scales=choice((), ((4, 0.5),), ((8, 0.1), (3, 3.0)))), fails=(*BAD, (dict(boundaries_and_scales=(3, 0.5)), "must be a dict {boundary: scale}; got (3, 0.5)."), (dict(boundaries_and_scales={-1: 0.5}), "boundaries_and_scales must be a whole number >= 0; got -1."), (dict(boundaries_and_scales={1: -0.5}), "boundaries_and_scales must be a finite number >= 0; got -0.5."))),
    Pair("schedules.linear_decay", dict(step=steps, init_value=unit, end_value=unit, transition_steps=choice(1, 5), transition_begin=choice(0, 3)), fails=(*BAD, BAD_END, BAD_STEPS, BAD_BEGIN)),
    Pair("schedules.polynomial_decay", dict(step=steps, init_value=unit, end_value=unit, power=factor, transition_steps=choice(1, 5), transition_begin=choice(0, 3)), fails=(*BAD, BAD_END, BAD_STEPS, BAD_BEGIN, (dict(power=0.0), "power must be a finite number > 0; got 0.0."))),
    Pair("schedules.exponential_decay", ulps=(12, 8), reason=RECIPROCAL, arguments=dict(step=steps, init_value=unit, transition_steps=choice(1, 5), decay_rate=factor, transition_begin=choice(0, 3), staircase=choice(False, True), end_value=choice(None, 0.3)), fails=(*BAD, BAD_END, BAD_STEPS, BAD_BEGIN, (dict(decay_rate=0.0), "decay_rate must be a finite number > 0; got 0.0."), (dict(staircase=1), "staircase must be True or False; got 1."))),
    Pair("schedules.inverse_time_decay", dict(step=steps, init_value=unit, transition_steps=choice(1, 5), decay_rate=factor, staircase=choice(False, True)), fails=(*BAD, BAD_STEPS, (dict(decay_rate=-1.0), "decay_rate must be a finite number >= 0; got -1.0."), (dict(staircase=1), "staircase must be True or False; got 1."))),
    Pair("schedules.inverse_sqrt_decay", dict(step=steps, peak_value=unit, warmup_steps=choice(1, 4)), fails=(BAD_STEP, (dict(peak_value=-1.0), "peak_value must be a finite number >= 0"), (dict(warmup_steps=0), "warmup_steps must be a whole number >= 1; got 0."))),
)
# fmt: on
