"""The directions in which to leave a point, so that every way in which its ties are decided is met.

Near the point the members of a tie part by a linear form of the direction: the directions that decide all
ties alike are a cone, and behind each of its facets lies the next one. Linear programs find the facets, and
steps across them, made shorter until they do not leap over a cone, enter every cone, however few directions
it has. Where forms say nothing, as the members part in second order only or are too many, or as cones are
too thin to be told apart, directions are drawn instead.

m: numbers of the inputs. form: [m], how fast the higher of two members rises over the lower one; pattern:
how all ties are decided on a side, a frozenset of (tie, places of its members).
"""

import math

import numpy as np

WIDEST = 6  # members of a tie whose orders may all be met
SHORTEST = 2.0**-24  # length along an input
QUIET = 48  # sides in a row without a new pattern
MOST = 32  # forms whose cones are looked for
ALIKE = 2.0**-46  # how far apart the forms of one facet may be, of length 1, by rounding
THIN = 2.0**-20  # what is less wide may be missed: linear programs are right to a tenth of that
SHORTER = 2.0**-8  # of the first step across a facet: the shortest


class Fan:
    """Cones of directions in m dimensions, and what was met there. looks: at how many sides; linear:
    whether all members part by forms so far, which are no more than `MOST`, and cones are not too thin."""

    def __init__(self, m):
        self._m, self._draw, self.looks = m, np.random.default_rng(0), 0
        self._patterns, self._quiet = set(), 0
        self._cones, self._facets, self._beyond, self._thin, self.linear = [], [], False, False, True

    def any(self):
        """A random direction, [m]: of two the one is like any other, and along the other the lengths are of
        all sizes, so that each input may decide."""
        if self.looks % 2:
            direction = self._draw.standard_normal(self._m)
            return direction / np.max(np.abs(direction))
        return SHORTEST ** self._draw.uniform(0, 1, self._m) * self._draw.choice((-1, 1), self._m)

    def met(self, pattern, forms):
        """Notes what was met in a direction. forms: [n, m] those of all neighbouring members, or None where
        these part in another way."""
        if forms is not None and not (np.isfinite(forms).all() and forms.any(axis=1).all()):
            forms = None  # slopes that are no numbers part nothing
        known = pattern in self._patterns
        self._quiet = self._quiet + 1 if known else 0
        self.linear &= forms is not None and len(forms) <= MOST and not (known and self._beyond)
        self.looks, self._beyond = self.looks + 1, False
        self._patterns.add(pattern)
        if self.linear and not known:
            cone = _distinct(forms)
            alike = np.abs(cone @ cone.T) - np.eye(len(cone))
            self._are_thin(np.max(alike, initial=0.0) > 1 - THIN**2 / 2)
            self._cones.append(cone)
            self._facets += [(cone, i) for i in range(len(cone))]

    def next(self):
        """A direction of a cone that was not entered, behind a facet of one that was, or a drawn one."""
        while self.linear and self._facets:
            direction = self._behind(*self._facets[0])
            if direction is not None:
                self._beyond = True
                return direction
            self._facets.pop(0)
        return self.any()

    def _behind(self, cone, i):
        """A direction beyond facet i of a cone whose cone was not entered yet; None where the one beside the
        facet was, or there is no such facet."""
        inner, width = _widest(np.delete(cone, i, axis=0), cone[i])
        if width <= ALIKE:
            return None
        if self._are_thin(width <= THIN):
            return None
        noise = np.random.default_rng(0).standard_normal(self._m)  # also along what no tie looks at
        noise -= (noise @ cone[i]) * cone[i]
        inner = inner - (inner @ cone[i]) * cone[i]
        inner = inner + noise * width / 4 / max(np.max(np.abs(cone @ noise)), width)
        step = width / 2
        while step > SHORTER * width / 2:
            direction = inner - step * cone[i]
            there = next((known for known in self._cones if (known @ direction > 0).all()), None)
            if there is None:
                return direction / np.max(np.abs(direction))
            # facets of what lies between: nearer than where they are met
            between = there[there @ inner < -ALIKE]
            if not len(between):
                return None
            step = np.min(between @ inner / (between @ cone[i])) / 2
        self._are_thin(True)
        return None

    def _are_thin(self, thin):
        """Notes whether there may be cones that cannot be told from each other, and says so."""
        self._thin |= bool(thin)
        self.linear &= not thin
        return thin

    def whole(self, members):
        """Whether every cone was entered. members: how many each tie has."""
        return (self.linear and not self._facets) or len(self._patterns) >= _ways(members)

    def exhausted(self, members):
        """Whether no new pattern is to be expected: many more sides than there are ways to decide the ties
        showed none, as some are met on few sides."""
        return not self._thin and self._quiet >= min(QUIET, 12 * _ways(members))


def _ways(members):
    """In how many ways ties can be decided."""
    return math.prod(map(math.factorial, members)) if max(members, default=0) <= WIDEST else math.inf


def _distinct(forms):
    """The forms without those of one and the same facet, of length 1."""
    kept = []
    forms = forms / np.max(np.abs(forms), axis=1, keepdims=True)  # the square of a tiny number is 0
    for form in forms / np.linalg.norm(forms, axis=1, keepdims=True):
        if not any(np.max(np.abs(form - other)) <= ALIKE for other in kept):
            kept.append(form)
    return np.array(kept).reshape(-1, forms.shape[1])


def _widest(others, facet):
    """(a direction on a facet, the least that other forms are there): the one where that is most."""
    from scipy.optimize import linprog

    forms = np.vstack([facet, others])
    _, sizes, axes = np.linalg.svd(forms, full_matrices=False)
    axes = axes[sizes > ALIKE * sizes[0]]  # along others nothing changes
    forms = forms @ axes.T
    above = np.hstack([-forms[1:], np.ones((len(others), 1))])
    found = linprog(
        [*np.zeros(len(axes)), -1.0],
        A_ub=above if len(others) else None,
        b_ub=np.zeros(len(others)) if len(others) else None,
        A_eq=[[*forms[0], 0.0]],
        b_eq=[0.0],
        bounds=[*[(-1, 1)] * len(axes), (None, 1)],
    )
    if found.x is None:
        return np.zeros(len(facet)), 0.0
    return axes.T @ found.x[:-1], float(found.x[-1])
