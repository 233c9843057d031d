"""Rows of schedules_cosine, at a step."""

from ..samplers import choice, unit
from .pair import Pair
from .schedules import BAD, BAD_END, BAD_STEP, BAD_STEPS, factor, steps

BAD_ALPHA = (dict(alpha=-1.0), "alpha must be a finite number >= 0; got -1.0.")

# fmt: off
PAIRS = (
    Pair("schedules_cosine.cosine_decay", dict(step=steps, init_value=unit, decay_steps=choice(1, 8), alpha=unit), fails=(*BAD, BAD_ALPHA, (dict(decay_steps=0), "decay_steps must be a whole number >= 1; got 0."))),
    Pair("schedules_cosine.warmup_cosine_decay", dict(step=steps, init_value=unit, peak_value=unit, warmup_steps=choice(0, 4), decay_steps=choice(5, 9), end_value=unit), fails=(*BAD, BAD_END, (dict(peak_value=-1.0), "peak_value must be a finite number >= 0"), (dict(warmup_steps=-1), "warmup_steps must be a whole number >= 0; got -1."), (dict(warmup_steps=4, decay_steps=4), "decay_steps must be a whole number >= 5; got 4."))),
    Pair("schedules_cosine.warm_restarts", dict(step=steps, init_value=unit, cycle_steps=choice((5,), (3, 1, 4)), alpha=unit), fails=(*BAD, BAD_ALPHA, (dict(cycle_steps=(3, 0)), "cycle_steps must be a whole number >= 1; got 0."), (dict(cycle_steps=()), "cycle_steps must be a list of whole numbers; got ()."), (dict(cycle_steps=5), "cycle_steps must be a list of whole numbers; got 5."))),
    Pair("schedules_cosine.one_cycle", dict(step=steps, transition_steps=choice(3, 9), peak_value=unit, pct_start=choice(0.0, 0.5), div_factor=factor, final_div_factor=factor), fails=(BAD_STEP, BAD_STEPS, (dict(peak_value=-1.0), "peak_value must be a finite number >= 0"), (dict(pct_start=1.0), "pct_start must be in [0, 1); got 1.0."), (dict(div_factor=0.0), "div_factor must be a finite number > 0; got 0.0."), (dict(final_div_factor=0.0), "final_div_factor must be a finite number > 0; got 0.0."))),
)
# fmt: on
