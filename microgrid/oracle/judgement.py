"""What a check found: the verdict on each array of a gradient."""

import jax.numpy as jnp
import numpy as np

from .answer import FLUSHED, hidden
from .balls import differ, finite, interval
from .report import ORDER, Leaf

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
    beside which digits count as lost; None where rounding is not to be judged."""
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
    rounded = np.where(ranks != ORDER.index("kink"), off, 0.0)
    most = np.max(rounded)
    if scale is not None and np.isfinite(most) and most > 0:
        digits = np.log10(most / (eps * scale)) if scale else np.inf
        leaf.lost = max(0.0, float(min(digits, -np.log10(eps))))
        least = max(np.sqrt(_coarsest(answer)) * scale, FLUSHED * float(finfo.tiny))
        if leaf.verdict in ("ok", "kink") and most > least:
            leaf.verdict, at = "imprecise", int(np.argmax(rounded))
    leaf.at, leaf.index, leaf.ulps = at, answer.index(at), float(ulps[at])
    leaf.value = float(answer.got[at]) / answer.unit + 0.0
    hull = answer.hulls[at] if answer.within(answer.hulls[at], at) else answer.loose and answer.loose[at]
    leaf.truth = _shown(hull if leaf.verdict == "kink" else answer.truths[at], answer.unit)
    if answer.poles[at] and not finite(answer.truths[at]):
        towards = sum(answer.poles[at]) / answer.unit
        leaf.truth = "inf" if towards > 0 else "-inf" if towards else "inf and -inf"
    if leaf.verdict == "approximate" and answer.meant is not None and answer.meant[at] is not None:
        meant = float(answer.meant[at])
        leaf.truth = _shown(answer.meant[at], answer.unit)
        if answer.arrived[at]:
            leaf.truth += f", at the steps {_shown(answer.truths[at], answer.unit)}"
        leaf.ulps = abs(float(answer.got[at]) - meant) / max(abs(meant) * eps, tiny)
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
    truth, their, got = answer.truths[k], answer.theirs[k], answer.got[k]
    bound = answer.bounds[k] + answer.radius(k)
    if not finite(truth):
        if np.isnan(got):
            return "nonfinite"
        grows = answer.poles[k]  # towards which infinity, where that is known
        if np.isinf(got):
            return "ok" if not grows or np.sign(got) in grows else "wrong"
        return "wrong" if grows else "unexplained"
    if not np.isfinite(got):
        too_large = abs(float(truth)) + bound >= float(jnp.finfo(answer.dtype).max)
        right = (too_large and got * float(truth) == np.inf) or (
            np.isinf(got) and np.sign(got) in answer.poles[k]
        )
        if finite(their) and differ(truth, their, answer.slack[k]) and not _explained(answer, k):
            return "wrong"  # a program that is another one may round to anything, and grow beyond all numbers
        return "ok" if right else "nonfinite"
    if answer.within(answer.hulls[k], k):
        return "kink"
    near_tie = answer.loose is not None and not answer.around[k] and answer.within(answer.loose[k], k)
    if not finite(their):  # rounding may have kept JAX off a point where its program is singular
        return "ok" if abs(got - float(truth)) <= bound else "unexplained"
    if differ(truth, their, answer.slack[k]) and not answer.unseen(k):
        if answer.around[k] and abs(got - float(truth)) <= bound:
            return "ok"  # how equal numbers were ordered matters no more than rounding
        if near_tie and answer.late:
            return "kink"
        if abs(got - float(their)) > bound >= abs(got - float(truth)):
            return "unexplained"  # the replay of JAX's program does not give what JAX returned
        meant = _explained(answer, k)
        broken_off = answer.series[k] and abs(float(truth - their)) <= bound
        if not meant and not broken_off:
            near_enough = answer.tolerant and hidden(truth, their, answer.dtype)
            return "approximate" if near_enough else "wrong"
        if not meant or not (answer.hidden[k] or hidden(truth, their, answer.dtype)):
            return "approximate"
    if abs(got - float(truth)) <= bound:
        return "ok"
    if near_tie:
        return "kink"
    return "ok" if answer.hangs(k) else "unexplained"


def _explained(answer, k):
    """Whether number k is one of what functions mean."""
    return answer.meant is not None and answer.meant[k] is not None
