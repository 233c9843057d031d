"""Rows of policy_gradient."""

import math
from typing import Any

from ..samplers import Sampler, choice, moderate, real, vec
from .losses import BAD_REDUCTION, reduction
from .pair import Pair

INF, LOWEST = math.inf, -3.4028234663852886e38  # of float32
FORBIDDEN = ([0.5, -INF, 40.0, 0.0, -INF], [1.0, LOWEST, 1.0, LOWEST, 3.0], [-INF, -INF, 7.0, -INF, -INF])
scores = Sampler(vec(real).draw, (*vec(real).hard, *FORBIDDEN))
# No 709 beside a 0, as entropy would magnify by its logarithm a probability that XLA on CPU flushes to 0; no
# ties throughout, where its slopes are 0 but for rounding.
MIXED = ([0.0, -0.0, 1.0, -1.0, 1e-9], [19.5, -37.0, 300.0, -300.0, 1e4])
untied_scores = Sampler(vec(real).draw, (*MIXED, *FORBIDDEN))
size = Sampler(lambda draw: draw.uniform(-2.0, 1.0), (0.0, -1.0))
wide = Sampler(lambda draw: draw.gauss(0.0, draw.choice((1.0, 3.0, 20.0))), (0.0, 1e-9, 19.5, 400.0, -400.0))
eps = Sampler(lambda draw: draw.uniform(0.05, 0.5), (0.2,))
NO_ROW = (
    (dict(logits="three"), "logits must be an array of numbers; got 'three'."),
    (dict(logits=[[1.0]] * 5), "logits must be the scores [A] of one observation; got shape (5, 1)."),
    (dict(logits=[]), "logits must be the scores [A] of one observation; got shape (0,)."),
    (dict(logits=0.5), "logits must be the scores [A] of one observation; got shape ()."),
)
OUTSIDE = (
    (dict(action=5), "action must be in [0, 5); got 5."),
    (dict(action=-1), "action must be in [0, 5); got -1."),
    (dict(action=0.5), "action must be an integer; got 0.5."),
)
NORMAL: dict[str, Any] = dict(mean=vec(moderate), log_std=vec(size))
ONE = (dict(log_std=[0.0]), "must share one shape [D]; got (5,), (1,) and (5,).")
NONE = "must share one shape [D] with no axis empty; got (0,), (0,) and (0,)."
NO_ACTION: Any = (dict(mean=[], log_std=[], action=[]), NONE)
NO_TANH: Any = (dict(mean=[], log_std=[], pre_tanh=[]), NONE)
NO_ENTROPY = (
    (dict(log_std=0.0), "log_std must be the numbers [D] of one action; got shape ()."),
    (dict(log_std=[]), "log_std must be the numbers [D] of one action; got shape (0,)."),
)
STEPS: dict[str, Any] = dict(log_prob=vec(moderate), advantage=vec(real))
UNEQUAL = (dict(advantage=[1.0]), "advantage must share one shape; got (5,)")
NO_TERM = "log_prob must not be empty; got shape (0,)."
NO_STEPS: Any = (dict(log_prob=[], advantage=[]), NO_TERM)
NO_RATIOS: Any = (dict(log_prob=[], old_log_prob=[], advantage=[]), NO_TERM)
NO_NUMBERS = (dict(log_prob="three"), "log_prob must be an array of numbers; got 'three'.")
NO_CLIP = (
    (dict(clip_eps=0.0), "clip_eps must be a finite number > 0; got 0.0."),
    (dict(clip_eps=INF), "clip_eps must be a finite number > 0; got inf."),
    (dict(clip_eps="1"), "clip_eps must be a number; got '1'."),
)

# fmt: off
PAIRS = (
    Pair("policy_gradient.categorical_log_prob", dict(logits=scores, action=choice(0, 2, 4)), room="rl", fails=(*NO_ROW, *OUTSIDE)),
    Pair("policy_gradient.entropy", dict(logits=untied_scores), room="rl", fails=NO_ROW),
    Pair("policy_gradient.gaussian_log_prob", dict(**NORMAL, action=vec(moderate)), room="rl", fails=(ONE, NO_ACTION)),
    Pair("policy_gradient.gaussian_entropy", dict(log_std=vec(real)), room="rl", fails=NO_ENTROPY),
    Pair("policy_gradient.squashed_gaussian_log_prob", dict(**NORMAL, pre_tanh=vec(wide)), room="rl", fails=(ONE, NO_TANH)),
    Pair("policy_gradient.reinforce_loss", dict(**STEPS, reduction=reduction), room="rl", fails=(UNEQUAL, NO_NUMBERS, NO_STEPS, BAD_REDUCTION)),
    Pair("policy_gradient.ppo_clip_loss", dict(**STEPS, old_log_prob=vec(moderate), clip_eps=eps, reduction=reduction), room="rl", fails=(UNEQUAL, NO_NUMBERS, NO_RATIOS, BAD_REDUCTION, *NO_CLIP)),
)
# fmt: on
