"""A program at a point near that of the run, with all ties decided as they are there.

member: one of several equal numbers of the run; site: where they met in the program.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import pairwise

import numpy as np

from .. import exact
from ..balls import differ, finite
from ..interpreter import Replay, walk

LEAST = 2.0**-900  # the size of the smallest numbers, whose steps would be 0 in float64


@dataclass(frozen=True, eq=False)
class Site:
    """Members of equal numbers: their ids, and the ids in rising order at the other point."""

    members: list
    order: list

    @property
    def places(self):
        """For each member its place in the order."""
        return [self.order.index(i) for i in self.members]


def replayed(proof, moved, held=()):
    """(the replay, its inputs, its outputs) of the function of a proof where its inputs are moved, but not
    what it holds fixed, if held are the numbers of that."""
    beside = PerturbedReplay(moved, proof.surrogates, held)
    inputs = [beside.input(x) for x in proof.flat.numbers]
    outputs, _ = walk(beside, proof.program, inputs)
    beside.settle()
    return beside, inputs, outputs


class PerturbedReplay(Replay):
    """A replay whose inputs are moved; all is chosen as in the run, but where the run chose between equals.

    moved: for each input its numbers at the other point, a list of balls; held: what stop_gradient holds, one
    number after the other, or () where they move too. values: of every scalar there; sites: key -> `Site`,
    the key made of the equation, how often it came, and the number. refined: 2, as one step from a solution
    at the run's point is right there to the square of the distance, and its slopes only to the distance.
    """

    def __init__(self, moved, surrogates, held=()):
        super().__init__(surrogates=surrogates)
        self._moved, self._given, self._met, self._held = iter(moved), {}, Counter(), iter(held)
        self._equation, self.values, self.sites, self.refined = None, [], {}, 2

    def input(self, numbers):
        """The array of an argument, at the other point."""
        array = super().input(numbers)
        self._given.update(zip(array.scalars.tolist(), next(self._moved), strict=True))
        return array

    def hold(self, array):
        """Give what stop_gradient holds the numbers of the run."""
        super().hold(array)
        self._given.update(zip(array.scalars.tolist(), self._held, strict=False))

    def equation(self, equation, inputs):
        """As in the run; a number that is finite at the other point only goes on as it is there."""
        around, self._equation = self._equation, equation
        made = super().equation(equation, inputs)
        self._equation = around
        self.settle()
        return made

    def settle(self):
        """Bring the values up to the end of the tape."""
        start = len(self.values)
        exact.forward(self.tape, self.values, given=self._given)
        for i in (start + np.flatnonzero(~np.isfinite(self.tape.run[start:]))).tolist():
            if finite(self.values[i]):
                self.tape.run[i] = float(self.values[i])

    def ranked(self, ids):
        """[..., n] numbers that order the last axis of ids [..., n] as at the other point."""
        self.settle()
        rows = np.array(ids).reshape(-1, ids.shape[-1])
        numbers = self.tape.run[rows]
        self._met[id(self._equation)] += 1
        ordered = np.sort(numbers, axis=-1)
        tied = (ordered[:, 1:] == ordered[:, :-1]).any(axis=-1) & self.tape.live[rows].any(axis=-1)
        for k in np.flatnonzero(tied).tolist():
            key = id(self._equation), self._met[id(self._equation)], k
            numbers[k] = self._ranks(key, rows[k], numbers[k])
        return numbers.reshape(ids.shape)

    def _ranks(self, key, row, numbers):
        known = np.unique(numbers)
        ranks = np.searchsorted(known, numbers).astype(float)
        for number in known[np.isfinite(known)].tolist():
            columns = np.flatnonzero(numbers == number)
            members = list(dict.fromkeys(row[columns].tolist()))
            if len(members) < 2 or not self.tape.live[members].any():
                continue
            order = sorted(members, key=cmp_to_key(self._compare))
            steps = np.cumsum([0, *(abs(self._compare(*pair)) for pair in pairwise(order))])
            place = dict(zip(order, (steps / len(members)).tolist(), strict=True))
            ranks[columns] += [place[i] for i in row[columns].tolist()]
            if steps[-1]:
                self.sites[*key, number] = Site(members, order)
        return ranks

    def _compare(self, one, other):
        """-1, 0 or 1, as one number is below, equal to or above another at the other point."""
        a, b = self.values[one], self.values[other]
        if not differ(a, b):
            return 0
        return 1 if a > b else -1

    def tied(self, one, other):
        """Where two arrays of ids are different scalars of one number here and there; None where nowhere."""
        self.settle()
        doubt = super().tied(one, other)
        if doubt is None:
            return None
        doubt = np.array(doubt)
        pairs = np.stack(np.broadcast_arrays(one, other), -1)[doubt].tolist()
        doubt[doubt] = [self._compare(*pair) == 0 for pair in pairs]
        return doubt if doubt.any() else None


def numbers_of(x):
    """[m] the numbers of an array in float64; behind the real parts the imaginary ones."""
    x = np.asarray(x)
    if np.iscomplexobj(x):
        return np.concatenate([np.real(x).ravel(), np.imag(x).ravel()]).astype(np.float64)
    return x.ravel().astype(np.float64)


def step_sizes(x):
    """[m] how large a step is at each number of an array: its size, of a 0 that of the least number."""
    sizes = np.abs(numbers_of(x))
    sizes = np.where(sizes > 0, sizes, np.min(sizes, initial=1.0, where=sizes > 0))
    return np.maximum(sizes, LEAST)
