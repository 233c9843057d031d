"""Rows of returns."""

from typing import Any

from ..samplers import Sampler, bit, choice, moderate, positive, real, unit, vec
from .pair import Pair

PAID: dict[str, Any] = dict(reward=vec(real), discount=vec(unit))
STEPS: dict[str, Any] = dict(**PAID, next_value=vec(moderate), last=vec(bit))
VALUED: dict[str, Any] = dict(**PAID, value=vec(moderate), next_value=vec(moderate), last=vec(bit))
weight = Sampler(lambda draw: draw.random(), (0.0, 1.0))
above_0 = Sampler(lambda draw: draw.uniform(0.1, 3.0), (1.0,))
SHORT = dict(reward=[1.0])
FITS = (
    SHORT,
    "reward, discount, next_value and last must share one shape [T]; got (1,), (5,), (5,) and (5,).",
)
LAST = (dict(last=[0]), "must share one shape [T]; got (5,), (5,), (5,) and (1,).")
NOTHING: Any = (
    dict(reward=[], discount=[], value=[], next_value=[], last=[]),
    "must share one shape [T] with no axis empty; got (0,), (0,), (0,), (0,) and (0,).",
)
VALUES = (dict(value=[[1.0]] * 5), "must share one shape [T]; got (5,), (5,), (5, 1), (5,) and (5,).")
NO_WEIGHT = (
    (dict(gae_lambda=1.5), "gae_lambda must be in [0, 1]; got 1.5."),
    (dict(gae_lambda=-0.5), "gae_lambda must be in [0, 1]; got -0.5."),
    (dict(gae_lambda="1"), "gae_lambda must be a number; got '1'."),
)
NO_STEPS = (
    (dict(num_steps=0), "num_steps must be >= 1; got 0."),
    (dict(num_steps=1.5), "num_steps must be an integer; got 1.5."),
    (dict(num_steps=True), "num_steps must be an integer; got True."),
)
CLIPS = (
    (dict(clip_rho=0.0), "clip_rho must be > 0; got 0.0."),
    (dict(clip_c=0.0), "clip_c must be > 0; got 0.0."),
    (dict(clip_c=float("nan")), "clip_c must be > 0; got nan."),
    (dict(ratio=[1.0]), "must share one shape [T]; got (5,), (5,), (5,), (5,), (1,) and (5,)."),
)
LARGE = (dict(discount=[0.5, 5.0, 0.0, 0.0, 0.0]), "discount must be in [0, 1]; got 5.0.")
PARTLY = (dict(last=[0.5, -3.0, 0.0, 0.0, 0.0]), "last must be 0 or 1; got 0.5.")
UNLIKELY = (dict(ratio=[1.0, -0.5, 1.0, 1.0, 1.0]), "ratio must be >= 0; got -0.5.")
ODD = (dict(reward=[1.0, 2.0]), "must share one shape or be one number; got (2,), (5,), (5,), (5,).")
EMPTY: Any = (
    dict(reward=[], discount=0.5, value=1.0, next_value=[]),
    "must share one shape or be one number; got (0,), (), (), (0,).",
)
NO_NUMBER = (dict(reward="three"), "reward must be an array of numbers; got 'three'.")

# fmt: off
PAIRS = (
    Pair("returns.td_error", dict(**PAID, value=vec(moderate), next_value=vec(moderate)), room="rl", fails=(ODD, EMPTY, NO_NUMBER, LARGE)),
    Pair("returns.discounted_returns", STEPS, room="rl", fails=(FITS, LAST, LARGE, PARTLY)),
    Pair("returns.n_step_returns", dict(**STEPS, num_steps=choice(1, 2, 3, 7)), room="rl", fails=(FITS, LAST, LARGE, PARTLY, *NO_STEPS)),
    Pair("returns.lambda_returns", dict(**STEPS, gae_lambda=weight), room="rl", fails=(FITS, LAST, LARGE, PARTLY, *NO_WEIGHT)),
    Pair("returns.gae", dict(**VALUED, gae_lambda=weight), room="rl", fails=(NOTHING, VALUES, LARGE, PARTLY, *NO_WEIGHT)),
    Pair("returns.vtrace", dict(**VALUED, ratio=vec(positive), clip_rho=above_0, clip_c=above_0), room="rl", fails=(*CLIPS, LARGE, PARTLY, UNLIKELY)),
)
# fmt: on
