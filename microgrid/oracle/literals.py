"""The numbers that are written into a program, or that it holds on to: exact, or the rounded form of others.

2 / sqrt(pi) in a rule is 1.1283792, known to half a unit in its last place; 2 and 0.5 are what they are, and
so is every number that the function itself is made of. One number, or its negative, is one unknown wherever
it is written: what moves a function and a rule alike explains no difference between them.
"""

import math
import re

import jax
import jax.numpy as jnp
import numpy as np

from . import compat, constants
from .balls import differ, finite, least

PLAIN, FEW = 12, 3  # digits in base 2 of a number that is taken as it is, in a wide and in a narrow type
MORE = 1.125  # times a freedom of first order: what curvature adds to it, and that two literals move at once
MOST = 5 * 10**6  # scalars of all walks along tapes in which literals are moved one by one


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

    def sizes(self):
        """The unknowns: size of a number -> how far it may be off."""
        found = {}
        for i, radius in self.radii.items():
            size = abs(float(self._tape.run[i]))
            found[size] = max(radius, found.get(size, 0))
        return found

    def moved(self, size, step):
        """id -> number of every literal of a size, larger by a step."""
        numbers = {i: float(self._tape.run[i]) for i in self.radii}
        return {i: _larger(x, step) for i, x in numbers.items() if abs(x) == size}

    def cost(self):
        """How many scalars a walk along the tape comes by."""
        return self._tape.size

    def _suspect(self, dtype, ids, loose=False):
        eps, wide = float(jnp.finfo(dtype).eps), jnp.finfo(dtype).nmant >= PLAIN
        for i in np.unique(ids).tolist():
            x = float(self._tape.run[i])
            self.seen.add(x)
            strict = self._exact is None or x in self._exact or -x in self._exact
            if wide and constants.of(x) is not None:  # it is known to all digits
                continue
            if (loose or not strict) and _is_rounded(x, dtype):
                self.radii[i] = max(abs(x) * eps / 2, self.radii.get(i, 0))


def together(answers, several, slopes):
    """(truths, theirs), a list of balls for each array, with literals that are rounded numbers. Each is one
    unknown of both programs: D = truth - theirs is 0 for some of what they may be if

        |D| <= 1.125 sum_i max(|D(+r_i) - D|, |D(-r_i) - D|),

    and that is the radius of a truth, theirs being as they are. Where there are too many of them, or where
    nothing is explained even by literals that are unknown everywhere by itself, they are that.

    several: the `Literals` of the programs; slopes: of "radii" or "given", and a dict from id for each of
    them, which `exact.forward` takes by that name, to (truths, theirs).
    """
    import flint

    unknowns = {}
    for literals in several:
        for size, radius in literals.sizes().items():
            unknowns[size] = max(radius, unknowns.get(size, 0))
    truths, theirs = slopes("radii", *(literals.radii for literals in several))
    cost = (1 + 2 * len(unknowns)) * sum(literals.cost() for literals in several)
    if cost > MOST or not any(map(_explain, answers, truths, theirs)):
        return truths, theirs
    truths, theirs = slopes("given", *({} for _ in several))
    off = _differences(truths, theirs)
    reach = [[flint.arb(0)] * len(row) for row in off]
    for size, radius in unknowns.items():
        ends = []
        for step in (-radius, radius):
            moved = [literals.moved(size, step) for literals in several]
            ends.append(_differences(*slopes("given", *moved)))
        for more, here, *beside in zip(reach, off, *ends, strict=True):
            for k, (x, *others) in enumerate(zip(here, *beside, strict=True)):
                more[k] += max(_upper(y - x) for y in others)
    rows = zip(truths, reach, strict=True)
    return [[x + flint.arb(0, MORE * r) for x, r in zip(*row, strict=True)] for row in rows], theirs


def _explain(answer, truths, theirs):
    """Whether balls explain a number of an answer that is proven to be another one."""
    return any(not differ(truths[k], theirs[k]) for k in np.flatnonzero(answer.apart).tolist())


def _differences(truths, theirs):
    return [[x - y for x, y in zip(*rows, strict=True)] for rows in zip(truths, theirs, strict=True)]


def _upper(x):
    """The largest size of what a ball holds; infinity where that is not known."""
    import flint

    return abs(flint.arb(x)).upper() if finite(x) else flint.arb.pos_inf()


def _larger(x, step):
    """A ball around a number whose size is larger by a step."""
    import flint

    return flint.arb(x) + math.copysign(1, x) * step


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
