"""Rules that a user wrote for primitives: run with care, and held to the value of the primitive.

A rule of this package is tested; one of a user is compared with JAX at the numbers of the run, for a rule
that gives another value has another slope, and JAX would be blamed for it.
"""

import traceback

import jax
import numpy as np

from ..derivatives import RULES as DERIVATIVES
from . import compat, floats, rounding
from .arrays import Array, Unsupported
from .fields import FORMULAS
from .specials import ROWS

OWN = "microgrid.oracle."


def is_own(rule):
    """Whether a rule is one of this package.

    >>> from microgrid.oracle.rules import RULES
    >>> is_own(RULES["sin"])
    True
    """
    return (getattr(rule, "__module__", None) or "").startswith(OWN)


def checked(op, arrays):
    """Refuse what `Replay.apply` cannot take: a ValueError or TypeError that says what it takes.

    >>> checked("square", ())
    Traceback (most recent call last):
    ...
    ValueError: replay.apply: op must be a row of microgrid.derivatives.TABLE, such as 'mul', or of \
microgrid.oracle.specials.ROWS; got 'square'. Fix: 'mul' of x and x.
    """
    if op != "stop" and op not in ROWS and op not in DERIVATIVES:
        fix = "'mul' of x and x" if op == "square" else "write it with those"
        raise ValueError(
            "replay.apply: op must be a row of microgrid.derivatives.TABLE, such as 'mul', or of "
            f"microgrid.oracle.specials.ROWS; got {op!r}. Fix: {fix}."
        )
    wanted = len(DERIVATIVES[op].operands) if op in DERIVATIVES and op not in ROWS else len(arrays)
    if len(arrays) != wanted:
        raise TypeError(f"replay.apply: {op} takes {wanted} arrays; got {len(arrays)}.")
    for x in arrays:
        if not isinstance(x, Array):
            fix = "replay.constant(number, like), like an array"
            raise TypeError(f"replay.apply: operands must be Arrays; got {type(x).__name__}. Fix: {fix}.")
        if not x.floats:
            fix = "replay.as_floats(array)"
            raise TypeError(f"replay.apply: operands must be of floats; got {x.dtype}. Fix: {fix}.")
        if x.imaginary is not None and op not in FORMULAS:
            fix = f"one of {', '.join(FORMULAS)}"
            raise TypeError(f"replay.apply: {op} takes real arrays only; got {x.dtype}. Fix: {fix}.")


def applied(replay, rule, equation, inputs, compared=True):
    """The outputs that a user's rule makes of an equation, a list of arrays.

    Raises Unsupported where the rule raises, where it returns something else than an array for each output,
    and, if `compared`, where their numbers are not those that JAX gives, to half of the digits of the type
    and what rounding may do.
    """
    try:
        made = rule(replay, equation, *inputs)
    except Unsupported:
        raise
    except Exception as error:
        told = " ".join(str(error).split())
        words = f"{_named(rule, equation, error)} raised {type(error).__name__}: {told.removesuffix('.')}."
        fix = "" if " Fix:" in words else " Fix: help(microgrid.oracle.rule) says what a rule is given."
        raise Unsupported(words + fix, equation) from error
    made = [made] if isinstance(made, Array) else made
    outputs = [variable.aval for variable in equation.outvars]
    if not isinstance(made, list | tuple) or not all(isinstance(x, Array) for x in made):
        raise _refused(rule, equation, f"must return an Array, or a list of them; got {type(made).__name__}")
    if len(made) != len(outputs):
        raise _refused(rule, equation, f"must return {len(outputs)} arrays; got {len(made)}")
    for array, aval in zip(made, outputs, strict=True):
        if array.dtype != aval.dtype:
            raise _refused(rule, equation, f"must return {aval.dtype}; got {array.dtype}")
    if compared:
        _compared(replay, rule, equation, inputs, made)
    return list(made)


def _compared(replay, rule, equation, inputs, made):
    try:
        theirs = compat.evaluate(equation, [replay.numbers(array) for array in inputs])
    except Exception as error:
        told = str(error).strip().partition("\n")[0]
        raise _refused(rule, equation, f"cannot be held to the value of the primitive: {told}") from error
    for array, numbers in zip(made, theirs, strict=True):
        numbers = jax.random.key_data(numbers) if compat.is_key(array.dtype) else np.asarray(numbers)
        ours = replay.numbers(array)
        ours = jax.random.key_data(ours) if compat.is_key(array.dtype) else np.asarray(ours)
        if ours.shape != numbers.shape:
            raise _refused(rule, equation, f"must return the shape {numbers.shape}; got {ours.shape}")
        wrong = _apart(replay, array, ours, numbers)
        if wrong.any():
            at = tuple(np.argwhere(wrong)[0])
            raise _refused(
                rule, equation,
                f"does not give the value of the primitive: {ours[at]:.9g} where JAX has {numbers[at]:.9g}",
            )  # fmt: skip


def _apart(replay, array, ours, theirs):
    """Which numbers of two arrays differ by more than half of the digits and than rounding may do."""
    if not array.floats:
        return np.asarray(ours != theirs)
    kind = np.complex128 if np.iscomplexobj(theirs) else np.float64
    eps, ours, theirs = float(jax.numpy.finfo(array.dtype).eps), ours.astype(kind), theirs.astype(kind)
    with np.errstate(all="ignore"):
        off, same = np.abs(ours - theirs), (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
        wrong = ~(same | (off <= np.sqrt(eps) * np.abs(theirs)))
    if not wrong.any():
        return wrong
    bounds = rounding.bounds(replay.tape, floats.forward(replay.tape))
    reach = sum(bounds[ids] for ids in (array.ids, array.imaginary) if ids is not None)
    with np.errstate(invalid="ignore"):
        return wrong & ~(off <= 4 * reach)


def _refused(rule, equation, words):
    fix = "mend it, help(microgrid.oracle.rule) says what a rule is"
    return Unsupported(f"{_named(rule, equation)} {words}. Fix: {fix}.", equation)


def _named(rule, equation, error=None):
    """The rule of a primitive with its line, that where an error was raised in it."""
    code = getattr(rule, "__code__", None)
    line = code.co_firstlineno if code else 0
    file = code.co_filename if code else ""
    for frame in traceback.extract_tb(error.__traceback__) if error else ():
        line = frame.lineno if frame.filename == file else line
    where = f" at {file}:{line}" if code else ""
    return f"the rule for the primitive {equation.primitive.name!r}{where}"
