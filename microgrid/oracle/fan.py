"""The directions in which to leave a point, so that every way in which its ties are decided is met.

Near the point the members of a tie part by a linear form of the direction: the directions that decide all
ties alike are a cone, and behind each of its facets lies the next one. Linear programs find the facets, so
that every cone is entered, however few directions it has. Where forms say nothing, as the members part in
second order only or are too many, directions are drawn instead.

m: numbers of the inputs. form: [m], how fast the higher of two members rises over the lower one; pattern:
how all ties are decided on a side, a frozenset of (tie, places of its members).
"""

import math

import numpy as np

WIDEST = 6  # members of a tie whose orders may all be met
SHORTEST = 2.0**-24  # length along an input
QUIET = 48  # sides in a row without a new pattern
MOST = 32  # forms whose cones are looked for
ALIKE = 2.0**-40  # how far apart forms of one facet are, of length 1
THIN = 2.0**-20  # half the width of a cone: the linear programs are right to a tenth of that


class Fan:
    """Cones of directions in m dimensions, and what was met there. looks: at how many sides; linear:
    whether all members part by forms so far, which are no more than `MOST`."""

    def __init__(self, m):
        self._m, self._draw, self.looks = m, np.random.default_rng(0), 0
        self._patterns, self._quiet = set(), 0
        self._cones, self._facets, self.linear = [], [], True

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
        self._quiet = self._quiet + 1 if pattern in self._patterns else 0
        self.linear &= forms is not None and len(forms) <= MOST
        self.looks += 1
        if self.linear and pattern not in self._patterns:
            cone = _distinct(forms)
            self._cones.append(cone)
            self._facets += [(cone, i) for i in range(len(cone))]
        self._patterns.add(pattern)

    def next(self):
        """A direction of a cone that was not entered, behind a facet of one that was, or a drawn one."""
        while self.linear and self._facets:
            direction = self._behind(*self._facets.pop(0))
            if direction is not None and not any((cone @ direction > 0).all() for cone in self._cones):
                return direction
        return self.any()

    def _behind(self, cone, i):
        """A direction beyond facet i of a cone and before all its others; None if there is no such facet."""
        inner, width = _widest(np.delete(cone, i, axis=0), cone[i])
        if width <= THIN:
            return None
        noise = self.any()  # also along what no tie looks at
        noise *= width / 4 / max(np.max(np.abs(cone @ noise)), width)
        direction = inner - width / 2 * cone[i] + noise
        return direction / np.max(np.abs(direction))

    def whole(self, members):
        """Whether every cone was entered. members: how many each tie has."""
        return (self.linear and not self._facets) or len(self._patterns) >= _ways(members)

    def exhausted(self, members):
        """Whether no new pattern is to be expected: many more sides than there are ways to decide the ties
        showed none, as some are met on few sides."""
        return self._quiet >= min(QUIET, 12 * _ways(members))


def _ways(members):
    """In how many ways ties can be decided."""
    return math.prod(map(math.factorial, members)) if max(members, default=0) <= WIDEST else math.inf


def _distinct(forms):
    """The forms without those of one and the same facet, of length 1."""
    kept = []
    for form in forms / np.linalg.norm(forms, axis=1, keepdims=True):
        if all(np.max(np.abs(form - other)) > ALIKE for other in kept):
            kept.append(form)
    return np.array(kept)


def _widest(others, facet):
    """(a direction on a facet, the least that other forms are there): the one where that is most."""
    from scipy.optimize import linprog

    forms = np.vstack([facet, others])
    _, sizes, axes = np.linalg.svd(forms, full_matrices=False)
    axes = axes[sizes > ALIKE * sizes[0]]  # others change nothing
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
