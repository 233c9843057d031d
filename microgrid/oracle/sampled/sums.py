"""Reads of sums, products and extremes: along axes, running, over windows, and of matrices.

at: [n] flat coordinates of output o. n: coordinates, k: terms of one of them.
"""

import numpy as np

from ..arrays import Array
from ..indexing import scatter_targets
from ..rules import RULES
from .movement import picked, where
from .registry import WHOLE, Reads, TooLarge, axes_of, reads


def _ruled(equation, params, index=()):
    """A maker by the rule of the primitive at a small array; index: which of its numbers are wanted."""
    small = equation.replace(params={**equation.params, **params})

    def make(replay, arrays):
        made = RULES[equation.primitive.name](replay, small, *[x for x in arrays if x is not None])
        return picked(made, *index) if index else made

    return make


def lines(at, kept, shape):
    """[n, k] flat positions of the lines along all axes but the kept ones; at: coordinates over those."""
    index = axes_of(at, [shape[axis] for axis in kept])
    rest = [axis for axis in range(len(shape)) if axis not in kept]
    steps = np.cumprod([1, *shape[:0:-1]])[::-1] if shape else np.ones(0, int)
    start = sum((i * steps[axis] for i, axis in zip(index, kept, strict=True)), np.zeros(len(at), int))
    offsets = np.zeros(1, int)
    for axis in rest:
        offsets = (offsets[:, None] + np.arange(shape[axis]) * steps[axis]).reshape(-1)
    return start[:, None] + offsets


@reads("reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or", "reduce_xor")
def _reduction(equation, slots, at, o):
    shape, axes = slots[0].shape, equation.params["axes"]
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    return Reads([lines(at, kept, shape)], _ruled(equation, dict(axes=(1,))))


@reads("cumsum")
def _running_sum(equation, slots, at, o):
    """Each a sum of its own, so that it may be off as a sum in any order."""
    axis, x = equation.params["axis"], slots[0]
    along = axes_of(at, x.shape)[axis][:, None] - np.arange(x.shape[axis])
    counted = along <= 0 if equation.params["reverse"] else along >= 0
    found = np.where(counted, _lines_through(at, axis, x.shape), -1)
    return Reads([found], lambda replay, arrays: total(replay, arrays[0], x.dtype))


@reads("cumprod", "cummax", "cummin", "cumlogsumexp")
def _running(equation, slots, at, o):
    shape, axis = slots[0].shape, equation.params["axis"]
    make = _ruled(equation, dict(axis=1), (np.arange(len(at)), axes_of(at, shape)[axis]))
    return Reads([_lines_through(at, axis, shape)], make)


def _lines_through(at, axis, shape):
    """[n, k] flat positions of the lines along an axis that go through coordinates."""
    kept = [k for k in range(len(shape)) if k != axis]
    index, others = axes_of(at, shape), np.zeros(len(at), int)
    for k in kept:
        others = others * shape[k] + index[k]
    return lines(others, kept, shape)


@reads("dot_general")
def _dot_general(equation, slots, at, o):
    sums, batch = equation.params["dimension_numbers"]
    left, right = (slot.shape for slot in slots)
    free = [
        [k for k in range(len(shape)) if k not in (*sums[j], *batch[j])]
        for j, shape in enumerate((left, right))
    ]
    sizes = [left[k] for k in batch[0]], [left[k] for k in free[0]], [right[k] for k in free[1]]
    index = axes_of(at, [n for part in sizes for n in part])
    b, f = len(sizes[0]), len(sizes[1])
    positions = []
    for j, (shape, own) in enumerate(zip((left, right), (index[b : b + f], index[b + f :]), strict=True)):
        kept, steps = [*batch[j], *free[j]], np.cumprod([1, *shape[:0:-1]])[::-1]
        found = np.zeros(len(at), int)
        for axis, i in zip(kept, [*index[:b], *own], strict=True):
            found = found + i * steps[axis]
        offsets = np.zeros(1, int)
        for axis in sums[j]:
            offsets = (offsets[:, None] + np.arange(shape[axis]) * steps[axis]).reshape(-1)
        positions.append(found[:, None] + offsets)
    return Reads(positions, _ruled(equation, dict(dimension_numbers=(((1,), (1,)), ((0,), (0,))))))


def total(replay, array, dtype):
    """The sums along the last axis of an array."""
    made = [replay.tape.total(ids, dtype) for ids in (array.ids, array.imaginary) if ids is not None]
    return Array(dtype, *made)


@reads("scatter-add", "scatter_add")
def _scatter_add(equation, slots, at, o):
    x = slots[0]
    found = arrivals(equation, slots, at)

    def make(replay, arrays):
        old, _, new = arrays
        both = [
            None if one is None else np.concatenate([one[:, None], other], axis=1)
            for one, other in zip((old.ids, old.imaginary), (new.ids, new.imaginary), strict=True)
        ]
        return total(replay, Array(x.dtype, *both), x.dtype)

    return Reads([at, None, found], make)


@reads("scatter")
def _scatter(equation, slots, at, o):
    found = arrivals(equation, slots, at)
    last = found.max(axis=1, initial=-1)  # of several updates of one number the last one stays
    old = np.where(last < 0, at, -1)
    return Reads([old, None, last], lambda replay, arrays: where(last >= 0, arrays[2], arrays[0]))


def arrivals(equation, slots, at):
    """[n, k] flat positions of the updates that go to coordinates of a scattered array, -1 behind them."""
    x, indices, updates = slots
    targets = scatter_targets(equation, x.shape, np.asarray(indices.value), updates.shape).reshape(-1)
    order = np.argsort(targets, kind="stable")
    first, end = (np.searchsorted(targets[order], at, side) for side in ("left", "right"))
    return _ragged(first, end, order)


def _ragged(first, end, order):
    """[n, k] of order[first[i] : end[i]], -1 behind them."""
    steps = first[:, None] + np.arange(np.max(end - first, initial=0))
    inside = steps < end[:, None]
    if not len(order):
        return np.full(steps.shape, -1)
    return np.where(inside, order[np.minimum(steps, len(order) - 1)], -1)


CORES = {  # primitive -> how many axes belong to one problem: of the inputs, of the outputs
    "cholesky": ((2,), (2,)), "lu": ((2,), (2, 1, 1)), "qr": ((2,), (2, 2)), "eigh": ((2,), (2, 1)),
    "svd": ((2,), (1, 2, 2)), "triangular_solve": ((2, 2), (2,)), "tridiagonal_solve": ((1, 1, 1, 2), (2,)),
}  # fmt: skip


@reads(*CORES, "fft")
def _problems(equation, slots, at, o):
    """All of those problems of a batch whose results are wanted."""
    name = equation.primitive.name
    cores = CORES.get(name) or 2 * ((len(equation.params["fft_lengths"]),),)
    shape = equation.outvars[o].aval.shape
    many = len(shape) - cores[1][o]
    size = int(np.prod(shape[many:], dtype=int))
    wanted, which = np.unique(at // max(size, 1), return_inverse=True)
    positions, total = [], 0
    for slot, core in zip(slots, cores[0], strict=True):
        one = slot.shape[slot.value.ndim - core :]
        step = int(np.prod(one, dtype=int))
        positions.append((wanted[:, None] * step + np.arange(step)).reshape(len(wanted), *one))
        total += positions[-1].size
    if total > WHOLE:
        raise TooLarge

    def make(replay, arrays):
        made = replay.equation(equation, arrays)[0][o]
        return made.moved(lambda ids: np.asarray(ids).reshape(len(wanted), size)[which, at % size])

    return Reads(positions, make)
