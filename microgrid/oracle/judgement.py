"""What a check found: verdicts, and the report that people read."""

from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
import numpy as np

from .answer import FLUSHED, hidden
from .balls import differ, finite, interval
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
WIDTH = 48  # of the column of places, at most


@dataclass
class Leaf:
    """One array of a gradient. verdict; at: the index of its worst number; value: JAX's, truth: the true one,
    as text to the digits that are proven, or what else `label` says, and "" of an empty array; ulps: how far
    apart they are, in ULPs of the dtype; condition: how many half ULPs the number may move where inputs and
    operations are rounded once, see `conditioning.Roundings.condition`, or None; lost: how many decimal
    digits of the dtype rounding took from the array, by its largest number; cancelled: which equations lost
    them, where it is imprecise, else None; index: where in the array the number stands, as text."""

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
    index: str = ""

    @property
    def place(self):
        """Which number of which array it is, in which mode."""
        return f"{self.path}{self.index and f' at {self.index}'} ({self.mode})"

    def line(self, width):
        """What a report says of it. width: of the column for its place."""
        if not self.truth:
            return f"  {self.place:<{width}} {self.verdict:<11} nothing to compare: empty, {self.dtype}"
        off = f"{self.ulps:.3g} ULP of {self.dtype}"
        if self.verdict == "kink":
            off = f"between the slopes of its sides, {self.dtype}"
        elif self.truth == "0" and self.value:
            off = f"off by {abs(self.value):.3g} in {self.dtype}"
        said = f"JAX {self.value:<15.9g} {self.label} {self.truth:<22}"
        line = f"  {self.place:<{width}} {self.verdict:<11} {said} {off}"
        if self.condition is not None and np.isfinite(self.condition) and self.verdict != "kink":
            line += f", condition {self.condition:.2g}"
        return f"{line}\n    digits lost: {self.cancelled}" if self.cancelled else line


@dataclass
class Report:
    """What `check_grads` found. caller: whose report it is, in words; leaves: one for each array and mode;
    guilty: the first wrong equation, or None; notes: what the reader should know; tally: with sample=, a
    `Tally` of what was looked at; vague: whether balls of more digits may know more; lost: whether these
    leave open what is true; came: the functions whose rules were declared, and used."""

    name: str
    caller: str = "check_grads"
    leaves: list = field(default_factory=list)
    guilty: Any = None
    notes: list = field(default_factory=list)
    refused: str = ""
    tally: Any = None
    vague: bool = False
    lost: bool = False
    came: list = field(default_factory=list)

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
        self.came += surrogates
        for function in surrogates:
            note = f"taken as the truth, as declared: the rule of {told(function)}{source(function)}"
            self.notes += [note] if note not in self.notes else []

    def missed(self, surrogates):
        """Say which functions were declared, and did not come."""
        for function in [f for f in surrogates if not any(f is one for one in self.came)]:
            self.notes.append(f"declared, and not called: {told(function)}{source(function)}")

    def refuse(self, sentence):
        """Say what could not be checked."""
        self.refused = sentence

    def __str__(self):
        lines = [f"{self.caller} of {self.name}: {self.verdict}"]
        if self.refused:
            lines.append(f"  {self.refused}")
        width = min(WIDTH, max((len(leaf.place) for leaf in self.leaves), default=0))
        lines += [leaf.line(width) for leaf in self.leaves]
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
        least = max(np.sqrt(eps) * scale, FLUSHED * float(finfo.tiny))
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
        if right and finite(their) and differ(truth, their, answer.slack[k]) and not _explained(answer, k):
            return "wrong"  # a program that is another one may round to anything
        return "ok" if right else "nonfinite"
    if answer.within(answer.hulls[k], k):
        return "kink"
    near_tie = answer.loose is not None and not answer.around[k] and answer.within(answer.loose[k], k)
    if not finite(their):  # rounding may have kept JAX off a point where its program is singular
        return "ok" if abs(got - float(truth)) <= bound else "unexplained"
    if differ(truth, their, answer.slack[k]):
        if answer.around[k] and abs(got - float(truth)) <= bound:
            return "ok"  # how equal numbers were ordered matters no more than rounding
        if near_tie and answer.late:
            return "kink"
        if abs(got - float(their)) > bound >= abs(got - float(truth)):
            return "unexplained"  # the replay of JAX's program does not give what JAX returned
        meant = _explained(answer, k)
        broken_off = answer.series[k] and abs(float(truth - their)) <= bound
        if not meant and not broken_off:
            return "wrong"
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
