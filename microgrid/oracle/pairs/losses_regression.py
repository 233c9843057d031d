"""Rows of losses_regression."""

from ..samplers import Sampler, mat, moderate, real
from .losses import BAD_REDUCTION, BAD_SHAPE, COLUMN, LOGITS, THREE, above_0, reduction
from .pair import Pair

count = Sampler(lambda draw: float(draw.choice((0, 1, 2, 7, 40))), (0.0, 1.0))
DELTAS = (
    (dict(delta=0.0), "delta must be a finite number > 0; got 0.0."),
    (dict(delta=float("nan")), "delta must be a finite number > 0; got nan."),
    (dict(delta="1"), "delta must be a number; got '1'."),
)
FITS = (THREE, BAD_SHAPE), COLUMN, BAD_REDUCTION
RATES = (
    (
        dict(predictions=[-1.0], targets=[0.0]),
        "predictions must be >= 0; got -1.0. Fix: log_poisson of the scores.",
    ),
    (dict(predictions=[1.0], targets=[-1.0]), "targets must be >= 0; got -1.0."),
)
COUNTS = (dict(logits=[0.5], labels=[-1.0]), "labels must be >= 0; got -1.0.")

# fmt: off
PAIRS = (
    Pair("losses_regression.huber", dict(predictions=mat(real), targets=mat(real), reduction=reduction, delta=above_0), fails=(*FITS, *DELTAS)),
    Pair("losses_regression.log_cosh", dict(predictions=mat(real), targets=mat(real), reduction=reduction), fails=FITS),
    Pair("losses_regression.poisson", dict(predictions=mat(above_0), targets=mat(count), reduction=reduction), fails=(*FITS, *RATES)),
    Pair("losses_regression.log_poisson", dict(logits=mat(moderate), labels=mat(count), reduction=reduction), fails=((LOGITS, BAD_SHAPE), BAD_REDUCTION, COUNTS)),
)
# fmt: on
