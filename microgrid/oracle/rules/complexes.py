"""Complex numbers and their parts."""

import numpy as np

from ..arrays import Array
from .registry import rule


@rule("real")
def _real(replay, equation, x):
    return Array(equation.outvars[0].aval.dtype, x.ids)


@rule("imag")
def _imag(replay, equation, x):
    return Array(equation.outvars[0].aval.dtype, x.imaginary)


@rule("complex")
def _complex(replay, equation, x, y):
    real, imaginary = np.broadcast_arrays(x.ids, y.ids)
    return Array(equation.outvars[0].aval.dtype, real, imaginary)


@rule("conj")
def _conj(replay, equation, x):
    if x.imaginary is None:
        return Array(equation.outvars[0].aval.dtype, x.ids, np.full(x.shape, replay.tape.zero()))
    return Array(x.dtype, x.ids, replay.tape.apply("neg", x.imaginary))
