"""What JAX itself does not differentiate, and what no function may do or be given: a sentence each."""

import contextlib
import functools
import os
import traceback
from importlib.util import find_spec
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
NOT_LINEAR = (
    "a custom rule is not linear in its tangents. Fix: add them up, and multiply them by what does not "
    "depend on them, and nothing else"
)
OPEN_ISSUE = "open an issue at https://github.com/google/jax !!"  # of linear solvers alone
NO_TRANSPOSE = (
    "JAX cannot transpose this linear solver, such as tangent_solve of a custom_root. Fix: "
    "jnp.linalg.solve(jax.jacobian(g)(y), y) in place of cg(g, y)"
)


def words(error):
    """The first line of an error, in words; of one without any its kind, and where it was raised."""
    if isinstance(error, AssertionError) and "ValAccum" in str(error):
        return NOT_LINEAR
    if isinstance(error, NotImplementedError) and str(error).startswith(OPEN_ISSUE):
        return NO_TRANSPOSE
    if lines := str(error).strip().splitlines():
        return lines[0]
    where = raised_at(error)
    return type(error).__name__ + ("" if where == "inside JAX" else f" at {where}")


def refusal(flat, mode):
    """What JAX says where it has no derivative of a `Flat` function in a mode; None where it has one.

    >>> from microgrid.oracle.flat import Flat
    >>> refusal(Flat(jnp.nextafter, (1.0, 2.0)), "fwd")
    "Differentiation rule for 'nextafter' not implemented"
    """
    error = error_of(flat, mode)
    return words(error) if error else None


def error_of(flat, mode):
    """What JAX raises where a `Flat` function, or its derivative in a mode, is traced; None where nothing."""
    draw = np.random.default_rng(0)
    try:
        outputs = jax.eval_shape(lambda *numbers: flat(*numbers), *flat.numbers)  # not a cached trace
        if mode == "rev":
            given = weights(draw, outputs)
            jax.eval_shape(lambda *numbers: jax.vjp(flat, *numbers)[1](given), *flat.numbers)
        elif mode == "fwd":
            given = weights(draw, flat.numbers)
            jax.eval_shape(lambda *numbers: jax.jvp(flat, numbers, tuple(given)), *flat.numbers)
    except (*REFUSALS, *BY_VALUE) as error:
        return error
    return None


def refuse(report, flat, said=""):
    """Say in a report that JAX differentiates a function in no mode; said: JAX's words for one of them, else
    those of the last note.

    The line is told where it is known, and a callback's fix. Notes that say the same of one mode are taken
    back.
    """
    said = said or [note for note in report.notes if " mode: " in note][-1].partition(" mode: ")[2]
    report.notes = [note for note in report.notes if not note.endswith(f" mode: {said}")]
    fix = next((fix for start, fix in CALLBACKS.items() if said.startswith(start)), None)
    said = said.partition(". ")[0] if fix else said
    if "ifferentiation rule" in said and said.endswith("not implemented"):
        fix = "jax.lax.stop_gradient of its inputs, or a rule of your own, by jax.custom_jvp"
    if fix or ". Fix: " not in said:
        errors = (error for mode in ("rev", "fwd") if (error := error_of(flat, mode)))
        where = next((raised_at(error) for error in errors), "inside JAX")
        place = "" if where == "inside JAX" or where in said else f" ({where})"
        said = f"{said.removesuffix('.')}{place}{f'. Fix: {fix}' if fix else ''}"
    report.refuse(f"JAX does not differentiate {report.name}: {said.removesuffix('.')}.")


def returns(report, flat, outputs):
    """Whether a function returns floats, and arrays alone; else that is said in a report.

    outputs: what it was found to return of floats.
    """
    if strange := flat.strange:
        report.refuse(
            f"{report.name} returns {' and '.join(strange)} beside arrays, which JAX does not differentiate. "
            "Fix: return arrays alone."
        )
    elif not outputs:
        report.refuse(
            f"{report.name} returns {flat.returned}, and no float array that has a gradient. Fix: return the "
            "floats that are to be differentiated."
        )
    return not report.refused


def mistyped(kind, own, path):
    """What to say of a rule that returns another kind of numbers than those that it is the slope for.

    >>> mistyped("complex64", "float32", "args[0]")
    'a custom rule returns complex64 for the float32 of args[0]. Fix: return float32'
    """
    return f"a custom rule returns {kind} for the {own} of {path}. Fix: return {own}"


def changing(name):
    """What to say of a function that is not the same when it is traced again."""
    return (
        f"{name} is another function each time it is traced, so that it has no one gradient. Fix: pass what "
        "changes, random numbers or a counter, as an argument."
    )


def raised_at(error):
    """Where the user's code was when an error was raised, else a library's: "file:line (function)"."""
    stack = traceback.extract_tb(error.__traceback__)
    inside = str(Path(jax.__file__).parent), compat.HERE, contextlib.__file__, functools.__file__
    theirs = [frame for frame in stack if not frame.filename.startswith(inside)]
    theirs = [frame for frame in theirs if not frame.filename.startswith(libraries())] or theirs
    return f"{theirs[-1].filename}:{theirs[-1].lineno} ({theirs[-1].name})" if theirs else "inside JAX"


@functools.cache
def libraries():
    """The folders of libraries of layers and of losses, and files between JAX's, whose lines tell nothing."""
    specs = filter(None, map(find_spec, ("jaxnets", "rl", "flax", "optax")))
    folders = (f"{Path(spec.origin).parent}{os.sep}" for spec in specs if spec.origin)
    return *folders, contextlib.__file__, functools.__file__


def being_made(error):
    """The class of a library that was being made when an error was raised, "" for none."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_name == "__init__" and frame.f_code.co_filename.startswith(libraries()):
            return type(frame.f_locals.get("self")).__name__
    return ""


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
