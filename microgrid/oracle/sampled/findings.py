"""What is found of equations, and the context in which one is looked at."""

from dataclasses import dataclass, field
from typing import Any

from ..report import ORDER
from .programs import Derivatives
from .tied_rules import TiedRules


@dataclass
class Findings:
    """What is found of one equation.

    leaves: one for each comparison; slope, value: the largest of the smallest errors of a derivative and of a
    value that could not have been missed at a coordinate, as shares of the largest number there; unseen: the
    share of the coordinates where JAX's derivative is not finite, so that nothing was seen; notes: what was
    left out; lost: whether balls leave open what is true.
    """

    leaves: list = field(default_factory=list)
    slope: float = 0.0
    value: float = 0.0
    unseen: float = 0.0
    notes: list = field(default_factory=list)
    lost: bool = False

    def add(self, other):
        """Add what is found elsewhere."""
        self.lost |= other.lost
        self.leaves, self.notes = self.leaves + other.leaves, self.notes + other.notes
        self.slope, self.value = max(self.slope, other.slope), max(self.value, other.value)
        self.unseen = max(self.unseen, other.unseen)

    @property
    def worst(self):
        """The worst leaf."""
        return max(self.leaves, key=lambda leaf: ORDER.index(leaf.verdict))


@dataclass
class Context:
    """What is known when an equation is looked at.

    modes; declared: functions whose rules are the truth; draw: random numbers; cotangents: those of the run
    for the records of functions with a rule of their own, which need not be linear; derivatives: JAX's; met:
    those rules that came inside other rules; notices: see `custom_root.tell`; tied_rules: rules at ties.
    """

    modes: list
    declared: list
    draw: Any
    cotangents: dict = field(default_factory=dict)
    derivatives: Derivatives = field(default_factory=Derivatives)
    met: list = field(default_factory=list)
    notices: list = field(default_factory=list)

    def __post_init__(self):
        self.tied_rules = TiedRules(self.declared)
