"""JAX's slopes of a function as programs, and arrays of JAX as the numbers of a replay."""

import jax
import numpy as np

from . import compat
from .loops.conditions import waits
from .loops.limits import Capped


def slopes_back(flat, given):
    """JAX's program (numbers) -> (slopes by reverse mode with these weights, outputs)."""

    def slopes(*numbers):
        values, pull = jax.vjp(flat, *numbers)
        return pull(given), values

    return slopes


def slopes_along(flat, given):
    """JAX's program (numbers) -> (changes of the outputs along a direction, outputs)."""
    return lambda *numbers: jax.jvp(flat, numbers, tuple(given))[::-1]


def along(flat, mode, given, note=None):
    """(JAX's slopes as a function of the weights, or of the direction, those that are given, whether a loop
    waits for what comes of them: then the function is `Capped`, and notes it)."""

    def slopes(*both):
        one, numbers = list(both[: len(given)]), both[len(given) :]
        return (slopes_back if mode == "rev" else slopes_along)(flat, one)(*numbers)[0]

    arguments = [*given, *flat.numbers]
    closed, marks = compat.jaxpr_of(slopes, arguments), [k < len(given) for k in range(len(arguments))]
    waiting = waits(closed, marks)
    made = Capped(closed, mode, note) if waiting else jax.jit(slopes)
    return lambda one: made(*one, *flat.numbers), given, waiting


def as_floats(array, result):
    """What JAX returned as float64, in the order of a replayed array: imaginary parts behind real ones."""
    numbers = np.asarray(array)
    if result.imaginary is not None:
        numbers = np.concatenate([np.real(numbers).ravel(), np.imag(numbers).ravel()])
    return numbers.ravel().astype(np.float64)


def seeds(array, given, backward):
    """[(ids, numbers)] that a walk begins with. JAX's cotangents of complex numbers are conjugates."""
    given = np.asarray(given)
    if array.imaginary is None:
        return [(array.ids, given.astype(np.float64))]
    sign = -1 if backward else 1
    return [
        (array.ids, np.real(given).astype(np.float64)),
        (array.imaginary, sign * np.imag(given).astype(np.float64)),
    ]
