"""What a replayed program is made of: its arrays, its equations, and what cannot be replayed."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import compat


class Unsupported(NotImplementedError):
    """What cannot be replayed, in a sentence that has the user's line in front of its "Fix:".

    equation: whose line that is, unless the sentence names it already.
    """

    def __init__(self, sentence, equation):
        where = f"({compat.source(equation)})"
        rule, _, fix = sentence.partition(" Fix:")
        rule = rule if where in rule else f"{rule.removesuffix('.')} {where}."
        super().__init__(f"{rule} Fix:{fix}" if fix else rule)


def ruleless(equation):
    """The error about a primitive that nothing is known of."""
    name = equation.primitive.name
    fix = f"write one, @microgrid.oracle.rule({name!r}) above def f(replay, equation, *arrays)"
    if name == "pallas_call":
        fix = "check its rule as that of the same function written with jax.numpy"
    return Unsupported(
        f"replay has no rule for the primitive {name!r} ({compat.source(equation)}). Fix: {fix}.",
        equation,
    )


@dataclass(frozen=True, eq=False)
class Array:
    """One array of the replayed program.

    dtype: as JAX has it; ids: of a float array; imaginary: ids of the imaginary part of a complex one;
    given: the numbers of any other array; doubt: which of its booleans were decided at a tie; bits: whether
    its integers were made of the bits of floats that depend on the inputs.
    """

    dtype: Any
    ids: Any = None
    imaginary: Any = None
    given: Any = None
    doubt: Any = None
    bits: Any = False

    @property
    def floats(self):
        """Whether it has slopes."""
        return self.ids is not None

    @property
    def shape(self):
        """Its shape."""
        return np.shape(self.ids if self.floats else self.given)

    @property
    def scalars(self):
        """[n] its ids, of a complex array those of the real parts and behind them of the imaginary ones."""
        if self.imaginary is None:
            return self.ids.ravel()
        return np.concatenate([self.ids.ravel(), self.imaginary.ravel()])

    def moved(self, move):
        """The array whose elements `move`, a function of any numpy array, puts elsewhere.

        TypeError where one that is not of this package makes other numbers of them.
        """
        if not self.floats:
            doubt = None if self.doubt is None else move(self.doubt)
            return Array(self.dtype, given=move(self.given), doubt=doubt, bits=self.bits)
        imaginary = None if self.imaginary is None else move(self.imaginary)
        ids = move(self.ids)
        if not (getattr(move, "__module__", None) or "").startswith("microgrid.oracle."):
            made = np.asarray(ids)
            if made.dtype.kind not in "iu" or not np.isin(made, self.ids).all():
                raise TypeError(
                    "moved: its function must only put elements elsewhere, as np.transpose does; got one "
                    "that makes others. Fix: replay.apply for arithmetic."
                )
        return Array(self.dtype, ids, imaginary)


@dataclass(frozen=True, eq=False)
class Step:
    """One equation of the run, kept to look at it alone: its arrays, the steps inside it, whether it chose
    between equal numbers, and the ids that were new with it: from start on, up to stop."""

    equation: Any
    inputs: tuple
    outputs: tuple
    inside: tuple = ()
    tied: bool = False
    start: int = 0
    stop: int = 0
