"""Solvers of a TabularMDP in numpy, with a proven bound on the error; large ones sweep through JAX.

The formulas are those of rl.mdp, which tests compare; here nothing is compiled unless it pays. One way to
solve, one file; `SOLVERS` names them all.
"""

from .. import checks
from .gauss_seidel import gauss_seidel
from .linear_programming import linear_programming
from .policy_iteration import modified_policy_iteration, policy_iteration
from .prioritized_sweeping import prioritized_sweeping
from .value_iteration import value_iteration

SOLVERS = {
    "value_iteration": value_iteration,
    "policy_iteration": policy_iteration,
    "modified_policy_iteration": modified_policy_iteration,
    "gauss_seidel": gauss_seidel,
    "prioritized_sweeping": prioritized_sweeping,
    "linear_programming": linear_programming,
}


def chosen(method, compiled):
    """The solver of that name; raises for no name of one, and for a choice that is none."""
    if compiled is not None:
        checks.flag("solve", "compiled", compiled)
    if not isinstance(method, str) or method not in SOLVERS:
        *names, last = map(repr, SOLVERS)
        raise ValueError(f"solve: method must be {', '.join(names)} or {last}; got {method!r}.")
    return SOLVERS[method]
