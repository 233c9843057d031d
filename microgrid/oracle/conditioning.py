"""How far a number of a program moves when its inputs and operations are rounded: its conditioning.

x: any scalar of the program, y: the number in question, u: half an ULP of 1 in a dtype.
"""

from bisect import bisect_right
from dataclasses import replace
from functools import cached_property

import numpy as np

from . import floats, rounding

EXACT = ("stop", "rule", "hull", "mean", "neg")  # they round nothing


class Roundings:
    """A tape as errors of rounding go through it: also where slopes are stopped, or replaced by a rule.

    values: [size] float64; inputs: the arrays that are differentiated; steps: the equations of the run.
    """

    def __init__(self, tape, values, inputs, steps=()):
        self.tape, self.values, self.steps, self._local = tape, values, steps, {}
        self.blocks = [_open(block) for block in tape.blocks]
        self.size, self.live, self.units = tape.size, np.ones(tape.size, bool), np.zeros(tape.size)
        for block in tape.blocks:
            here = slice(block.start, block.stop)
            if block.op == "leaf":
                self.live[here] = tape.live[here]
            elif block.op not in EXACT:
                self.units[here] = rounding.unit(block.dtype)
        for array in inputs:
            for ids in (array.ids, array.imaginary):
                if ids is not None:
                    self.units[ids] = rounding.unit(array.dtype)

    @cached_property
    def unflushed(self):
        """[size] how far rounding may move a scalar where no number is too small for its type."""
        return rounding.bounds(self.tape, self.values, flushed=False)

    @cached_property
    def _none(self):
        """[size] zeros: the errors of operands that are exact."""
        return np.zeros(self.size)

    @cached_property
    def _rounded(self):
        """[size] how far one rounding may move each scalar, 0 where nothing rounds it."""
        with np.errstate(all="ignore"):
            return np.where(self.units == 0, 0.0, self.units * np.abs(self.values))

    @cached_property
    def _made(self):
        """The blocks of the tape, each by where it starts."""
        return {block.start: block for block in self.tape.blocks[: len(self.blocks)]}

    def local(self, start):
        """[n] how far its own operation may move each scalar of the block that starts there."""
        if start not in self._local:
            self._local[start] = rounding.step(self._made[start], self.values, self._none)
        return self._local[start]

    def bound(self, y, enough=np.inf):
        """How far rounding may move a scalar, by its id, in first order; of more than enough only so much.

        bound(y) = sum_x |d y / d x| * local(x)
        """
        bound, start = 0.0, self.block(y).start
        own = float(self.local(start)[y - start])
        if own >= enough:  # as mostly: no way back is walked
            return own

        def reached(block, slopes):
            nonlocal bound
            local, at = self.local(block.start), np.flatnonzero(slopes)
            at = at[local[at] != 0]
            with np.errstate(all="ignore"):
                bound += float(np.sum(np.abs(slopes[at]) * local[at]))
            return not bound < enough

        floats.adjoints(self, self.values, [(np.array([y]), np.ones(1))], reached)
        return np.inf if np.isnan(bound) else bound

    def block(self, x):
        """The block of a scalar, by its id."""
        return self.blocks[bisect_right(self.blocks, x, key=lambda block: block.start) - 1]

    def slopes(self, y):
        """[size] the slope of a scalar, by its id, for each one that it is made of."""
        return floats.adjoints(self, self.values, [(np.array([y]), np.ones(1))])

    def condition(self, y, size, dtype):
        """The condition number of the computation of a scalar.

            condition(y) = sum_x |d y / d x| * u(x) * |x| / (u(y) * |y|)

        The sum is over the inputs and the results of all operations, a sum or a product of matrices being
        one: condition / 2 is how many ULPs y moves at most, in first order, when each of them is rounded
        once. y: its id; size: that of its number; dtype: its type, that of u(y). 0 where nothing moves y.
        Of the inputs alone it is the condition number of the function, |x f'(x) / f(x)|; the operations add
        that of this way to compute it. Sources: Higham, Accuracy and Stability of Numerical Algorithms, 2002,
        section 1.6; Bauer, Computational graphs and rounding error, 1974.
        """
        slopes = self.slopes(y)
        slopes = np.abs(slopes, out=slopes)
        with np.errstate(all="ignore"):
            moved = float(slopes @ self._rounded)
            if np.isnan(moved):  # an infinite slope of what nothing rounds counts for nothing
                at = np.flatnonzero((slopes != 0) & (self._rounded != 0))
                moved = float(np.sum(slopes[at] * self._rounded[at]))
            condition = np.float64(moved) / (rounding.unit(dtype) * size)
        return 0.0 if moved == 0 else float(np.nan_to_num(condition, nan=np.inf, posinf=np.inf))


def _open(block):
    """A block that hands errors of its operand on, where its slopes go another way."""
    if block.op in ("stop", "rule"):
        return replace(block, op="round", operands=block.operands[:1])
    return block
