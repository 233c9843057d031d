"""Everything of a jaxpr that differs between versions of JAX, or is not of its public interface."""

from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

HERE = str(Path(__file__).parent)


def dtype(numbers) -> Any:
    """The dtype of a number or array as JAX has it."""
    return numbers.dtype if hasattr(numbers, "dtype") else jnp.asarray(numbers).dtype


def is_float(kind):
    """Whether a dtype is a real floating one."""
    return jnp.issubdtype(kind, jnp.floating)


def is_complex(kind):
    """Whether a dtype is complex."""
    return jnp.issubdtype(kind, jnp.complexfloating)


def is_key(kind):
    """Whether a dtype is that of random keys."""
    return jnp.issubdtype(kind, jax.dtypes.prng_key)


def is_ref(thing):
    """Whether an array, or an atom of a jaxpr, is one that can be changed in place, as jax.new_ref makes."""
    from jax._src.state.types import AbstractRef

    return isinstance(getattr(thing, "aval", None), AbstractRef)


QUICK = {  # the counting and deciding of loops, in numpy: a call of JAX takes a hundred times as long
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "and": np.bitwise_and, "or": np.bitwise_or,
    "not": np.invert, "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal,
    "gt": np.greater, "ge": np.greater_equal,
}  # fmt: skip


def evaluate(equation, numbers):
    """The outputs of one equation, as JAX computes them from the numbers of all its inputs."""
    name = equation.primitive.name
    if all(isinstance(x, np.ndarray) and x.dtype.kind in "biu" for x in numbers):
        if quick := QUICK.get(name):
            return [np.asarray(quick(*numbers))]
        if name == "select_n" and numbers[0].dtype == bool and len(numbers) == 3:
            return [np.where(numbers[0], numbers[2], numbers[1])]
        if name == "convert_element_type" and np.dtype(equation.params["new_dtype"]).kind in "iu":
            return [numbers[0].astype(equation.params["new_dtype"])]
    function = alone(equation)
    given = [x for x, v in zip(numbers, equation.invars, strict=True) if not is_literal(v)]
    try:
        return function(*given)
    except NotImplementedError:  # a primitive that is only compiled
        return jax.jit(function)(*given)


def is_literal(atom):
    """Whether an input of an equation is a number written into it."""
    return hasattr(atom, "val")


def alone(equation):
    """An equation as a function of its inputs that are no literals, one number or array for each."""
    primitive = equation.primitive

    def function(*numbers):
        given = iter(numbers)
        values = [v.val if is_literal(v) else jnp.asarray(next(given)) for v in equation.invars]
        with equation.ctx.manager:
            made = primitive.bind(*values, **primitive.get_bind_params(equation.params))
        return list(made) if primitive.multiple_results else [made]

    return function


def implementation(equation):
    """The closed jaxpr of a user's primitive, from an implementation by JAX's functions; None without one."""
    primitive, avals = equation.primitive, [atom.aval for atom in equation.invars]
    impl = getattr(primitive.impl, "func", primitive.impl)
    if impl.__module__.startswith("jax._src"):
        return None
    arguments = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in avals]
    try:
        return jax.make_jaxpr(lambda *x: primitive.impl(*x, **equation.params))(*arguments)
    except TypeError:  # numpy cannot be traced
        return None


def real_inputs(equation, inputs):
    """The inputs of a call without the constants that its function holds on to."""
    return inputs[equation.params.get("num_consts", 0) :]


def name_of(equation):
    """The name of the Python function that an equation calls, "" for one that calls none."""
    return origin(equation)[0]


def origin(equation):
    """(name, "file:line") of the Python function that an equation calls; ("", "") for one that calls none."""
    inner = call_of(equation)
    info = inner.jaxpr.debug_info if inner is not None else None
    name, _, place = str(info.func_src_info).partition(" at ") if info is not None else ("", "", "")
    return name, place


def of_jax(equation):
    """Whether the Python function that an equation calls is one of JAX's own."""
    return written_in(equation, "jax")


def written_in(equation, package):
    """Whether the Python function that an equation calls is written in a package."""
    found = find_spec(package)
    return found is not None and origin(equation)[1].startswith(str(Path(found.origin or "").parent))


def by_bits(equation):
    """Whether an equation calls a function of JAX that computes a smooth one by taking the bits of its floats
    apart: since 0.12 exp(-x**2), in the slopes of erf and erfc. What it means is replayed in its place."""
    if name_of(equation) != "exp_neg_sq" or not of_jax(equation):
        return False
    inner: Any = call_of(equation)
    return any(e.primitive.name == "bitcast_convert_type" for e in inner.jaxpr.eqns)


def source(equation):
    """Where the user wrote an equation, or the function that it calls: "file:line (function)"."""
    if line := line_of(equation):
        return line
    name, place = origin(equation)
    return f"{place} ({name})" if place and not of_jax(equation) else "inside JAX"


def line_of(equation):
    """The user's line of an equation as `source` has it, "" for one inside JAX."""
    frame = frame_of(equation)
    return f"{frame.file_name}:{frame.start_line} ({frame.function_name})" if frame else ""


def frame_of(equation):
    """The innermost frame outside JAX and this package that an equation came from, or None."""
    from jax._src import source_info_util

    frames = source_info_util.user_frames(equation.source_info.traceback)
    return next((frame for frame in frames if not frame.file_name.startswith(HERE)), None)


def call_of(equation):
    """The jaxpr that an equation calls as it is, closed; None for one that calls none."""
    params = equation.params
    for name in ("call_jaxpr", "fun_jaxpr", "fwd_jaxpr", "jaxpr", "callee", "call"):
        if name in params:
            inner = params[name]
            return inner if hasattr(inner, "consts") else core.ClosedJaxpr(inner, ())
    return expansion(equation) if equation.primitive.name == "call_hi_primitive" else None


def looks_at_bits(equation):
    """Which function of JAX that looks at bits an equation is: frexp, signbit, since 0.12 ldexp; else ""."""
    if equation.primitive.name == "call_hi_primitive":
        return type(equation.params["_prim"]).__name__.lower()
    name = name_of(equation)
    return name.removeprefix("_") if name in ("_frexp", "signbit") and of_jax(equation) else ""


def expansion(equation):
    """The closed jaxpr that a primitive of `jax.experimental.hijax` stands for, since 0.12 in JAX's own
    functions too; None for one of other things than arrays, or one that does not say."""
    avals = [atom.aval for atom in equation.invars]
    if not all(hasattr(aval, "shape") and hasattr(aval, "dtype") for aval in avals):
        return None
    arguments = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in avals]
    expand = partial(equation.primitive.to_lojax, **equation.params)
    try:
        return jax.make_jaxpr(expand)(*arguments)
    except NotImplementedError:
        return None


def devices(equation):
    """How many devices a shard_map runs on, along the axes that it maps over."""
    p = equation.params
    names = p.get("newly_manual_axes", p["mesh"].axis_names)
    return int(np.prod([p["mesh"].shape[name] for name in names], dtype=int))


def scan_of(equation):
    """(closed body, constants, carries, length, reverse) of a scan."""
    p = equation.params
    if "num_consts" in p:
        return p["jaxpr"], p["num_consts"], p["num_carry"], p["length"], p["reverse"]
    constants, carries, _ = p["ft_in"].unpack()
    return p["jaxpr"], len(constants), len(carries), p["length"], p["reverse"]


def cast(numbers, kind):
    """Numbers in another dtype, as JAX converts them."""
    return np.asarray(jnp.asarray(numbers).astype(kind))


def bits(kind):
    """How many digits a floating dtype has."""
    return jnp.finfo(kind).nmant


def stack(arrays):
    """Arrays of one shape on a new first axis."""
    return jnp.stack(arrays) if is_key(dtype(arrays[0])) else np.stack(arrays)


def conv_layout(equation):
    """Where the batch, the features and the positions of a convolution's inputs, kernel and outputs are."""
    numbers = equation.params["dimension_numbers"]
    return numbers.lhs_spec, numbers.rhs_spec, numbers.out_spec


def all_frames():
    """A context in which errors keep the frames inside JAX."""
    from jax._src import config

    return config.traceback_filtering("off")


def is_tracing():
    """Whether this runs inside of a function that jit, vmap or grad traces."""
    from jax._src import core

    return not core.trace_state_clean()


def jaxpr_of(function, arguments):
    """The closed jaxpr of a function of flat arguments."""
    return jax.make_jaxpr(function)(*arguments)


def as_numpy(numbers):
    """JAX's numbers as a numpy array; random keys stay."""
    return numbers if is_key(dtype(numbers)) else np.asarray(numbers)
