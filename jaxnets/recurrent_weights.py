"""Drawing the kernels of recurrent layers, whose gates stand side by side: each gate's by itself."""

import jax
import numpy as np

from . import weights


def kernel(told, given, generator, shape, gates, dtype):
    """[in, gates * hidden]; an initializer draws [in, hidden], the shape, for each gate. The default, whose
    size is that of the inputs alone, is one draw for all."""
    if given == "lecun_normal":
        return weights.drawn(told, given, generator, (shape[0], gates * shape[1]), dtype)
    return weights.drawn(told, given, generator, shape, dtype, gates)


def recurrent_kernel(told, given, generator, hidden, gates, dtype):
    """[hidden, gates * hidden]; an initializer draws [hidden, hidden] for each gate. The default is a random
    orthogonal one, which keeps the length of what it is given."""
    if given != "orthogonal":
        return weights.drawn(told, given, generator, (hidden, hidden), dtype, gates)
    q, r = np.linalg.qr(generator.standard_normal((gates, hidden, hidden)))  # faster than gate by gate
    q = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None]  # without a preferred sign
    return jax.device_put(np.concatenate(q, axis=1).astype(dtype))
