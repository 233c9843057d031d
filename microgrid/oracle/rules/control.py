"""What calls other jaxprs: they are walked through, as often as the run did."""

import numpy as np

from .. import compat
from ..arrays import Array, Unsupported
from ..custom_rules.custom_root import root_of
from ..custom_rules.declared import is_marked
from ..fields import Field, packed, unpacked
from ..loops.limits import Watch
from ..programs import loops
from . import algebra
from .elementwise import stopped
from .registry import control
from .roots import root


@control("jit", "pjit", "closed_call", "core_call", "remat", "remat2", "checkpoint", "custom_jvp_call",
         "custom_vjp_call", "custom_vjp_call_jaxpr", "custom_vmap_call", "remat_opt", "composite",
         "call_hi_primitive", "xla_metadata_call", "program_order", "eval_jaxpr", "linear_call")  # fmt: skip
def _call(replay, equation, *arrays):
    if by_bits := BY_BITS.get(compat.looks_at_bits(equation)):
        return by_bits(replay, equation, *arrays), ()
    if (found := root_of(equation, arrays)) is not None:
        return root(replay, equation, arrays, *found)
    inner = compat.call_of(equation)
    if inner is None:
        raise Unsupported(f"replay finds no jaxpr in {equation.primitive.name}.", equation)
    tape, before = replay.tape, replay.tape.declared
    tape.declared |= is_marked(equation)
    made = replay.walk(inner.jaxpr, [replay.captured(c) for c in inner.consts], arrays)
    tape.declared = before
    return made


def _frexp(replay, equation, x):
    """x = m 2^e, which JAX reads off the bits of x: m = x 2^-e, and e is a whole number."""
    exponent = replay.guide(equation, (x,))[1]
    scale = np.ldexp(1.0, -np.asarray(exponent.given, int))
    return [replay.apply("mul", x, Array(x.dtype, replay.tape.constants(scale))), exponent]


def _ldexp(replay, equation, x, n):
    """x 2^n, where n is a whole number."""
    scale = replay.tape.constants(np.ldexp(1.0, np.asarray(n.given, int)))
    return [replay.apply("mul", x, Array(x.dtype, scale), dtype=equation.outvars[0].aval.dtype)]


def _signbit(replay, equation, x, *tangents):
    """Whether x is below 0, or -0.0: at 0 a choice."""
    (made,) = replay.guide(equation, (x, *tangents))
    if not x.floats or not replay.live(x):
        return [made]
    side = replay.beside(x.ids, 0.0)
    doubt = replay.tied(x.ids, np.broadcast_to(replay.tape.zero(), x.shape))
    return [Array(made.dtype, given=np.where(side == 0, made.given, side < 0), doubt=doubt)]


BY_BITS = {"frexp": _frexp, "ldexp": _ldexp, "signbit": _signbit}  # functions of JAX that look at them


@control("cond")
def _cond(replay, equation, index, *arrays):
    branches = equation.params["branches"]
    at = int(np.clip(np.asarray(index.given).astype(int), 0, len(branches) - 1))
    branch = branches[at]
    return replay.walk(branch.jaxpr, [replay.captured(c) for c in branch.consts], arrays)


@control("while")
def _while(replay, equation, *arrays):
    p = equation.params
    few, many = p["cond_nconsts"], p["body_nconsts"]
    of_cond, of_body, carry = arrays[:few], arrays[few : few + many], list(arrays[few + many :])
    cond, body, steps = p["cond_jaxpr"], p["body_jaxpr"], []
    watch = Watch(equation, lambda: [replay.numbers(array) for array in arrays])
    while True:
        constants = [replay.captured(c) for c in cond.consts]
        (go,), _ = replay.walk(cond.jaxpr, constants, [*of_cond, *carry])
        going = np.asarray(go.given)
        if not going.any():
            return carry, tuple(steps)
        if watch.ends():
            raise watch.refusal()
        constants = [replay.captured(c) for c in body.consts]
        made, inside = replay.walk(body.jaxpr, constants, [*of_body, *carry])
        carry = (
            made if going.all() else [_where(going, new, old) for new, old in zip(made, carry, strict=True)]
        )
        steps += inside


def _where(going, new, old):
    """The new array where a batch of loops still goes on, the old one where it has stopped."""
    mask = going.reshape(going.shape + (1,) * (len(new.shape) - going.ndim))
    if not new.floats:
        return Array(new.dtype, given=np.where(mask, new.given, old.given), bits=new.bits or old.bits)
    imaginary = None if new.imaginary is None else np.where(mask, new.imaginary, old.imaginary)
    return Array(new.dtype, np.where(mask, new.ids, old.ids), imaginary)


@control("scan")
def _scan(replay, equation, *arrays):
    body, constants, carries, length, reverse = compat.scan_of(equation)
    fixed, carry, rows = (
        arrays[:constants],
        arrays[constants : constants + carries],
        arrays[constants + carries :],
    )
    steps, outputs = [], [None] * length
    consts = [replay.captured(c) for c in body.consts]
    carry = list(carry)
    for t in reversed(range(length)) if reverse else range(length):
        now = [row.moved(lambda a, t=t: a[t]) for row in rows]
        made, inside = replay.walk(body.jaxpr, consts, [*fixed, *carry, *now])
        carry, outputs[t] = made[:carries], made[carries:]
        steps += inside
    stacked = []
    for k, variable in enumerate(equation.outvars[carries:]):
        stacked.append(_stacked(replay, [row[k] for row in outputs], variable.aval))
    return [*carry, *stacked], tuple(steps)


def _stacked(replay, arrays, aval):
    if not arrays:
        return replay.array(np.zeros(aval.shape, aval.dtype))
    first = arrays[0]
    if not first.floats:
        bits = any(array.bits for array in arrays)
        return Array(first.dtype, given=compat.stack([array.given for array in arrays]), bits=bits)
    ids = np.stack([array.ids for array in arrays])
    imaginary = None
    if first.imaginary is not None:
        imaginary = np.stack([array.imaginary for array in arrays])
    return Array(first.dtype, ids, imaginary)


@control("custom_linear_solve")
def _custom_linear_solve(replay, equation, *arrays):
    """x with matvec(x) = b. Only that defines its slopes, whatever the solver does: one step of refinement
    from a solution that is held fixed, x + solve(b - matvec(x)), has its value and its slopes."""
    counts, jaxprs = equation.params["const_lengths"], equation.params["jaxprs"]
    before = counts.matvec + counts.vecmat
    known, right = arrays[: counts.matvec], arrays[sum(counts) :]
    fixed = [stopped(replay, array) for array in arrays[before : before + counts.solve]]

    def run(jaxpr, constants, vectors):
        return replay.walk(jaxpr.jaxpr, [replay.captured(c) for c in jaxpr.consts], [*constants, *vectors])

    if loops(jaxprs.solve.jaxpr):
        return _solved_by_elimination(
            replay, lambda vectors: run(jaxprs.matvec, known, vectors)[0], right
        ), ()
    x, steps = run(jaxprs.solve, fixed, [stopped(replay, b) for b in right])
    for _ in range(replay.refined):
        products, _ = run(jaxprs.matvec, known, x)
        rest = [replay.apply("sub", b, product) for b, product in zip(right, products, strict=True)]
        more, _ = run(jaxprs.solve, fixed, rest)
        x = [replay.apply("add", *pair) for pair in zip(x, more, strict=True)]
    return x, steps


def _solved_by_elimination(replay, matvec, right):
    """x with matvec(x) = b where the solver is a loop that stops when it is near enough: from the matrix."""
    sizes = [array.ids.size for array in right]
    columns = []
    for unit in np.eye(sum(sizes)):
        parts = zip(np.split(unit, np.cumsum(sizes)[:-1]), right, strict=True)
        vectors = [replay.array(part.reshape(b.shape).astype(b.dtype)) for part, b in parts]
        columns.append(np.concatenate([packed(product).ravel() for product in matvec(vectors)]))
    rest = np.concatenate([packed(b).ravel() for b in right])
    field = Field(replay.tape, right[0].dtype)
    x = algebra.solution(field, np.stack(columns, axis=1), rest[:, None])
    parts = zip(np.split(x[:, 0], np.cumsum(sizes)[:-1]), right, strict=True)
    return [unpacked(b.dtype, part.reshape(b.shape)) for part, b in parts]


@control("platform_index")
def _platform_index(replay, equation, *arrays):
    return replay.concrete(equation, arrays), ()


@control("pure_callback", "io_callback", "debug_callback", "debug_print")
def _callback(replay, equation, *arrays):
    if not equation.outvars:
        return [], ()
    raise Unsupported(
        f"replay cannot look into a callback ({compat.source(equation)}). Fix: write it with JAX's "
        "functions, or stop_gradient its results and give them as arguments.",
        equation,
    )
