"""Rows of normalization."""

from ..samplers import Sampler, choice, mat, positive, real, vec
from .pair import Pair

small = Sampler(lambda draw: draw.choice((1e-5, 1e-3, 0.5)), (1e-6, 1.0))
blocks = vec(mat(real, 2, 4), 2)
EPS = (dict(eps=-1.0), "eps must be a finite number > 0; got -1.0.")
NO_EPS = (dict(eps=0.0), "eps must be a finite number > 0; got 0.0.")
SCALE = (dict(scale=[1.0]), "scale must have the shape (3,) of the features of inputs (4, 3); got (1,).")
SUMS = "sums of N terms, 4 or 8 here, round N - 1 times in the array room and once in the scalar one"
# fmt: off
PAIRS = (
    Pair("normalization.moments", ulps=(8, 8), reason=SUMS, arguments=dict(inputs=mat(real, 4, 3)), fails=((dict(inputs=[1.0]), "inputs must be [N, ..., features]; got shape (1,)."), (dict(inputs=[[]]), "inputs must not be empty; got shape (1, 0)."))),
    Pair("normalization.batch_norm", dict(inputs=mat(real, 4, 3), mean=vec(real, 3), var=vec(positive, 3), scale=vec(real, 3), bias=vec(real, 3), eps=small), fails=(EPS, NO_EPS, SCALE, (dict(inputs=[1.0, 2.0, 3.0]), "inputs must be [N, ..., features]; got shape (3,)."), (dict(mean=[1.0]), "mean must have the shape (3,) of the features"), (dict(var=[1.0, -1.0, 1.0]), "var must not be negative; got -1.0."), (dict(bias=[[1.0]]), "got (1, 1)."))),
    Pair("normalization.layer_norm", dict(inputs=vec(real, 4), scale=vec(real, 4), bias=vec(real, 4), eps=small), fails=(EPS, NO_EPS, (dict(inputs=[]), "inputs must not be empty; got shape (0,)."), (dict(inputs=1.0), "inputs must be [..., features]; got shape ()."), (dict(scale=[1.0]), "scale must have the shape (4,) of the features of inputs (4,); got (1,)."), (dict(bias=[1.0]), "bias must have the shape (4,)"))),
    Pair("normalization.group_norm", ulps=(16, 8), reason=SUMS, arguments=dict(inputs=blocks, num_groups=choice(1, 2, 4), scale=vec(real, 4), bias=vec(real, 4), eps=small), fails=(EPS, NO_EPS, (dict(num_groups=3), "num_groups must divide the 4 features of inputs (2, 2, 4); got 3."), (dict(num_groups=0), "num_groups must be a whole number >= 1; got 0."), (dict(num_groups=2.0), "got 2.0."), (dict(scale=[1.0]), "scale must have the shape (4,) of the features of inputs (2, 2, 4); got (1,)."), (dict(bias=[1.0]), "bias must have the shape (4,)"))),
    Pair("normalization.rms_norm", dict(inputs=vec(real, 4), scale=vec(real, 4), eps=small), fails=(EPS, NO_EPS, (dict(inputs=[]), "inputs must not be empty; got shape (0,)."), (dict(scale=[1.0]), "scale must have the shape (4,) of the features of inputs (4,); got (1,)."))),
)
# fmt: on
