"""Which numbers of a gradient there are on a side of a point: where the function is finite itself.

A change of an output is none where that output is not finite. A slope back is none where an output is not
finite that the input reaches on any side: beside the domain there is often a constant, as entr(x) is -inf for
x < 0, which no input reaches. What reaches an output is what a weight of nan of it comes back to.
"""

import numpy as np

from ..balls import finite

MOST = 64  # outputs that are followed back one by one; of more, each is taken to depend on every input
KEPT = 2  # sides, those before, from which an output is followed back
LOOKS = 8  # sides on which known outputs are followed back again


class Domain:
    """What is known of where the function of a proof is finite. ends: whether it was not on some side;
    outside: [n] which truths there are none of on the last one."""

    def __init__(self, proof, backward, given):
        self._proof, self._backward, self._given = proof, backward, given
        self._reach, self._sides, self._looks, self.outside = {}, [], 0, np.zeros(0, bool)

    @property
    def ends(self):
        return bool(self._reach)

    def truths(self, beside, inputs, outputs):
        """[n] the truths of a replay on a side, nan where there are none."""
        told = beside, inputs, outputs, beside.values, self._backward
        made = _flat(self._proof.truths(*told, self._given))
        numbers = np.concatenate([array.scalars for array in outputs]).tolist()
        bad = [o for o, i in enumerate(numbers) if not finite(beside.values[i])]
        self._sides = [*self._sides[1 - KEPT :], told]
        self.outside = outside = np.zeros(len(made), bool)
        if self._backward:
            self._follow(bad, len(made))
            for o in bad:
                outside |= self._reach[o]
        else:
            self._reach |= dict.fromkeys(bad)
            outside[bad] = True
        return [x * np.nan if none else x for x, none in zip(made, outside.tolist(), strict=True)]

    def _follow(self, bad, n):
        """Note what reaches outputs that are not finite, and those that were not on other sides."""
        known = list(self._reach)
        for o in bad:
            if o not in self._reach:
                many = len(self._reach) >= MOST
                sides = () if many else self._sides
                self._reach[o] = sum((self._reached(o, told) for told in sides), np.full(n, many))
        self._looks += bool(known)
        for o in known[:MOST] if self._looks <= LOOKS else ():
            self._reach[o] |= self._reached(o, self._sides[-1])

    def _reached(self, o, told):
        """[n] whether an input reaches number o of the outputs on a side."""
        weights, start = [], 0
        for array, given in zip(told[2], self._given, strict=True):
            one = np.where(np.arange(start, start + len(array.scalars)) == o, np.nan, 0.0)
            start += len(one)
            real, *imaginary = np.split(one, 1 if array.imaginary is None else 2)
            weights.append(sum((1j * x for x in imaginary), real).reshape(np.shape(given)))
        return np.array([not finite(x) for x in _flat(self._proof.truths(*told, weights))], bool)


def _flat(arrays):
    return [x for array in arrays for x in array]
