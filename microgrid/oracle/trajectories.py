"""What returns functions, in both rooms: optimizers step by step, and schedules at a step.

Optimizers: the weights after each of many steps, from one start, through the same slopes.
"""

import inspect
import random
from functools import cache, wraps

import jax.numpy as jnp
import numpy as np

from ..checks import each, flatten
from .distance import Conditioned, worst

STEPS = 50


@cache
def at_step(maker):
    """A maker of schedules as a formula, whose first argument is the step."""

    @wraps(maker)
    def formula(step, **arguments):
        return maker(**arguments)(step)

    told = inspect.signature(maker)
    first = inspect.Parameter("step", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    vars(formula)["__signature__"] = told.replace(parameters=[first, *told.parameters.values()])
    return formula


def path(case):
    """Where a trajectory starts, a matrix, and the slopes that it meets: tiny, large, and none at all."""
    draw = random.Random(str(case))
    params = _matrix(lambda: draw.gauss(0.0, 2.0))
    slopes = [_matrix(lambda: draw.gauss(0.0, 1.0) * 10 ** draw.uniform(-6, 2)) for _ in range(STEPS)]
    slopes[0][0][0], slopes[3] = 0.0, _matrix(lambda: 0.0)
    return params, slopes


def _matrix(number):
    return [[number() for _ in range(3)] for _ in range(2)]


def path_distance(case, scalar, one, other):
    """The worst distance of two trajectories, in units of the scalar room's scales."""
    params, slopes = path(case)
    leaves = [each(Conditioned, array) for array in (params, *slopes)]
    scales = optimizer_run(scalar(**case), leaves[0], leaves[1:])
    return max(worst(a, np.ravel(b), s) for a, b, s in zip(one, other, scales, strict=True))


def optimizer_run(optimizer, params, slopes):
    """The weights of one array after each step of a scalar optimizer, flat."""
    state, path = optimizer.init([params]), []
    for grads in slopes:
        updates, state = optimizer.update([grads], state, [params])
        moved = [w + update for w, update in zip(flatten(params), flatten(updates), strict=True)]
        rest = iter(moved)
        params = each(lambda _, rest=rest: next(rest), params)
        path.append(moved)
    return path


def array_optimizer_run(optimizer, params, slopes):
    """The weights after each step of an Optax transformation, one operation at a time."""
    params, steps = jnp.asarray(params), []
    state = optimizer.init(params)
    for grads in np.asarray(slopes):
        updates, state = optimizer.update(jnp.asarray(grads), state, params)
        params = params + updates
        steps.append(params)
    return np.asarray(steps)
