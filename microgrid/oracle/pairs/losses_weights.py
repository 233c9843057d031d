"""Rows of losses_weights."""

from ..samplers import mat, real, vec
from .losses import BAD_REDUCTION, above_0, reduction
from .pair import Pair

SHORT = (
    dict(sample_weight=[1.0, 1.0]),
    "must have one number for each example of terms (3, 4); got shape (2,).",
)
EACH = (dict(terms=[[1.0]], sample_weight=[[1.0]]), "for each example of terms (1, 1); got shape (1, 1).")
LESS = (dict(sample_weight=[1.0, -1.0, 1.0]), "sample_weight must be a finite number >= 0; got -1.0.")

# fmt: off
PAIRS = (
    Pair("losses_weights.sample_weighted", dict(terms=mat(real), sample_weight=vec(above_0, 3), reduction=reduction), fails=(SHORT, EACH, LESS, BAD_REDUCTION, (dict(terms=[], sample_weight=[]), "terms must not be empty; got shape (0,)."))),
)
# fmt: on
