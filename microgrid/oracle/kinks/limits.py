"""What a gradient tends to near a point where the program chooses between equal numbers, or divides 0 by 0.

The program runs again very near the point, in balls, from several sides; every choice that is a tie at the
point itself is decided there, all of them together. Where the gradient tends to one number from every side,
the function is smooth, however its program is cut into pieces: that number is the truth, and a sum of the
conventions of its pieces (0 for relu, 1 for abs) is not. Where the sides differ there is a kink.

n: numbers of the gradient; member, site: as in `perturbation`; side: one point beside.
"""

import numpy as np

from .. import exact
from ..arrays import Unsupported
from ..balls import differ, distance, finite, joined
from .growth import SLOW, Ends, Side, told_of_restless
from .neighbourhood import BENT, BITS, EDGE, SCALARS, SIDES, SMALL, Neighbourhood
from .perturbation import LEAST

TINY = 2.0**-14  # how far apart sides are at most that may come to one number nearer to the point
FAR_OFF = 2.0  # times half the distance of the sides, from the middle between them
ARRAYS, NUMBERS, CLIMBED = 4, 24, 3  # of a gradient whose ends are looked for, at most


class Sides:
    """The truths of a proof near its point.

    truths, theirs, got: [n] balls, what the function's program and JAX's say at the point, and what JAX
    returned, to rounding. limits: [n] balls that hold what the truths tend to from the sides that were
    looked at; settled: [n] whether that is one number from every side there is, None where it is not known,
    or where the function itself jumps at the point; agreed: [n] whether it is one number from those that
    were looked at; strict: [n] whether no other number can be right: those are all sides there are, or many,
    and JAX's number is far from all of them; poles: [n] sets of the infinities that they grow towards, of 1
    and -1. A limit is an infinity where all sides tend to that, `Ends` where some do and some do not.
    """

    def __init__(self, proof, backward, given, truths, theirs, got, singular):
        self._truths, self._theirs, self._got = truths, theirs, got
        self.around, self._spanned, self._rest = Neighbourhood(proof, backward, given, singular), False, {}
        self._looked = []  # (direction, [n] truths, [n] whether there are none) for each side
        self.limits, self.settled, self.agreed = [], [None] * len(theirs), [False] * len(theirs)
        self.poles, self.strict = [set() for _ in theirs], [False] * len(theirs)
        try:
            with exact.precision(max(BITS, exact.bits())):
                self._look_around()
        except Unsupported:  # of a branch that the run did not take
            self.around.jumps = True
        if self.around.jumps:
            self.settled = [None if one else one for one in self.settled]
            self.agreed, self.strict = [False] * len(theirs), [False] * len(theirs)
            self.limits = [x.unknown if isinstance(x, Ends) else x for x in self.limits]

    def _look_around(self):
        first = self.around.fan.any()
        far = self._start(first)
        if self.around.domain.ends:  # of which the other side may have told more
            far = self._start(first)
            if np.all([outside for _, _, outside in self._looked], axis=0).any():
                far = self._start(abs(first), self._looked)
        two = [Side(self.around, *row) for row in zip(self._looked[-2:], (far, None), strict=True)]
        self.around.spread = self._spread = np.where(two[0].outside, two[1].spread, two[0].spread)
        self._join(self.around.fan.any())
        while True:
            if self.around.enter() and (self.around.added or self.around.fan.mixed):
                self._take_all()
            one = self._come_together(self._agreed())
            self.agreed = one.tolist()
            every = self.around.exhausted
            widened = list(map(self._widened, range(len(self.limits))))
            open_, strange, other = (
                np.array(list(map(_apart, widened, x)), bool) for x in (self._truths, self._theirs, self._got)
            )
            known = True if every or (self._all_met() and not (one & strange).any()) else None
            pairs = zip(one.tolist(), self.limits, strict=True)
            self.settled = [known if x else (False if finite(limit) else None) for x, limit in pairs]
            if self._curved() and not self._spanned:
                self._spanned = True
                if self._span(one, strange | other):
                    continue
            if every or not (strange | other | (one & open_ & (known is None))).any() or self._too_long():
                break
            self._join(self.around.next())
        proven = self._climb((strange | other) & ~one) if self._curved() else ()
        self.limits = list(map(self._widened, range(len(self.limits))))
        self.strict = [
            self.around.whole or k in proven or (every and _beyond(*x))
            for k, x in enumerate(zip(self.limits, self._got, strict=True))
        ]
        told = told_of_restless(self.around, two, self._looked, self._truths, self._theirs)
        for k, limit, settled, strict, poles in told:
            self.limits[k], self.settled[k], self.agreed[k] = limit, settled, False
            self.strict[k], self.poles[k] = strict, poles

    def _start(self, first, before=()):
        """Begin with a side, and the one across; [n] the truths far away on the former. before: sides that
        were looked at, where there may be no truths."""
        import flint

        far, near = self.around.far_and_near(first)
        rows = [*before, (first, near, self.around.domain.outside)]
        self._looked, self.limits = [], [flint.arb("nan")] * len(near)
        for row in rows:
            self._hold(*row)
        self._join(-first)
        return far

    def _curved(self):
        """Whether slopes may change with every direction, so that no drawn sides span them."""
        return not self.around.whole and (self.around.turning or bool(self.around.flat))

    def _span(self, one, outside):
        """Look to both sides along which each number is the slope that JAX has elsewhere, or that a report
        may show, the first of an array; whether there are any. one: [n] whether a number has one limit."""
        first = np.isin(np.arange(len(one)), self.around.starts[:ARRAYS])
        asked = [k for k in np.flatnonzero((outside | first) & ~one).tolist() if finite(self.limits[k])]
        found = [self.around.towards(k) for k in asked[:NUMBERS]]
        found = [x for k, x in enumerate(found) if x is not None and (k == 0 or self.around.backward)]
        for direction in found:
            for side in (direction, -direction):
                if not self._too_long():
                    self._join(side)
        return bool(found)

    def _climb(self, outside):
        """Follow the slopes of some numbers to where JAX's are, and take the limits for wider by as much as
        the last steps of that made them; those that are proven to be elsewhere."""
        asked, proven = np.flatnonzero(outside).tolist(), set()
        asked.sort(key=lambda k: -self._off(k)[0] / max(float(self.limits[k].rad()), LEAST))
        for place, k in enumerate(asked):
            gains, climbed = [], place < CLIMBED
            for direction in self.around.climbs(k, self._off(k)[1] > 0) if climbed else ():
                before = self._off(k)[0]
                if before == 0 or self._too_long():
                    break
                self._join(direction)
                gains.append(before - self._off(k)[0])
            off, sign = self._off(k)
            rad = float(self.limits[k].rad())
            more = 2 * sum(gains[len(gains) // 2 :]) + EDGE * rad if climbed else rad
            if off > more:
                proven |= {k} if climbed else set()
            elif off > 0:
                limit = self.limits[k]
                self.limits[k] = limit.union(limit + sign * more)
        return proven

    def _off(self, k):
        """(how far JAX's number k is from what there is on the sides, 1 if it is above them and else -1)."""
        number = next(x for x in (self._theirs[k], self._got[k]) if finite(x))
        apart, limit = float(number - self.limits[k]), self._widened(k)
        return (abs(apart) - float(limit.rad()) if _apart(limit, number) else 0.0), (1 if apart > 0 else -1)

    def _too_long(self):
        return self.around.work > SCALARS or self.around.fan.looks > SIDES

    def _join(self, direction):
        """Make the limits hold the truths on one more side, where there are any; where those that were chosen
        to span them have no finite number they say nothing."""
        self._hold(direction, self.around.look(direction), self.around.domain.outside)

    def _hold(self, direction, truths, outside):
        import flint

        held = ~np.all([x for _, _, x in self._looked] or [outside | True], axis=0)
        self._looked.append((direction, truths, outside))
        for k in np.flatnonzero(~outside).tolist():
            limit, truth = self.limits[k], truths[k]
            if not (self._spanned and not finite(truth)):
                self.limits[k] = joined(limit, limit * 0 + truth) if held[k] else flint.arb(truth)

    def _take_all(self):
        """Make the limits hold the truths on all sides that blocks of inputs or ties add up to."""
        if (span := self.around.span()) is not None:  # else all were met
            rows = zip(self._agreed().tolist(), self.limits, *span, strict=True)
            self.limits = [x if one else joined(joined(x, x * 0 + y), x * 0 + z) for one, x, y, z in rows]

    def _agreed(self):
        """[n] whether all sides that were looked at tend to one number."""
        finite = [limit.is_finite() for limit in self.limits]
        sizes = [
            float(abs(limit).upper()) if x else 0.0 for limit, x in zip(self.limits, finite, strict=True)
        ]
        spread = self._spread
        bent = BENT * np.max(spread, initial=0.0, where=np.isfinite(spread))
        reach = np.maximum(max(SMALL * max(sizes, default=0.0), bent), 8 * spread)
        radii = np.array([float(limit.rad()) for limit in self.limits])
        with np.errstate(invalid="ignore"):
            return np.array(finite, bool) & (radii <= reach)

    def _come_together(self, one):
        """[n] whether all sides tend to one number, also where they differ near the point, but the less the
        nearer; what that is is `rest`. one: [n] where they do not differ."""
        import flint

        tiny = [not x and finite(y) and y.rad() < TINY for x, y in zip(one, self.limits, strict=True)]
        asked, limits = np.flatnonzero(tiny), {}
        for direction, _, outside in self._looked if len(asked) else ():
            truths = list(map(flint.arb, self.around.nearer(direction)))
            known = {k: limits.get(k, truths[k]) for k in asked.tolist()}
            limits = {k: x if outside[k] else x.union(truths[k]) for k, x in known.items()}
            asked = np.array([k for k in asked if limits[k].rad() <= SLOW * self.limits[k].rad()], int)
            if not len(asked):
                break
        self._rest = {}
        for k in asked.tolist():
            moved = distance(limits[k], self.limits[k])
            self._rest[k] = type(limits[k])(limits[k], 2 * moved + float(self.limits[k].rad()) / 16)
        return one | np.isin(np.arange(len(one)), asked)

    def _widened(self, k):
        """A limit with what the sides may still be away from it."""
        limit = self._rest.get(k, self.limits[k])
        return type(limit)(limit, self._spread[k] / 16) if finite(limit) else limit

    def _all_met(self):
        """Whether every member of every tie that the first order decides was met at every place."""
        return all(key in self.around.flat or _in_every_order(met) for key, met in self.around.sites.items())


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
