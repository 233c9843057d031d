"""Rows of optimizers."""

import math

from ..samplers import choice, unit
from .pair import Pair

BAD_RATE = (dict(learning_rate=-0.1), "learning_rate must be a finite number >= 0; got -0.1.")
ENDLESS_RATE = (dict(learning_rate=math.inf), "learning_rate must be a finite number >= 0; got inf.")
NO_RATE = (dict(learning_rate="fast"), "learning_rate must be a number or a schedule; got 'fast'.")
BAD_MOMENTUM = (dict(momentum=1.0), "momentum must be in [0, 1); got 1.0.")

# fmt: off
PAIRS = (
    Pair("optimizers.gradient_descent", dict(learning_rate=unit), fails=(BAD_RATE, ENDLESS_RATE, NO_RATE)),
    Pair("optimizers.sgd", dict(learning_rate=unit, momentum=choice(None, 0.0, 0.7), nesterov=choice(False, True)), fails=(BAD_RATE, NO_RATE, BAD_MOMENTUM)),
    Pair("optimizers.momentum", dict(learning_rate=unit, momentum=unit), fails=(BAD_RATE, BAD_MOMENTUM)),
    Pair("optimizers.nesterov", dict(learning_rate=unit, momentum=unit), fails=(BAD_RATE, BAD_MOMENTUM)),
    Pair("optimizers.adagrad", dict(learning_rate=unit, initial_accumulator_value=unit, eps=choice(1e-7, 0.01, 0.0)), fails=(BAD_RATE, (dict(eps=-1.0), "eps must be a finite number >= 0"), (dict(initial_accumulator_value=-1.0), "initial_accumulator_value must be"))),
    Pair("optimizers.rmsprop", dict(learning_rate=unit, decay=unit, eps=choice(1e-8, 0.01), eps_in_sqrt=choice(True, False)), fails=(BAD_RATE, (dict(decay=1.0), "decay must be in [0, 1)"), (dict(eps=-1.0), "eps must be a finite number >= 0"))),
    Pair("optimizers.adam", dict(learning_rate=unit, b1=unit, b2=unit, eps=choice(1e-8, 0.01)), fails=(BAD_RATE, (dict(b1=1.5), "b1 must be in [0, 1); got 1.5."), (dict(b2=1.0), "b2 must be in [0, 1)"), (dict(eps=-1.0), "eps must be a finite number >= 0"))),
)
# fmt: on
