"""Rows of initializers."""

from ..samplers import Sampler, mat, moderate, real, unit, vec
from .pair import Pair

kernel = mat(moderate, 3, 2)
window = vec(mat(moderate, 3, 2), 2)
below = Sampler(lambda draw: -draw.random(), (-0.5, 0.0))
above = Sampler(lambda draw: 2 * draw.random(), (0.0, 3.0))
wide = Sampler(
    lambda draw: [[draw.gauss(0, 1) for _ in range(4)] for _ in range(2)],
    ([[1.0, 0.0, 0.0, 0.0], [1.0, 1e-3, 0.0, 0.0]],),
)
EMPTY = (dict(noise=[[]]), "noise must not be empty; got shape (1, 0).")
NO_FANS = (dict(noise=[1.0]), "noise must have the shape of a kernel, [..., in, out]; got (1,).")
BAD_STDDEV = (dict(stddev=-1.0), "stddev must be a finite number >= 0; got -1.0.")
DEPENDENT = (
    dict(noise=[[1.0, 0.0], [0.0, 0.0]]),
    "noise must have independent columns; got a matrix of lower rank.",
)

# fmt: off
PAIRS = (
    Pair("initializers.zeros", dict(noise=kernel), fails=(EMPTY,)),
    Pair("initializers.ones", dict(noise=kernel), fails=(EMPTY,)),
    Pair("initializers.constant", dict(noise=kernel, value=moderate), fails=(EMPTY, (dict(value=float("inf")), "value must be a finite number; got inf."), (dict(value=True), "value must be a number; got True."))),
    Pair("initializers.uniform", dict(noise=kernel, low=below, high=above), fails=(EMPTY, (dict(low=1.0, high=0.5), "low must be at most high; got 1.0 and 0.5."), (dict(low=float("nan")), "low must be a finite number; got nan."), (dict(high=float("inf")), "high must be a finite number; got inf."))),
    Pair("initializers.normal", dict(noise=mat(real, 3, 2), stddev=unit), fails=(EMPTY, BAD_STDDEV)),
    Pair("initializers.truncated_normal", dict(noise=kernel, stddev=unit), fails=(EMPTY, BAD_STDDEV)),
    Pair("initializers.glorot_uniform", dict(noise=window), fails=(EMPTY, NO_FANS)),
    Pair("initializers.glorot_normal", dict(noise=window), fails=(EMPTY, NO_FANS)),
    Pair("initializers.he_uniform", dict(noise=window), fails=(EMPTY, NO_FANS)),
    Pair("initializers.he_normal", dict(noise=window), fails=(EMPTY, NO_FANS)),
    Pair("initializers.lecun_uniform", dict(noise=window), fails=(EMPTY, NO_FANS)),
    Pair("initializers.lecun_normal", dict(noise=window), fails=(EMPTY, NO_FANS)),
    Pair("initializers.orthogonal", dict(noise=wide, scale=unit), fails=(EMPTY, NO_FANS, DEPENDENT, (dict(scale=-1.0), "scale must be a finite number >= 0; got -1.0."))),
)
# fmt: on
