"""One array of a gradient: what is true, what JAX's program of it means, and what JAX returned."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax.numpy as jnp
import numpy as np

from .balls import apart, differ, disagree, finite, hidden, radius, vague
from .kinks.growth import Ends
from .rounding import smallest

FLUSHED = 4  # times the smallest number that is not flushed: what is smaller loses no digits
WIDE = 2.0**10  # times the steepest slope
NOISE = 2.0**8  # times the radius of a ball: what is no wider is no kink
ARRIVED = 2.0**-4  # of a slope: further off no iteration explains a rule
FINE = 2.0**-20  # relative to the number itself: what is nearer has lost no digits that anybody counts


@dataclass(eq=False)
class Answer:
    """A gradient array: what is true, what JAX's program means, what JAX returned.

    path: whose it is; dtype; truths, theirs: lists of balls, or [n] float64; floats: the truths as those;
    slack: [n] how far truths and theirs may be apart all the same, 0 for balls; got: [n] float64; bounds: [n]
    how far rounding may have moved it; series: [n] or for all, whether series that JAX breaks off for slopes
    are all by which theirs and truths differ; loose: the truths with everything open that is nearer to a tie
    than rounding reaches, or None; wide: the bounds of what JAX's program makes then; late: whether JAX's
    program decides there something that the function does not; hulls: the truths with ties open, None where
    no tie matters; meant: the slopes of what functions mean, where JAX's rules are right for them and else
    None, or None; ids: [n] of JAX's numbers, in the program whose `roundings` they are; shape: of the
    array, None where these are some of its numbers; unit: what all numbers are to be divided by before they
    are shown. around: [n] which truths are those around the point; poles: [n] the infinities that they grow
    towards there; reach: the largest size of a slope near the point; hidden: [n] where rounded literals
    explain a difference; rounded: whether equal numbers that rounding made move one of them; alone: [n] which
    truths are those of JAX's gradient program alone; free: whether rounded literals make the balls of theirs
    wider; tolerant: whether a rule runs a loop to its tolerance.
    """

    path: str
    dtype: Any
    truths: Any
    theirs: Any
    slack: Any
    got: Any
    bounds: Any
    series: Any = False
    loose: Any = None
    wide: Any = None
    late: bool = False
    meant: Any = None
    ids: Any = None
    roundings: Any = None
    shape: tuple | None = None
    unit: float = 1.0
    free: bool = False
    tolerant: bool = False

    def __post_init__(self):
        self.around, self.rounded = np.zeros(len(self.got), bool), False
        self.hulls: list[Any] = [None] * len(self.got)
        self.poles = [()] * len(self.got)
        self.arrived = np.zeros(len(self.got), bool)
        self.reach, self.hidden, self.alone = 0.0, *np.zeros((2, len(self.got)), bool)
        self.series = np.full(len(self.got), self.series)

    def unseen(self, k):
        """Whether number k and what JAX's program means are apart by less than any number of the type."""
        least = float(jnp.finfo(self.dtype).smallest_subnormal)
        return not differ(self.truths[k], self.theirs[k], max(self.slack[k], least))

    @property
    def dim(self):
        """Whether a number is that near to what JAX's program means, and no nearer."""
        return any(finite(self.theirs[k]) and self.unseen(k) for k in np.flatnonzero(self.apart).tolist())

    def index(self, k):
        """Where in the array number k stands, as text."""
        if self.shape is None:
            return ""
        size = int(np.prod(self.shape, dtype=int))
        part = "" if len(self.got) == size else (".real", ".imag")[k // size]
        return (str(list(map(int, np.unravel_index(k % size, self.shape)))) if self.shape else "") + part

    @cached_property
    def floats(self):
        """[n] the truths as float64."""
        return np.array(list(map(float, self.truths))) if isinstance(self.truths, list) else self.truths

    def radius(self, k):
        """How far off the truth of number k may be: of one around the point, or known to the last digits of a
        ball, its radius; 0 for any other, which is not known well enough to be compared so."""
        truth = self.truths[k]
        if not hasattr(truth, "rad") or not truth.is_finite():
            return 0.0
        radius = float(truth.rad())
        return radius if self.around[k] or radius <= 2.0**-100 * self._largest else 0.0

    @property
    def distances(self):
        """[n] how far what JAX returned is from the truth, at least."""
        with np.errstate(invalid="ignore"):
            off = np.where(self.got == self.floats, 0.0, np.abs(self.got - self.floats))
        if not isinstance(self.truths, list):
            return off
        fine = np.minimum(self.bounds, FINE * np.abs(self.floats))
        for k in np.flatnonzero(~(off <= fine)).tolist():  # so nan is looked at too
            off[k] = max(off[k] - self.radius(k), 0.0) if np.isfinite(off[k]) else off[k]
        return off

    @cached_property
    def _largest(self):
        sizes = np.abs(self.floats)
        return float(np.max(sizes, initial=1.0, where=np.isfinite(sizes)))

    @cached_property
    def steepest(self):
        """The largest finite number, true, JAX's or of a side."""
        sizes = np.abs([self.floats, self.got])
        return float(np.max(sizes, initial=self.reach, where=np.isfinite(sizes)))

    def reaches(self, size):
        """Note how large a slope near the point is."""
        self.reach = max(self.reach, size)
        self.__dict__.pop("steepest", None)

    def size(self, k):
        """The size of the truth of number k, 0 where it may be that."""
        truth = self.truths[k]
        return 0.0 if hasattr(truth, "contains") and truth.contains(0) else abs(float(truth))

    def condition(self, k):
        """The condition number of the computation of number k."""
        return self.roundings.condition(self.ids[k], self.size(k), self.dtype)

    def replace(self, k, truth):
        """Take another number for the truth of number k."""
        self.truths[k], self.floats[k], self.hulls[k] = truth, float(truth), None
        if self.meant is not None:
            self.meant[k] = None
        self.__dict__.pop("steepest", None)
        self.apart[k] = apart([truth], [self.theirs[k]])[0]

    def underflows(self, scale):
        """[n] whether more than half of a number is off, next to a scale worth looking at, and that is no
        rounding: a number on the way to it is too small for its type, and is taken for 0."""
        sizes, off = np.abs(self.floats), self.distances
        least = max(float(jnp.finfo(self.dtype).eps) ** 0.5 * scale, FLUSHED * smallest(self.dtype))
        gone = (sizes >= least) & (off >= sizes / 2) & np.isfinite(self.got)
        run = self.roundings if gone.any() else None
        return np.zeros_like(gone) if run is None else gone & (off > run.unflushed[self.ids])

    def mean(self, truths, theirs, loose=(), believed=None, smooth=False):
        """Take slopes of what functions mean where JAX's program, with the same meanings, agrees, and where
        the freedom of their literals leaves half of the digits of the type. loose: the slopes of the programs
        of those functions with that freedom: where JAX's are among them, it hides what they are off.
        believed: truths with JAX's own slopes of series, which agree in their place; smooth: whether no equal
        numbers meet any more, so that what was looked for around the point has a meaning too."""
        slack = np.where(self.series, self.bounds, 0.0)
        known = zip(truths, believed or truths, theirs, slack, self.around, strict=True)
        most = 2 * float(jnp.finfo(self.dtype).eps) ** 0.5 * self.steepest  # the radii of two
        arrived = [(k, self.meant[k]) for k in np.flatnonzero(self.arrived).tolist()]
        self.meant = [
            None if (around and not smooth) or vague(x - y, most) or differ(x, y, near) else truth
            for truth, x, y, near, around in known
        ]
        for k, truth in arrived:  # which is known better than the literals of a long loop are
            self.meant[k] = truth
        if loose:
            pairs = zip(loose, self.theirs, strict=True)
            self.hidden = np.array([finite(x - y) and not differ(x, y) for x, y in pairs], bool)

    @property
    def believed(self):
        """What JAX's program means, the truth where that explains it."""
        pairs = zip(self.truths, self.theirs, self.meant or [None] * len(self.got), strict=True)
        return [their if meant is None else truth for truth, their, meant in pairs]

    def open(self, alike):
        """The numbers that are proven to be others, and have no meaning; alike: only those that the type
        does not tell apart."""
        found = [
            k for k in np.flatnonzero(self.apart).tolist() if self.meant is None or self.meant[k] is None
        ]
        return [k for k in found if not alike or hidden(self.truths[k], self.theirs[k], self.dtype)]

    def arrive(self, known):
        """Take slopes where iterations have arrived for what is meant, None if not known; whether it did."""
        took = False
        for k in self.open(False):
            if known[k] is None or not finite(known[k] - self.truths[k]):
                continue
            one, other = float(known[k]), float(self.truths[k])
            if abs(one - other) <= ARRIVED * max(abs(one), abs(other)):  # a steep slope excuses no small one
                self.meant = self.meant or [None] * len(self.got)
                self.meant[k], self.arrived[k], took = known[k].mid(), True, True
        return took

    @property
    def near(self):
        """[n] whether what JAX returned is as near to the truth as rounding may bring it."""
        return self.distances <= self.bounds

    def within(self, hull, k):
        """Whether a hull, or None, is more than a number and holds what JAX returned, up to rounding. One
        that is far wider than any slope is what comes of many choices in a row, and says nothing."""
        if isinstance(hull, Ends):
            return hull.holds(self.got[k], self.bounds[k])
        if hull is None or isinstance(hull, int | float) or not hull.is_finite():
            return False
        noise = 0.0 if self.around[k] else NOISE * self.radius(k)  # of a truth that cancels to 0
        least = max(2.0**-100 * (1e-300 + abs(float(self.truths[k]))), noise)
        if not least < float(hull.rad()) <= WIDE * self.steepest:
            return False
        return float(hull.lower()) - self.bounds[k] <= self.got[k] <= float(hull.upper()) + self.bounds[k]

    def hangs(self, k):
        """Whether number k is right to rounding on the other side of a choice that hangs on rounding."""
        if self.loose is None or self.wide is None or not np.isfinite(self.wide[k]):
            return False
        loose = self.loose[k]
        return finite(loose) and abs(self.got[k] - float(loose)) <= self.wide[k] + radius(loose)

    def vague(self, k):
        """Whether the sides of what is in doubt are known for number k to no more than any slope: of terms
        that cancel the hull is the sum of theirs."""
        return radius(self.loose[k]) > WIDE * self.steepest

    @cached_property
    def apart(self):
        """[n] whether truth and JAX's program are proven to differ, or one of them is not finite."""
        return disagree(self.truths, self.theirs, self.slack)
