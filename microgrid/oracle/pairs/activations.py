"""Rows of activations."""

from ..samplers import positive, real, unit, vec
from .pair import Pair

# fmt: off
PAIRS = (
    Pair("activations.identity", dict(x=real)),
    Pair("activations.linear", dict(x=real, slope=real, intercept=real)),
    Pair("activations.sigmoid", dict(x=real)),
    Pair("activations.tanh", dict(x=real)),
    Pair("activations.binary_step", dict(x=real), kinks=dict(x=0.0)),
    Pair("activations.relu", dict(x=real), kinks=dict(x=0.0)),
    Pair("activations.leaky_relu", dict(x=real, negative_slope=unit, positive_slope=positive), kinks=dict(x=0.0), fails=((dict(negative_slope=float("nan")), "negative_slope must be a finite number; got nan."), (dict(positive_slope=float("inf")), "positive_slope must be a finite number; got inf."))),
    Pair("activations.softmax", dict(x=vec(real)), fails=((dict(x=[]), "x must not be empty; got shape (0,)."),)),
)
# fmt: on
