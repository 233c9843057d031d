"""THE table: one row for every formula that both rooms say. Tests, verdicts and the demo are read off it.

A row names the formula, says how to draw its arguments, where it has kinks, and which inputs must fail and
how.
"""

import math
from dataclasses import dataclass
from typing import Any

from .samplers import bit, choice, label, mat, moderate, positive, prob, real, simplex, unit, vec


@dataclass(frozen=True, eq=False)
class Pair:
    """A row.

    name: "topic.function", the same in both rooms; arguments: name -> sampler.
    room: the package of the array room. wrt: the arguments that gradients are taken for, all real ones if
    None. kinks: argument -> the point where its slope jumps. fails: (arguments to replace, words of the
    error). ulps: bounds on the distance of values and of gradients; above (4, 8) only with a reason.
    """

    name: str
    arguments: dict[str, Any]
    room: str = "jaxnets"
    wrt: tuple | None = None
    kinks: dict[str, float] | None = None
    fails: tuple = ()
    ulps: tuple = (4, 8)
    reason: str = ""

    @property
    def topic(self):
        return self.name.split(".")[0]

    @property
    def function(self):
        return self.name.split(".")[1]


reduction = choice("mean", "sum", "none")
BAD_REDUCTION = (dict(reduction="average"), "reduction must be 'mean', 'sum' or 'none'; got 'average'.")
BAD_SHAPE = "must have the same shape; got (3,) and (3, 1)."
THREE = dict(predictions=[0.5] * 3, targets=[[0.5]] * 3)
COLUMN = (dict(predictions=[[0.5]] * 3, targets=[0.5] * 3), "got (3, 1) and (3,). Fix: targets[:, None].")
LOGITS = dict(logits=[0.5] * 3, labels=[[0.5]] * 3)
ROWS = (
    dict(predictions=[[0.5, 0.5]], targets=[[1.0, 0.0, 0.0]]),
    "must be integer labels (1,) or rows (1, 2)",
)
SCORES = (dict(logits=[[0.5, 0.5]], labels=[[1.0, 0.0, 0.0]]), "must be integer labels (1,) or rows (1, 2)")
HALF_LABELS = (
    dict(predictions=[[0.5, 0.5]] * 2, targets=[0, 0.5]),
    "must be integer labels (2,) or rows (2, 2) to meet predictions (2, 2); got (2,).",
)
NO_ROWS = (dict(predictions=[], targets=[]), "predictions must not be empty; got shape (0,).")
NO_SCORES = (dict(logits=[], labels=[]), "logits must not be empty; got shape (0,).")
BAD_RATE = (dict(learning_rate=-0.1), "learning_rate must be a finite number >= 0; got -0.1.")
ENDLESS_RATE = (dict(learning_rate=math.inf), "learning_rate must be a finite number >= 0; got inf.")
NO_RATE = (dict(learning_rate="fast"), "learning_rate must be a number or a schedule; got 'fast'.")
BAD_MOMENTUM = (dict(momentum=1.0), "momentum must be in [0, 1); got 1.0.")

PROCESS: dict[str, Any] = dict(
    reward=vec(mat(moderate, 2, 2), 3),
    discount=vec(mat(unit, 2, 2), 3),
    next_state=vec(vec(label(3, 2), 2), 3),
    probability=vec(simplex(2, 2), 3),
)
ENDLESS = (  # state 1 never ends, states 0 and 2 have a value all the same
    dict(next_state=[[[s] * 2] * 2 for s in range(3)], discount=[[[d] * 2] * 2 for d in (0.0, 1.0, 0.5)],
         probability=[[[0.5] * 2] * 2] * 3),
    "discount must be below 1 where a policy never ends; got a singular system.",
)  # fmt: skip
OUTSIDE = (dict(next_state=[[[0, 3], [0, 0]]] * 3), "next_state must be in [0, 3); got 3.")
TRANSITION: dict[str, Any] = dict(reward=real, discount=unit, value=vec(moderate), next_value=vec(moderate))
ELIMINATION = (
    "eliminating 3 unknowns rounds 18 times on the way to each value, where the scale counts the largest one; "
    "in another order of pivots each may fall the other way: 18 ULP at worst, sqrt(18) * 2 as a random walk"
)
BAD_ACTION = (dict(action=5), "action must be in [0, 5); got 5.")
TWO_REWARDS = (dict(reward=[1.0, 2.0]), "reward must be one number; got shape (2,).")
TWO_DISCOUNTS = (dict(discount=[0.5, 0.5]), "discount must be one number; got shape (2,).")
BAD_VALUES = (dict(value=[1.0]), "value and next_value must share one shape [A]; got (1,) and (5,).")

# fmt: off
PAIRS = (
    Pair("neuron.neuron", dict(inputs=vec(real), weights=vec(moderate), bias=real), fails=((dict(inputs=[1.0]), "as many numbers as there are weights"),)),
    Pair("activations.identity", dict(x=real)),
    Pair("activations.linear", dict(x=real, slope=real, intercept=real)),
    Pair("activations.sigmoid", dict(x=real)),
    Pair("activations.tanh", dict(x=real)),
    Pair("activations.binary_step", dict(x=real), kinks=dict(x=0.0)),
    Pair("activations.relu", dict(x=real), kinks=dict(x=0.0)),
    Pair("activations.leaky_relu", dict(x=real, negative_slope=unit, positive_slope=positive), kinks=dict(x=0.0)),
    Pair("activations.softmax", dict(x=vec(real)), fails=((dict(x=[]), "x must not be empty; got shape (0,)."),)),
    Pair("losses.mean_squared_error", dict(predictions=mat(real), targets=mat(real), reduction=reduction), fails=((THREE, BAD_SHAPE), COLUMN, BAD_REDUCTION, (dict(predictions=[], targets=[]), "must not be empty"))),
    Pair("losses.mean_absolute_error", dict(predictions=mat(real), targets=mat(real), reduction=reduction), fails=((THREE, BAD_SHAPE), BAD_REDUCTION)),
    Pair("losses.binary_cross_entropy", dict(predictions=mat(prob), targets=mat(prob), reduction=reduction), fails=((THREE, BAD_SHAPE), BAD_REDUCTION)),
    Pair("losses.categorical_cross_entropy", dict(predictions=simplex(certain=False), targets=simplex(), reduction=reduction), fails=(ROWS, NO_ROWS, HALF_LABELS, BAD_REDUCTION)),
    Pair("losses.sigmoid_binary_cross_entropy", dict(logits=mat(real), labels=mat(unit), reduction=reduction), fails=((LOGITS, BAD_SHAPE), BAD_REDUCTION)),
    Pair("losses.softmax_cross_entropy", dict(logits=mat(real), labels=simplex(), reduction=reduction), fails=(SCORES, NO_SCORES, BAD_REDUCTION)),
    Pair("optimizers.gradient_descent", dict(learning_rate=unit), fails=(BAD_RATE, ENDLESS_RATE, NO_RATE)),
    Pair("optimizers.sgd", dict(learning_rate=unit, momentum=choice(None, 0.0, 0.7), nesterov=choice(False, True)), fails=(BAD_RATE, NO_RATE, BAD_MOMENTUM)),
    Pair("optimizers.momentum", dict(learning_rate=unit, momentum=unit), fails=(BAD_RATE, BAD_MOMENTUM)),
    Pair("optimizers.nesterov", dict(learning_rate=unit, momentum=unit), fails=(BAD_RATE, BAD_MOMENTUM)),
    Pair("optimizers.adagrad", dict(learning_rate=unit, initial_accumulator_value=unit, eps=choice(1e-7, 0.01, 0.0)), fails=(BAD_RATE, (dict(eps=-1.0), "eps must be a finite number >= 0"), (dict(initial_accumulator_value=-1.0), "initial_accumulator_value must be"))),
    Pair("optimizers.rmsprop", dict(learning_rate=unit, decay=unit, eps=choice(1e-8, 0.01), eps_in_sqrt=choice(True, False)), fails=(BAD_RATE, (dict(decay=1.0), "decay must be in [0, 1)"), (dict(eps=-1.0), "eps must be a finite number >= 0"))),
    Pair("optimizers.adam", dict(learning_rate=unit, b1=unit, b2=unit, eps=choice(1e-8, 0.01)), fails=(BAD_RATE, (dict(b1=1.5), "b1 must be in [0, 1); got 1.5."), (dict(b2=1.0), "b2 must be in [0, 1)"), (dict(eps=-1.0), "eps must be a finite number >= 0"))),
    Pair("regularization.l1_penalty", dict(params=vec(real), rate=unit), kinks=dict(params=0.0), fails=((dict(rate=-0.5), "rate must be a finite number >= 0; got -0.5."),)),
    Pair("regularization.l2_penalty", dict(params=vec(real), rate=unit), fails=((dict(rate=-0.5), "rate must be a finite number >= 0; got -0.5."),)),
    Pair("regularization.dropout", dict(inputs=vec(real), mask=vec(bit), rate=unit), fails=((dict(rate=1.5), "rate must be in [0, 1); got 1.5."), (dict(mask=[1]), "inputs and mask must have the same shape; got (5,) and (1,)."))),
    Pair("linear.linear", dict(inputs=vec(real), kernel=mat(moderate, 5, 3), bias=vec(real, 3)), fails=((dict(inputs=[1.0]), "inputs must end in the in_features of kernel"), (dict(bias=[1.0]), "bias must have the out_features of kernel (5, 3); got (1,)."))),
    Pair("mdp.bellman_backup", dict(reward=vec(real), discount=vec(unit), next_value=vec(real), probability=vec(prob)), room="rl", fails=((dict(reward=[1.0]), "must share one shape [K]; got (1,)"),)),
    Pair("mdp.value_iteration", dict(**PROCESS, num_sweeps=choice(0, 1, 3), value=vec(moderate, 3)), room="rl", fails=(OUTSIDE, (dict(num_sweeps=-1), "num_sweeps must be >= 0; got -1."), (dict(value=[0.0]), "value must have shape (3,); got (1,)."))),
    Pair("mdp.policy_iteration", dict(**PROCESS, policy=choice(None, (1, 0, 1))), room="rl", ulps=(16, 16), reason=ELIMINATION, wrt=("reward", "discount", "probability"), fails=(OUTSIDE, (dict(policy=[0, 0]), "policy must have shape (3,); got (2,)."), (dict(policy=[0, 2, 0]), "policy must be in [0, 2); got 2."), ENDLESS)),
    Pair("q_learning.q_learning_error", dict(**TRANSITION, action=choice(0, 3)), room="rl", fails=(BAD_ACTION, BAD_VALUES, TWO_REWARDS, TWO_DISCOUNTS)),
    Pair("q_learning.sarsa_error", dict(**TRANSITION, action=choice(0, 3), next_action=choice(1, 4)), room="rl", fails=(BAD_ACTION, BAD_VALUES, (dict(next_action=-1), "next_action must be in [0, 5); got -1."))),
)
# fmt: on
BY_NAME = {pair.name: pair for pair in PAIRS}
