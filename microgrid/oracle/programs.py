"""What is read off the program of a function, a jaxpr."""

import math
import re
from functools import lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from . import compat
from .arrays import Unsupported

VJP_RULE = ("custom_vjp_call", "custom_vjp_call_jaxpr")
OWN_RULE = ("custom_jvp_call", *VJP_RULE)
MEMORY = 4 * 10**10  # bytes that a replay may take
KEPT = 4  # times its own bytes, what a replay takes for an array of no floats, and for what is made of it


def unproven(mode, only):
    """The custom rules that nothing shows to be linear: in reverse mode those of custom_vjp, and in forward
    mode, where that is the only one, those of custom_jvp, as they are not transposed."""
    return VJP_RULE if mode == "rev" else ("custom_jvp_call",) if only else ()


def bends(equation):
    """Whether an equation is a linear solve whose solver JAX does not show to be linear: it cannot transpose
    it."""
    if equation.primitive.name != "custom_linear_solve":
        return False
    counts, jaxprs = equation.params["const_lengths"], equation.params["jaxprs"]
    pairs = (jaxprs.solve, counts.solve), (jaxprs.transpose_solve, counts.transpose_solve)
    return any(program is not None and not _linear(program, count) for program, count in pairs)


@lru_cache(maxsize=256)
def _linear(program, count):
    """Whether JAX transposes a closed jaxpr in all inputs but the first `count`."""
    given, ends = (
        [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in avals]
        for avals in (program.in_avals, program.out_avals)
    )

    def transposed(fixed, cts):
        solve = partial(core.jaxpr_as_fun(program), *fixed)
        return jax.linear_transpose(solve, *given[count:])(cts)

    try:
        jax.eval_shape(transposed, given[:count], ends)
    except Exception:  # of many kinds, as each primitive refuses in its own way
        return False
    return True


def makes_floats(equation):
    """Whether an equation makes floats of what may be none."""
    makers = ("convert_element_type", "broadcast_in_dim", "iota")
    return equation.primitive.name in makers and any(compat.is_float(v.aval.dtype) for v in equation.outvars)


@lru_cache(maxsize=256)
def needed(jaxpr):
    """The equations of a jaxpr that its outputs depend on, in order; Unsupported where arrays are changed in
    place, as those equations make nothing that anything depends on."""
    wanted, found = {v for v in jaxpr.outvars if not compat.is_literal(v)}, []
    for equation in reversed(jaxpr.eqns):
        if wanted.intersection(equation.outvars):
            found.append(equation)
            wanted.update(v for v in equation.invars if not compat.is_literal(v))
    for equation in found[::-1]:
        if any(map(compat.is_ref, (*equation.invars, *equation.outvars))):
            raise Unsupported(
                f"replay cannot follow arrays that are changed in place: {equation.primitive.name} "
                f"({compat.source(equation)}). Fix: new arrays, x.at[i].set(y) for ref[i] = y.",
                equation,
            )
    return found[::-1]


def loops(jaxpr):
    """Whether there is a loop of unknown length in a jaxpr."""
    return holds(jaxpr, ("while",))


def holds(jaxpr, names):
    """Whether a primitive of one of some names comes in a jaxpr, or in one inside."""
    if any(equation.primitive.name in names for equation in jaxpr.eqns):
        return True
    return any(holds(x, names) for equation in jaxpr.eqns for x in core.jaxprs_in_params(equation.params))


def followed(program, most):
    """A closed jaxpr; Unsupported where its numbers are more than a replay can hold: most floats, and of
    others as many as take their memory."""
    count, others = size(program.jaxpr)
    share, words = KEPT * most / MEMORY, ""
    if count <= most and others:
        count, words = count + math.ceil(share * others), ", with integers and booleans by their bytes"
    if count <= most:
        return program

    def cost(equation):
        floats, others = _size(equation.outvars)
        return floats + share * others

    raise Unsupported(
        f"replay follows numbers one by one, at most {most:,}; here are {count:,}{words}. Fix: sample=32, "
        "which looks at so many of each equation, or smaller arguments.",
        max(program.jaxpr.eqns, key=cost),
    )


def size(jaxpr):
    """(how many numbers the floats of a jaxpr have, how many bytes its other arrays): inputs and results,
    those of all steps of scans too."""
    floats, others = _size(jaxpr.invars)
    for equation in jaxpr.eqns:
        inner = [size(x) for x in core.jaxprs_in_params(equation.params)]
        steps = equation.params.get("length", 1) if equation.primitive.name == "scan" else 1
        own = _size(equation.outvars)
        floats += own[0] + steps * max((x for x, _ in inner), default=0)
        others += own[1] + steps * max((x for _, x in inner), default=0)
    return floats, others


def _size(variables):
    floats = sum(v.aval.size for v in variables if _floats(v))
    kinds = [(v.aval, getattr(v.aval, "dtype", None)) for v in variables if not _floats(v)]
    return floats, sum(aval.size * kind.itemsize for aval, kind in kinds if kind is not None)


def _floats(variable):
    return jnp.issubdtype(getattr(variable.aval, "dtype", int), jnp.inexact)


def same(program, other):
    """Whether two closed jaxprs are one program with the same constants."""
    consts = zip(program.consts, other.consts, strict=False)
    texts = (re.sub("0x[0-9a-f]+", "", str(one.jaxpr)) for one in (program, other))  # of functions' addresses
    return len({*texts}) == 1 and all(_same_array(x, y) for x, y in consts)


def _same_array(x, y):
    if not hasattr(x, "dtype") or jnp.issubdtype(x.dtype, jax.dtypes.extended):
        return True
    return np.array_equal(np.asarray(x), np.asarray(y), equal_nan=compat.is_float(x.dtype))


def differentiated(replay, step):
    """The numbers of the inputs of an equation that are differentiated."""
    return [k for k, array in enumerate(step.inputs) if array.floats and replay.live(array)]


def moves(replay, step):
    """Whether something is differentiated through an equation."""
    return bool(differentiated(replay, step)) and any(array.floats for array in step.outputs)
