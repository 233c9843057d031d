"""What a gradient tends to beside a point where the program chooses between equal numbers, or divides 0 by 0.

The program runs again very near the point, in balls, from several sides; every choice that is a tie at the
point itself is decided there, all of them together. Where the gradient tends to one number from every side,
the function is smooth, however its program is cut into pieces: that number is the truth, and a sum of the
conventions of its pieces (0 for relu, 1 for abs) is not. Where the sides differ there is a kink.

n: numbers of the gradient, m: numbers of the inputs; member, site: as in `beside`; side: one point beside.
"""

from itertools import pairwise

import numpy as np

from . import exact
from .arrays import Unsupported
from .balls import differ, finite
from .beside import replayed
from .fan import MOST as MOST_FORMS, Fan

FAR, NEAR = 2.0**-50, 2.0**-70  # steps away from the point, relative to the inputs
NEARER = 2.0**-90
MOST = 96  # sides that are looked at, at most
SCALARS = 10**7  # of the programs of all sides together, and of the ways back from their ties, at most
BITS = 3 * exact.BITS  # a third may be lost where steps of 1e-21 are divided by each other
LEAST = 2.0**-900  # the size of the smallest numbers, whose steps would be 0 in float64
SMALL = 2.0**-30  # beside the largest slope, sides that differ by less do not differ
BENT = 2.0**12 * NEAR / FAR  # of how far slopes move on one side: so far they may on another, where all are 0
JUMP = 2.0**-16  # a continuous function moves less, with slopes of up to 2**34
GROWTH = 1.125  # from the far step to the near one: a logarithm's is 1.4
FLAT = 2.0**-40  # slopes below which equal numbers part in second order only


class Sides:
    """The truths of a proof beside its point.

    theirs: [n] what JAX's program says, balls. limits: [n] balls that hold what the truths tend to from the
    sides that were looked at; settled: [n] whether that is one number from every side there is, None where
    it is not known, or where the function itself jumps at the point; agreed: [n] whether it is one number
    from those that were looked at; whole: whether those are all sides there are; poles: [n] sets of the
    infinities that they grow towards, of 1 and -1, looked for where the point is `singular` or JAX's program
    has no finite answer.
    """

    def __init__(self, proof, backward, given, theirs, singular):
        self._proof, self._backward, self._given, self._theirs = proof, backward, given, theirs
        self._singular = singular
        self._sites, self._flat, self._followed = {}, set(), 0
        self._sizes = [_sizes(x) for x in proof.flat.numbers]
        count = sum(map(len, self._sizes))
        self._fan, self.whole = Fan(count), count == 1
        self.limits, self.settled, self.agreed = [], [None] * len(theirs), [False] * len(theirs)
        self.poles, self._jumps = [set() for _ in theirs], False
        try:
            with exact.precision(max(BITS, exact.bits())):
                self._look_around()
        except Unsupported:  # of a branch that the run did not take
            self._jumps = True
        if self._jumps:
            self.settled = [None if one else one for one in self.settled]
            self.agreed, self.whole = [False] * len(theirs), False

    def _look_around(self):
        import flint

        first = self._fan.any()
        far, near = self._look(first, FAR), self._look(first, NEAR)
        self._spread = [_distance(x, y) for x, y in zip(far, near, strict=True)]
        self.limits = list(map(flint.arb, near))
        self._join(-first)
        self._join(self._fan.any())
        if self._singular or not all(map(finite, self._theirs)):
            self._find_poles(far, near)
            self._find_poles(self._look(-first, FAR), self._look(-first, NEAR))
        while True:
            one = self._agreed()
            self.agreed = one.tolist()
            members = [len(met[0]) for met in self._sites.values()]
            self.whole = self.whole or self._fan.whole(members)
            every = self.whole or self._fan.exhausted(members)
            widened = list(map(self._widened, range(len(self.limits))))
            strange = [finite(x) and differ(x, y) for x, y in zip(widened, self._theirs, strict=True)]
            known = True if every or (self._all_met() and not (one & strange).any()) else None
            pairs = zip(one.tolist(), self.limits, strict=True)
            self.settled = [known if x else (False if finite(limit) else None) for x, limit in pairs]
            if every or not any(strange) or self._too_long():
                break
            self._join(self._fan.next())
        self.limits = list(map(self._widened, range(len(self.limits))))
        self._forget_steep(first, near)

    def _forget_steep(self, direction, near):
        """Take no limit for a number that goes on to grow nearer to the point. near: on one side, before."""
        doubt = [k for k, grows in enumerate(self.poles) if grows and self.limits[k].is_finite()]
        nearer = self._look(direction, NEARER) if doubt else []
        for k in doubt:
            x, y = abs(float(near[k])), abs(float(nearer[k]))
            if not np.isfinite(y) or y > GROWTH * x:
                self.limits[k], self.settled[k], self.agreed[k] = self.limits[k] * np.nan, None, False

    def _find_poles(self, far, near):
        """Where the truths grow with each step towards the point, be it as slowly as a logarithm."""
        for k, (x, y) in enumerate(zip(far, near, strict=True)):
            x, y = float(x), float(y)
            if np.isfinite(y) and abs(y) > GROWTH * abs(x) and x * y > 0:
                self.poles[k].add(1 if y > 0 else -1)

    def _too_long(self):
        looks = self._fan.looks
        return looks * self._beside.tape.size + self._followed > SCALARS or looks > MOST

    def _look(self, direction, step):
        """[n] the truths on one side."""
        import flint

        parts = np.split(direction, np.cumsum([len(sizes) for sizes in self._sizes])[:-1])
        balls = [map(flint.arb, x.tolist()) for x in map(_numbers, self._proof.flat.numbers)]
        moved = [
            [x + step * float(size) * u for x, size, u in zip(*row, strict=True)]
            for row in zip(balls, self._sizes, (part.tolist() for part in parts), strict=True)
        ]
        beside, inputs, outputs = replayed(self._proof, moved)
        self._beside = beside
        self._inputs = np.concatenate([array.scalars for array in inputs])
        for key, site in beside.sites.items():
            self._sites.setdefault(key, []).append(site.places)
        pattern = frozenset((key, *site.places) for key, site in beside.sites.items())
        self._fan.met(pattern, self._forms(beside, step))
        self._jumps |= any(map(self._jumped, outputs, self._proof.outputs))
        truths = self._proof.truths(beside, inputs, outputs, beside.values, self._backward, self._given)
        return [x for array in truths for x in array]

    def _jumped(self, beside, here):
        """Whether an output is another number beside the point than at it."""
        pairs = zip(beside.scalars.tolist(), here.scalars.tolist(), strict=True)
        for x, y in ((float(self._beside.values[i]), float(self._proof.values[j])) for i, j in pairs):
            if np.isfinite(x) and np.isfinite(y) and abs(x - y) > JUMP * max(abs(y), 1):
                return True
        return False

    def _join(self, direction):
        """Make the limits hold the truths on one more side."""
        pairs = zip(self.limits, self._look(direction, NEAR), strict=True)
        self.limits = [limit.union(limit * 0 + truth) for limit, truth in pairs]

    def _agreed(self):
        """[n] whether all sides that were looked at tend to one number."""
        finite = [limit.is_finite() for limit in self.limits]
        sizes = [
            float(abs(limit).upper()) if x else 0.0 for limit, x in zip(self.limits, finite, strict=True)
        ]
        spread = np.array(self._spread)
        bent = BENT * np.max(spread, initial=0.0, where=np.isfinite(spread))
        reach = np.maximum(max(SMALL * max(sizes, default=0.0), bent), 8 * spread)
        radii = np.array([float(limit.rad()) for limit in self.limits])
        with np.errstate(invalid="ignore"):
            return np.array(finite, bool) & (radii <= reach)

    def _widened(self, k):
        """A limit with what the sides may still be away from it."""
        import flint

        return (
            flint.arb(self.limits[k], self._spread[k] / 16) if self.limits[k].is_finite() else self.limits[k]
        )

    def _all_met(self):
        """Whether every member of every tie that the first order decides was met at every place."""
        return all(key in self._flat or _in_every_order(met) for key, met in self._sites.items())

    def _forms(self, beside, step):
        """[n, m] how fast neighbouring members of all ties part; None where nobody asks, where they do so in
        second order only, or are too many."""
        pairs = [
            (key, *pair) for key, site in beside.sites.items() for pair in pairwise(site.order)
            if differ(*(beside.values[i] for i in pair))
        ]  # fmt: skip
        work = len(pairs) * beside.tape.size
        if self.whole or not self._fan.linear or len(pairs) > MOST_FORMS or work > SCALARS / MOST_FORMS:
            return None
        self._followed += work
        made, sizes = [], np.concatenate(self._sizes)
        for key, low, high in pairs:
            ends = [(np.array([high]), [1.0]), (np.array([low]), [-1.0])]
            slopes = exact.adjoints(beside.tape, beside.values, ends)
            form = np.array([float(slopes[i]) for i in self._inputs]) * sizes
            if not np.isfinite(form).all():
                return None
            if np.max(np.abs(form)) <= FLAT:
                self._flat.add(key)
                return None
            if _distance(beside.values[high], beside.values[low]) <= 4 * step * np.sum(np.abs(form)):
                made.append(form)  # and else rounding alone made the two equal in the run
        return np.array(made).reshape(-1, len(sizes))


def _in_every_order(met):
    """Whether every member came to every place; met: the places of the members on each side."""
    count = len(met[0])
    if any(len(places) != count for places in met):
        return False
    return all(len({places[member] for places in met}) == count for member in range(count))


def _numbers(x):
    x = np.asarray(x)
    if np.iscomplexobj(x):
        return np.concatenate([np.real(x).ravel(), np.imag(x).ravel()]).astype(np.float64)
    return x.ravel().astype(np.float64)


def _sizes(x):
    """[m] how large a step is beside each number of an array: its size, of a 0 that of the least number."""
    sizes = np.abs(_numbers(x))
    sizes = np.where(sizes > 0, sizes, np.min(sizes, initial=1.0, where=sizes > 0))
    return np.maximum(sizes, LEAST)


def _distance(x, y):
    """How far apart the middles of two balls, or numbers, are; nan where one is not finite."""
    return abs(float(x - y))
