"""What a check found: verdicts, and the report that people read."""

from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
import numpy as np

from .answer import FLUSHED
from .exact import differ, finite
from .surrogates import source

ORDER = (
    "ok",
    "kink",
    "sampled",
    "imprecise",
    "approximate",
    "unexplained",
    "nonfinite",
    "wrong",
    "unsupported",
)
FAILED = ORDER[5:]
DIGITS = 15


@dataclass
class Leaf:
    """One array of a gradient. verdict; at: the index of its worst number; value: JAX's, truth: the true one,
    as text to the digits that are proven, or what else `label` says; ulps: how far apart they are, in ULPs of
    the dtype; condition: how many half ULPs the number may move where inputs and operations are rounded once,
    see `conditioning.Roundings.condition`, or None; lost: how many of the dtype's decimal digits rounding
    took from the array, by its largest number; cancelled: which equations lost them, where it is imprecise,
    else None."""

    path: str
    mode: str
    dtype: Any
    verdict: str = "ok"
    at: int = 0
    value: float = 0.0
    truth: str = ""
    ulps: float = 0.0
    condition: float | None = None
    lost: float = 0.0
    cancelled: Any = None
    label: str = "true"

    def __str__(self):
        place, off = f"{self.path} ({self.mode})", f"{self.ulps:.3g} ULP of {self.dtype}"
        if self.truth == "0" and self.value:
            off = f"off by {abs(self.value):.3g} in {self.dtype}"
        line = f"{place:<32} {self.verdict:<11} JAX {self.value:<15.9g} {self.label} {self.truth:<22} {off}"
        if self.condition is not None and np.isfinite(self.condition):
            line += f", condition {self.condition:.2g}"
        return f"{line}\n    digits lost: {self.cancelled}" if self.cancelled else line


@dataclass
class Report:
    """What `check_grads` found. leaves: one for each array and mode; guilty: the first wrong equation, or
    None; notes: what the reader should know; tally: with sample=, a `Tally` of what was looked at."""

    name: str
    leaves: list = field(default_factory=list)
    guilty: Any = None
    notes: list = field(default_factory=list)
    refused: str = ""
    tally: Any = None

    @property
    def verdict(self):
        """The worst verdict of all arrays."""
        if self.refused:
            return "unsupported"
        return max((leaf.verdict for leaf in self.leaves), key=ORDER.index, default="ok")

    @property
    def failed(self):
        """Whether it is an error."""
        return self.verdict in FAILED

    def declare(self, surrogates):
        """Say whose rules were taken as the truth: those of functions that were declared, and came."""
        for function in surrogates:
            note = f"taken as the truth, as declared: the rule of {told(function)}{source(function)}"
            self.notes += [note] if note not in self.notes else []

    def refuse(self, sentence):
        """Say what could not be checked."""
        self.refused = sentence

    def __str__(self):
        lines = [f"check_grads of {self.name}: {self.verdict}"]
        if self.refused:
            lines.append(f"  {self.refused}")
        lines += [f"  {leaf}" for leaf in self.leaves]
        if self.guilty:
            lines.append(f"  guilty: {self.guilty}")
        if self.tally:
            lines.append(f"  {self.tally}")
        return "\n".join(lines + [f"  note: {note}" for note in self.notes])


def told(function):
    """The name of a function, or of what it is."""
    return getattr(function, "__name__", type(function).__name__)


def largest(answer):
    """The largest finite size of the true numbers."""
    truths = np.abs(answer.floats)
    return float(np.max(truths, initial=0.0, where=np.isfinite(truths)))


def leaf_of(answer, mode, scale):
    """The `Leaf` of an `Answer`: the verdict on its worst number. scale: the largest number of the gradient,
    beside which digits count as lost."""
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
    leaf.verdict, leaf.at, leaf.value, leaf.ulps = (
        ORDER[ranks[at]],
        at,
        float(answer.got[at]),
        float(ulps[at]),
    )
    hull = answer.hulls[at] if answer.within(answer.hulls[at], at) else answer.loose and answer.loose[at]
    leaf.truth = _shown(hull if leaf.verdict == "kink" else answer.truths[at])
    if leaf.verdict == "approximate" and answer.meant is not None and answer.meant[at] is not None:
        meant = float(answer.meant[at])
        leaf.truth = _shown(answer.meant[at])
        leaf.ulps = abs(leaf.value - meant) / max(abs(meant) * eps, tiny)
    most = np.max(off, initial=0.0, where=ranks != ORDER.index("kink"))
    if scale and np.isfinite(most) and most > 0:
        leaf.lost = max(0.0, float(np.log10(most / (eps * scale))))
        least = max(np.sqrt(eps) * scale, FLUSHED * float(finfo.tiny))
        if leaf.verdict in ("ok", "kink") and most > least:
            leaf.verdict = "imprecise"
    return leaf


def _shown(truth):
    if isinstance(truth, int | float):
        return f"{truth:.{DIGITS}g}"
    if truth.contains(0) and truth.rad() < 1e-15:
        return "0" if truth.rad() < 1e-30 else f"0 to {float(truth.rad()):.0e}"
    if truth.rad() > 2.0**-30 * abs(truth):
        return f"[{float(truth.lower()):.6g}, {float(truth.upper()):.6g}]"
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
        return "ok" if np.isinf(got) else "nonfinite" if np.isnan(got) else "unexplained"
    if not np.isfinite(got):
        too_large = abs(float(truth)) + bound >= float(jnp.finfo(answer.dtype).max)
        right = (too_large and got * float(truth) == np.inf) or (
            np.isinf(got) and np.sign(got) in answer.poles[k]
        )
        return "ok" if right else "nonfinite"
    if answer.within(answer.hulls[k], k):
        return "kink"
    near_tie = answer.loose is not None and not answer.around[k] and answer.within(answer.loose[k], k)
    if not finite(their):
        return "unexplained"
    if differ(truth, their, answer.slack[k]):
        if answer.around[k] and abs(got - float(truth)) <= bound:
            return "ok"  # how equal numbers were ordered matters no more than rounding
        if near_tie and answer.late:
            return "kink"
        if abs(got - float(their)) > bound >= abs(got - float(truth)):
            return "unexplained"  # the replay of JAX's program does not give what JAX returned
        meant = answer.meant is not None and answer.meant[k] is not None
        broken_off = answer.series and abs(float(truth - their)) <= bound
        if not meant and not broken_off:
            return "wrong"
        if not meant or not _alike(truth, their, answer.dtype):
            return "approximate"
    if abs(got - float(truth)) <= bound:
        return "ok"
    return "kink" if near_tie else "unexplained"


def _alike(truth, their, dtype):
    """Whether two balls are one number to the digits of a dtype."""
    finfo = jnp.finfo(dtype)
    apart = abs(float(truth - their))
    return apart <= max(float(finfo.eps) / 2 * abs(float(truth)), float(finfo.tiny))
