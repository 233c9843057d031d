"""Rows of activations_piecewise."""

from ..samplers import real
from .pair import Pair

# fmt: off
PAIRS = (
    Pair("activations_piecewise.relu6", dict(x=real), kinks=dict(x=6.0)),
    Pair("activations_piecewise.hard_sigmoid", dict(x=real), kinks=dict(x=3.0)),
    Pair("activations_piecewise.hard_tanh", dict(x=real), kinks=dict(x=1.0)),
    Pair("activations_piecewise.hard_silu", dict(x=real), kinks=dict(x=-3.0)),
    Pair("activations_piecewise.prelu", dict(x=real, negative_slope=real), kinks=dict(x=0.0)),
)
# fmt: on
