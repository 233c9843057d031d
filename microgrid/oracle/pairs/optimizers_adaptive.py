"""Rows of optimizers_adaptive."""

from ..samplers import choice, unit
from .optimizers import BAD_RATE, ENDLESS_RATE, NO_RATE
from .pair import Pair

BAD_B1 = (dict(b1=1.5), "b1 must be in [0, 1); got 1.5.")
BAD_B2 = (dict(b2=1.0), "b2 must be in [0, 1); got 1.0.")
BAD_EPS = (dict(eps=-1.0), "eps must be a finite number >= 0; got -1.0.")
NO_EPS = (dict(eps=0.0), "eps must be a finite number > 0; got 0.0.")
BAD_DECAY = (dict(weight_decay=-0.1), "weight_decay must be a finite number >= 0; got -0.1.")
BAD = (
    BAD_RATE,
    ENDLESS_RATE,
    NO_RATE,
    (dict(learning_rate=True), "learning_rate must be a number or a schedule; got True."),
)
MOMENTS = (*BAD, BAD_B1, BAD_B2)

# fmt: off
PAIRS = (
    Pair("optimizers_adaptive.adamw", dict(learning_rate=unit, b1=unit, b2=unit, eps=choice(1e-8, 0.01), weight_decay=unit), fails=(*MOMENTS, BAD_EPS, BAD_DECAY)),
    Pair("optimizers_adaptive.nadam", dict(learning_rate=unit, b1=unit, b2=unit, eps=choice(1e-8, 0.01)), fails=(*MOMENTS, BAD_EPS)),
    Pair("optimizers_adaptive.amsgrad", dict(learning_rate=unit, b1=unit, b2=unit, eps=choice(1e-8, 0.01)), fails=(*MOMENTS, BAD_EPS)),
    Pair("optimizers_adaptive.adamax", dict(learning_rate=unit, b1=unit, b2=unit, eps=choice(1e-8, 0.01)), fails=(*MOMENTS, NO_EPS)),
    Pair("optimizers_adaptive.adadelta", dict(learning_rate=unit, rho=unit, eps=choice(1e-6, 0.01)), fails=(*BAD, (dict(rho=1.0), "rho must be in [0, 1); got 1.0."), NO_EPS)),
    Pair("optimizers_adaptive.lion", dict(learning_rate=unit, b1=unit, b2=unit, weight_decay=unit), fails=(*MOMENTS, BAD_DECAY)),
    Pair("optimizers_adaptive.rprop", dict(learning_rate=unit, eta_minus=unit, eta_plus=choice(1.2, 3.0), min_step_size=choice(1e-6, 0.2), max_step_size=choice(50.0, 0.6)), fails=(BAD_RATE, (dict(learning_rate=abs), "learning_rate must be a number; got"), (dict(eta_minus=1.0), "eta_minus must be in [0, 1)"), (dict(eta_plus=0.0), "eta_plus must be a finite number > 0"), (dict(min_step_size=0.0), "min_step_size must be a finite number > 0"), (dict(max_step_size=0.0), "max_step_size must be a finite number > 0"))),
)
# fmt: on
