"""Numbers that carry the operations as methods, such as a Value in a Value.

Every row of the table is an operation of the number itself, so that gradients of gradients go on; infinity,
one half and comparisons are those of the plain number inside.
"""

from functools import partial

from ..derivatives import RULES
from .base import Numbers


class Methods(Numbers):
    """Numbers that have `operation`, as methods.Operations says."""

    kind = "Value"

    def __init__(self, common):
        from ..kinds import apply

        self._common = common
        for name in RULES:
            setattr(self, name, partial(apply, name))

    def takes_in(self, other):
        """True: what meets what is for the numbers inside to say."""
        return True

    def _inside(self, function, *operands):
        """A function of the plain numbers inside the operands, in their own system."""
        numbers = [innermost(x) for x in operands]
        return getattr(self._common(function, *numbers), function)(*numbers)

    def whole(self, n, *operands):
        """n in the system inside."""
        numbers = [innermost(x) for x in operands]
        return self._common("whole", *numbers).whole(n)

    def infinity(self, *operands):
        """Infinity in the system inside."""
        return self._inside("infinity", *operands)

    def nan(self, *operands):
        """Not a number in the system inside."""
        return self._inside("nan", *operands)

    def above(self, a, b):
        """True where a > b."""
        return self._inside("above", a, b)

    def larger(self, a, b):
        """The larger number; in a tie both keep their half of the slope, in gradients of gradients too."""
        return self.maximum(a, b)

    def smaller(self, a, b):
        """The smaller number; in a tie both keep their half of the slope."""
        return self.minimum(a, b)

    def reciprocal(self, a, b):
        """1 / b; where b is plain, in the system inside a."""
        return 1 / b if hasattr(b, "operation") else self._inside("reciprocal", a, b)


def innermost(x):
    """The number inside a Value inside a Value ...

    >>> innermost(2.0)
    2.0
    """
    while hasattr(x, "operation"):
        x = x.data
    return x
