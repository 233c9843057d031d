"""Whether the slopes of a rule, taken together, are what no side of a point says.

Each slope may lie between those of the sides, as 0.8 does between -1 and 1, and all together may not: the
gradients of a length have length 1. What lies outside of the hull of all gradients is further along some
direction than any of them, and linear programs find that direction from the sides that are known. Where these
are all sides there are, nothing else is asked. Where slopes are a cone and the function is convex, its slope
along a direction is largest on the side in that direction, so that side is looked at too.

d: a direction, n: numbers of the gradient.
"""

import jax.numpy as jnp
import numpy as np

from .. import exact
from ..arrays import Unsupported
from ..balls import finite
from .neighbourhood import BITS, EDGE, SCALARS, SIDES

MOST = 64  # numbers of a gradient
ROUNDS = 8


def outside(proof, answers):
    """Whether JAX's slopes, `Answer`s in mode "rev", are proven to lie outside of the hull of those of the
    sides, where all are known, or turn with the direction; then never where the function is neither convex
    nor concave."""
    theirs, around = [x for answer in answers for x in answer.theirs], proof.around
    if around is None or not around.backward or not all(map(finite, theirs)) or len(theirs) > MOST:
        return False
    slopes = np.array(list(map(float, theirs)))
    slack = max([EDGE, *(4 * float(jnp.finfo(answer.dtype).eps) for answer in answers)])
    try:
        with exact.precision(max(BITS, exact.bits())):
            return (_outside if around.turning else _beyond_all)(around, slopes, slack)
    except Unsupported:
        return False


def _beyond_all(around, slopes, slack):
    """Whether slopes are further along some direction than those of every side, where all are met in the end
    and at rest, and no equal numbers part in second order only; in one block of inputs, as the sides of the
    others are any of theirs."""
    while not (around.jumps or around.flat):
        sides = around.gradients()
        if len(sides) < len(around.sides):
            return False
        if not any(_beyond(sides[:, at], slopes[at], slack) for at in around.fan.groups):
            return False
        if around.whole or around.enter():
            return (around.added is None or _beyond_sum(around.added, slopes, slack)) and around.rests()
        if around.exhausted or around.work > SCALARS or around.fan.looks > SIDES:
            return False
        around.look(around.next())
    return False


def _beyond(sides, slopes, slack):
    least = slack * np.max(np.abs(sides), initial=0.0)
    direction = _between(sides, slopes) if len(slopes) else None
    return direction is not None and direction @ slopes - np.max(sides @ direction) > least


def _beyond_sum(added, slopes, slack):
    """Whether slopes are no middle + sum over facets of t * jump, with all t between -1/2 and 1/2: some
    direction has a larger product with them than with any of these. added: of `Sums.jumps`."""
    from scipy.optimize import linprog

    middle, jumps = added
    n, count = len(slopes), len(jumps)
    off, least = slopes - middle, slack * (np.max(np.abs(middle)) + np.max(np.sum(np.abs(jumps), axis=0)) / 2)
    found = linprog(
        [*-off, *np.ones(count)],
        A_ub=np.vstack([np.hstack([sign * jumps / 2, -np.eye(count)]) for sign in (1, -1)]),
        b_ub=np.zeros(2 * count),
        bounds=[*[(-1, 1)] * n, *[(0, None)] * count],
    )
    return found.x is not None and -found.fun > least


def _outside(around, slopes, slack):
    for _ in range(ROUNDS):
        sides = around.gradients()
        if not around.bowl(slack):
            return False
        least = slack * np.max(np.abs(sides), initial=0.0)
        direction = _between(sides, slopes)
        if direction is None or direction @ slopes - np.max(sides @ direction) <= least:
            return False
        if around.work > SCALARS:
            return False
        around.both(direction)
        if around.bowl(slack) and direction @ slopes - np.max(around.gradients() @ direction) > least:
            return True
    return False


def _between(sides, slopes):
    """[n] the direction along which slopes are furthest beyond all sides; None where there is none."""
    from scipy.optimize import linprog

    n = len(slopes)
    found = linprog(
        [*-slopes, 1.0],
        A_ub=np.hstack([sides, -np.ones((len(sides), 1))]),
        b_ub=np.zeros(len(sides)),
        bounds=[*[(-1, 1)] * n, (None, None)],
    )
    return None if found.x is None else found.x[:-1]
