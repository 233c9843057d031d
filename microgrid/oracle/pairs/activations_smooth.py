"""Rows of activations_smooth."""

from ..samplers import Sampler, choice, real, unit
from .pair import Pair

NEGATIVE = (dict(alpha=-0.5), "alpha must be a finite number >= 0; got -0.5.")
ZERO = (dict(alpha=0.0), "alpha must be a finite number > 0; got 0.0.")
NAN = float("nan")
tail = Sampler(real.draw, (*real.hard, -31.50000023))  # far out where x**2 has digits to lose
above_0 = Sampler(lambda draw: draw.uniform(0.1, 3.0), (1.0, 0.25))

CDF = "below -1 the normal distribution is a product of exp and a series in the array room: 3 ULP, and x times it"
# fmt: off
PAIRS = (
    Pair("activations_smooth.elu", dict(x=real, alpha=unit), kinks=dict(x=0.0), fails=(NEGATIVE, (dict(alpha=NAN), ">= 0; got nan."), (dict(alpha="one"), "alpha must be a number; got 'one'."))),
    Pair("activations_smooth.selu", dict(x=real), kinks=dict(x=0.0)),
    Pair("activations_smooth.celu", dict(x=real, alpha=above_0), fails=(ZERO, (dict(alpha=float("inf")), "> 0; got inf."))),
    Pair("activations_smooth.gelu", ulps=(6, 8), reason=CDF, arguments=dict(x=tail, approximate=choice(False, True)), fails=((dict(approximate="tanh"), "approximate must be True or False; got 'tanh'."),)),
    Pair("activations_smooth.silu", dict(x=real)),
    Pair("activations_smooth.softplus", dict(x=real)),
    Pair("activations_smooth.softsign", dict(x=real)),
    Pair("activations_smooth.mish", dict(x=real)),
    Pair("activations_smooth.log_sigmoid", dict(x=real)),
)
# fmt: on
