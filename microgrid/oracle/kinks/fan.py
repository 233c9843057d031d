"""The directions in which to leave a point, so that every way is met in which ties that depend on each other
are decided.

Near the point the members of a tie part by a linear form of the direction: the directions that decide all
ties alike are a cone, and behind each of its facets lies the next one. Linear programs find the facets, and
steps across them, made shorter until they do not leap over a cone, enter every cone, however few directions
it has. `blocks` does so for all ties of a point.

m: numbers of the inputs. form: [m], how fast the higher of two members rises over the lower one; pattern:
how all ties are decided on a side, a frozenset of (tie, places of its members).
"""

import numpy as np

MOST = 32  # forms whose cones are looked for
ALIKE = 2.0**-46  # how far apart the forms of one facet may be, of length 1, by rounding
THIN = 2.0**-20  # what is less wide may be missed: linear programs are right to a tenth of that
SHORTER = 2.0**-8  # of the first step across a facet: the shortest


class Fan:
    """Cones of directions in m dimensions, and what was met there. linear: whether all members part by forms
    so far, which are no more than `MOST`, and cones are not too thin."""

    def __init__(self, m):
        self._m, self._patterns, self.linear, self.thin = m, set(), True, False
        self._cones, self._facets, self._beyond = [], [], False

    def met(self, pattern, forms):
        """Notes what was met in a direction. forms: [n, m] those of all neighbouring members."""
        known = pattern in self._patterns
        self.linear &= len(forms) <= MOST and not (known and self._beyond)
        self._beyond = False
        self._patterns.add(pattern)
        if self.linear and not known:
            cone = _distinct(forms)
            alike = np.abs(cone @ cone.T) - np.eye(len(cone))
            self._are_thin(np.max(alike, initial=0.0) > 1 - THIN**2 / 2)
            self._cones.append(cone)
            self._facets += [(cone, i) for i in range(len(cone))]

    def next(self):
        """A direction of a cone that was not entered, behind a facet of one that was; None where there is
        none."""
        while self.linear and self._facets:
            direction = self._behind(*self._facets[0])
            if direction is not None:
                self._beyond = True
                return direction
            self._facets.pop(0)
        return None

    @property
    def whole(self):
        """Whether every cone was entered."""
        return self.linear and not self._facets

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
        self.thin |= bool(thin)
        self.linear &= not thin
        return thin


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

    if not len(others):
        return np.zeros(len(facet)), 1.0
    forms = np.vstack([facet, others])
    _, sizes, axes = np.linalg.svd(forms, full_matrices=False)
    axes = axes[sizes > ALIKE * sizes[0]]  # along others nothing changes
    forms = forms @ axes.T
    above = np.hstack([-forms[1:], np.ones((len(others), 1))])
    found = linprog(
        [*np.zeros(len(axes)), -1.0],
        A_ub=above,
        b_ub=np.zeros(len(others)),
        A_eq=[[*forms[0], 0.0]],
        b_eq=[0.0],
        bounds=[*[(-1, 1)] * len(axes), (None, 1)],
    )
    if found.x is None:
        return np.zeros(len(facet)), 0.0
    return axes.T @ found.x[:-1], float(found.x[-1])
