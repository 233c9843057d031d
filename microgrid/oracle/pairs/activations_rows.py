"""Rows of activations_rows."""

from ..samplers import Sampler, real, vec
from .pair import Pair

EMPTY = (dict(x=[]), "x must not be empty; got shape (0,).")

gate = Sampler(real.draw, (0.0, -0.0, 1.0, -1.0, 1e-9, 19.5, 700.0, -745.0))  # XLA flushes exp(-709) to 0

# fmt: off
PAIRS = (
    Pair("activations_rows.log_softmax", dict(x=vec(gate)), fails=(EMPTY,)),
    Pair("activations_rows.glu", dict(x=vec(gate, 4)), fails=(EMPTY, (dict(x=[1.0, 2.0, 3.0]), "x must end in an even number of features, two halves; got shape (3,)."))),
)
# fmt: on
