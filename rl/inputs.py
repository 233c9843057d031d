"""What formulas, tables and agents ask of arrays: an array of numbers comes back, or one sentence is raised.

S: states, A: actions, K: outcomes of a state and action.
"""

from reprlib import repr as shortened

import numpy as np

from . import checks

HUGE = 1e200  # rewards beyond would overflow when they are added up


def shown(x):
    """What a sentence says of an argument: dtype and shape of an array, a few words of anything else."""
    return f"{x.dtype} {x.shape}" if hasattr(x, "dtype") else shortened(x)


def jax_numbers(function, name, x):
    """A JAX array of real numbers; text, None, complex numbers and ragged rows are none."""
    import jax
    import jax.numpy as jnp

    try:
        if any(isinstance(leaf, str) for leaf in jax.tree.leaves(x)):
            raise TypeError  # jnp.asarray takes some letters for the name of a dtype
        array = jnp.asarray(x)
        if jnp.iscomplexobj(array):
            raise TypeError
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{function}: {name} must be an array of numbers; got {shown(x)}.") from None
    return array


def numbers(function, name, x):
    """A numpy array of real numbers of any dtype, never the caller's own."""
    try:
        array = np.array(x)  # ragged rows raise here
        if array.dtype.kind in "cOSUMmT":
            raise TypeError
    except (TypeError, ValueError):
        raise TypeError(f"{function}: {name} must be an array of numbers; got {shown(x)}.") from None
    return array


def at_axes(*index):
    """Where an entry of an array [S, A, K] stands.

    >>> at_axes(0, 1)
    'at state 0, action 1'
    """
    axes = zip(("state", "action", "outcome"), index, strict=False)
    return "at " + ", ".join(f"{axis} {i}" for axis, i in axes)


def _require(function, name, rule, array, good, where):
    """Raises at the first entry that is not good; where: its index -> the words for it."""
    if not good.all():
        at = tuple(np.argwhere(~good)[0].tolist())
        raise ValueError(f"{function}: {name} must be {rule}; got {array[at]} {where(*at)}.")


def indices(function, name, x, end=None, where=at_axes):
    """Integers in [0, end), of any size if None."""
    array = numbers(function, name, x)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{function}: {name} must be integers; got {array.dtype}.")
    if end is None:
        _require(function, name, ">= 0", array, array >= 0, where)
    else:
        _require(function, name, f"in [0, {end})", array, (array >= 0) & (array < end), where)
    return array


def flags(function, name, x, where=at_axes):
    """True or False, or 1 and 0, for each outcome."""
    array = numbers(function, name, x)
    _require(function, name, "True or False", array, (array == 0) | (array == 1), where)
    return array.astype(bool)


def rewards(function, name, x, where=at_axes):
    """Finite floats, far enough from the largest that sums stay finite."""
    array, rule = numbers(function, name, x).astype(float), f"within {HUGE} of 0, so that sums stay finite"
    _require(function, name, "finite", array, np.isfinite(array), where)
    _require(function, name, rule, array, np.abs(array) <= HUGE, where)
    return array


def reward(function, name, x):
    """One reward, or a return, as a Python float that `rewards` would take."""
    try:
        number = None if isinstance(x, str | bytes) else float(x)
    except (TypeError, ValueError):
        number = None
    except OverflowError:  # an integer
        number = 2 * HUGE
    if number is None:
        raise TypeError(f"{function}: {name} must be a number; got {shortened(x)}.")
    if not -HUGE <= number <= HUGE:
        raise ValueError(f"{function}: {name} must be {reward_rule(number)}; got {shortened(x)}.")
    return number


def reward_rule(number):
    """What a reward is not that is no number to learn from."""
    return f"within {HUGE} of 0, so that sums stay finite" if np.isfinite(number) else "finite"


def shares(function, name, x, where=at_axes):
    """Finite floats >= 0, and how far their sums may be off: those of float32 round at 1e-7."""
    array = numbers(function, name, x)
    slack = 1e-9 if array.dtype == np.float64 else 1e-6
    array = array.astype(float)
    _require(function, name, "finite", array, np.isfinite(array), where)
    _require(function, name, ">= 0", array, array >= 0, where)
    return array, slack


def probabilities(function, name, x, over):
    """Floats >= 0 that sum to 1 over the last axis; over: what that axis holds."""
    array, slack = shares(function, name, x)
    sum_to_1(function, name, array.sum(-1), slack, over)
    return array


def sum_to_1(function, name, sums, slack, over):
    """Raises for the first sum that is not 1, of one row or of those at each state and action."""
    for at in np.argwhere(np.abs(sums - 1) > slack)[:1].tolist():
        where = f" {at_axes(*at)}" if at else ""
        raise ValueError(f"{function}: {name} must sum to 1 over {over}; got {sums[tuple(at)]:.9g}{where}.")


def positive(function, name, number):
    """A real number > 0, infinity too."""
    checks.real(function, name, number)
    if not number > 0:
        raise ValueError(f"{function}: {name} must be > 0; got {number}.")


def policy(function, x, num_states, num_actions, also=""):
    """Actions [S], or probabilities [S, A] that sum to 1 within 1e-6. also: what else a policy may be."""
    array = numbers(function, "policy", x)
    if array.shape == (num_states,) and array.dtype.kind in "iu":
        return indices(function, "policy", array, num_actions)
    if array.shape != (num_states, num_actions):
        raise ValueError(
            f"{function}: policy must be {num_states} integer actions, or probabilities "
            f"({num_states}, {num_actions}){also}; got {array.dtype} {array.shape}."
        )
    array = array.astype(float)
    for s in np.flatnonzero(~(np.abs(array.sum(1) - 1) <= 1e-6) | (array < 0).any(1)):
        raise ValueError(
            f"{function}: policy must be probabilities that sum to 1; got {array[s].tolist()} in state {s}."
        )
    return array


def states(function, name, x, end):
    """A state or a list of states, as a list of integers in [0, end); an empty list is one."""
    array = np.atleast_1d(numbers(function, name, x))
    if array.ndim > 1 or (array.size and array.dtype.kind not in "iu"):
        raise TypeError(
            f"{function}: {name} must be states, integers in [0, {end}); got {array.dtype} {array.shape}."
        )
    outside = (array < 0) | (array >= end)
    if outside.any():
        raise ValueError(f"{function}: {name} must be in [0, {end}); got {array[outside][0]}.")
    return array.astype(int).tolist()


def sizes(function, name, x):
    """Whole numbers >= 1, as a tuple; an empty one is one."""
    if not isinstance(x, list | tuple):
        raise TypeError(f"{function}: {name} must be a tuple of whole numbers, such as (64, 64); got {x!r}.")
    for number in x:
        checks.whole_number(function, f"each of {name}", number, 1)
    return tuple(map(int, x))
