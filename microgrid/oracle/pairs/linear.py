"""Rows of linear."""

from ..samplers import mat, moderate, real, vec
from .pair import Pair

# fmt: off
PAIRS = (
    Pair("linear.linear", dict(inputs=vec(real), kernel=mat(moderate, 5, 3), bias=vec(real, 3)), fails=((dict(inputs=[1.0]), "inputs must end in the in_features of kernel"), (dict(bias=[1.0]), "bias must have the out_features of kernel (5, 3); got (1,)."))),
)
# fmt: on
