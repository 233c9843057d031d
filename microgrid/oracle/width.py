"""Whether balls are narrow enough to tell what is true, and bounds to tell what rounding did.

A long iteration that contracts has slopes below 1, but a ball, and a bound that is carried forward, takes the
sum of the sizes of all ways through a step: both may grow at every step, until they hold any number.
"""

import jax.numpy as jnp
import numpy as np

from . import exact
from .answer import ARRIVED, FINE, WIDE
from .balls import finite, radius

NOTHING = 2.0**-100  # where all slopes are 0, the radius of a ball that says so
MOST = 16  # numbers of an array whose bounds are carried backwards
DIGITS = 20  # binary ones, to which a ball is known that hides none that count
SAFE = 16  # times the bound of a way back: it leaves out products of errors
ENOUGH = 2  # times what a number is off: where the way back has found so much, it need not go on
LOST = "its exact slopes are not known, as the balls that hold them grow at each step of a long computation"


def look(report, answers):
    """Tell a report whether balls of more digits may know more, and whether these leave open what is true."""
    open_ = [answer for answer in answers if vague(answer)]
    report.vague |= bool(open_)
    report.lost |= any(map(lost, open_))


def again(report):
    """Whether all is looked at once more, with more digits."""
    return report.vague and exact.bits() < exact.PRECISIONS[-1]


def refuse(report):
    """Let no verdict rest on balls that hold any number; what is proven stays so."""
    if report.lost and report.verdict not in ("wrong", "nonfinite", "unsupported"):
        report.refuse(f"{report.name}: {LOST}. Fix: fewer steps, or a function of one step.")


def vague(answer):
    """Whether balls are too wide to tell what is true, or whether JAX's program says the same."""
    if not isinstance(answer.truths, list):
        return False
    return unsaid(answer) or _wide(answer, ARRIVED)


def unsaid(answer):
    """Whether a truth is known, and the ball of what JAX's program says is not finite."""
    apart = np.flatnonzero(answer.apart).tolist()
    return any(_known(answer.truths[k]) and not finite(answer.theirs[k]) for k in apart)


def lost(answer):
    """Whether balls say nothing of a truth, or of what JAX's program means; literals that are rounded may
    make the latter as wide as the largest slope."""
    return isinstance(answer.truths, list) and _wide(answer, WIDE)


def _wide(answer, most):
    """Whether the radius of a ball hides digits that count; most: how much of the largest slope
    may be that of literals."""
    own, theirs = map(_radii, (answer.truths, answer.theirs))
    own[answer.around] = 0.0
    got = np.abs(answer.got)
    steepest = float(np.max(got, initial=answer.reach, where=np.isfinite(got)))
    if max(np.max(own, initial=0.0), np.max(theirs, initial=0.0)) <= FINE * steepest:
        return False
    sizes = filter(np.isfinite, map(answer.size, range(len(got))))
    steepest = max(steepest, max(sizes, default=0.0))
    least = FINE * steepest or NOTHING
    return bool(
        (own > least).any() or (theirs > (most * steepest or NOTHING if answer.free else least)).any()
    )


def _radii(balls):
    """[n] the radii of balls, 0 of one that is known to some digits of its own, whatever its size."""
    plain = (int, float)
    sharp = (isinstance(x, plain) or x.rel_accuracy_bits() >= DIGITS for x in balls)
    return np.array([0.0 if one else radius(x) for one, x in zip(sharp, balls, strict=True)])


def _known(x):
    return hasattr(x, "rad") and x.is_finite()


def tighten(answer):
    """Take the bounds that are carried back from a number where those carried forward are as large as a
    slope, and say nothing: the sum over all ways is taken before its size. The way back ends where it
    explains the number. Where it too is not far below a slope, rounding is large, and bounds stay."""
    eps = float(jnp.finfo(answer.dtype).eps)
    with np.errstate(invalid="ignore"):
        off = np.abs(answer.got - answer.floats)
        open_ = (answer.bounds > ARRIVED * answer.steepest) & ~(off <= SAFE * eps * np.abs(answer.floats))
    for k in _furthest(off, open_):
        bound = SAFE * answer.roundings.bound(answer.ids[k], ENOUGH / SAFE * off[k])
        if bound <= ARRIVED * answer.steepest:
            answer.bounds[k] = min(bound, answer.bounds[k])


def tighten_wide(answer, roundings, ids):
    """Take the bounds that are carried back where those of the program with its choices open, whose
    `Roundings` these are, are all that excuses a number. ids: [n] of the numbers, in that program."""
    off = np.abs(answer.got - answer.floats)
    open_ = ~answer.near & ~answer.apart & [answer.hangs(k) for k in range(len(off))]
    for k in _furthest(off, open_):
        beside = abs(answer.got[k] - float(answer.loose[k]))
        answer.wide[k] = min(SAFE * roundings.bound(ids[k], ENOUGH / SAFE * beside), answer.wide[k])


def _furthest(off, open_):
    """Of the numbers that are open those that are furthest off, the furthest first."""
    found = np.flatnonzero(open_ & np.isfinite(off))
    return found[np.argsort(-off[found], kind="stable")][:MOST].tolist()
