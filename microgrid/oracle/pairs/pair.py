"""What a row of the table holds."""

from dataclasses import dataclass
from typing import Any


def _row(name):
    from . import BY_NAME

    return BY_NAME[name]


@dataclass(frozen=True, eq=False)
class Pair:
    """A row.

    name: "topic.function", the same in both rooms; arguments: name -> sampler.
    room: the package of the array room. wrt: the arguments that gradients are taken for, all real ones if
    None. kinks: argument -> the point where its slope jumps. fails: (arguments to replace, words of the
    error). ulps: bounds on the distance of values and of gradients; above (4, 8) only with a reason.
    """

    name: str
    arguments: dict[str, Any]
    room: str = "jaxnets"
    wrt: tuple | None = None
    kinks: dict[str, float] | None = None
    fails: tuple = ()
    ulps: tuple = (4, 8)
    reason: str = ""

    def __reduce__(self):
        """A row of the table travels to another process by its name: samplers cannot."""
        return _row, (self.name,)

    @property
    def topic(self):
        return self.name.split(".")[0]

    @property
    def function(self):
        return self.name.split(".")[1]

    @property
    def walks(self):
        """True for an optimizer, which is compared step by step, and not by a gradient."""
        return self.topic.startswith("optimizers")
