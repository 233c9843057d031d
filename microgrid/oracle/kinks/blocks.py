"""All directions in which to leave a point: a fan for each block of inputs whose ties share none with others.

Where a continuous function has a kink its slopes jump along the form of the tie that is decided otherwise,
and along no other direction. So the slope of an input changes only with ties of its own block, however the
others are decided, and a change of an output is a sum of what the blocks bring. Twenty relus have 2**20
sides, and two of them say all. Where forms say nothing, as the members of a tie part in second order only or
are too many, or as cones are too thin to be told apart, directions are drawn instead.

m: numbers of the inputs; block: the places of some of them; form, pattern: as in `fan`; site: (its part of
the pattern, [n, m] the forms of its neighbouring members).
"""

import math

import numpy as np

from .fan import Fan

WIDEST = 6  # members of a tie whose orders may all be met
SHORTEST = 2.0**-24  # length along an input
QUIET = 48  # sides in a row without a new pattern
APART = 64  # blocks, each with sides of its own
PROBES = 8  # drawn sides that must be as the blocks have it


class Blocks:
    """The sides of a point in m dimensions, and what was met there. apart: whether each cone is also to be
    seen where all other blocks are as on the first side, as what they bring is added; several: whether there
    may be more than one block; looks: at how many sides; groups: the blocks, and behind them one of all
    inputs that meet at no tie; linear: whether all members part by forms, and cones are neither too many nor
    too thin."""

    def __init__(self, m, apart, several):
        self._m, self._apart, self._draw, self.looks = m, apart, np.random.default_rng(0), 0
        self._patterns, self._quiet, self._linear, self._thin = set(), 0, True, False
        self._met, self._fans, self._probes, self.groups = [], [], 0, [np.arange(m)]
        self._cones, self._supports, self._keys, self._one = [], {}, None, not several

    def any(self):
        """A random direction, [m]: of two the one is like any other, and along the other the lengths are of
        all sizes, so that each input may decide."""
        if self.looks % 2:
            direction = self._draw.standard_normal(self._m)
            return direction / np.max(np.abs(direction))
        return SHORTEST ** self._draw.uniform(0, 1, self._m) * self._draw.choice((-1, 1), self._m)

    @property
    def linear(self):
        return self._linear and all(fan.linear for fan in self._fans)

    def met(self, direction, pattern, sites):
        """Notes what was met in a direction. sites: those of the pattern, or None where one parts in another
        way."""
        self._quiet = self._quiet + 1 if pattern in self._patterns else 0
        self._patterns.add(pattern)
        self.looks += 1
        for _, forms in sites or ():
            if not (np.isfinite(forms).all() and forms.any(axis=1).all()):
                sites = None  # slopes that are no numbers part nothing
                break
        self._linear &= sites is not None
        if self.linear:
            self._met.append((direction, sites or ()))
            self._note(sites or ())
            groups = self._grouped()
            known = [at.tolist() for at in self.groups] == [at.tolist() for at in groups]
            if not known:
                self.groups, self._fans = groups, [Fan(len(at)) for at in groups[:-1]]
                self._cones, self._probes = [], 0
            for _, told in self._met[-1:] if known else self._met:
                self._tell(told)
        if not self.linear or (self._apart and len(self._fans) > APART):
            self.forget()

    def forget(self):
        """Take directions for what the ties do not tell: from now on they are drawn."""
        self._thin |= any(fan.thin for fan in self._fans)
        self._linear, self._fans, self.groups = False, [], [np.arange(self._m)]

    def _note(self, sites):
        keys = {part[0] for part, _ in sites}
        self._keys = keys if self._keys is None else self._keys
        self._one |= keys != self._keys
        for row in (forms.any(axis=0) for _, forms in sites):
            self._supports[row.tobytes()] = row

    def _grouped(self):
        """The blocks of all sites that were met; one where not all of them are on every side."""
        block, free = np.arange(self._m), np.ones(self._m, bool)
        for row in self._supports.values():
            block[np.isin(block, block[row])] = np.min(block[row])
            free &= ~row
        if self._one:
            block[~free] = 0
        return [
            *(np.flatnonzero((block == k) & ~free) for k in np.unique(block[~free])),
            np.flatnonzero(free),
        ]

    def _tell(self, sites):
        """Notes the cones of one side, one of each block."""
        cones, block = [], np.zeros(self._m, int)
        own: list = [[] for _ in self._fans]
        for k, at in enumerate(self.groups):
            block[at] = k
        for part, forms in sites:
            own[block[np.argmax(forms[0] != 0)]].append((part, forms))
        for at, fan, mine in zip(self.groups, self._fans, own, strict=False):
            cones.append(frozenset(part for part, _ in mine))
            fan.met(cones[-1], np.concatenate([np.zeros((0, len(at))), *(forms[:, at] for _, forms in mine)]))
        self._cones.append(cones)

    def span(self, truths, reach):
        """(the least, the largest) [n] truths of all sides, from what the blocks bring; None where some side
        that was met is none of these. truths: [s, n] on the sides that were met; reach: [n] how far apart
        equal ones may be."""
        if len(truths) != len(self._cones) or not np.isfinite(truths).all():
            return None
        return (self._added if self._apart else self._side_by_side)(truths, reach)

    def _side_by_side(self, truths, reach):
        for k, at in enumerate(self.groups):
            known = {}
            for cones, truth in zip(self._cones, truths, strict=True):
                first = known.setdefault(cones[k] if k < len(cones) else None, truth)
                if (np.abs(first - truth) > reach)[at].any():
                    return None
        return np.min(truths, axis=0), np.max(truths, axis=0)

    def _added(self, truths, reach):
        start, brought = self._cones[0], [{cone: 0.0 * truths[0]} for cone in self._cones[0]]
        for cones, truth in zip(self._cones, truths, strict=True):
            if changed := _changed(start, cones):
                brought[changed[0]].setdefault(changed[1], truth - truths[0])
        for cones, truth in zip(self._cones, truths, strict=True):
            pairs = list(zip(brought, cones, strict=True))
            if any(cone not in known for known, cone in pairs):
                return None
            expected = truths[0] + np.sum([known[cone] for known, cone in pairs], axis=0)
            if (np.abs(expected - truth) > (1 + len(start)) * reach).any():
                return None
        low, high = (
            truths[0] + np.sum([f(list(known.values()), axis=0) for known in brought], axis=0)
            for f in (np.min, np.max)
        )
        return low, high

    def next(self):
        """A direction of cones that were not entered, or a drawn one."""
        moved, found = self._met[0][0].copy() if self._met else np.zeros(self._m), False
        for at, fan in zip(self.groups, self._fans, strict=False) if self.linear else ():
            if (direction := fan.next()) is not None:
                moved[at], found = direction, True
        if found:
            return moved
        for k, cone in self._missing() if self.linear and self._apart else ():
            side = next(i for i, cones in enumerate(self._cones) if cones[k] == cone)
            moved[self.groups[k]] = self._met[side][0][self.groups[k]]
            return moved
        self._probes += 1
        return self.any()

    def _missing(self):
        """(block, cone) of what was not met where all other blocks are as on the first side."""
        start = self._cones[0] if self._cones else []
        met = {(k, cones[k]) for cones in self._cones for k in range(len(start))}
        alone = {k_cone for cones in self._cones if (k_cone := _changed(start, cones))}
        return sorted(((k, cone) for k, cone in met - alone if cone != start[k]), key=lambda pair: pair[0])

    @property
    def mixed(self):
        """Whether there are several blocks."""
        return len(self._fans) > 1

    def complete(self, members):
        """Whether the ties were decided in every way. members: how many each tie has."""
        return len(self._patterns) >= _ways(members)

    def whole(self, members):
        """Whether every side was met, or every cone of each block, and then some drawn sides."""
        if self.complete(members) or not self._met:
            return self.complete(members)
        if not (self.linear and all(fan.whole for fan in self._fans)):
            return False
        return not self.mixed or (self._probes > PROBES and not (self._apart and self._missing()))

    def exhausted(self, members):
        """Whether no new pattern is to be expected: many more sides than there are ways to decide the ties
        showed none, as some are met on few sides."""
        return not self._thin and self._quiet >= min(QUIET, 12 * _ways(members))


def _changed(start, cones):
    """(block, cone) where one side differs from another in one block only; None elsewhere."""
    others = [(k, cone) for k, (cone, first) in enumerate(zip(cones, start, strict=True)) if cone != first]
    return others[0] if len(others) == 1 else None


def _ways(members):
    """In how many ways ties can be decided."""
    return math.prod(map(math.factorial, members)) if max(members, default=0) <= WIDEST else math.inf
