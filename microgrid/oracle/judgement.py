"""What a check found: the verdict on each array of a gradient."""

import jax.numpy as jnp
import numpy as np

from .answer import FLUSHED
from .balls import differ, finite, hidden, interval, radius
from .kinks.growth import Ends
from .report import ORDER, UNKNOWN, Leaf
from .rounding import smallest

DIGITS = 15


def largest(answer):
    """The largest finite size of the true numbers."""
    truths = np.abs(answer.floats)
    return float(np.max(truths, initial=0.0, where=np.isfinite(truths)))


def narrower(answer):
    """What to say where a function computes in a narrower type than that of an answer, or ""."""
    if _coarsest(answer) == float(jnp.finfo(answer.dtype).eps):
        return ""
    return (
        f"it computes in a type narrower than {answer.dtype}, beside whose digits those that are lost count"
    )


def _coarsest(answer):
    """The distance of 1 to the next number of the type of an answer, or of a narrower one that its function
    computes in."""
    unit = 0.0 if answer.roundings is None else answer.roundings.tape.coarsest
    return max(float(jnp.finfo(answer.dtype).eps), 2 * unit if np.isfinite(unit) else 0.0)


def leaf_of(answer, mode, scale=None):
    """The `Leaf` of an `Answer`: the verdict on its worst number. scale: the largest number of the gradient,
    compared with which digits count as lost; None where rounding is not to be judged."""
    finfo = jnp.finfo(answer.dtype)
    eps, tiny = float(finfo.eps), float(finfo.smallest_subnormal)
    truths = answer.floats
    ranks = _ranks(answer, scale)
    with np.errstate(all="ignore"):
        off = answer.distances
        ulps = off / np.maximum(np.abs(truths) * eps, tiny)
        ulps = np.where(np.isfinite(ulps), ulps, np.inf)
    leaf = Leaf(answer.path, mode, answer.dtype)
    if not len(truths):
        return leaf
    worst = np.flatnonzero(ranks == ranks.max())
    at = int(worst[np.argmax(ulps[worst])])
    leaf.verdict = ORDER[ranks[at]]
    least = max(np.sqrt(_coarsest(answer)) * (scale or 0.0), FLUSHED * smallest(answer.dtype))
    rounded = np.where(ranks != ORDER.index("kink"), off, 0.0)
    most = np.max(rounded)
    if scale is not None and np.isfinite(most) and most > 0:
        digits = np.log10(most / (eps * scale)) if scale else np.inf
        leaf.lost = max(0.0, float(min(digits, -np.log10(eps))))
        if leaf.verdict in ("ok", "kink") and most > least:
            leaf.verdict, at = "imprecise", int(np.argmax(rounded))
    leaf.at, leaf.index, leaf.ulps = at, answer.index(at), float(ulps[at])
    leaf.value = float(answer.got[at]) / answer.unit + 0.0
    leaf.label = "by its program" if answer.alone[at] else leaf.label
    hull = answer.hulls[at] if answer.within(answer.hulls[at], at) else answer.loose and answer.loose[at]
    if isinstance(answer.hulls[at], Ends):
        leaf.truth = answer.hulls[at].shown(answer.unit)
    else:
        leaf.truth = _shown(hull if leaf.verdict == "kink" else answer.truths[at], answer.unit)
    if answer.poles[at] and not finite(answer.truths[at]):
        towards = sum(answer.poles[at]) / answer.unit
        leaf.truth = "inf" if towards > 0 else "-inf" if towards else "inf and -inf"
    elif leaf.verdict == "nonfinite" and answer.hulls[at] is not None and not finite(answer.hulls[at]):
        leaf.truth = leaf.truth if isinstance(answer.hulls[at], Ends) else UNKNOWN
    if leaf.verdict == "approximate" and answer.meant is not None and answer.meant[at] is not None:
        meant = float(answer.meant[at])
        leaf.truth = _shown(answer.meant[at], answer.unit)
        if answer.arrived[at]:
            leaf.truth += f", at the steps {_shown(answer.truths[at], answer.unit)}"
        leaf.ulps = abs(float(answer.got[at]) - meant) / max(abs(meant) * eps, tiny)
        if scale is not None and not answer.arrived[at] and _beyond(answer, at) > least:
            leaf.verdict = "imprecise"  # what is left open is not why JAX is off: rounding is
    return leaf


def _shown(truth, unit):
    truth = truth / unit + 0.0
    if isinstance(truth, int | float):
        return f"{truth:.{DIGITS}g}"
    if truth.contains(0) and truth.rad() < 1e-15:
        return "0" if truth.rad() < 1e-30 else f"0 to {float(truth.rad()):.0e}"
    if truth.rad() > 2.0**-30 * abs(truth):
        return interval(float(truth.lower()), float(truth.upper()))
    return truth.str(DIGITS, radius=False)


def _ranks(answer, scale):
    """[n] the verdict on each number by its place in ORDER; most are ok, and seen to be so at once."""
    ranks = np.zeros(len(answer.got), int)
    open_ = np.array([hull is not None for hull in answer.hulls], bool)
    for k in np.flatnonzero(~answer.near | answer.apart | open_).tolist():
        ranks[k] = ORDER.index(_verdict(answer, k))
    gone = answer.underflows(scale or largest(answer))
    return np.where(gone & (ranks == 0), ORDER.index("unexplained"), ranks)


def _verdict(answer, k):
    """The verdict on number k, by three lists of which the first line that holds decides. truth: the slope by
    our rules; theirs: what JAX's program means; got: what JAX returned; near: got is as near to the truth as
    rounding may bring it."""
    if isinstance(answer.hulls[k], Ends) and answer.within(answer.hulls[k], k):
        return "kink"
    if not finite(answer.truths[k]):
        return _without_truth(answer.got[k], answer.poles[k])
    if not np.isfinite(answer.got[k]):
        return _without_number(answer, k)
    return _of_numbers(answer, k)


def _without_truth(got, grows):
    """The verdict where the truth is not finite. grows: the infinities that it grows towards, where known.

    1. nonfinite: got is nan.
    2. ok: got is an infinity, that one or any where none is known.
    3. wrong: got is another one, or a number while one is known.
    4. unexplained: nothing is known.
    """
    if np.isnan(got):
        return "nonfinite"
    if np.isinf(got) and (not grows or np.sign(got) in grows):
        return "ok"
    return "wrong" if grows else "unexplained"


def _without_number(answer, k):
    """The verdict where the truth is finite and got is not.

    1. wrong: JAX's program is finite and another one: it may round to anything, and grow beyond all numbers.
    2. ok: the truth grows near the point towards that infinity.
    3. nonfinite: anything else, also what is only too large for its type: it ends a training all the same.
    """
    truth, their, got = answer.truths[k], answer.theirs[k], answer.got[k]
    if finite(their) and differ(truth, their, answer.slack[k]) and not _explained(answer, k):
        return "wrong"
    return "ok" if np.isinf(got) and np.sign(got) in answer.poles[k] else "nonfinite"


def too_large(answer):
    """Whether a true number is finite, JAX's is infinite, and the type has none as large."""
    sizes = np.abs(answer.floats)
    with np.errstate(invalid="ignore"):
        sizes = np.where(np.isfinite(sizes), sizes + answer.bounds, 0.0)
    return bool((np.isinf(answer.got) & (sizes >= float(jnp.finfo(answer.dtype).max))).any())


def _of_numbers(answer, k):
    """The verdict where truth and got are finite.

    1. kink: got is between the sides of a tie.
    2. ok, unexplained: theirs is not finite, off which rounding may have kept JAX; ok where got is near.
    3. where theirs is proven to be another number than the truth, what `_of_another_program` says.
    4. ok: got is near.
    5. kink: got is between the sides of what is nearer to a tie than rounding reaches.
    6. ok: got is right on the other side of a choice that hangs on rounding.
    7. unexplained: anything else.
    """
    truth, their = answer.truths[k], answer.theirs[k]
    near = abs(answer.got[k] - float(truth)) <= answer.bounds[k] + answer.radius(k)
    if answer.within(answer.hulls[k], k):
        return "kink"
    near_tie = answer.loose is not None and not answer.around[k] and answer.within(answer.loose[k], k)
    if not finite(their):
        return "ok" if near else "unexplained"
    if differ(truth, their, answer.slack[k]) and not answer.unseen(k):
        if verdict := _of_another_program(answer, k, near, near_tie):
            return verdict
    if near:
        return "ok"
    if near_tie:
        return "kink"
    return "ok" if answer.hangs(k) else "unexplained"


def _of_another_program(answer, k, near, near_tie):
    """The verdict where JAX's program means another number than the truth; None where that is explained.

    1. ok: at a tie got is near: how equal numbers were ordered matters no more than rounding.
    2. kink: got is between the sides of what is nearly a tie, and decided by JAX's program alone.
    3. unexplained: got is near, and not near to theirs: the replay of JAX's program is not what JAX ran.
    4. approximate: nothing explains it, but a rule iterates to a tolerance, and the type hides what is left.
    5. wrong: nothing explains it, neither a meaning of a function nor a series that JAX breaks off.
    6. approximate: a series, or a meaning of which the type does not hide how far the function is from it.
    """
    truth, their = answer.truths[k], answer.theirs[k]
    bound = answer.bounds[k] + answer.radius(k)
    if answer.around[k] and near:
        return "ok"
    if near_tie and answer.late:
        return "kink"
    if near and abs(answer.got[k] - float(their)) > bound:
        return "unexplained"
    meant, hides = _explained(answer, k), hidden(truth, their, answer.dtype)
    if not meant and not (answer.series[k] and abs(float(truth - their)) <= bound):
        return "approximate" if answer.tolerant and hides else "wrong"
    return None if meant and (answer.hidden[k] or hides) else "approximate"


def _beyond(answer, k):
    """How far what JAX returned is outside of what is meant, literals rounded, and off its program."""
    outside = abs(answer.got[k] - float(answer.meant[k])) - radius(answer.meant[k])
    return min(outside, abs(answer.got[k] - float(answer.theirs[k])))


def _explained(answer, k):
    """Whether number k is one of what functions mean."""
    return answer.meant is not None and answer.meant[k] is not None
