"""Rows of clipping."""

from ..samplers import positive, real, vec
from .pair import Pair

# fmt: off
PAIRS = (
    Pair("clipping.clip_by_value", dict(grads=vec(real), max_value=positive), fails=((dict(max_value=-1.0), "max_value must be a finite number >= 0; got -1.0."), (dict(max_value="1"), "max_value must be a number; got '1'."))),
    Pair("clipping.clip_by_global_norm", dict(grads=vec(real), max_norm=positive), fails=((dict(max_norm=-1.0), "max_norm must be a finite number >= 0; got -1.0."),)),
)
# fmt: on
