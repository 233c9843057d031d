"""Rows of losses_similarity."""

from ..samplers import SUBNORMAL, Sampler, mat, real, simplex
from .losses import BAD_REDUCTION, BAD_SHAPE, HALF_LABELS, NO_ROWS, ROWS, SOFTMAX, THREE, reduction
from .pair import Pair

normal = Sampler(real.draw, tuple(x for x in real.hard if x != SUBNORMAL))  # XLA on CPU takes it for 0
NOT_PROBABLE = (
    (dict(predictions=[[0.5, 1.5]], targets=[1]), f"predictions must be in [0, 1]; got 1.5. {SOFTMAX}"),
    (dict(predictions=[[0.5, 0.5]], targets=[[-1.0, 2.0]]), "targets must be >= 0; got -1.0."),
)

# fmt: off
PAIRS = (
    Pair("losses_similarity.kl_divergence", dict(predictions=simplex(certain=False), targets=simplex(), reduction=reduction), fails=(ROWS, NO_ROWS, HALF_LABELS, BAD_REDUCTION, *NOT_PROBABLE)),
    Pair("losses_similarity.cosine_distance", dict(predictions=mat(normal), targets=mat(normal), reduction=reduction), fails=((THREE, BAD_SHAPE), NO_ROWS, BAD_REDUCTION, (dict(predictions=0.5, targets=0.5), "must end in one number for each class; got shape ()."))),
)
# fmt: on
