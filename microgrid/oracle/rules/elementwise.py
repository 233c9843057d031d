"""Arithmetic and functions of numbers, each by its row of the table of derivatives."""

import jax.numpy as jnp
import numpy as np
from jax import lax

from .. import compat
from ..arrays import Array
from ..fields import FORMULAS, Field, packed, parts, unpacked
from .choices import real_only
from .registry import RULES, rule

ROWS = {
    "add": "add", "add_any": "add", "sub": "sub", "mul": "mul", "div": "truediv", "neg": "neg",
    "pow": "pow", "exp": "exp", "expm1": "expm1", "log": "log", "log1p": "log1p", "sqrt": "sqrt",
    "cbrt": "cbrt", "sin": "sin", "cos": "cos", "tan": "tan", "asin": "asin", "acos": "acos",
    "atan": "atan", "atan2": "atan2", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh",
    "asinh": "asinh", "acosh": "acosh", "atanh": "atanh", "logistic": "sigmoid", "erf": "erf",
    "erfc": "erfc", "erf_inv": "erf_inv", "lgamma": "lgamma", "digamma": "digamma",
    "igamma": "igamma", "igammac": "igammac", "regularized_incomplete_beta": "betainc",
    "zeta": "zeta", "polygamma": "polygamma", "bessel_i0e": "bessel_i0e", "bessel_i1e": "bessel_i1e",
    "one_minus_square": "one_minus_square", "igamma_grad_a": "igamma_grad_a",
    "random_gamma_grad": "random_gamma_grad",
}  # fmt: skip

WHOLE = 2.0**52  # float64 has no halves from here on
NARROW = ("float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2")  # by the bits after the point


def _row(op):
    def elementwise(replay, equation, *arrays):
        arrays = [array if array.floats else replay.as_floats(array) for array in arrays]
        for x in arrays if op not in FORMULAS else ():
            real_only(equation, x)
        return replay.apply(op, *arrays, dtype=equation.outvars[0].aval.dtype)

    return elementwise


RULES.update({primitive: _row(op) for primitive, op in ROWS.items()})


@rule("square")
def _square(replay, equation, x):
    return RULES["mul"](replay, equation, x, x)


@rule("integer_pow")
def _integer_pow(replay, equation, x):
    y = equation.params["y"]
    if x.imaginary is not None:
        return unpacked(x.dtype, power(Field(replay.tape, x.dtype), packed(x), y))
    if y == 2:
        return replay.apply("mul", x, x, dtype=x.dtype)
    return replay.apply("pow", x, replay.constant(y, x), dtype=x.dtype)


def power(field, z, n):
    """Ids of z ** n of complex numbers, n whole."""
    made = field.full(z.shape, 1.0)
    for _ in range(abs(n)):
        made = field.apply("mul", made, z)
    return made if n >= 0 else field.apply("truediv", field.full(z.shape, 1.0), made)


@rule("rsqrt")
def _rsqrt(replay, equation, x):
    return replay.apply("truediv", replay.constant(1, x), replay.apply("sqrt", x), dtype=x.dtype)


@rule("random_gamma")
def _random_gamma(replay, equation, key, a):
    """A number z drawn with a fixed share F(a, z) of the probability below it: by one step of Newton from z,
    which is held fixed, z - (F(a, z) - F(fixed a, z)) / F'(z) has its slope."""
    (drawn,) = replay.guide(equation, (key, a))
    power = drawn
    if equation.params["log_space"]:
        power = replay.apply("exp", drawn)
    held = stopped(replay, a)
    moved = replay.apply("sub", replay.apply("igamma", a, power), replay.apply("igamma", held, power))
    step = replay.apply("truediv", moved, replay.apply("gamma_density", held, power))
    if equation.params["log_space"]:
        step = replay.apply("truediv", step, power)
    return replay.apply("sub", drawn, step)


@rule("exp2")
def _exp2(replay, equation, x):
    """As XLA computes it: what is lost of a large product is a factor of the result."""
    product = replay.apply("mul", x, replay.apply("log", replay.constant(2, x), dtype=x.dtype), dtype=x.dtype)
    return replay.apply("exp", product, dtype=x.dtype)


@rule("log2")
def _log2(replay, equation, x):
    logs = (RULES["log"](replay, equation, number) for number in (x, replay.constant(2, x)))
    return RULES["div"](replay, equation, *logs)


@rule("polynomial")
def _polynomial(replay, equation, x, *coefficients):
    """coefficients[0] + coefficients[1] x + ..., by Horner."""
    *others, made = coefficients
    for coefficient in reversed(others):
        made = RULES["add"](replay, equation, RULES["mul"](replay, equation, made, x), coefficient)
    return made


@rule("floor", "ceil", "round", "sign")
def _steps(replay, equation, x):
    name = equation.primitive.name
    if x.imaginary is not None:
        return _direction(replay, x) if name == "sign" else real_only(equation, x)
    ids = x.ids
    numbers = replay.tape.run[ids]
    if name == "round":
        even = equation.params["rounding_method"] == lax.RoundingMethod.TO_NEAREST_EVEN
        low = np.floor(numbers)
        at = np.where(np.abs(numbers) < WHOLE, low + 0.5, np.inf)
        below, above = low, low + 1
        tied = np.rint(numbers) if even else np.where(numbers < 0, below, above)
    elif name == "sign":
        at, below, above, tied = 0.0, -1.0, 1.0, np.sign(numbers)
    else:
        tied, at = getattr(np, name)(numbers), np.rint(numbers)
        below, above = (at, at + 1) if name == "ceil" else (at - 1, at)
    side = replay.beside(ids, at)
    made = np.where(side == 0, tied, np.where(side < 0, below, above))
    made = np.where((numbers == at) | (name in ("round", "sign")), made, tied)
    steps = [np.broadcast_to(replay.tape.constants(x), ids.shape) for x in (made, below, above)]
    return Array(x.dtype, replay.doubted(replay.at(ids, at), *steps))


def _direction(replay, z):
    """z / |z|, what JAX calls the sign of a complex number."""
    field = Field(replay.tape, z.dtype)
    return unpacked(z.dtype, field.apply("truediv", packed(z), field.apply("hypot", *parts(z))))


@rule("nextafter")
def _nextafter(replay, equation, *arrays):
    (made,) = replay.guide(equation, arrays)
    return made if replay.settled(equation, arrays) else replay.of_bits(equation, made)


@rule("rem")
def _rem(replay, equation, a, b):
    one, other = replay.numbers(a).astype(np.float64), replay.numbers(b).astype(np.float64)
    with np.errstate(all="ignore"):
        whole = np.trunc(one / other)
        exact = np.fmod(one, other) == 0
        whole = np.where(exact, np.rint(np.nan_to_num(one / other)), whole)
        times = replay.apply("mul", b, Array(b.dtype, replay.tape.constants(whole)))
        ranks = replay.ranked(np.stack([a.ids, times.ids], -1))
        short = exact & (np.sign(ranks[..., 0] - ranks[..., 1]) * np.sign(one) < 0)
    if short.any():
        whole = whole - short * np.sign(whole)
        times = replay.apply("mul", b, Array(b.dtype, replay.tape.constants(whole)))
    return replay.apply("sub", a, times, dtype=a.dtype)


@rule("bitcast_convert_type")
def _bitcast(replay, equation, x):
    (made,) = replay.guide(equation, (x,))
    plain = not x.bits and (not x.floats or replay.settled(equation, (x,)))
    return made if plain else replay.of_bits(equation, made)


@rule("stop_gradient")
def _stop_gradient(replay, equation, x):
    made = stopped(replay, x)
    if made is not x:
        replay.hold(made)
    return made


def stopped(replay, x):
    """An array that is held fixed: no slope goes through it."""
    if not x.floats or not replay.live(x):
        return x
    return x.moved(lambda ids: replay.tape.apply("stop", ids, dtype=x.dtype))


@rule("convert_element_type")
def _convert(replay, equation, x):
    dtype = equation.params["new_dtype"]
    if not (compat.is_float(dtype) or compat.is_complex(dtype)):
        doubt = x.doubt if np.dtype(dtype).kind == "b" else None
        return Array(dtype, given=compat.cast(_whole(replay, x, dtype), dtype), doubt=doubt, bits=x.bits)
    if not x.floats:
        made = replay.array(compat.cast(x.given, dtype))
        if x.doubt is not None and made.imaginary is None:  # a boolean of a tie as 0 or 1
            zero, one = (np.broadcast_to(replay.tape.constants(number), x.shape) for number in (0.0, 1.0))
            return Array(dtype, replay.doubted(x.doubt, made.ids, zero, one))
        return replay.of_bits(equation, made) if x.bits else made
    if compat.is_complex(dtype):
        imaginary = x.imaginary
        if imaginary is None:
            imaginary = np.full(x.shape, replay.tape.zero())
        return Array(dtype, x.ids, imaginary)
    if compat.bits(dtype) >= compat.bits(x.dtype):
        return Array(dtype, x.ids)
    return Array(dtype, replay.tape.apply("round", x.ids, dtype=dtype))


def _whole(replay, x, dtype):
    """The numbers of an array on their way to integers: one that is whole may be a little less in truth."""
    numbers = replay.numbers(x)
    if not x.floats or x.imaginary is not None or not replay.live(x) or np.dtype(dtype) == np.bool_:
        return numbers
    exact = np.trunc(numbers.astype(np.float64))
    side = replay.beside(x.ids, exact)
    return np.where(side * exact < 0, exact - np.sign(exact), numbers)


@rule("reduce_precision")
def _reduce_precision(replay, equation, x):
    """Itself, rounded as in a type with no more bits."""
    made = replay.guide(equation, (x,))[0]
    if not x.floats:
        return made
    bits = equation.params["mantissa_bits"]
    like = next((t for t in NARROW if jnp.finfo(t).nmant <= bits), NARROW[-1])
    like = like if bits < jnp.finfo(x.dtype).nmant else x.dtype
    numbers, rounded = replay.numbers(made), [replay.tape.apply("round", ids, dtype=like) for ids in parts(x)]
    for ids, part in zip(rounded, (np.real(numbers), np.imag(numbers)), strict=False):
        replay.tape.run[ids] = part
    return Array(x.dtype, *rounded)


@rule("copy", "copy_p", "optimization_barrier", "device_put", "name",
      "sharding_constraint", "layout_constraint", "relayout", "reshard")  # fmt: skip
def _same(replay, equation, *arrays):
    return list(arrays)
