"""The rows of the table as functions of float arrays, for the oracle: what is called, and with what.

A row is called as its user would: numbers that are not differentiated stay Python's, all arrays are of one
dtype.
"""

import jax.numpy as jnp
import numpy as np

from microgrid.oracle import pair_verdicts

OPTIMIZER_STEPS = 3


def call(pair, case, dtype):
    """(f, args) of a row at a case, arrays and differentiated numbers in a dtype."""
    _, function = pair_verdicts.rooms(pair)
    if pair.walks:
        return steps(function(**case)), matrices(dtype)
    names = pair_verdicts.differentiated(pair)
    given = {name: array(case[name], dtype) for name in names}
    fixed = {name: fixture(x, dtype) for name, x in case.items() if name not in names}

    def f(given):
        return function(**given, **fixed)

    f.__name__ = pair.name
    return f, (given,)


def array(x, dtype):
    """Nested lists or a number as an array; floats in a dtype, whole numbers and booleans as they are."""
    x = np.asarray(x)
    return jnp.asarray(x.astype(dtype) if x.dtype.kind == "f" else x)


def fixture(x, dtype):
    """What is not differentiated: lists of numbers as arrays, all else as it is."""
    return array(x, dtype) if isinstance(x, list) else x


def steps(optimizer):
    """The updates of some steps of an optimizer, a function of weights and of slopes, which grow."""

    def updates(params, slopes):
        state, made = optimizer.init(params), []
        for k in range(OPTIMIZER_STEPS):
            update, state = optimizer.update(slopes * (k + 1), state, params)
            params = params + update
            made.append(update)
        return made

    return updates


def matrices(dtype):
    """Weights and slopes, [2, 3] each."""
    draw = np.random.default_rng(0)
    return tuple(jnp.asarray(draw.normal(size=(2, 3)).astype(dtype)) for _ in range(2))


def cases(pair, count, seed=0):
    """Cases of a row, and for each kink some at which every number of its argument is at the kink."""
    found = list(pair_verdicts.cases(pair, count, seed))
    for name, point in (pair.kinks or {}).items():
        found += [case | {name: pair_verdicts.filled(case[name], point)} for case in found[-count:]]
    return found
