"""JAX's derivative of one equation against ours: its program exact against exact, its numbers within a bound.

Both are first run in float64; what that leaves open, or shows to differ, is decided in balls.
"""

from typing import Any

import numpy as np

from .. import exact, floats, rounding
from ..balls import finite, known, wider
from ..conditioning import Roundings
from ..interpreter import Replay
from ..judgement import leaf_of
from ..literals import together
from ..proof import SLACK, Answer, taken
from ..width import tighten
from .precision import FLUSHED, SHARP, settled, sharpened, unknown
from .registry import TooLarge
from .slices import MOST, Slice

FEW = 2**19  # numbers that a slice of JAX's program for cotangents may read: where it is more, fewer slopes
NUDGES, NUDGE = 3, 2.0**-67  # directions in which a singular point is approached, and about 1e-20
AIMED = 4  # numbers where JAX is furthest off, by size and by ULPs, that are looked at besides random ones


def theirs(primal, run, pairs, most=MOST, **told):
    """(replay, slice) of some coordinates of JAX's program; pairs of a slot and its coordinates."""
    replay = Replay(exact=primal.replay.literals.known(()), **told)
    return replay, Slice(replay, run, pairs, most)


def part(dtype):
    """The type of the parts of complex numbers, or of the numbers themselves."""
    return np.zeros(0, dtype).real.dtype


def parts(numbers):
    """[n] float64, of complex numbers [2 n], the imaginary parts behind the real ones."""
    numbers = np.asarray(numbers)
    both = [np.real(numbers), np.imag(numbers)] if np.iscomplexobj(numbers) else [numbers]
    return np.concatenate([part.astype(np.float64) for part in both])


def share(errors, truths, dtype):
    """The largest error as a share of the largest number; of numbers that a type flushes to 0 none."""
    sizes = np.abs(truths)
    largest = np.max(sizes, initial=0.0, where=np.isfinite(sizes))
    worst = np.max(errors, initial=0.0, where=np.isfinite(errors))
    return float(worst / largest) if largest > rounding.smallest(dtype) else 0.0


class Comparison:
    """One mode of one equation.

    primal, values: our side, in float64; given: the cotangents of its outputs, or the tangents of the moving
    inputs; run, ends: JAX's program and the slots where it has the slopes; chosen: the coordinates of those
    that are looked at, where they are known. unseen: the share of the coordinates where JAX's slopes are not
    finite: with cotangents of 0 these may come of 0 times infinity, which says nothing of the run. noise: how
    far JAX's numbers are from ours where they are not looked at further, as a share of the largest one: an
    error of more than twice that would have been the furthest off, and been looked at.
    """

    def __init__(self, primal, values, mode, given, run, ends, draw, chosen=None):
        self.primal, self.mode, self.given, self.run = primal, mode, given, run
        self.values, self.draw, self.unseen, self.noise = values, draw, 0.0, 0.0
        rough = primal.slopes(mode, given, values)
        aim_known = chosen is not None
        if not aim_known:
            pairs = zip(ends, rough, strict=True)
            seen = [(slot, self._seen(slot, *known), known) for slot, known in pairs]
            chosen = [self._aimed(slot, *known) if mode == "rev" else at for slot, at, known in seen]
        self.pairs = list(zip(ends, chosen, strict=True))
        self.other, self.found = self._sliced()
        self.rough = self._placed(rough)
        if mode == "rev" and not aim_known:
            self.noise = max(map(_noise, self.pairs, rough), default=0.0)

    def _seen(self, slot, at, truths):
        """The coordinates where JAX's slopes are finite; the share of the others is kept."""
        if not len(at):
            return at
        there = np.isfinite(parts(slot.flat[at]))
        hidden = (~there & np.isfinite(truths)).reshape(-1, len(at)).any(axis=0)
        self.unseen = max(self.unseen, float(np.mean(hidden)))
        return at[there.reshape(-1, len(at)).all(axis=0)]

    def _aimed(self, slot, at, truths):
        """Coordinates to look at: where JAX is furthest off, and random ones."""
        got, n = slot.flat, len(at)
        far = _elsewhere(got, at)
        if not n:
            return np.array(far, int)
        near = parts(got[at])
        with np.errstate(all="ignore"):
            off = np.where(np.isfinite(near), np.abs(near - truths), -1.0).reshape(-1, n).max(axis=0)
            beside = off / (np.abs(truths).reshape(-1, n).max(axis=0) + FLUSHED)
        first = [np.argpartition(-x, AIMED)[:AIMED] if n > AIMED else np.arange(n) for x in (off, beside)]
        count = min(n, sum(len(known) for _, known in self.primal.outputs))
        chosen = at[np.concatenate([*first, self.draw.choice(n, count, replace=False)])].tolist()
        return np.array([j for j in dict.fromkeys([*far, *chosen]) if np.isfinite(got[j])], int)

    def _sliced(self):
        """Theirs; where that is too much, of fewer coordinates in mode "rev", those aimed at being first."""
        if self.mode == "fwd":
            return theirs(self.primal, self.run, self.pairs)
        while True:
            try:
                return theirs(self.primal, self.run, self.pairs, FEW)
            except TooLarge:
                if all(len(at) < 2 for _, at in self.pairs):
                    raise
                self.pairs = [(slot, at[: (len(at) + 1) // 2]) for slot, at in self.pairs]

    def _placed(self, known):
        """The slopes at the coordinates that are looked at, 0 where none are known."""
        pairs = zip(known, self.pairs, strict=True)
        return [_placed(at, numbers, slot, wanted) for (at, numbers), (slot, wanted) in pairs]

    def judged(self):
        """(a leaf for each array, the smallest error that could not have been missed, whether balls left open
        what is true)."""
        rough = floats.forward(self.other.tape)
        self._bounds = rounding.bounds(self.other.tape, rough)
        self._roundings = Roundings(self.other.tape, rough, [])
        slack = SLACK * rounding.bounds(self.other.tape, rough, np.float64, self.other.literals.radii)
        answers = self._answers(self.rough, rough, slack)
        leaves = [leaf_of(answer, self.mode) for answer in answers]
        tied = self.primal.replay.ties or self.other.ties
        if not tied and all(map(settled, answers)) and all(leaf.verdict == "ok" for leaf in leaves):
            left = (share(2 * answer.slack, answer.floats, answer.dtype) for answer in answers)
            return leaves, max(2 * self.noise, *left, 0.0), False
        answers, leaves, lost = sharpened(lambda: self._in_balls(tied, answers), self.mode)
        left = (share(unknown(answer), answer.floats, answer.dtype) for answer in answers)
        return leaves, max(2 * self.noise, *left, 0.0), lost

    def _answers(self, truths, values, slack):
        made = []
        for k, ((slot, at), truth) in enumerate(zip(self.pairs, truths, strict=True)):
            ids, got = self.found.at(slot, at).scalars, parts(slot.flat[at])
            given = self.primal.record.moving if self.mode == "rev" else [o for o, _ in self.primal.outputs]
            end = "input" if self.mode == "rev" else "output"
            path = f"{self.primal.record.name} by itself, {end} {given[k]}"
            bounds, series = self._bounds[ids], self.primal.replay.series
            theirs = taken(values, ids)
            answer = Answer(path, slot.dtype, truth, theirs, slack[ids], got, bounds, series, ids=ids)
            answer.roundings, answer.free = self._roundings, bool(self.other.literals.radii)
            tighten(answer)
            made.append(answer)
        return made

    def _in_balls(self, tied, rough):
        values = self.primal.forward(exact)
        truths = self._placed(self.primal.slopes(self.mode, self.given, values, exact))
        around, beside = [], [np.array([not finite(x) for x in truth], bool) for truth in truths]
        if tied or not all(finite(x) for truth in truths for x in truth):
            around = self._around(values)
            truths = [list(map(known, *pair)) for pair in zip(truths, around, strict=True)]
        others = exact.forward(self.other.tape, None, self.other.literals.radii)
        answers = self._answers(truths, others, np.zeros(len(others)))
        for pair in zip(answers, rough, strict=True):
            _without_infinity(*pair)
        if tied or any((~answer.near | answer.apart).any() for answer in answers):
            for answer, hull in zip(answers, self._slopes_of(self.primal.again(hull="near")), strict=True):
                answer.hulls, answer.loose = (hull, None) if tied else (answer.hulls, hull)
            for answer, near in zip(answers, around, strict=True) if tied else ():  # a cone has no branches
                pairs = enumerate(zip(answer.hulls, near, strict=True))
                answer.hulls = [h if answer.within(h, k) else wider(h, x) for k, (h, x) in pairs]
        if any(answer.apart.any() for answer in answers):
            self._mean(answers)
        return answers, beside

    def _slopes_of(self, primal, **told):
        known = primal.slopes(self.mode, self.given, primal.forward(exact, **told), exact)
        return self._placed(known)

    def _around(self, values):
        """The hulls of the slopes at points very near this one, with the choices of the run."""
        near: Any = None
        for k in range(NUDGES):
            draw, nudges = np.random.default_rng(k), {}
            for slot in self.primal.moving:
                array = self.primal.found.array(slot)
                for i in array.scalars.tolist() if array is not None else ():
                    sign = (1, -1)[k] if k < 2 else draw.choice((-1, 1))
                    nudges[i] = values[i] + sign * draw.uniform(0.5, 1) * NUDGE
            moved = self._slopes_of(self.primal, given=nudges)
            near = [list(map(_hull, *pair)) for pair in zip(near or moved, moved, strict=True)]
        return near

    def _mean(self, answers):
        """What the slopes are where the function is what it means, and literals are rounded numbers."""
        loose, primal = (self.primal.again(means=means) for means in ("literals", True))
        own = self._slopes_of(loose, radii=loose.replay.literals.radii)
        other, found = theirs(primal, self.run, self.pairs, means=True)
        ids = [found.at(slot, at).scalars for slot, at in self.pairs]

        def slopes(name, of_function, of_gradient):
            values = exact.forward(other.tape, None, **{name: of_gradient})
            return self._slopes_of(primal, **{name: of_function}), [taken(values, x) for x in ids]

        truths, rows = together(answers, (primal.replay.literals, other.literals), slopes)
        for answer, *meant, mine in zip(answers, truths, rows, own, strict=True):
            answer.mean(*meant, mine if primal.replay.meant else ())


def _noise(pair, known):
    (slot, chosen), (at, truths) = pair, known
    if not len(at):
        return 0.0
    off = np.abs(parts(slot.flat[at]) - truths).reshape(-1, len(at)).max(axis=0)
    return share(off[~np.isin(at, chosen)], truths, slot.dtype)


def _hull(x, y):
    import flint

    return flint.arb(x).union(flint.arb(y))


def _elsewhere(got, at):
    """The largest number of JAX's answer where it must be 0, if there is one."""
    if np.count_nonzero(got) == np.count_nonzero(got[at]):
        return []
    size = np.where(np.isfinite(got), np.abs(got), 0.0)
    size[at] = 0
    return [int(np.argmax(size))] if size.any() else []


def _placed(at, numbers, slot, wanted):
    """numbers, which belong to the coordinates at of a slot, at the wanted ones, 0 where none is known."""
    if not len(at):
        count = len(parts(slot.flat[wanted]))
        return [0] * count if isinstance(numbers, list) else np.zeros(count)
    index = np.minimum(np.searchsorted(at, wanted), len(at) - 1)
    known = at[index] == wanted
    if not isinstance(numbers, list):
        return np.where(known, numbers.reshape(-1, len(at))[:, index], 0.0).reshape(-1)
    halves = [numbers[k : k + len(at)] for k in range(0, len(numbers), len(at))]
    pairs = list(zip(index.tolist(), known.tolist(), strict=True))
    return [half[i] if there else 0 for half in halves for i, there in pairs]


def _without_infinity(answer, known):
    """What balls cannot say of infinite numbers, exp at -inf for one, as float64 has it."""
    sure = np.isfinite(known.truths) & (known.slack <= SHARP * np.abs(known.truths) + FLUSHED)
    agree = sure & (np.abs(known.truths - known.theirs) <= known.slack)
    for k in np.flatnonzero(agree).tolist():
        if not (finite(answer.truths[k]) and finite(answer.theirs[k])):
            answer.truths[k] = answer.theirs[k] = float(known.truths[k])
