"""Which of several scalars goes on: decided by the numbers of the run, as JAX decided."""

import functools

import numpy as np

from ..arrays import Array, Unsupported
from ..fields import parts
from .registry import rule

COMPARE = {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal,
    "gt": np.greater, "ge": np.greater_equal,
}  # fmt: skip


@rule(*COMPARE, "lt_to", "le_to", "eq_to")
def _compare(replay, equation, a, b):
    name = equation.primitive.name
    if name not in COMPARE:
        return replay.concrete(equation, (a, b))[0]
    one, other = replay.numbers(a), replay.numbers(b)
    doubt = _either(a, b)
    if a.floats and a.imaginary is None and (replay.live(a) or replay.live(b)):
        doubt = replay.tied(a.ids, b.ids)
        one, other = _ranks(replay, a.ids, b.ids)
    return Array(np.dtype(bool), given=COMPARE[name](one, other), doubt=doubt)


def _ranks(replay, *arrays):
    """The numbers that decide between arrays of ids, one array for each."""
    return np.moveaxis(replay.ranked(np.stack(np.broadcast_arrays(*arrays), -1)), -1, 0)


@rule("and", "or", "not", "xor")
def _logic(replay, equation, *arrays):
    if arrays[0].dtype != bool:
        return replay.concrete(equation, arrays)[0]
    function = {"and": np.logical_and, "or": np.logical_or, "not": np.logical_not, "xor": np.logical_xor}
    given = function[equation.primitive.name](*(array.given for array in arrays))
    return Array(np.dtype(bool), given=given, doubt=_either(*arrays))


def _either(*arrays):
    """Where one of some booleans was decided at a tie, or None."""
    doubts = [array.doubt for array in arrays if array.doubt is not None]
    return functools.reduce(np.logical_or, doubts) if doubts else None


@rule("is_finite")
def _is_finite(replay, equation, x):
    return Array(np.dtype(bool), given=np.isfinite(replay.numbers(x).astype(complex)))


@rule("select_n")
def _select(replay, equation, which, *cases):
    given = np.broadcast_to(which.given, cases[0].shape).astype(int)

    def chosen(arrays):
        return np.take_along_axis(np.stack(arrays), given[None], axis=0)[0]

    if not cases[0].floats:
        return Array(cases[0].dtype, given=chosen([case.given for case in cases]))
    ids = chosen([case.ids for case in cases])
    if which.doubt is not None and len(cases) == 2:
        replay.ties = True
        ids = replay.doubted(np.broadcast_to(which.doubt, ids.shape), ids, *(case.ids for case in cases))
    imaginary = None if cases[0].imaginary is None else chosen([case.imaginary for case in cases])
    return Array(cases[0].dtype, ids, imaginary)


def real_only(equation, x):
    """Complex numbers have no order here: JAX compares their parts one after the other."""
    if x.imaginary is not None:
        raise Unsupported(f"replay knows {equation.primitive.name} of real numbers only.", equation)


def larger(replay, a, b, sign=1):
    """Ids of the larger (sign 1) or smaller (-1) of two arrays of ids; at a tie the mean, or the hull."""
    a, b = np.broadcast_arrays(a, b)
    one, other = (sign * ranks for ranks in _ranks(replay, a, b))
    ids = np.where((one > other) | (one != one), a, b)
    doubt = replay.tied(a, b)
    if doubt is not None:
        ids = ids.copy()
        op = "hull" if replay.hull else "mean"
        ids[doubt] = replay.tape.apply(op, a[doubt], b[doubt])
    return ids


@rule("max", "min")
def _extreme(replay, equation, a, b):
    if not a.floats:
        return replay.concrete(equation, (a, b))[0]
    real_only(equation, a)
    return Array(a.dtype, larger(replay, a.ids, b.ids, 1 if equation.primitive.name == "max" else -1))


@rule("clamp")
def _clamp(replay, equation, low, x, high):
    if not x.floats:
        return replay.concrete(equation, (low, x, high))[0]
    real_only(equation, x)
    bottom, ids, top = np.broadcast_arrays(low.ids, x.ids, high.ids)
    low, mid, high = _ranks(replay, bottom, ids, top)
    made = np.where(mid <= low, bottom, np.where(mid >= high, top, ids))
    for bound in (bottom, top):
        doubt = replay.tied(ids, bound)
        if doubt is not None:
            made = replay.doubted(doubt, made, ids, bound)
    return Array(x.dtype, made)


@rule("abs")
def _abs(replay, equation, x):
    if not x.floats:
        return replay.concrete(equation, (x,))[0]
    dtype = equation.outvars[0].aval.dtype
    if x.imaginary is not None:
        return Array(dtype, _size(replay, x, dtype))
    negative = replay.tape.apply("neg", x.ids, dtype=dtype)
    ids = np.where(replay.beside(x.ids, 0.0) >= 0, x.ids, negative)
    doubt = replay.tied(x.ids, np.broadcast_to(replay.tape.zero(), x.shape))
    return Array(dtype, ids if doubt is None else replay.doubted(doubt, ids, x.ids, negative))


def _size(replay, z, dtype):
    """Ids of the sizes of complex numbers: 0 is the tip of a cone, of an edge where one part stays 0."""
    tape = replay.tape
    made, zero = tape.apply("hypot", *parts(z), dtype=dtype), np.broadcast_to(tape.zero(), z.shape)
    reach = [tape.error[ids] if replay.hull == "near" else 0.0 for ids in parts(z)]
    tip = np.logical_and(*(np.abs(tape.run[ids]) <= far for ids, far in zip(parts(z), reach, strict=True)))
    tip = tip & np.logical_or(*(tape.live[ids] for ids in parts(z)))
    if not tip.any():
        return made
    for ids in parts(z):
        replay.meet(tip & tape.live[ids], ids, zero)
    if replay.hull == "near":
        sides = [tape.apply("hull", ids[tip], tape.apply("neg", ids[tip])) for ids in parts(z)]
        made = np.array(made)
        made[tip] = tape.apply("add", *sides)
    return made


@rule("sort")
def _sort(replay, equation, *arrays):
    axis, keys = equation.params["dimension"], equation.params["num_keys"]
    numbers = [_sortable(replay, array, axis) for array in arrays[:keys]]
    order = np.lexsort(tuple(numbers[::-1]), axis=axis)
    for array in arrays[:keys]:
        if array.floats:
            ids = np.moveaxis(np.take_along_axis(array.ids, order, axis), axis, 0)
            replay.tied(ids[1:], ids[:-1])
    return [array.moved(lambda x: np.take_along_axis(x, order, axis)) for array in arrays]


def _sortable(replay, array, axis):
    """The numbers that decide the order along an axis."""
    if array.floats:
        return np.moveaxis(replay.ranked(np.moveaxis(array.ids, axis, -1)), -1, axis) + 0.0
    return replay.numbers(array)


@rule("top_k", "approx_top_k")
def _top_k(replay, equation, x):
    p = equation.params
    axis = p.get("axis", p.get("reduction_dimension", -1)) % len(x.shape)
    sign = -1 if p.get("is_max_k", True) else 1
    numbers = sign * _sortable(replay, x, axis)
    order = np.argsort(numbers, axis=axis, kind="stable")
    if x.floats:
        ids, numbers = (np.moveaxis(np.take_along_axis(y, order, axis), axis, 0) for y in (x.ids, numbers))
        equal = (numbers <= numbers[p["k"] - 1 : p["k"]]).sum(axis=0)  # all that the last one could have been
        ids = ids[: max(p["k"] + 1, np.max(equal, initial=0))]
        replay.tied(ids[1:], ids[:-1])
    order = order.take(range(p["k"]), axis)
    return [
        x.moved(lambda numbers: np.take_along_axis(numbers, order, axis)),
        Array(np.dtype("int32"), given=order.astype(np.int32)),
    ]


@rule("argmax", "argmin")
def _argmax(replay, equation, x):
    (axis,), dtype = equation.params["axes"], equation.params["index_dtype"]
    numbers = _sortable(replay, x, axis)
    function = np.argmax if equation.primitive.name == "argmax" else np.argmin
    found = function(numbers, axis=axis, keepdims=True)
    if x.floats:
        replay.tied(x.ids, np.broadcast_to(np.take_along_axis(x.ids, found, axis), x.shape))
    return Array(dtype, given=found.squeeze(axis).astype(dtype))
