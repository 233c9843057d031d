"""A function of arrays as scalars: a straight line of blocks, each a batch of like operations on scalars.

Every scalar has a number, its id. An array is an array of ids, so what only moves numbers about (reshape,
gather, sort, select) makes new arrays of old ids and no operation at all: a branch that was not taken is not
there, and leaks nothing. What was computed before is not computed again, so a program and its gradient share
what they have in common.

n: operations of a block, k: terms of one sum.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import constants, floats, rounding

FLOAT64 = np.dtype("float64")


@dataclass(frozen=True, eq=False)
class Block:
    """n like operations; their results have the ids from `start` on.

    op: "leaf" (numbers: [n], given), a row of microgrid.derivatives or `specials` (operands: ids [n] each),
    "stop" (its operand, with slope 0), "factor" (numbers: who makes them of its operand, without slopes),
    "rule" (its operand, with the slopes for the second operand that numbers, a `surrogates.Rule`, say),
    "total" (one operand: ids [n, k]) or "dot" (two: ids [b, m, k] and [b, k, p], n = b * m * p). dtype: the
    type that JAX rounds the results to; declared: whether a declared rule rounds them to one that is narrower
    than those of the function.
    """

    op: str
    start: int
    size: int
    operands: tuple = ()
    numbers: Any = None
    dtype: Any = FLOAT64
    declared: bool = False

    @property
    def stop(self):
        """The id behind the last one."""
        return self.start + self.size


@dataclass(eq=False)
class Tape:
    """The blocks, and what each scalar was in the run that is replayed: `run`, rounded as JAX rounds.

    errors: whether to keep how far rounding may have moved each number. live: which scalars depend on the
    inputs that are differentiated. coarsest: the unit of the narrowest type of the function, once that is
    known; declared: whether what comes is part of a declared rule: what it rounds further no other shares.
    meant: id -> the `constants.Constant` that a number stands for.
    """

    errors: bool = False
    blocks: list = field(default_factory=list)
    size: int = 0
    coarsest: float = np.inf
    declared: bool = False

    def __post_init__(self):
        self._run, self._live, self._error = np.empty(1024), np.empty(1024, bool), np.zeros(1024)
        self._constants, self._made, self.meant = {}, {}, {}

    @property
    def run(self):
        """[size] float64: the number of each scalar, rounded to its type after every operation."""
        return self._run[: self.size]

    @property
    def live(self):
        """[size] booleans."""
        return self._live[: self.size]

    @property
    def error(self):
        """[size] how far rounding may have moved each number of the run; kept if `errors` is set."""
        return self._error[: self.size]

    def _further(self, dtype):
        """Whether a declared rule rounds to a type that is narrower than those of the function."""
        return self.declared and rounding.unit(dtype) > self.coarsest

    def _known(self, op, operands, dtype):
        """The key of an operation, and the ids of its results if it was done before."""
        key = (op, str(dtype), self._further(dtype), *((ids.shape, ids.tobytes()) for ids in operands))
        return key, self._made.get(key)

    def _append(self, op, numbers, live, operands=(), given=None, dtype=FLOAT64, key=None):
        if key is not None:
            self._made[key] = self.size
        start, self.size = self.size, self.size + numbers.size
        if self.size > self._run.size:
            spare = max(self.size, 2 * self._run.size)
            self._run, self._live, self._error = (
                np.concatenate([a, np.zeros(spare - a.size, a.dtype)])
                for a in (self._run, self._live, self._error)
            )
        self._run[start : self.size] = numbers.ravel()
        self._live[start : self.size] = live
        self.blocks.append(Block(op, start, numbers.size, operands, given, dtype, self._further(dtype)))
        if self.errors:
            self._error[start : self.size] = rounding.step(self.blocks[-1], self._run, self._error)
        return np.arange(start, self.size).reshape(numbers.shape)

    def inputs(self, numbers, dtype=FLOAT64):
        """Ids of numbers that gradients are taken for, of a type."""
        numbers = np.asarray(numbers, np.float64)
        return self._append("leaf", numbers, True, given=numbers.ravel(), dtype=dtype)

    def constants(self, numbers):
        """Ids of given numbers; one that comes again, or an array that does, has the ids that it had."""
        numbers = np.asarray(numbers, np.float64)
        if numbers.size == 0:
            return np.zeros(numbers.shape, int)
        first = numbers.flat[0]
        if numbers.size == 1 or ((numbers == first).all() and not (first == 0 and np.signbit(numbers).any())):
            return np.broadcast_to(self._constant(float(first)), numbers.shape)
        key = "leaf", numbers.tobytes()
        if (known := self._made.get(key)) is not None:
            return np.arange(known, known + numbers.size).reshape(numbers.shape)
        return self._append("leaf", numbers, False, given=numbers.ravel(), key=key)

    def _constant(self, number):
        key = (number, np.signbit(number)) if number == number else "nan"
        if key not in self._constants:
            one = np.array([number])
            self._constants[key] = self._append("leaf", one, False, given=one)[0]
            if (constant := constants.of(number)) is not None:
                self.meant[int(self._constants[key])] = constant
        return self._constants[key]

    def fresh(self, numbers):
        """Ids of given numbers that have not come."""
        numbers = np.asarray(numbers, np.float64)
        return self._append("leaf", numbers, False, given=numbers.ravel())

    def zero(self):
        """The id of 0."""
        return self._constant(0.0)

    def apply(self, op, *operands, dtype=FLOAT64):
        """Ids of op(*operands), elementwise; operands: arrays of ids of shapes that broadcast."""
        operands = np.broadcast_arrays(*operands)
        shape = operands[0].shape
        flat = tuple(np.array(ids).ravel() for ids in operands)  # copies: a rule may go on to change its own
        if op == "sub" and (same := (flat[0] == flat[1]) & np.isfinite(self._run[flat[0]])).any():
            return self._differences(flat, same, dtype).reshape(shape)
        key, known = self._known(op, flat, dtype)
        if known is not None:
            return np.arange(known, known + flat[0].size).reshape(shape)
        numbers = floats.values(op, [self._run[ids] for ids in flat])
        live = (
            np.zeros(flat[0].size, bool)
            if op == "stop"
            else np.logical_or.reduce([self._live[i] for i in flat])
        )
        return self._append(op, rounded(numbers, dtype), live, flat, dtype=dtype, key=key).reshape(shape)

    def _differences(self, operands, same, dtype):
        """Ids of a - b, 0 where both are the same scalar: that is 0 around the point too, and no tie."""
        made = np.full(same.size, self.zero())
        if not same.all():
            made[~same] = self.apply("sub", *(ids[~same] for ids in operands), dtype=dtype)
        return made

    def total(self, ids, dtype=FLOAT64):
        """Ids of the sums along the last axis."""
        if ids.shape[-1] == 0:
            return np.full(ids.shape[:-1], self.zero())
        if ids.shape[-1] == 1:
            return ids[..., 0]
        flat = np.array(ids).reshape(-1, ids.shape[-1])
        key, known = self._known("total", (flat,), dtype)
        if known is not None:
            return np.arange(known, known + len(flat)).reshape(ids.shape[:-1])
        numbers = rounded(self._run[flat].sum(axis=-1), dtype)
        made = self._append("total", numbers, self._live[flat].any(axis=-1), (flat,), dtype=dtype, key=key)
        return made.reshape(ids.shape[:-1])

    def factor(self, ids, maker, dtype):
        """Ids of what a maker of `factors` makes of scalars; no slope goes through it."""
        flat = np.array(ids).ravel()
        dead = np.zeros(maker.size, bool)
        return self._append("factor", rounded(maker.run, dtype), dead, (flat,), maker, dtype)

    def ruled(self, outputs, inputs, rule):
        """Ids of outputs whose slopes for inputs, ids too, are those that a `surrogates.Rule` says."""
        live = np.full(len(outputs), True)
        return self._append("rule", self._run[outputs], live, (outputs, inputs), rule)

    def dot(self, left, right, dtype=FLOAT64):
        """Ids [b, m, p] of the products of matrices, ids [b, m, k] and [b, k, p]."""
        if 0 in left.shape or 0 in right.shape:
            return np.full((left.shape[0], left.shape[1], right.shape[2]), self.zero())
        left, right = np.array(left), np.array(right)
        shape = left.shape[0], left.shape[1], right.shape[2]
        key, known = self._known("dot", (left, right), dtype)
        if known is not None:
            return np.arange(known, known + int(np.prod(shape))).reshape(shape)
        numbers = rounded(self._run[left] @ self._run[right], dtype)
        rows, columns = (
            np.any(self._live[left], 2, keepdims=True),
            np.any(self._live[right], 1, keepdims=True),
        )
        live = np.logical_or(rows, columns)
        return self._append("dot", numbers, live.ravel(), (left, right), dtype=dtype, key=key)


def rounded(numbers, dtype):
    """float64 numbers rounded to a type, still as float64."""
    if dtype == np.float64:
        return numbers
    with np.errstate(over="ignore", invalid="ignore"):
        return numbers.astype(dtype).astype(np.float64)
