"""What JAX itself does not differentiate, and what no function may do or be given: a sentence each."""

import traceback
from pathlib import Path

import jax
import numpy as np

from . import compat
from .flat import weights

BY_VALUE = jax.errors.JAXTypeError, jax.errors.JAXIndexError  # a choice in Python by a traced number
CALLBACKS = {  # how JAX's words begin -> the fix
    "Pure callbacks": "write it with JAX's functions, or give what it returns as an argument",
    "IO callbacks": "jax.debug.callback where it returns nothing, or give what it returns as an argument",
}
# What JAX, or a user's rule, raises where there is no derivative.
REFUSALS = (TypeError, ValueError, NotImplementedError, AssertionError)


def words(error):
    """The first line of an error, in words."""
    if isinstance(error, AssertionError) and "ValAccum" in str(error):
        return "a custom rule is not linear in its tangents"
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def refusal(flat, mode):
    """What JAX says where it has no derivative of a `Flat` function in a mode; None where it has one.

    >>> from microgrid.oracle.flat import Flat
    >>> refusal(Flat(jnp.nextafter, (1.0, 2.0)), "fwd")
    "Differentiation rule for 'nextafter' not implemented"
    """
    error = _error(flat, mode)
    return words(error) if error else None


def _error(flat, mode):
    draw = np.random.default_rng(0)
    if mode == "rev":
        given = weights(draw, jax.eval_shape(flat, *flat.numbers))
    else:
        given = weights(draw, flat.numbers)
    try:
        if mode == "rev":
            jax.eval_shape(lambda *numbers: jax.vjp(flat, *numbers)[1](given), *flat.numbers)
        else:
            jax.eval_shape(lambda *numbers: jax.jvp(flat, numbers, tuple(given)), *flat.numbers)
    except REFUSALS as error:
        return error
    return None


def refuse(report, flat, said=""):
    """Say in a report that JAX differentiates a function in no mode; said: JAX's words for one of them, else
    those of the last note.

    A callback is told with its line and a fix. Notes that say the same of one mode are taken back.
    """
    said = said or [note for note in report.notes if " mode: " in note][-1].partition(" mode: ")[2]
    report.notes = [note for note in report.notes if not note.endswith(f" mode: {said}")]
    if fix := next((fix for start, fix in CALLBACKS.items() if said.startswith(start)), None):
        errors = (error for mode in ("rev", "fwd") if (error := _error(flat, mode)))
        where = next((f" ({raised_at(error)})" for error in errors), "")
        said = f"{said.partition('. ')[0].removesuffix('.')}{where}. Fix: {fix}."
    report.refuse(f"JAX does not differentiate {report.name}: {said}")


def raised_at(error):
    """Where the user's code was when an error was raised: "file:line (function)"."""
    stack = traceback.extract_tb(error.__traceback__)
    inside = str(Path(jax.__file__).parent), compat.HERE
    theirs = [frame for frame in stack if not frame.filename.startswith(inside)]
    return f"{theirs[-1].filename}:{theirs[-1].lineno} ({theirs[-1].name})" if theirs else "inside JAX"


def by_value(name, error):
    """What to say of a function that decides by a traced value, from JAX's error, one of BY_VALUE."""
    told = words(error).removesuffix(".")
    fix = "jnp.where, lax.cond, or a shape that is known before"
    return f"{name} decides by a traced value in Python, {raised_at(error)}: {told}. Fix: {fix}."


def at_input(flat, word):
    """The first number of the arguments that is nan or infinite, as ": args[0]['w'][2] is nan"; "" without.

    >>> from microgrid.oracle.flat import Flat
    >>> at_input(Flat(jnp.sum, ({"w": np.array([1.0, 2.0, np.nan])},)), "nan")
    ": args[0]['w'][2] is nan"
    """
    test = np.isnan if word == "nan" else np.isinf
    for path, numbers in zip(flat.paths, flat.numbers, strict=True):
        kind = complex if compat.is_complex(numbers.dtype) else float
        found = np.argwhere(test(np.asarray(numbers).astype(kind)))
        if len(found):
            index = ", ".join(map(str, found[0].tolist()))
            return f": {path}{f'[{index}]' if index else ''} is {word}"
    return ""
