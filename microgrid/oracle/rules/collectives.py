"""What devices do together: over an axis of arrays under vmap, and on one device under shard_map."""

import numpy as np

from .. import compat
from ..arrays import Array, Unsupported
from ..fields import Field, packed, unpacked
from .choices import real_only
from .reductions import extreme, last
from .registry import control


@control("shard_map")
def _shard_map(replay, equation, *arrays):
    """On one device each shard is the whole. Its equations make sense inside only, so no step is kept."""
    if compat.devices(equation) > 1:
        raise Unsupported(
            f"replay follows shard_map on one device, not on {compat.devices(equation)} "
            f"({compat.source(equation)}). Fix: check the gradient on a mesh of one device; whether sums "
            "over devices are right it does not see there.",
            equation,
        )
    return replay.walk(equation.params["jaxpr"], [], arrays)[0], ()


@control("all_gather", "all_gather_invariant", "all_to_all", "pbroadcast", "pcast", "psum_invariant", "pvary",
         "reduce_scatter")  # fmt: skip
def _alone(replay, equation, *arrays):
    """A device that is alone keeps what it has, with an axis of size 1 more or less."""
    shapes = [variable.aval.shape for variable in equation.outvars]
    return [x.moved(lambda a, to=to: a.reshape(to)) for x, to in zip(arrays, shapes, strict=True)], ()


@control("ppermute")
def _ppermute(replay, equation, x):
    if equation.params["perm"]:
        return [x], ()
    return [replay.array(np.zeros(x.shape, x.dtype))], ()


@control("axis_index")
def _axis_index(replay, equation):
    return [Array(np.dtype("int32"), given=np.int32(0))], ()


@control("psum", "pmax", "pmin")
def _reduced(replay, equation, *arrays):
    p, name = equation.params, equation.primitive.name
    axes = tuple(axis for axis in p["axes"] if isinstance(axis, int))  # the others are names, of size 1
    if p["axis_index_groups"] is not None:
        raise Unsupported(f"replay knows {name} of all devices only, not in groups.", equation)
    if not axes:
        return list(arrays), ()
    if not all(x.floats for x in arrays):
        return replay.concrete(equation, arrays), ()
    made = []
    for x in arrays:
        if name == "psum":
            made.append(unpacked(x.dtype, Field(replay.tape, x.dtype).total(last(packed(x), axes))))
        else:
            real_only(equation, x)
            made.append(Array(x.dtype, extreme(replay, last(x.ids, axes), 1 if name == "pmax" else -1)))
    return made, ()
