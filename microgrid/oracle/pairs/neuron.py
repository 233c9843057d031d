"""Rows of neuron."""

from ..samplers import moderate, real, vec
from .pair import Pair

# fmt: off
PAIRS = (
    Pair("neuron.neuron", dict(inputs=vec(real), weights=vec(moderate), bias=real), fails=((dict(inputs=[1.0]), "as many numbers as there are weights"),)),
)
# fmt: on
