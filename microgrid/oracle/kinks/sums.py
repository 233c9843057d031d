"""What all sides of a point say of a function that is a sum of ties to first order, be they ever so many.

Where each tie is between two numbers whose difference is one linear form f of the direction d on every side,
the function is a . d + sum over ties of c relu(f . d). So its gradient is a + sum over the facets of +-J/2:
it jumps by the same J across a facet, wherever that is crossed, and sides on which the facets are told apart
say what each J is. All gradients are between those of all signs, met or not; where each J is 0 there is one.

That forms are the same on all sides is seen on those that were met: a tie behind others is a sum of ties
itself, whose jumps are 0 where it has one form on sides that tell all facets apart. As choices that go over
into each other are asked for, a corner like that of relu(min(x)) shows: the forms behind the inner ties vary.

n: numbers of the gradient, m: numbers of the inputs, s: sides, l: facets.
"""

import numpy as np

ALIKE = 2.0**-46  # how far apart the forms of one facet may be, of length 1, by rounding
SMALL = 2.0**-30  # relative to its largest term: how far a form may be off
CLOSE = 2.0**-10  # to a facet, where the facets are not told apart
SPARE = 8  # sides more than there are unknown numbers
TOLD_APART = 2.0**-6  # the least singular value of the signs of all facets, which are 1/2


class Sums:
    """The signs of forms on the sides of a point. able: whether choices go over into each other."""

    def __init__(self, able):
        self._able, self._forms, self._signs = able, {}, []
        self._draw, self._other = np.random.default_rng(0), None

    def met(self, moved, beside, sites):
        """Notes the signs on one side. moved: [m] the step to it; beside: its `PerturbedReplay`; sites: as in
        `Blocks.met`, asked for on the first side only."""
        if self._able and not self._signs:
            self._able = sites is not None
            for (key, *_), rows in sites or ():
                site = beside.sites[key]
                self._forms[key] = rows[0] * (1 if site.order == site.members else -1)
        known = self._able and beside.sites.keys() == self._forms.keys()
        signs = [_sign(x, moved, beside, beside.sites[key]) for key, x in self._forms.items() if known]
        self._able = bool(signs) and all(signs)
        self._signs.append(signs)

    def jumps(self, truths, reach):
        """([n] the middle between all gradients, [l, n] the jump across each facet); None where the sides do
        not say. truths: [s, n] on the sides that were met; reach: [n] how far apart equal ones may be."""
        if not self._able or len(truths) != len(self._signs):
            return None
        matrix = self._matrix()[1]
        if len(matrix) < matrix.shape[1] + SPARE:
            return None
        found, _, _, sizes = np.linalg.lstsq(matrix, truths, rcond=None)
        if sizes[-1] < TOLD_APART or (np.abs(matrix @ found - truths) > reach).any():
            return None
        return found[0], found[1:]

    def between(self):
        """A direction that tells facets apart which are not on the sides that were met: close to one of them,
        on both of its sides, one after the other. None where there are none."""
        if not self._able or self._other is not None:
            direction, self._other = self._other, None
            return direction if self._able else None
        units, matrix = self._matrix()
        _, sizes, axes = np.linalg.svd(matrix)
        if len(sizes) == len(axes) and sizes[-1] >= TOLD_APART:
            return None
        facet = units[np.argmax(np.abs(axes[-1][1:]))]
        along = self._draw.standard_normal(len(facet))
        along -= facet * (facet @ along)
        along /= max(np.max(np.abs(along)), CLOSE)
        self._other = along - CLOSE * facet
        return along + CLOSE * facet

    def _matrix(self):
        """([l, m] a form of each facet, [s, 1 + l] 1 and half the signs of these)."""
        forms, signs = np.array(list(self._forms.values())), np.array(self._signs)
        forms = forms / np.max(np.abs(forms), axis=1, keepdims=True)  # the square of a tiny number is 0
        forms = forms / np.linalg.norm(forms, axis=1, keepdims=True)
        first = []
        for k, form in enumerate(forms):
            apart = (np.max(np.abs(form - sign * forms[first]), axis=1, initial=0.0) for sign in (1, -1))
            if not (np.minimum(*apart) <= ALIKE).any():
                first.append(k)
        return forms[first], np.hstack([np.ones((len(signs), 1)), signs[:, first] / 2])


def _sign(form, moved, beside, site):
    """The sign of a form on one side; 0 where it is another one there, or the tie is not of two numbers."""
    if len(site.members) != 2:
        return 0
    low, high = site.members
    terms, apart = form * moved, float(beside.values[high] - beside.values[low])
    return int(np.sign(apart)) if abs(apart - np.sum(terms)) <= SMALL * np.max(np.abs(terms)) else 0
