"""How far rounding may move the numbers of a program: a bound of first order for every scalar.

    error(y) = sum_i |d y / d x[i]| * error(x[i]) + u * |y|
    error(x) = 0 for an input and a number, |x| for an input that is flushed to 0
    error(x) = |x - c| for a number that stands for a constant c

u is the largest relative error of one operation in the type of its result: half an ULP for arithmetic, a few
for functions as XLA computes them, and k - 1 half ULPs of the sum of |terms| for a sum of k terms, in any
order. Products of errors are left out, they are smaller by another factor u.
"""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from . import floats

# ULPs that XLA's functions on CPU may be off, measured against mpmath; arithmetic is half an ULP.
FUNCTIONS = {
    "exp": 2, "log": 2, "log1p": 130, "expm1": 4, "tanh": 8, "sinh": 8, "cosh": 8, "sigmoid": 4, "erf": 4,
    "erfc": 400, "erf_inv": 8, "pow": 8, "sin": 2, "cos": 2, "tan": 4, "asin": 8, "acos": 8, "atan": 4,
    "atan2": 4, "asinh": 8, "acosh": 16, "atanh": 16, "lgamma": 64, "digamma": 64, "polygamma": 256,
    "igamma": 512, "igamma_grad_a": 1024,
    "random_gamma_grad": 4096, "igammac": 512, "betainc": 2048, "zeta": 256,
    "bessel_i0e": 16, "bessel_i1e": 16,
    "one_minus_square": 3, "cbrt": 2, "sqrt": 1, "truediv": 2, "mul": 1, "add": 1, "sub": 1,
}  # fmt: skip

# Whose operand XLA rounds once more on the way: cosh(x) is exp(x - log 2), erf_inv looks at x * x.
ROUNDED = {"sinh", "cosh", "erf_inv"}
AROUND_ZERO = {"sin", "cos", "tan", "lgamma", "digamma"}  # where these are 0, XLA is right to units of 1


def unit(dtype):
    """Half an ULP of 1 in a type: what one rounding may do."""
    return float(jnp.finfo(dtype).eps) / 2


def coarsest(tape, dtypes, size):
    """The unit of the narrowest of some dtypes, and those of the first `size` scalars of a tape."""
    own = {block.dtype for block in tape.blocks if block.start < size and block.op not in ("leaf", "stop")}
    return max(map(unit, {*map(np.dtype, dtypes), *map(np.dtype, own)}), default=0.0)


def smallest(dtype):
    """Below it numbers of a type are taken for 0: its smallest normal number, as processors flush them to 0.
    Types with a narrower range than float32, float16 say, XLA computes in float32, or by instructions that
    flush nothing: of these it is the smallest number of all.

    >>> smallest("float16") == 2.0**-24, smallest("bfloat16") == smallest("float32") == 2.0**-126
    (True, True)
    """
    finfo = jnp.finfo(dtype)
    kept = float(finfo.tiny) > float(jnp.finfo(jnp.float32).tiny)
    return float(finfo.smallest_subnormal if kept else finfo.tiny)


def _floor(block):
    """How far a result of a block may be off where it is too small for its type. Of functions that XLA makes
    of several operations one may be too large, or too small: sigmoid(-12) is 0 in float16, for exp(12)."""
    if FUNCTIONS.get(block.op, 1) > 2:
        return float(jnp.finfo(block.dtype).tiny)
    return smallest(block.dtype) * (block.operands[0].shape[2] if block.op == "dot" else 1)


def step(block, v, error, flushed=True, coarsest=np.inf, declared=True):
    """[n] the bounds of one block from those of what it is made of. v: the numbers; infinity is exact.
    flushed: whether numbers below the smallest of a type are taken for 0; coarsest: the unit of the narrowest
    type whose rounding counts; declared: whether in a declared rule each type's does."""
    with np.errstate(all="ignore"):
        moved = _moved(block, v, error, flushed, np.inf if declared and block.declared else coarsest)
    return np.where(np.isinf(v[block.start : block.stop]), 0.0, moved)


def _moved(block, v, error, flushed, coarsest):
    if block.op == "leaf":
        sizes = np.abs(block.numbers)
        return np.where(sizes < (smallest(block.dtype) if flushed else 0.0), sizes, 0.0)
    if block.op in ("hull", "mean"):
        return np.maximum(error[block.operands[0]], error[block.operands[1]])
    if block.op == "factor":
        return block.numbers.error(v[block.operands[0]], unit(block.dtype))
    if block.op in ("stop", "rule"):
        return error[block.operands[0]]
    y = v[block.start : block.stop]
    u, floor = min(unit(block.dtype), coarsest), _floor(block) if flushed else 0.0
    if block.op == "total":
        (ids,) = block.operands
        terms = np.abs(v[ids]).sum(axis=-1)
        return error[ids].sum(axis=-1) + u * ids.shape[1] * terms + floor
    if block.op == "dot":
        left, right = block.operands
        a, b = np.abs(v[left]), np.abs(v[right])
        moved, errors = u * (left.shape[2] + 1) * (a @ b), (error[left], error[right])
        if errors[0].any():
            moved += errors[0] @ b
        if errors[1].any():
            moved += a @ errors[1]
        return moved.ravel() + floor
    size = np.maximum(np.abs(y), 1) if block.op in AROUND_ZERO else np.abs(y)
    moved = 2 * FUNCTIONS.get(block.op, 4) * u * size + floor
    operands = [v[ids] for ids in block.operands]
    for j, ids in enumerate(block.operands):
        e = error[ids]
        if block.op in ROUNDED:
            e = e + 2 * u * np.abs(operands[j])
        if np.any(e):
            moved = moved + np.where(e == 0, 0, np.abs(floats.slopes(block.op, j, operands, y)) * e)
    return moved


def bounds(tape, v, dtype=None, radii=None, flushed=True, coarsest=np.inf, declared=True):
    """[size] the bound of every scalar of a tape; dtype: as if all were rounded to that type; radii: id ->
    how far a given number may be off; flushed, coarsest, declared: as in `step`."""
    error = np.zeros(tape.size)
    for block in tape.blocks:
        block = block if dtype is None else replace(block, dtype=np.dtype(dtype))
        error[block.start : block.stop] = step(block, v, error, flushed, coarsest, declared)
        if block.start in tape.meant:
            error[block.start] = tape.meant[block.start].off(float(block.numbers[0]))
        for i in radii or ():
            if block.start <= i < block.stop:
                error[i] = (radii or {})[i]
    error[np.isnan(error)] = np.inf  # 0 * inf: the first order says nothing
    return error
