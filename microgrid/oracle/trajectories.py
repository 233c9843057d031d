"""Optimizers in both rooms: the weights after each of many steps, from one start, through the same slopes."""

import random

import jax.numpy as jnp
import numpy as np

from .report import Conditioned, worst

STEPS = 50


def path(case):
    """Where a trajectory starts, and the slopes that it meets: tiny, large, and none at all."""
    draw = random.Random(str(case))
    params = [draw.gauss(0.0, 2.0) for _ in range(6)]
    slopes = [[draw.gauss(0.0, 1.0) * 10 ** draw.uniform(-6, 2) for _ in params] for _ in range(STEPS)]
    slopes[0][0], slopes[3] = 0.0, [0.0] * len(params)
    return params, slopes


def path_distance(case, scalar, one, other):
    """The worst distance of two trajectories, in units of the scalar room's scales."""
    params, slopes = path(case)
    leaves = [[Conditioned(number) for number in numbers] for numbers in (params, *slopes)]
    scales = optimizer_run(scalar(**case), leaves[0], leaves[1:])
    return max(worst(a, b, s) for a, b, s in zip(one, other, scales, strict=True))


def optimizer_run(optimizer, params, slopes):
    """The weights after each step of a scalar optimizer."""
    state, path = optimizer.init(params), []
    for grads in slopes:
        updates, state = optimizer.update(grads, state, params)
        params = [w + update for w, update in zip(params, updates, strict=True)]
        path.append(params)
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
