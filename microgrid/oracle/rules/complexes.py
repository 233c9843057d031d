"""Complex numbers as pairs of scalars, and Fourier transforms."""

from functools import partial

import numpy as np

from ..arrays import Array, Unsupported
from .registry import rule


def parts(replay, array):
    """Ids of the real and of the imaginary part."""
    if array.imaginary is not None:
        return array.ids, array.imaginary
    return array.ids, np.full(array.shape, replay.tape.zero())


def part_type(equation):
    """The type of the parts of an equation's complex results."""
    return np.zeros(0, equation.outvars[0].aval.dtype).real.dtype


def elementwise(replay, equation, op, *arrays):
    """A row of the table at complex numbers."""
    dtype, apply = equation.outvars[0].aval.dtype, partial(replay.tape.apply, dtype=part_type(equation))
    pairs = [parts(replay, array) for array in arrays]
    if op in ("add", "sub", "neg"):
        return Array(dtype, *(apply(op, *ids) for ids in zip(*pairs, strict=True)))
    if op == "mul":
        return Array(dtype, *times(apply, *pairs))
    if op == "one_minus_square":
        one = (
            np.full(np.shape(pairs[0][0]), replay.tape.constants(1.0)),
            np.full_like(pairs[0][0], replay.tape.zero()),
        )
        squared = times(apply, pairs[0], pairs[0])
        return Array(dtype, *(apply("sub", *ids) for ids in zip(one, squared, strict=True)))
    if op == "truediv":
        (a, b), (c, d) = pairs
        size = apply("add", apply("mul", c, c), apply("mul", d, d))
        real, imaginary = times(apply, (a, b), (c, apply("neg", d)))
        return Array(dtype, apply("truediv", real, size), apply("truediv", imaginary, size))
    (a, b) = pairs[0]
    if op == "exp":
        size = apply("exp", a)
        return Array(dtype, *(apply("mul", size, apply(name, b)) for name in ("cos", "sin")))
    if op == "log":
        return Array(dtype, apply("log", apply("hypot", a, b)), apply("atan2", b, a))
    if op in ("sin", "cos"):
        return Array(dtype, *_wave(apply, op, a, b))
    raise Unsupported(f"replay knows {equation.primitive.name} of real numbers only.", equation)


def times(apply, one, other):
    """The product of two complex numbers, each a pair of ids."""
    (a, b), (c, d) = one, other
    real = apply("sub", apply("mul", a, c), apply("mul", b, d))
    return real, apply("add", apply("mul", a, d), apply("mul", b, c))


def _wave(apply, op, a, b):
    sin, cos, sinh, cosh = apply("sin", a), apply("cos", a), apply("sinh", b), apply("cosh", b)
    if op == "sin":
        return apply("mul", sin, cosh), apply("mul", cos, sinh)
    return apply("mul", cos, cosh), apply("neg", apply("mul", sin, sinh))


def power(replay, equation, x, n):
    """x ** n of complex numbers, n whole and above 0."""
    if n < 1:
        raise Unsupported("replay knows powers of complex numbers above 0 only.", equation)
    made = pair = parts(replay, x)
    for _ in range(n - 1):
        made = times(replay.tape.apply, made, pair)
    return Array(x.dtype, *made)


def cumulative(replay, equation, x):
    """Running results of complex numbers."""
    raise Unsupported(f"replay knows {equation.primitive.name} of real numbers only.", equation)


def product(replay, equation, a, b):
    """dot_general of complex numbers: four products of real ones."""
    from .products import dot

    numbers = equation.params["dimension_numbers"]
    dtype = part_type(equation)
    (ar, ai), (br, bi) = parts(replay, a), parts(replay, b)
    one, two, three, four = (
        dot(replay, x, y, numbers, dtype) for x, y in ((ar, br), (ai, bi), (ar, bi), (ai, br))
    )
    apply = partial(replay.tape.apply, dtype=dtype)
    return Array(equation.outvars[0].aval.dtype, apply("sub", one, two), apply("add", three, four))


@rule("fft")
def _fft(replay, equation, x):
    p = equation.params
    kind, lengths = p["fft_type"].name, p["fft_lengths"]
    real, imaginary = parts(replay, x)
    axes = range(real.ndim - len(lengths), real.ndim)
    inverse, last = kind in ("IFFT", "IRFFT"), real.ndim - 1
    if kind == "IRFFT":
        real, imaginary = _whole(replay, real, imaginary, lengths[-1], list(axes))
    for axis in axes:
        real, imaginary = _transform(replay, real, imaginary, axis, inverse, part_type(equation))
    if kind == "RFFT":
        keep = lengths[-1] // 2 + 1
        real, imaginary = (np.take(ids, range(keep), last) for ids in (real, imaginary))
    dtype = equation.outvars[0].aval.dtype
    return Array(dtype, real) if kind == "IRFFT" else Array(dtype, real, imaginary)


def _whole(replay, real, imaginary, n, axes):
    """The other half of a spectrum of real numbers, its mirrored conjugate; what must be real is taken so."""
    zero, last = replay.tape.zero(), axes[-1]
    minus = replay.tape.apply("neg", imaginary)
    mirrored = [(-np.arange(real.shape[axis])) % real.shape[axis] for axis in axes[:-1]]
    index = list(range(n // 2 + 1, n))

    def back(ids):
        for axis, order in zip(axes[:-1], mirrored, strict=True):
            ids = np.take(ids, order, axis)
        return np.take(ids, [n - k for k in index], last)

    real = np.take(real, range(n // 2 + 1), last), back(real)
    imaginary = np.take(imaginary, range(n // 2 + 1), last), back(minus)
    imaginary = [np.array(part) for part in imaginary]
    if len(axes) == 1:
        edge = [0] if n % 2 else [0, n // 2]
        np.moveaxis(imaginary[0], last, 0)[edge] = zero
    return np.concatenate(real, last), np.concatenate(imaginary, last)


def _transform(replay, real, imaginary, axis, inverse, dtype):
    """One discrete Fourier transform along an axis, by its definition."""
    tape, n = replay.tape, real.shape[axis]
    numbers = np.outer(np.arange(n), np.arange(n)) % n
    half_turns = tape.constants(2.0 * numbers)
    size = tape.constants(float(n))
    cos, sin = (tape.apply(name, half_turns, size) for name in ("cos_turn", "sin_turn"))
    moved = [np.moveaxis(ids, axis, -1) for ids in (real, imaginary)]
    real, imaginary = (ids.reshape(1, -1, n) for ids in moved)
    real_cos, imaginary_cos = tape.dot(real, cos[None], dtype), tape.dot(imaginary, cos[None], dtype)
    real_sin, imaginary_sin = tape.dot(real, sin[None], dtype), tape.dot(imaginary, sin[None], dtype)
    if inverse:
        made = tape.apply("sub", real_cos, imaginary_sin), tape.apply("add", imaginary_cos, real_sin)
        made = tuple(tape.apply("truediv", ids, size) for ids in made)
    else:
        made = tape.apply("add", real_cos, imaginary_sin), tape.apply("sub", imaginary_cos, real_sin)
    return [np.moveaxis(ids.reshape(moved[0].shape), -1, axis) for ids in made]
