"""In which directions from a point to look, so that every way in which its ties are decided is met.

m: numbers of the inputs. pattern: how all ties are decided on a side, a frozenset of (tie, places of its
members).
"""

import math

import numpy as np

WIDEST = 6  # members of a tie whose orders can all be met
SHORTEST = 2.0**-24  # length along an input
MOST = 48  # sides in a row without a new pattern


class Directions:
    """Directions in m dimensions, and what patterns were met there. looks: how many there were."""

    def __init__(self, m):
        self._m, self._draw, self.looks = m, np.random.default_rng(0), 0
        self._patterns, self._quiet = set(), 0

    def any(self):
        """A random direction, [m]: of two the one is like any other, and along the other the lengths are of
        all sizes, so that each input may decide."""
        if self.looks % 2:
            direction = self._draw.standard_normal(self._m)
            return direction / np.max(np.abs(direction))
        return SHORTEST ** self._draw.uniform(0, 1, self._m) * self._draw.choice((-1, 1), self._m)

    def met(self, pattern):
        """Notes the pattern of a direction."""
        self._quiet = self._quiet + 1 if pattern in self._patterns else 0
        self._patterns.add(pattern)
        self.looks += 1

    def exhausted(self, members):
        """Whether there is no new pattern to be expected: many more sides than there are ways to decide the
        ties showed none, as some are met on few sides. members: how many each tie has."""
        ways = math.prod(math.factorial(min(count, WIDEST)) for count in members)
        return len(self._patterns) >= ways or self._quiet >= min(MOST, 12 * ways)
