"""The same scalars elsewhere: rules that move ids about, and make no operation."""

from functools import partial

import numpy as np

from .. import compat, indexing
from ..arrays import Array, Unsupported
from ..fields import Field, join, split
from . import choices
from .registry import rule


@rule("reshape")
def _reshape(replay, equation, x):
    order, sizes = equation.params["dimensions"], equation.params["new_sizes"]
    return x.moved(lambda a: (a if order is None else a.transpose(order)).reshape(sizes))


@rule("transpose")
def _transpose(replay, equation, x):
    return x.moved(lambda a: a.transpose(equation.params["permutation"]))


@rule("squeeze")
def _squeeze(replay, equation, x):
    return x.moved(lambda a: np.squeeze(a, equation.params["dimensions"]))


@rule("expand_dims")
def _expand_dims(replay, equation, x):
    return x.moved(lambda a: np.expand_dims(a, equation.params["dimensions"]))


@rule("rev")
def _rev(replay, equation, x):
    return x.moved(lambda a: np.flip(a, equation.params["dimensions"]))


@rule("broadcast_in_dim")
def _broadcast_in_dim(replay, equation, x, *_):
    shape, axes = equation.params["shape"], equation.params["broadcast_dimensions"]

    def move(a):
        sizes = [1] * len(shape)
        for axis, size in zip(axes, np.shape(a), strict=True):
            sizes[axis] = size
        return np.broadcast_to(np.reshape(a, sizes), shape)

    return x.moved(move)


@rule("slice")
def _slice(replay, equation, x):
    p = equation.params
    steps = p["strides"] or [1] * len(x.shape)
    where = tuple(map(slice, p["start_indices"], p["limit_indices"], steps))
    return x.moved(lambda a: a[where])


@rule("tile")
def _tile(replay, equation, x):
    return x.moved(lambda a: np.tile(a, equation.params["reps"]))


@rule("split")
def _split(replay, equation, x):
    ends, axis = np.cumsum(equation.params["sizes"])[:-1], equation.params["axis"]
    parts = []
    for k in range(len(ends) + 1):
        parts.append(x.moved(lambda a, k=k: np.split(a, ends, axis)[k]))
    return parts


@rule("concatenate")
def _concatenate(replay, equation, *arrays):
    axis, first = equation.params["dimension"], arrays[0]
    if not first.floats:
        return replay.concrete(equation, arrays)[0]
    ids = np.concatenate([array.ids for array in arrays], axis)
    imaginary = None
    if first.imaginary is not None:
        imaginary = np.concatenate([array.imaginary for array in arrays], axis)
    return Array(first.dtype, ids, imaginary)


@rule("stack")
def _stack(replay, equation, *arrays):
    axis, first = equation.params["axis"], arrays[0]
    if not first.floats:
        return replay.concrete(equation, arrays)[0]
    parts = [[a.ids for a in arrays], [a.imaginary for a in arrays]]
    imaginary = None if first.imaginary is None else np.stack(parts[1], axis)
    return Array(first.dtype, np.stack(parts[0], axis), imaginary)


@rule("unstack")
def _unstack(replay, equation, x):
    axis = equation.params["axis"]
    return [x.moved(lambda a, k=k: np.take(a, k, axis)) for k in range(x.shape[axis])]


def _corner(starts, sizes, shape):
    numbers = [int(np.asarray(s.given)) for s in starts]
    return [min(max(at, 0), most - size) for at, size, most in zip(numbers, sizes, shape, strict=True)]


@rule("dynamic_slice")
def _dynamic_slice(replay, equation, x, *starts):
    sizes = equation.params["slice_sizes"]
    corner = _corner(starts, sizes, x.shape)
    where = tuple(slice(at, at + size) for at, size in zip(corner, sizes, strict=True))
    return x.moved(lambda a: a[where])


@rule("dynamic_update_slice")
def _dynamic_update_slice(replay, equation, x, update, *starts):
    if not x.floats:
        return replay.concrete(equation, (x, update, *starts))[0]
    corner = _corner(starts, update.shape, x.shape)
    where = tuple(slice(at, at + size) for at, size in zip(corner, update.shape, strict=True))

    def put(old, new):
        old = np.array(old)
        old[where] = new
        return old

    imaginary = None if x.imaginary is None else put(x.imaginary, update.imaginary)
    return Array(x.dtype, put(x.ids, update.ids), imaginary)


@rule("pad")
def _pad(replay, equation, x, value):
    if not x.floats:
        return replay.concrete(equation, (x, value))[0]
    config = equation.params["padding_config"]
    imaginary = None if x.imaginary is None else padded(x.imaginary, value.imaginary, config)
    return Array(x.dtype, padded(x.ids, value.ids, config), imaginary)


def padded(ids, value, config):
    """ids with the id `value` around and between them; config: (low, high, interior) of each axis."""
    for axis, (low, high, interior) in enumerate(config):
        ids = np.moveaxis(ids, axis, 0)
        size = len(ids)
        spread = size + max(size - 1, 0) * interior
        made = np.full((max(low, 0) + spread + max(high, 0), *ids.shape[1:]), value)
        made[max(low, 0) : max(low, 0) + spread : interior + 1] = ids
        made = made[max(-low, 0) : len(made) - max(-high, 0)]
        ids = np.moveaxis(made, 0, axis)
    return ids


@rule("gather")
def _gather(replay, equation, x, indices):
    if not x.floats:
        return replay.concrete(equation, (x, indices))[0]
    fill = equation.params["fill_value"]
    if x.imaginary is None:
        return Array(x.dtype, _gathered(replay, equation, x.ids, indices.given, fill))
    real, imaginary = (_gathered(replay, equation, ids, indices.given, fill) for ids in (x.ids, x.imaginary))
    return Array(x.dtype, real, imaginary)


def _gathered(replay, equation, ids, indices, fill):
    number = float("nan") if fill is None else fill  # what is out of bounds
    outside = -1
    made = indexing.gather(equation, ids, indices, outside)
    return np.where(made == outside, replay.tape.constants(number), made) if (made == outside).any() else made


@rule("scatter", "scatter-add", "scatter_add", "scatter-mul", "scatter_mul", "scatter-min", "scatter_min",
      "scatter-max", "scatter_max", "scatter-sub", "scatter_sub")  # fmt: skip
def _scatter(replay, equation, x, indices, updates):
    if not x.floats:
        return replay.concrete(equation, (x, indices, updates))[0]
    name = equation.primitive.name.replace("-", "_")
    if name == "scatter" and equation.params.get("update_jaxpr") is not None:
        raise Unsupported("replay knows scatter_apply of constants only.", equation)
    where = indexing.scatter_targets(equation, x.shape, indices.given, updates.shape).ravel()
    parts = [ids for ids in (x.ids, x.imaginary) if ids is not None]
    news = [ids for ids in (updates.ids, updates.imaginary) if ids is not None]
    made = _scattered(_joining(replay, name, x.dtype), parts, news, where)
    return Array(x.dtype, *(ids.reshape(x.shape) for ids in made))


def _scattered(join, parts, updates, where):
    """Flat ids of an array, or of both parts of a complex one, with the updates put in.

    join: (old, new) -> ids, lists of as many parts, or None where the new replaces the old; where: the flat
    position of each update, -1 for one that is dropped.
    """
    made, kept = [ids.flatten() for ids in parts], where >= 0
    order = np.argsort(where[kept], kind="stable")
    targets, news = where[kept][order], [ids.ravel()[kept][order] for ids in updates]
    while len(targets):  # each target takes one update in each round
        first = np.ones(len(targets), bool)
        first[1:] = targets[1:] != targets[:-1]
        at, new = targets[first], [ids[first] for ids in news]
        joined = new if join is None else join([ids[at] for ids in made], new)
        for ids, into in zip(made, joined, strict=True):
            ids[at] = into
        targets, news = targets[~first], [ids[~first] for ids in news]
    return made


def _joining(replay, name, dtype):
    """How an update joins what is there: a function of lists of parts, or None where it replaces it."""
    apply = partial(replay.tape.apply, dtype=np.zeros(0, dtype).real.dtype)
    if name in ("scatter_min", "scatter_max"):
        sign = 1 if name == "scatter_max" else -1
        return lambda old, new: [choices.larger(replay, old[0], new[0], sign)]
    if name == "scatter_mul":
        field = Field(replay.tape, dtype)
        return lambda old, new: (
            [apply("mul", old[0], new[0])]
            if len(old) == 1
            else split(field.apply("mul", join(*old), join(*new)))
        )
    if name in ("scatter_add", "scatter_sub"):
        op = name.removeprefix("scatter_")
        return lambda old, new: [apply(op, x, y) for x, y in zip(old, new, strict=True)]
    return None


@rule("iota")
def _iota(replay, equation, *_):
    return replay.array(compat.evaluate(equation, [])[0])
