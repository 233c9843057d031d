"""Rows of losses_classification."""

from ..samplers import Sampler, mat, real, simplex, unit
from .losses import BAD_REDUCTION, BAD_SHAPE, NO_SCORES, SCORES, YES_OR_NO, above_0, reduction
from .pair import Pair

side = Sampler(lambda draw: float(draw.choice((-1, 1))), (1.0, -1.0), real=False)
SIDES = (dict(logits=[0.5] * 3, labels=[[1.0]] * 3), BAD_SHAPE)
ZERO = (
    dict(logits=[0.5, 0.5], labels=[1.0, 0.0]),
    "labels must be -1 or 1; got 0.0. Fix: 2 * labels - 1 for 0 and 1.",
)
GAMMA = (dict(gamma=-1.0), "gamma must be a finite number >= 0; got -1.0.")
ALPHA = (dict(alpha=1.5), "alpha must be in [0, 1]; got 1.5.")

# fmt: off
PAIRS = (
    Pair("losses_classification.hinge", dict(logits=mat(real), labels=mat(side), reduction=reduction), kinks=dict(logits=1.0), fails=(SIDES, ZERO, BAD_REDUCTION)),
    Pair("losses_classification.squared_hinge", dict(logits=mat(real), labels=mat(side), reduction=reduction), fails=(SIDES, ZERO, BAD_REDUCTION)),
    Pair("losses_classification.sigmoid_focal", dict(logits=mat(real), labels=mat(unit), reduction=reduction, gamma=above_0, alpha=unit), wrt=("logits", "labels", "alpha"), fails=(SIDES, BAD_REDUCTION, GAMMA, ALPHA, YES_OR_NO)),
    Pair("losses_classification.softmax_focal", dict(logits=mat(real), labels=simplex(), reduction=reduction, gamma=above_0), wrt=("logits", "labels"), fails=(SCORES, NO_SCORES, BAD_REDUCTION, GAMMA, (dict(logits=[[1.0]], labels=[[1.0]]), "logits must have at least 2 classes; got shape (1, 1)."))),
)
# fmt: on
