"""Rows of regularization."""

from ..samplers import bit, real, unit, vec
from .pair import Pair

# fmt: off
PAIRS = (
    Pair("regularization.l1_penalty", dict(params=vec(real), rate=unit), kinks=dict(params=0.0), fails=((dict(rate=-0.5), "rate must be a finite number >= 0; got -0.5."),)),
    Pair("regularization.l2_penalty", dict(params=vec(real), rate=unit), fails=((dict(rate=-0.5), "rate must be a finite number >= 0; got -0.5."),)),
    Pair("regularization.dropout", dict(inputs=vec(real), mask=vec(bit), rate=unit), fails=((dict(rate=1.5), "rate must be in [0, 1); got 1.5."), (dict(mask=[1]), "inputs and mask must have the same shape; got (5,) and (1,)."))),
)
# fmt: on
