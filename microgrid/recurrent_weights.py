"""Drawing the kernels of recurrent layers, whose gates stand side by side: each gate's by itself."""

from . import weights
from .initializers import _orthonormal
from .value import Value


def kernel(told, given, draw, shape, gates):
    """[in][gates * hidden]; an initializer draws [in][hidden], the shape, for each gate. The default, whose
    size is that of the inputs alone, is one draw for all."""
    if given == "lecun_normal":
        return weights.drawn(told, given, draw, (shape[0], gates * shape[1]))
    return weights.drawn(told, given, draw, shape, gates)


def recurrent_kernel(told, given, draw, hidden, gates):
    """[hidden][gates * hidden]; an initializer draws [hidden][hidden] for each gate. The default is a random
    orthogonal one, which keeps the length of what it is given."""
    if given != "orthogonal":
        return weights.drawn(told, given, draw, (hidden, hidden), gates)
    noise = [[[draw.gauss(0, 1) for _ in range(hidden)] for _ in range(hidden)] for _ in range(gates)]
    kernels = [[[Value(x) for x in row] for row in _orthonormal(rows)] for rows in noise]  # rows, not columns
    return weights.side_by_side(kernels)
