"""Dual numbers: a number and its slope along one direction, for forward mode."""

from functools import cache

from .kinds import Operations
from .methods import with_operations


class Unconverted:
    """What a derivative is taken of must not become a plain number: its slope would be lost silently."""

    __slots__ = ()

    def _refused(self, *_):
        raise TypeError(
            f"float: a number that a derivative is taken of must stay a {type(self).__name__}; got {self!r}. "
            f"Fix: compute with microgrid.operations, or take its plain(x) for a constant."
        )

    __float__ = __int__ = __complex__ = __round__ = __index__ = _refused


@cache
def dual_class(level):
    """The class of numbers that carry their slope along one direction with them."""

    class Dual(Unconverted, Operations):
        __slots__ = ("data", "tangent")

        def __init__(self, data, tangent):
            self.data, self.tangent = data, tangent

        @staticmethod
        def operation(y, parents, slopes, rule):
            tangent = 0
            for parent, slope in zip(parents, slopes, strict=True):
                # As in `backward`, a 0 stops.
                if isinstance(parent.tangent, Operations) or not parent.tangent == 0:
                    tangent = tangent + slope * parent.tangent
            return Dual(y, tangent)

        def __repr__(self):
            return f"Dual({self.data}, tangent={self.tangent})"

    Dual.level = level
    return with_operations(Dual)
