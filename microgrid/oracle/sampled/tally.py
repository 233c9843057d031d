"""How much of a program was looked at, and what would have been found in it."""

from dataclasses import dataclass, field

SURE = 0.99
MOST = 4  # names that are told


def share_found(n):
    """The smallest share of wrong coordinates that n random ones find with 99% probability.

        1 - (1 - q)**n >= 0.99,   q = 1 - 0.01**(1 / n)

    n: how many are drawn, each from all of them; where none is drawn twice the probability is higher still.

    >>> round(share_found(90), 3)
    0.05
    """
    return 1 - (1 - SURE) ** (1 / n)


@dataclass
class Tally:
    """What `check_grads(..., sample=n)` looked at, and the smallest error that it finds with 99% probability.

    equations: how many, each counted once however often it ran; coordinates, of: how many numbers of their
    outputs were looked at, of how many. A coordinate is wrong if its value is, or its slope for any input. An
    error is found with 99% probability if, in any one equation, it is

        in a share of at least `share` of the coordinates, and
        larger than `slope` times the largest slope that was looked at, or `value` times the largest value

    share: `share_found`, 0 where every coordinate was looked at. slope: what the check leaves open between
    JAX's program and ours; value: twice what rounding may do to JAX's number, in its own type. All three are
    the worst of all equations, but of those whose slopes, or values, could be as far off as they are large:
    there they tell nothing, and `open` are the names of these. left: of those that were not looked at at all.
    """

    equations: int = 0
    coordinates: int = 0
    of: int = 0
    share: float = 0.0
    slope: float = 0.0
    value: float = 0.0
    open: dict = field(default_factory=lambda: {"slopes": [], "values": []})
    left: list = field(default_factory=list)

    def add(self, name, n, of, seen):
        """Count an equation with n of its coordinates looked at."""
        self.equations += 1
        self.coordinates, self.of = self.coordinates + n, self.of + of
        self.share = max(self.share, 0.0 if n == of else share_found(n))
        for kind, least in (("slope", seen.slope), ("value", seen.value)):
            if least < 1:
                setattr(self, kind, max(getattr(self, kind), least))
            else:
                self.open[f"{kind}s"].append(name)

    def join(self, other):
        """Count the equations of another one too."""
        self.equations += other.equations
        self.coordinates, self.of = self.coordinates + other.coordinates, self.of + other.of
        for name in ("share", "slope", "value"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))
        self.left = self.left + other.left
        self.open = {kind: names + other.open[kind] for kind, names in self.open.items()}

    @property
    def fraction(self):
        """The fraction of the coordinates that was looked at."""
        return self.coordinates / self.of if self.of else 1.0

    def __str__(self):
        left = f"not looked at: {_listed(self.left)}" if self.left else ""
        if not self.equations:
            none = "there was no equation to look at: nothing is computed between arguments and results"
            return left or none
        many = f"{self.equations} equation{'s' * (self.equations != 1)}"
        where = f"{self.share:.2g} of an equation's coordinates" if self.share else "any coordinate"
        told = (
            f"looked at {self.coordinates} of {self.of} coordinates ({self.fraction:.2g}) of {many}: found "
            f"with 99% probability is an error in {where}, of {self.slope:.1g} of the largest slope "
            f"or {self.value:.1g} of the largest value"
        )
        unknown = [f"the {kind} of {_listed(names)}" for kind, names in self.open.items() if names]
        told += f"; not checked, as too little is known of them: {', '.join(unknown)}" if unknown else ""
        return f"{told}; {left}" if left else told


def _listed(names):
    """Some names, each once."""
    names = list(dict.fromkeys(names))
    return ", ".join(names[:MOST]) + (f" and {len(names) - MOST} more" if len(names) > MOST else "")
