"""Reads of what works number by number, and of what only puts numbers elsewhere.

at: [n] flat coordinates of output o.
"""

import numpy as np

from ..arrays import Array
from ..indexing import gather
from ..rules import RULES
from ..rules.choices import COMPARE
from ..rules.elementwise import ROWS
from .registry import Reads, axes_of, flat_of, reads

LOGIC = {*COMPARE, "and", "or", "not", "xor"}
SAME = ("copy", "copy_p", "optimization_barrier", "device_put", "name", "sharding_constraint",
        "layout_constraint", "reshard", "pvary", "pcast", "reduce_precision")  # fmt: skip
CARRIED = {"convert_element_type", "squeeze", "expand_dims", "reshape", "transpose",
           "broadcast_in_dim", *SAME}  # fmt: skip


def beside(at, slots):
    """For each input the flat positions that meet flat coordinates of all of them broadcast together."""
    shape = np.broadcast_shapes(*(slot.shape for slot in slots))
    found = []
    for slot in slots:
        if slot.shape == shape:
            found.append(at)
        elif slot.size == 1:
            found.append(np.zeros_like(at))
        else:
            index = zip(axes_of(at, shape), slot.shape, strict=True)
            found.append(flat_of([i if size > 1 else 0 * i for i, size in index], slot.shape))
    return found


def picked(array, *index):
    """An array at some index of it."""
    return array.moved(lambda ids: np.asarray(ids)[index])


@reads(*ROWS, *LOGIC, "square", "integer_pow", "rsqrt", "exp2", "floor", "ceil", "round", "sign", "rem",
       "stop_gradient", "convert_element_type", "real", "imag", "complex", "conj", "max", "min", "clamp",
       "abs", "is_finite", "select_n")  # fmt: skip
def _elementwise(equation, slots, at, o):
    positions = beside(at, slots)
    return Reads(positions, lambda replay, arrays: RULES[equation.primitive.name](replay, equation, *arrays))


@reads(*SAME)
def _same(equation, slots, at, o):
    return _one(slots, o, at)


def _one(slots, k, positions):
    """What only moves numbers of input k."""
    found = [positions if j == k else None for j in range(len(slots))]
    return Reads(found, lambda replay, arrays: arrays[k])


@reads("squeeze", "expand_dims")
def _relabelled(equation, slots, at, o):
    return _one(slots, 0, at)


@reads("reshape")
def _reshape(equation, slots, at, o):
    return _one(slots, 0, at) if equation.params["dimensions"] is None else _moved(equation, slots, at, o)


@reads("transpose")
def _transpose(equation, slots, at, o):
    shape, order = slots[0].shape, equation.params["permutation"]
    index = axes_of(at, [shape[axis] for axis in order])
    return _one(slots, 0, flat_of([index[order.index(axis)] for axis in range(len(shape))], shape))


@reads("rev", "broadcast_in_dim", "slice", "tile", "split", "unstack", "dynamic_slice")
def _moved(equation, slots, at, o):
    """By the rule of the replay, at positions in the place of numbers."""
    x, *others = slots
    positions = Array(np.dtype(int), given=np.arange(x.size).reshape(x.shape))
    rest = [Array(slot.dtype, given=np.asarray(slot.value)) for slot in others]
    made = RULES[equation.primitive.name](None, equation, positions, *rest)
    given = (made if isinstance(made, Array) else made[o]).given
    found = np.asarray(given)[axes_of(at, np.shape(given))]
    return _one(slots, 0, np.broadcast_to(found, at.shape))


@reads("row")
def _row(equation, slots, at, o):
    size = slots[0].size // len(slots[0].value)
    return _one(slots, 0, at + equation.t * size)


@reads("rows", "stack")
def _stack(equation, slots, at, o):
    axis = 0 if equation.primitive.name == "rows" else equation.params["axis"]
    shape = slots[0].shape
    index = list(axes_of(at, (*shape[:axis], len(slots), *shape[axis:])))
    which = index.pop(axis)
    flat = np.broadcast_to(flat_of(index, shape), at.shape)
    return _by_operand([np.where(which == k, flat, -1) for k in range(len(slots))])


@reads("concatenate")
def _concatenate(equation, slots, at, o):
    axis = equation.params["dimension"]
    shapes = [list(slot.shape) for slot in slots]
    sizes = [shape[axis] for shape in shapes]
    index = list(axes_of(at, (*shapes[0][:axis], sum(sizes), *shapes[0][axis + 1 :])))
    along, found = index[axis], []
    for shape, size in zip(shapes, sizes, strict=True):
        index[axis] = along
        found.append(flat_of(index, shape))
        along = along - size
    return _by_operand(found)


def _by_operand(found):
    """Each coordinate comes from one operand: the one where its position is not -1."""

    def make(replay, arrays):
        made = arrays[0]
        for array, positions in zip(arrays[1:], found[1:], strict=True):
            made = where(positions >= 0, array, made)
        return made

    return Reads(found, make)


def where(mask, one, other):
    """The array with the numbers of one where the mask holds, and of the other elsewhere."""
    if not one.floats:
        return Array(one.dtype, given=np.where(mask, one.given, other.given))
    imaginary = None if one.imaginary is None else np.where(mask, one.imaginary, other.imaginary)
    return Array(one.dtype, np.where(mask, one.ids, other.ids), imaginary)


@reads("pad")
def _pad(equation, slots, at, o):
    x, config, index = slots[0].shape, equation.params["padding_config"], []
    spread = [n + max(n - 1, 0) * inside for n, (_, _, inside) in zip(x, config, strict=True)]
    shape = [n + low + high for n, (low, high, _) in zip(spread, config, strict=True)]
    for i, (low, _, inside) in zip(axes_of(at, shape), config, strict=True):
        whole, part = np.divmod(i - low, inside + 1)
        index.append(np.where(part == 0, whole, -1))
    found = np.broadcast_to(flat_of(index, x), at.shape)
    return _by_operand([found, np.where(found < 0, 0, -1)])


@reads("dynamic_update_slice")
def _dynamic_update_slice(equation, slots, at, o):
    x, update, *starts = slots
    index = []
    for i, start, size, most in zip(axes_of(at, x.shape), starts, update.shape, x.shape, strict=True):
        index.append(i - min(max(int(np.asarray(start.value)), 0), most - size))
    new = np.broadcast_to(flat_of(index, update.shape), at.shape)
    found = _by_operand([np.where(new < 0, at, -1), new])
    return Reads([*found.positions, *[None] * len(starts)], lambda r, arrays: found.make(r, arrays[:2]))


@reads("gather")
def _gather(equation, slots, at, o):
    x, indices = slots
    fill, positions = equation.params["fill_value"], np.arange(x.size, dtype=np.int32).reshape(x.shape)
    found = gather(equation, positions, np.asarray(indices.value), -1).reshape(-1)[at]
    number = float("nan") if fill is None else float(fill)
    return Reads([found, None], lambda replay, arrays: arrays[0], number)


@reads("sort")
def _sort(equation, slots, at, o):
    axis, keys = equation.params["dimension"], equation.params["num_keys"]
    numbers = [sortable(slot) for slot in slots[:keys]]
    order = np.lexsort(tuple(numbers[::-1]), axis=axis)
    return _one(slots, o, _along(slots[o], order, axis, at))


@reads("top_k")
def _top_k(equation, slots, at, o):
    axis, sign = equation.params.get("axis", -1), -1 if equation.params.get("is_max_k", True) else 1
    order = np.argsort(sign * sortable(slots[0]), axis=axis, kind="stable")
    return _one(slots, 0, _along(slots[0], order.take(range(equation.params["k"]), axis), axis, at))


def sortable(slot):
    """Numbers that numpy sorts as JAX does: -0 is 0."""
    numbers = np.asarray(slot.value)
    return numbers.astype(np.float64) + 0.0 if numbers.dtype.kind not in "iub" else numbers


def _along(slot, order, axis, at):
    positions = np.arange(slot.size).reshape(slot.shape)
    return np.take_along_axis(positions, order, axis).reshape(-1)[at]
