"""In which directions from a point to look, so that every way in which its ties are decided is met.

m: numbers of the inputs. pattern: how all ties are decided on a side, a frozenset of (tie, places of its
members).
"""

import math

import numpy as np

WIDEST = 6  # members of a tie whose orders can all be met
NARROW = 10  # times that what lies between two sides is halved
BESIDE = 2.0**-12
MOST = 48  # sides in a row without a new pattern


class Directions:
    """Directions in m dimensions, and what patterns were met there. looks: how many there were."""

    def __init__(self, m):
        self._m, self._draw, self.looks = m, np.random.default_rng(0), 0
        self._patterns, self._quiet = set(), 0
        self._last, self._pairs = None, []  # (times halved, one side, the other), between which to look
        self._ends, self._halved = (), 0  # of what is looked at now, where that is between two sides

    def any(self):
        """A random direction, [m]: of two the one is like any other, and along the other the lengths are of
        all sizes, so that each input may decide."""
        if self.looks % 2:
            direction = self._draw.standard_normal(self._m)
            return direction / np.max(np.abs(direction))
        return 2 ** self._draw.uniform(-24, 0, self._m) * self._draw.choice((-1, 1), self._m)

    def between(self):
        """A direction between two on which more than one tie is decided in another way: another side may lie
        there, however narrow it is. None where there are none, or were looked between often enough."""
        while self._pairs:
            halved, one, other = self._pairs.pop()
            if halved < NARROW and len({key for key, *_ in one[1] ^ other[1]}) > 1:
                self._ends, self._halved = (one, other), halved + 1
                middle = one[0] + other[0] + self.any() * BESIDE  # as the middle of opposites is the point
                return middle / np.max(np.abs(middle))
        return None

    def met(self, direction, pattern):
        """Notes the pattern in a direction."""
        side = direction / np.max(np.abs(direction)), pattern
        if pattern not in self._patterns:
            self._quiet = 0
        elif not self._ends:  # what is known again between two sides says little
            self._quiet += 1
        ends = self._ends or (() if self._last is None else (self._last,))
        self._pairs += [(self._halved, end, side) for end in ends if end[1] != pattern]
        self._last = self._last if self._ends else side
        self._ends, self._halved = (), 0
        self._patterns.add(pattern)
        self.looks += 1

    def exhausted(self, members):
        """Whether there is no new pattern to be expected: many more sides than there are ways to decide the
        ties showed none, as some are met on few sides. members: how many each tie has."""
        ways = math.prod(math.factorial(min(count, WIDEST)) for count in members)
        return len(self._patterns) >= ways or self._quiet >= min(MOST, 12 * ways)
