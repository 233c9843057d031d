"""What the gradient of a proof is at points near its own, and where to look for its extremes.

Near a point where the program divides 0 by 0, or where equal numbers part in second order only, the gradient
may change with every direction, as that of a length does: no drawn sides span all of what it is there. Where
a function is convex, a slope along a direction is largest on the side in that direction, and least on the
other one; elsewhere it is followed upwards from the best side that is known.

n: numbers of the gradient, m: numbers of the inputs.
"""

from itertools import pairwise

import numpy as np

from .. import exact
from ..balls import differ, distance, distances
from .blocks import Blocks
from .continuity import continuous
from .domain import Domain
from .perturbation import numbers_of, replayed, step_sizes
from .sums import Sums

BITS = 3 * exact.BITS  # a third may be lost where steps of 1e-21 are divided by each other
FAR, NEAR, NEARER = 2.0**-50, 2.0**-70, 2.0**-90  # steps away from the point, relative to the inputs
SCALARS = 10**7  # of the programs of all sides together, and of the ways back from their ties, at most
SIDES = 96  # that are looked at, at most
MOST_FORMS, MOST_WORK = 512, 2**20  # pairs of members, and scalars on the ways back from them
SMALL = 2.0**-30  # relative to the largest slope, sides that differ by less do not differ
JUMP = 2.0**-16  # a continuous function moves less, with slopes of up to 2**34
WIDER = 4.0  # than the first order lets two equal numbers part: so far apart they are no equal numbers
ASIDE = 2.0**-20  # of a direction: how far away from it is looked, as it may itself lead along a tie
TURN = 2.0**-6  # of each number of a direction: how far it is turned to see whether slopes change with it
BENT = 2.0**12 * NEAR / FAR  # of how far slopes move on one side: so far they may on another, where all are 0
STILL = 2.0**-40  # relative to the largest slope: those that change by less do not
CLIMBS = 12  # steps from a side to one where a slope is larger
EDGE = 2.0**-18  # relative to the distance of the sides: what looking aside may leave out


class Neighbourhood:
    """Points near that of a proof. sides: [(direction [m], truths [n])] that were looked at near the point;
    sites: the places of the members of each tie, `flat` those that part in second order only; jumps: whether
    an output is another number there than at the point; turning: whether slopes may change with every
    direction; whole: whether these are all sides, or one of each kind; spread: [n] how far truths move;
    added: what `Sums` has of sides that were not met, or None."""

    def __init__(self, proof, backward, given, turning):
        self._proof, self.backward, self._given = proof, backward, given
        self.sites, self.flat, self.jumps, self.sides = {}, set(), False, []
        self._sizes = [step_sizes(x) for x in proof.flat.numbers]
        self._followed, count = 0, sum(map(len, self._sizes))
        self._nearer, self._draw, self.domain = {}, np.random.default_rng(0), Domain(proof, backward, given)
        self.fan, self.added = Blocks(count, not backward, able := continuous(proof)), None
        self._sums = Sums(able)
        self.turning, self.spread, self.whole = turning, np.zeros(0), count == 1

    @property
    def starts(self):
        """Where the arrays of the gradient begin among its numbers."""
        arrays = self._proof.inputs if self.backward else self._proof.outputs
        return np.cumsum([0, *(len(array.scalars) for array in arrays)])[:-1]

    @property
    def work(self):
        """The scalars of all sides together."""
        return self.fan.looks * self._beside.tape.size + self._followed

    def look(self, direction, step=NEAR):
        """[n] the truths on one side."""
        import flint

        parts = np.split(direction, np.cumsum([len(sizes) for sizes in self._sizes])[:-1])
        balls = [map(flint.arb, x.tolist()) for x in map(numbers_of, self._proof.flat.numbers)]
        moved = [
            [x + step * float(size) * u for x, size, u in zip(*row, strict=True)]
            for row in zip(balls, self._sizes, (part.tolist() for part in parts), strict=True)
        ]
        beside, inputs, outputs = replayed(self._proof, moved)
        self._beside = beside
        self._inputs = np.concatenate([array.scalars for array in inputs])
        for key, site in beside.sites.items():
            self.sites.setdefault(key, []).append(site.places)
        self._pattern = frozenset((key, *site.places) for key, site in beside.sites.items())
        self.jumps |= any(map(self._jumped, outputs, self._proof.outputs))
        made = self.domain.truths(beside, inputs, outputs)
        if step == NEAR:
            forms = self._forms(beside, direction)
            self.fan.met(direction, self._pattern, forms)
            self._sums.met(NEAR * direction, beside, forms)
            self.sides.append((direction, np.array(list(map(float, made)))))
        return made

    def far_and_near(self, direction):
        """[n] the truths on one side far away, and near; notes whether they change as that side is turned."""
        known = self.whole or self.turning
        turned = direction * (1 + TURN * self._draw.standard_normal(len(direction)))
        far, pattern = self.look(direction if known else turned, FAR), self._pattern
        near = self.look(direction)
        sizes = np.abs(self.sides[-1][1])
        least = STILL * np.max(sizes, initial=0.0, where=np.isfinite(sizes))
        if known or not (distances(far, near) > least).any():
            return far, near
        there, far = far, self.look(direction, FAR)
        moved = distances(there, far)
        moves = (moved > np.maximum(least, 4 * distances(far, near))).any()
        self.turning = bool(moves) and self._pattern == pattern  # and not by another choice
        return far, near

    def nearer(self, direction):
        """[n] the truths on one side, nearer to the point: looked for once."""
        key = direction.tobytes()
        if key not in self._nearer:
            self._nearer[key] = self.look(direction, NEARER)
        return self._nearer[key]

    def towards(self, k):
        """The direction, and beside it, in which number k of the gradient is the slope; None where there is
        none."""
        if self.backward:
            direction = np.eye(1, sum(map(len, self._sizes)), k)[0]
        else:
            direction = np.concatenate(list(map(numbers_of, self._given))) / np.concatenate(self._sizes)
        largest = np.max(np.abs(direction), initial=0.0)
        return self._aside(direction / largest, ASIDE) if 0 < largest < np.inf else None

    def climbs(self, k, upwards):
        """Yields directions in which number k of the gradient may be larger, or less, than on all sides."""
        length, sign = 1.0, 1 if upwards else -1
        for _ in range(CLIMBS):
            direction, truths = max(
                self.sides, key=lambda side: np.nan_to_num(sign * side[1][k], nan=-np.inf)
            )
            yield self._aside(direction, length)
            length *= 2 if sign * (self.sides[-1][1][k] - truths[k]) > 0 else 0.5

    def gradients(self):
        """[s, n] the truths on the sides where all are finite."""
        return np.array([truths for _, truths in self.sides if np.isfinite(truths).all()])

    def both(self, direction):
        """Look to both sides along a direction of the gradient, [m]."""
        moved = direction / np.concatenate(self._sizes)
        for side in (moved, -moved):
            self.look(self._aside(side / np.max(np.abs(side)), ASIDE))

    def bowl(self, slack):
        """Whether the function, which is linear along each side, may be convex, or concave: then no gradient
        of another side says more, or less, of a side than its own, beyond a slack."""
        rows = [(x * np.concatenate(self._sizes), y) for x, y in self.sides if np.isfinite(y).all()]
        said = np.array([y for _, y in rows]) @ np.array([x for x, _ in rows]).T
        off = said - np.diag(said)
        least = slack * np.max(np.abs(said), initial=0.0)
        return bool((off <= least).all() or (off >= -least).all())

    def _aside(self, direction, length):
        moved = direction + length * self._draw.standard_normal(len(direction))
        return moved / np.max(np.abs(moved))

    def _jumped(self, beside, here):
        """Whether an output is another number near the point than at it."""
        pairs = zip(beside.scalars.tolist(), here.scalars.tolist(), strict=True)
        for x, y in ((float(self._beside.values[i]), float(self._proof.values[j])) for i, j in pairs):
            if np.isfinite(x) and np.isfinite(y) and abs(x - y) > JUMP * max(abs(y), 1):
                return True
        return False

    def _forms(self, beside, direction):
        """[(part of the pattern, [n, m] how fast its neighbouring members part)] for each tie; None where
        nobody asks, where some part in second order only, or are too many."""
        pairs = {
            key: [pair for pair in pairwise(site.order) if differ(*(beside.values[i] for i in pair))]
            for key, site in beside.sites.items()
        }
        work = (count := sum(map(len, pairs.values()))) * beside.tape.size
        if self.whole or not self.fan.linear or count > MOST_FORMS or work > MOST_WORK:
            return None
        self._followed += work
        made, sizes = [], np.concatenate(self._sizes)
        for key, met in pairs.items():
            forms = []
            for low, high in met:
                ends = [(np.array([high]), [1.0]), (np.array([low]), [-1.0])]
                slopes = exact.adjoints(beside.tape, beside.values, ends)
                form = np.array([float(slopes[i]) for i in self._inputs]) * sizes
                off, apart = distance(beside.values[high], beside.values[low]), NEAR * (form @ direction)
                if not np.isfinite(form).all():
                    return None
                if off > WIDER * NEAR * np.sum(np.abs(form)):
                    continue  # rounding alone made the two equal in the run
                if not abs(off - apart) <= SMALL * off:
                    self.flat.add(key)
                    return None
                forms.append(form)
            if forms:
                made.append(((key, *beside.sites[key].places), np.array(forms)))
        return made

    @property
    def exhausted(self):
        """Whether no other side is to be expected."""
        return self.whole or self.fan.exhausted(self._members)

    @property
    def _members(self):
        return [len(met[0]) for met in self.sites.values()]

    def next(self):
        """A direction in which to look next; where many were tried, of facets that were met in one only."""
        between = self._sums.between() if 2 * self.fan.looks > SIDES else None
        return self.fan.next() if between is None else between

    def enter(self):
        """Whether that was the last side there is, or the last of one of each kind, or of those that are
        looked at, where ties add up. Then `whole` is True."""
        if self.whole or self.turning:
            return False
        if self.fan.whole(self._members):
            self.whole = self.fan.complete(self._members) or not self.fan.mixed or self.span() is not None
            if not self.whole:
                self.fan.forget()
        elif not self.flat and (self.work > SCALARS or self.fan.looks > SIDES):
            self.added = self._of_all(self._sums.jumps)
            self.whole = self.added is not None
        return self.whole

    def span(self):
        """(the least, the largest) [n] truths of all sides, met or not, where these are what the blocks of
        inputs bring, or ties that add up; None where they are not."""
        if self.added is None:
            return self._of_all(self.fan.span)
        reach = np.sum(np.abs(self.added[1]), axis=0) / 2
        return self.added[0] - reach, self.added[0] + reach

    def _of_all(self, said):
        """What something says of all sides, told those that were met; None where some are not finite."""
        truths = np.array([truths for _, truths in self.sides])
        if not (np.isfinite(truths).all() and np.isfinite(self.spread).all()):
            return None
        bent = max(8 * SMALL * np.max(np.abs(truths)), BENT * np.max(self.spread))
        return said(truths, np.maximum(bent, 8 * self.spread))

    def rests(self):
        """Whether the truths on all sides are the same nearer to the point."""
        least = SMALL * np.max(np.abs(self.gradients()), initial=0.0)
        return all(
            (distances(self.nearer(direction), truths) <= least).all() for direction, truths in self.sides
        )
