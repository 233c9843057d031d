"""Rows of q_learning."""

from typing import Any

from ..samplers import choice, distribution, mat, moderate, real, unit, vec
from .losses import BAD_REDUCTION, above_0, reduction
from .losses_regression import DELTAS
from .mdp import NO_LAW
from .pair import Pair

TRANSITION: dict[str, Any] = dict(reward=real, discount=unit, value=vec(moderate), next_value=vec(moderate))
BAD_ACTION = (dict(action=5), "action must be in [0, 5); got 5.")
TWO_REWARDS = (dict(reward=[1.0, 2.0]), "reward must be one number; got shape (2,).")
TWO_DISCOUNTS = (dict(discount=[0.5, 0.5]), "discount must be one number; got shape (2,).")
LARGE = (dict(discount=1.5), "discount must be in [0, 1]; got 1.5.")
BAD_VALUES = (dict(value=[1.0]), "value and next_value must share one shape [A]; got (1,) and (5,).")
SHORT_PROBABILITY = (dict(probability=[1.0]), "must share one shape [A]; got (5,), (5,) and (1,).")
SHORT_SELECTOR = (dict(selector_value=[1.0]), "must share one shape [A]; got (5,), (5,) and (1,).")
NO_ERRORS: Any = (dict(error=[]), "error must not be empty; got shape (0,).")

# fmt: off
PAIRS = (
    Pair("q_learning.q_learning_error", dict(**TRANSITION, action=choice(0, 3)), room="rl", fails=(BAD_ACTION, BAD_VALUES, TWO_REWARDS, TWO_DISCOUNTS, LARGE)),
    Pair("q_learning.sarsa_error", dict(**TRANSITION, action=choice(0, 3), next_action=choice(1, 4)), room="rl", fails=(BAD_ACTION, BAD_VALUES, (dict(next_action=-1), "next_action must be in [0, 5); got -1."))),
    Pair("q_learning.expected_sarsa_error", dict(**TRANSITION, action=choice(0, 3), probability=distribution()), room="rl", fails=(BAD_ACTION, SHORT_PROBABILITY, TWO_REWARDS, TWO_DISCOUNTS, LARGE, *NO_LAW)),
    Pair("q_learning.double_q_error", dict(**TRANSITION, selector_value=vec(moderate), action=choice(0, 3)), room="rl", fails=(BAD_ACTION, SHORT_SELECTOR, TWO_REWARDS, TWO_DISCOUNTS, LARGE)),
    Pair("q_learning.dqn_loss", dict(error=mat(real), delta=above_0, reduction=reduction), room="rl", fails=(NO_ERRORS, BAD_REDUCTION, *DELTAS)),
)
# fmt: on
