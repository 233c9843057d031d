"""Fourier transforms, by their definition."""

import numpy as np

from .. import compat
from ..arrays import Array
from ..fields import Field, parts
from .registry import rule


@rule("fft")
def _fft(replay, equation, x):
    p = equation.params
    kind, lengths = p["fft_type"].name, p["fft_lengths"]
    real, imaginary = x.ids, x.imaginary
    if imaginary is None:
        imaginary = np.full(x.shape, replay.tape.zero())
    axes = range(real.ndim - len(lengths), real.ndim)
    part = Field(replay.tape, equation.outvars[0].aval.dtype).part
    inverse, last = kind in ("IFFT", "IRFFT"), real.ndim - 1
    if kind == "IRFFT":
        real, imaginary = _whole(replay, real, imaginary, lengths[-1], list(axes))
    for axis in axes:
        real, imaginary = _transform(replay, real, imaginary, axis, inverse, part)
    if kind == "RFFT":
        keep = lengths[-1] // 2 + 1
        real, imaginary = (np.take(ids, range(keep), last) for ids in (real, imaginary))
    dtype = equation.outvars[0].aval.dtype
    made = Array(dtype, real) if kind == "IRFFT" else Array(dtype, real, imaginary)
    if replay.live(x):  # a fast transform rounds otherwise, and cancels to an exact 0 more often
        (numbers,) = compat.evaluate(equation, [replay.numbers(x)])
        for ids, run in zip(parts(made), (np.real(numbers), np.imag(numbers)), strict=False):
            replay.tape.run[ids] = run
    return made


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
