"""How much of a program was looked at, and what would have been found in it."""

from dataclasses import dataclass

SURE = 0.99


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
    the worst of all equations.
    """

    equations: int = 0
    coordinates: int = 0
    of: int = 0
    share: float = 0.0
    slope: float = 0.0
    value: float = 0.0

    def add(self, n, of, seen):
        """Count an equation with n of its coordinates looked at."""
        self.equations += 1
        self.coordinates, self.of = self.coordinates + n, self.of + of
        self.share = max(self.share, 0.0 if n == of else share_found(n))
        self.slope, self.value = max(self.slope, seen.slope), max(self.value, seen.value)

    def join(self, other):
        """Count the equations of another one too."""
        self.equations += other.equations
        self.coordinates, self.of = self.coordinates + other.coordinates, self.of + other.of
        for name in ("share", "slope", "value"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))

    @property
    def fraction(self):
        """The fraction of the coordinates that was looked at."""
        return self.coordinates / self.of if self.of else 1.0

    def __str__(self):
        if not self.equations:
            return "there was no equation to look at: nothing is computed between arguments and results"
        many = f"{self.equations} equation{'s' * (self.equations != 1)}"
        where = f"{self.share:.2g} of an equation's coordinates" if self.share else "any coordinate"
        return (
            f"looked at {self.coordinates} of {self.of} coordinates ({self.fraction:.2g}) of {many}: found "
            f"with 99% probability is an error in {where}, of {self.slope:.1g} of the largest slope "
            f"or {self.value:.1g} of the largest value"
        )
