"""Rows of gan."""

from ..samplers import choice, mat, real, unit, vec
from .losses import BAD_REDUCTION, reduction
from .pair import Pair

kind = choice("minimax", "non_saturating", "least_squares", "wasserstein")
BAD_KIND = (dict(kind="hinge"), "kind must be one of minimax, non_saturating, least_squares, wasserstein; got 'hinge'.")  # fmt: skip
NO_KIND = (dict(kind=None), "kind must be one of minimax, non_saturating, least_squares, wasserstein; got None.")  # fmt: skip
COLUMN = (dict(real_logits=[[0.5]] * 3, fake_logits=[0.5] * 3), "must have the same shape; got (3, 1) and (3,).")  # fmt: skip
FLAT = "gradients must have one row an example, [N, ...]; got shape (2,)."
NO_MEETING = "noise must have one number an example, to meet real (3, 4); got (2,)."
STEEP = (dict(center=-1.0), "center must be a finite number >= 0; got -1.0.")

# fmt: off
PAIRS = (
    Pair("gan.generator_loss", dict(fake_logits=vec(real), kind=kind, reduction=reduction), fails=(BAD_KIND, NO_KIND, BAD_REDUCTION, (dict(fake_logits=[]), "fake_logits must not be empty; got shape (0,)."))),
    Pair("gan.discriminator_loss", dict(real_logits=vec(real), fake_logits=vec(real), kind=kind, reduction=reduction), fails=(BAD_KIND, NO_KIND, BAD_REDUCTION, COLUMN, (dict(real_logits=[], fake_logits=[]), "real_logits must not be empty; got shape (0,)."))),
    Pair("gan.interpolation", dict(real=mat(real), fake=mat(real), noise=vec(unit, 3)), fails=((dict(noise=[0.5, 0.5]), NO_MEETING), (dict(real=1.0, fake=1.0, noise=0.5), "to meet real (); got ()."), (dict(fake=[[1.0]]), "real and fake must have the same shape; got (3, 4) and (1, 1)."), (dict(real=[], fake=[], noise=[]), "real must not be empty"))),
    Pair("gan.gradient_penalty", dict(gradients=mat(real), center=choice(0.0, 1.0, 0.5), reduction=reduction), fails=((dict(gradients=[1.0, 2.0]), FLAT), (dict(gradients=[[], []]), "gradients must not be empty; got shape (2, 0)."), STEEP, (dict(center="one"), "center must be a number; got 'one'."), BAD_REDUCTION)),
)
# fmt: on
