"""Where slopes tend to on one side of a point, where they do not come to rest on the way there.

The program runs again at 2**-64, 2**-128, ... 2**-1024 of a direction: each step doubles the exponent, and so

    slope       h**-a      log(1/h)   log(log(1/h))   1 / log(1/h)   h**a
    its change  explodes   doubles    stays           halves         vanishes

with each step. All of it is a criterion and no proof: no number of steps proves what is behind them. Slopes
grow without bound if they grow away from 0, and their changes do not become smaller. They come to rest if
their changes do, at most twice as far off as changes would lead that become smaller at the last ratio. What
goes to and fro stays within what was seen, made wider by as much again. What is so slow as 1 - h**0.001, or
1 - log(1/h)**-0.02, is taken for what grows.

n: numbers of the gradient; h: the distance from the point.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .. import exact
from ..balls import distances, finite
from .neighbourhood import FAR, SMALL

EXPONENTS = (64, 128, 256, 512, 1024)
BITS = 6 * EXPONENTS[-1]  # half of them may be lost where steps are divided by each other, and so again
KEPT = 0.98  # of a change, by the next one: what grows as log(log(1/h)) keeps all, near to it
REST = 2.0**-40  # relative to a slope: what changes by less has come to rest
SLOW = 2.0**-5  # of the way before: what goes on so far comes to rest too late, as x**0.2 does
NOISE = 2.0**-50  # of a slope as a float
WORK = 2**19  # scalars of all steps on a side, at most


class Ends(NamedTuple):
    """The least and the largest of what slopes tend to on the sides of a point: at least one is infinite."""

    low: float
    high: float

    def is_finite(self):
        """Whether it is an interval of numbers."""
        return False

    def holds(self, number, slack):
        """Whether a number is one of them; a finite one may be off by a slack."""
        slack = slack if np.isfinite(number) and np.isfinite(slack) else 0.0
        return bool(self.low - slack <= number <= self.high + slack)

    @property
    def end(self):
        """A finite number of them, an end if one is."""
        return self.low if np.isfinite(self.low) else self.high if np.isfinite(self.high) else 0.0

    @property
    def unknown(self):
        """What there is in its place where it says nothing."""
        import flint

        return flint.arb("nan")

    def shown(self, unit):
        """It, divided by a unit, as text."""
        low, high = sorted((self.low / unit + 0.0, self.high / unit + 0.0))
        return f"[{low:.6g}, {high:.6g}]"


def followed(around, side):
    """[n] `Ends` that hold what the slopes tend to on a `Side`, None where that is not known. A program that
    is too long is not run again: its slopes at 2**-50, 2**-70 and 2**-90 have to do, and of these those of
    log(1/h) change alike."""
    import flint

    if len(EXPONENTS) * around.work > WORK * around.fan.looks:
        return list(map(_followed, zip(side.far, side.near, around.nearer(side.direction), strict=True)))
    with exact.precision(max(BITS, exact.bits())):
        rows = [around.look(side.direction, flint.arb(2) ** -e) for e in EXPONENTS]
        return list(map(_followed, zip(*rows, strict=True)))


def _followed(slopes):
    if not all(map(finite, slopes)):
        return None
    changes = [float(y - x) for x, y in pairwise(slopes)][-3:]
    last, sign = float(slopes[-1]), np.sign(changes[-1])
    if abs(changes[-1]) <= REST * max(abs(last), abs(float(slopes[0]))):
        wide = 2 * abs(changes[-1]) + NOISE * abs(last)
        return Ends(last - wide, last + wide)
    if any(np.sign(change) != sign for change in changes):
        seen = list(map(float, slopes))
        wide = max(seen) - min(seen)
        return Ends(min(seen) - wide, max(seen) + wide)
    if all(abs(y) >= KEPT * abs(x) for x, y in pairwise(changes)):
        return Ends(sign * np.inf, sign * np.inf) if last * sign > 0 else None
    ratio = min(abs(changes[-1] / changes[-2]), KEPT)
    rest = last + 2 * changes[-1] * ratio / (1 - ratio)
    return Ends(min(last, rest), max(last, rest))


class Side:
    """Slopes on one side. looked: (its direction; near, [n] balls; outside, [n] whether there are none); far:
    [n] balls, looked for if not given; restless: [n] whether they go on to move nearer to the point."""

    def __init__(self, around, looked, far=None):
        self.direction, self.near, self.outside = looked
        self.far = around.look(self.direction, FAR) if far is None else far
        self.spread = distances(self.far, self.near)
        sizes = np.abs(list(map(float, self.near)))
        self.moves = self.spread > SMALL * np.max(sizes, initial=0.0, where=np.isfinite(sizes))
        self.restless = np.zeros(len(sizes), bool)
        if self.moves.any():
            gone = distances(self.near, around.nearer(self.direction))
            self.restless = self.moves & ~(gone <= SLOW * self.spread)

    def sense(self, k):
        """In which sense number k moves: -1, 0 or 1."""
        return int(np.sign(float(self.near[k] - self.far[k]))) if self.moves[k] else 0


def told_of_restless(around, two, looked, truths, theirs):
    """Yields (k, limit, settled, strict, poles), as `limits.Sides` has them, of each number that goes on to
    move on one of two sides. looked: all sides; truths, theirs: at the point. No limit is told where all
    sides may come to rest at the truth, and JAX's number is that, or beside all of them. Where all sides grow
    without bound and the rules have a number at the point, as xlogy has at 0, what lies between is a kink."""
    import flint

    for k, found in _ends(around, two, looked).items():
        limit, settled, strict, poles = flint.arb("nan"), None, False, set()
        if found:
            low, high = whole = Ends(min(x.low for x in found), max(x.high for x in found))
            poles = {int(np.sign(x)) for x in whole if np.isinf(x)}
            own, their = float(truths[k]), float(theirs[k])
            one = max(x.low for x in found) <= min(x.high for x in found)
            if np.isinf(low) and low == high and np.isfinite(own) and np.isfinite(their):
                limit, settled = Ends(min(low, own), max(high, own)), False  # as nothing of it is proven
            elif np.isinf(low) and low == high:
                limit, settled = flint.arb(low), True
            elif poles and any(map(np.isfinite, np.ravel(found))):
                limit, settled = whole, False
            elif not poles and (not all(x.holds(own, 0.0) for x in found) or whole.holds(their, 0.0)):
                fine = one and high - low <= SMALL * max(abs(low), abs(high))
                limit, settled, strict = flint.arb(low).union(flint.arb(high)), fine, True
                if whole.holds(own, 0.0) and abs(own - their) <= SMALL * abs(own):
                    limit, settled = flint.arb("nan"), None
        yield k, limit, settled, strict, poles


def _ends(around, two, looked):
    """{k: a list of `Ends`, those of each side, or None where one is not known}, of the numbers that go on to
    move on one of two sides. Others are only asked whether they move in the same sense."""
    asked = np.flatnonzero(np.any([side.restless for side in two], axis=0)).tolist()
    known = {side.direction.tobytes() for side in two}
    rows = [row for row in looked if asked and row[0].tobytes() not in known and not row[2].all()]
    others, found = [Side(around, row) for row in rows], {k: [] for k in asked}
    rows = [(side, followed(around, side) if side.restless.any() else ()) for side in two]
    for k in asked:
        senses = {side.sense(k) for side in two if not side.outside[k]}
        for side, told in rows:
            if not side.outside[k]:
                found[k].append(told[k] if side.restless[k] else _still(side, k))
        for side in others:
            if not side.outside[k] and not side.restless[k]:
                found[k].append(_still(side, k))
            elif not side.outside[k] and side.sense(k) not in senses:
                found[k].append(None)
    return {k: None if None in row else row for k, row in found.items()}


def _still(side, k):
    return Ends(*[float(side.near[k])] * 2) if finite(side.near[k]) else None
