"""The report that people read: verdicts, a line for each array, and notes."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .custom_rules.surrogates import source

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
UNKNOWN = "not known"  # of what has no limit that is known
WIDTH = 48  # of the column of places, at most
INDENT = 4  # of what is said of places that are all longer


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
        """What a report says of it. width: of the column for its place; a longer one has its own line."""
        place = f"  {self.place:<{width}}"
        if len(self.place) > width:
            place += f"\n  {'':<{width}}"
        if not self.truth:
            return f"{place} {self.verdict:<11} nothing to compare: empty, {self.dtype}"
        off = f"{self.ulps:.3g} ULP of {self.dtype}"
        if self.verdict == "kink":
            off = f"between the slopes of its sides, {self.dtype}"
        elif self.truth.startswith("["):
            off = f"none of the slopes of its sides, {self.dtype}"
        elif self.truth == UNKNOWN:
            off = f"no one limit is known there, {self.dtype}"
        elif self.truth == "0" and self.value:
            off = f"off by {abs(self.value):.3g} in {self.dtype}"
        said = f"JAX {self.value:<15.9g} {self.label} {self.truth:<22}"
        line = f"{place} {self.verdict:<11} {said} {off}"
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
            self.note(note)

    def join(self, other, worse=False):
        """Take in what another report on the same function found; worse: of its arrays only those that are
        worse than all here."""
        least = ORDER.index(self.verdict) + 1 if worse else 0
        if other.guilty and (not self.guilty or ORDER.index(other.verdict) > ORDER.index(self.verdict)):
            self.guilty = other.guilty
        self.leaves += [leaf for leaf in other.leaves if ORDER.index(leaf.verdict) >= least]
        self.refused, self.tally = self.refused or other.refused, self.tally or other.tally
        self.vague, self.lost = self.vague or other.vague, self.lost or other.lost
        self.came += [f for f in other.came if not any(f is one for one in self.came)]
        for note in other.notes:
            self.note(note)

    def note(self, sentence):
        """Say what the reader should know, once; "" is nothing."""
        self.notes += [sentence] if sentence and sentence not in self.notes else []

    def missed(self, surrogates):
        """Say which functions were declared, and did not come."""
        for function in [f for f in surrogates if not any(f is one for one in self.came)]:
            self.note(f"declared, and not called: {told(function)}{source(function)}")

    def refuse(self, sentence):
        """Say what could not be checked."""
        self.refused = sentence

    def __str__(self):
        lines = [f"{self.caller} of {self.name}: {self.verdict}"]
        if self.refused:
            lines.append(f"  {self.refused}")
        sizes = (len(leaf.place) for leaf in self.leaves)
        width = max((size for size in sizes if size <= WIDTH), default=INDENT)
        lines += [leaf.line(width) for leaf in self.leaves]
        if self.guilty:
            lines.append(f"  guilty: {self.guilty}")
        if self.tally:
            lines.append(f"  {self.tally}")
        return "\n".join(lines + [f"  note: {note}" for note in self.notes])


def told(function):
    """The name of a function, or of what it is."""
    return getattr(function, "__name__", type(function).__name__)
