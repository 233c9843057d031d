"""Rows of mdp."""

from typing import Any

from ..samplers import choice, distribution, label, mat, moderate, real, simplex, unit, vec
from .pair import Pair

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
LARGE = (dict(discount=[[[2.0] * 2] * 2] * 3), "discount must be in [0, 1]; got 2.0.")
TWICE = (dict(probability=[[[1.0] * 2] * 2] * 3), "probability must sum to 1; got 2.0.")
NO_LAW = (
    (dict(probability=[0.5, 0.5, 0.5, 0.5, 0.5]), "probability must sum to 1; got 2.5."),
    (dict(probability=[1.5, -0.5, 0.0, 0.0, 0.0]), "probability must be >= 0; got -0.5."),
)
ELIMINATION = (
    "eliminating 3 unknowns rounds 18 times on the way to each value, where the scale counts the largest one; "
    "in another order of pivots each may fall the other way: 18 ULP at worst, sqrt(18) * 2 as a random walk"
)

# fmt: off
PAIRS = (
    Pair("mdp.bellman_backup", dict(reward=vec(real), discount=vec(unit), next_value=vec(real), probability=distribution()), room="rl", fails=((dict(reward=[1.0]), "must share one shape [K]; got (1,)"), (dict(discount=[0.5, 9.0, 0.0, 0.0, 0.0]), "discount must be in [0, 1]; got 9.0."), *NO_LAW)),
    Pair("mdp.value_iteration", dict(**PROCESS, num_sweeps=choice(0, 1, 3), value=vec(moderate, 3)), room="rl", fails=(OUTSIDE, LARGE, TWICE, (dict(num_sweeps=-1), "num_sweeps must be >= 0; got -1."), (dict(value=[0.0]), "value must have shape (3,); got (1,)."))),
    Pair("mdp.policy_iteration", dict(**PROCESS, policy=choice(None, (1, 0, 1))), room="rl", ulps=(16, 16), reason=ELIMINATION, wrt=("reward", "discount", "probability"), fails=(OUTSIDE, LARGE, TWICE, (dict(policy=[0, 0]), "policy must have shape (3,); got (2,)."), (dict(policy=[0, 2, 0]), "policy must be in [0, 2); got 2."), ENDLESS)),
)
# fmt: on
