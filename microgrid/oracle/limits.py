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

FAR, NEAR, NEARER = 2.0**-50, 2.0**-70, 2.0**-90  # steps away from the point, relative to the inputs
MOST = 96  # sides that are looked at, at most
SCALARS = 10**7  # of the programs of all sides together, and of the ways back from their ties, at most
BITS = 3 * exact.BITS  # a third may be lost where steps of 1e-21 are divided by each other
LEAST = 2.0**-900  # the size of the smallest numbers, whose steps would be 0 in float64
SMALL = 2.0**-30  # beside the largest slope, sides that differ by less do not differ
BENT = 2.0**12 * NEAR / FAR  # of how far slopes move on one side: so far they may on another, where all are 0
JUMP = 2.0**-16  # a continuous function moves less, with slopes of up to 2**34
GROWTH = 1.125  # from the far step to the near one: a logarithm's is 1.4
FAR_OFF = 2.0  # times half the distance of the sides, from the middle between them
WIDER = 4.0  # than the first order lets two equal numbers part: so far apart they are no equal numbers
SLOW = 2.0**-5  # of the way before: what goes on so far comes to rest too late, as x**0.2 does


class Sides:
    """The truths of a proof beside its point.

    truths, theirs, got: [n] balls, what the function's program and JAX's say at the point, and what JAX
    returned, to rounding. limits: [n] balls that hold what the truths tend to from the sides that were
    looked at; settled: [n] whether that is one number from every side there is, None where it is not known,
    or where the function itself jumps at the point; agreed: [n] whether it is one number from those that
    were looked at; strict: [n] whether no other number can be right: those are all sides there are, or many,
    and JAX's number is far from all of them; poles: [n] sets of the infinities that they grow towards, of 1
    and -1, looked for where the point is `singular` or JAX's program has no finite answer.
    """

    def __init__(self, proof, backward, given, truths, theirs, got, singular):
        self._proof, self._backward, self._given = proof, backward, given
        self._truths, self._theirs, self._got = truths, theirs, got
        self._singular = singular
        self._sites, self._flat, self._followed = {}, set(), 0
        self._sizes = [_sizes(x) for x in proof.flat.numbers]
        count = sum(map(len, self._sizes))
        self._fan, self._whole = Fan(count), count == 1
        self.limits, self.settled, self.agreed = [], [None] * len(theirs), [False] * len(theirs)
        self.poles, self.strict, self._jumps = [set() for _ in theirs], [False] * len(theirs), False
        try:
            with exact.precision(max(BITS, exact.bits())):
                self._look_around()
        except Unsupported:  # of a branch that the run did not take
            self._jumps = True
        if self._jumps:
            self.settled = [None if one else one for one in self.settled]
            self.agreed, self.strict = [False] * len(theirs), [False] * len(theirs)

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
            self._whole = self._whole or (not self._singular and self._fan.whole(members))
            every = self._whole or self._fan.exhausted(members)
            widened = list(map(self._widened, range(len(self.limits))))
            open_, strange, other = (
                np.array(list(map(_apart, widened, x)), bool) for x in (self._truths, self._theirs, self._got)
            )
            known = True if every or (self._all_met() and not (one & strange).any()) else None
            pairs = zip(one.tolist(), self.limits, strict=True)
            self.settled = [known if x else (False if finite(limit) else None) for x, limit in pairs]
            if every or not (strange | other | (one & open_ & (known is None))).any() or self._too_long():
                break
            self._join(self._fan.next())
        self.limits = list(map(self._widened, range(len(self.limits))))
        self.strict = [
            self._whole or (every and _beyond(*x)) for x in zip(self.limits, self._got, strict=True)
        ]
        self._forget_restless(first, far, near)

    def _forget_restless(self, direction, far, near):
        """Take no limit for a number that goes on to grow nearer to the point, or to move. far, near: on one
        side, before."""
        steep = np.array(list(map(bool, self.poles))) & np.array(list(map(finite, self.limits)), bool)
        sizes = np.abs(list(map(float, near)))
        moves = np.array(self._spread) > SMALL * np.max(sizes, initial=0.0, where=np.isfinite(sizes))
        if not (steep | moves).any():
            return
        nearer = self._look(direction, NEARER)
        for k in np.flatnonzero(steep | moves).tolist():
            x, y = abs(float(near[k])), abs(float(nearer[k]))
            grows = steep[k] and (not np.isfinite(y) or y > GROWTH * x)
            if grows or (moves[k] and not _distance(near[k], nearer[k]) <= SLOW * self._spread[k]):
                self.limits[k], self.settled[k], self.agreed[k] = self.limits[k] * np.nan, None, False

    def _find_poles(self, far, near):
        """Where the truths grow with each step towards the point, be it as slowly as a logarithm."""
        for k, (x, y) in enumerate(zip(far, near, strict=True)):
            x, y = float(x), float(y)
            if np.isfinite(y) and abs(y) > GROWTH * abs(x) and x * y > 0:
                self.poles[k].add(1 if y > 0 else -1)

    def _too_long(self):
        size = self._fan.looks * self._beside.tape.size + self._followed
        return size > SCALARS or self._fan.looks > MOST

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
        if step == NEAR:
            pattern = frozenset((key, *site.places) for key, site in beside.sites.items())
            self._fan.met(pattern, self._forms(beside, direction))
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
        limit = self.limits[k]
        return type(limit)(limit, self._spread[k] / 16) if finite(limit) else limit

    def _all_met(self):
        """Whether every member of every tie that the first order decides was met at every place."""
        return all(key in self._flat or _in_every_order(met) for key, met in self._sites.items())

    def _forms(self, beside, direction):
        """[n, m] how fast neighbouring members of all ties part; None where nobody asks, where they do so in
        second order only, or are too many."""
        pairs = [
            (key, *pair) for key, site in beside.sites.items() for pair in pairwise(site.order)
            if differ(*(beside.values[i] for i in pair))
        ]  # fmt: skip
        work = len(pairs) * beside.tape.size
        if self._whole or not self._fan.linear or len(pairs) > MOST_FORMS or work > SCALARS / MOST_FORMS:
            return None
        self._followed += work
        made, sizes = [], np.concatenate(self._sizes)
        for key, low, high in pairs:
            ends = [(np.array([high]), [1.0]), (np.array([low]), [-1.0])]
            slopes = exact.adjoints(beside.tape, beside.values, ends)
            form = np.array([float(slopes[i]) for i in self._inputs]) * sizes
            off, apart = _distance(beside.values[high], beside.values[low]), NEAR * (form @ direction)
            if not np.isfinite(form).all():
                return None
            if off > WIDER * NEAR * np.sum(np.abs(form)):
                continue  # rounding alone made the two equal in the run
            if not abs(off - apart) <= SMALL * off:
                self._flat.add(key)
                return None
            made.append(form)
        return np.array(made).reshape(-1, len(sizes))


def _apart(limit, number):
    """Whether a number is none of what there is on the sides that were looked at."""
    return finite(limit) and differ(limit, number)


def _beyond(limit, number):
    """Whether a number is further from what there is on many sides than these are from each other."""
    apart = abs(float(number) - float(limit))
    return finite(limit) and apart > FAR_OFF * float(limit.rad()) and differ(limit, number)


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
