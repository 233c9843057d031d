"""The numbers that are written into a program, or that it holds on to: exact, or the rounded form of others.

2 / sqrt(pi) in a rule is 1.1283792, known to half a unit in its last place; 2 and 0.5 are what they are, and
so is every number that the function itself is made of.
"""

import math
import re

import jax
import jax.numpy as jnp
import numpy as np

from . import compat
from .balls import finite, least

PLAIN, FEW = 12, 3  # digits in base 2 of a number that is taken as it is, in a wide and in a narrow type


class Literals:
    """Those of one program on a tape.

    exact: the numbers and arrays that are known to be exact; any other one but a small fraction of a power of
    two may be off by half a unit. None: all are exact. loose: none is. seen: what has come, equations of
    constants too, for the `exact` of another program; radii: id -> how far its number may be off.
    """

    def __init__(self, tape, exact=None, loose=False):
        self._tape, self._exact, self._loose = tape, exact, loose
        self.seen, self.radii = set(), {}

    def written(self, array, loose=False):
        """Note a number that is written into the program; loose: that may be a rounded one."""
        for ids in (array.ids, array.imaginary):
            if ids is not None:
                self._suspect(array.dtype, ids, self._loose or loose)

    def captured(self, array):
        """Note an array that the program holds on to."""
        if not array.floats or array.imaginary is not None:
            return
        key = _key(self._tape.run[array.ids])
        if self._exact is None:
            self.seen.add(key)
        elif key not in self._exact:
            self._suspect(array.dtype, array.ids)

    def computed(self, equation, numbers):
        """Whether the program of whose numbers these are has an equation of some numbers too; note that this
        one has it."""
        params = re.sub("0x[0-9a-f]+", "", str(equation.params))  # of functions' addresses
        bare = [np.asarray(jax.random.key_data(x) if compat.is_key(x.dtype) else x) for x in numbers]
        key = equation.primitive, params, *((x.shape, str(x.dtype), x.tobytes()) for x in bare)
        self.seen.add(key)
        return self._exact is None or key in self._exact

    def known(self, weights):
        """What is exact in JAX's gradient program too: all of these, and the weights of the outputs."""
        return frozenset(self.seen | {_key(np.real(np.asarray(w))) for w in weights})

    def _suspect(self, dtype, ids, loose=False):
        eps = float(jnp.finfo(dtype).eps)
        for i in np.unique(ids).tolist():
            x = float(self._tape.run[i])
            self.seen.add(x)
            strict = self._exact is None or x in self._exact
            if (loose or not strict) and _is_rounded(x, dtype):
                self.radii[i] = max(abs(x) * eps / 2, self.radii.get(i, 0))


def excuse(answer):
    """Whether literals known to half a unit may be why numbers of an answer are proven to be others: further
    off than half of the digits of the type they excuse nothing."""
    off = (answer.truths[k] - answer.theirs[k] for k in np.flatnonzero(answer.apart).tolist())
    return any(finite(x) and least(x) <= reach(answer) for x in off)


def reach(answer):
    """How far literals known to half a unit may move the numbers of an answer: half of the digits."""
    return 2 * float(jnp.finfo(answer.dtype).eps) ** 0.5 * answer.steepest


def _key(numbers):
    return numbers.shape, numbers.astype(np.float64).tobytes()


def _is_rounded(x, dtype):
    """Whether a number looks like the rounded form of another one: it has more than 12 digits in base 2, or 3
    in a type that has no 12. 2 / sqrt(pi) in bfloat16 is 1.125, which has 4."""
    digits = PLAIN if jnp.finfo(dtype).nmant >= PLAIN else FEW
    return math.isfinite(x) and math.frexp(x)[0] * 2**digits % 1 != 0
