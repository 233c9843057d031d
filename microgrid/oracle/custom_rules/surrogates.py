"""A rule that a user declares to be the truth: straight-through, gradient reversal, clipping of gradients.

Its function is replayed for its value; its slopes are what the rule says, run in the numbers of the walk.
"""

import inspect
from collections.abc import Iterable

import jax
import numpy as np

from .. import compat
from ..arrays import Unsupported
from ..interpreter import Replay, walk
from ..meanings.special_functions import breaks_off
from .rule_of_equation import rule_is


def declared(caller, functions):
    """The functions of a declaration as a list, whatever gives them one after the other; TypeError for one
    that jax.custom_vjp or custom_jvp did not make, or that has no rule yet. One function may stand alone."""
    alone = isinstance(functions, str | np.generic | np.ndarray | jax.Array)  # 0-d arrays do not iterate
    functions = list(functions) if isinstance(functions, Iterable) and not alone else [functions]
    for function in functions:
        if not all(rules(function)):
            came = getattr(function, "__name__", one_line(function))
            raise TypeError(
                f"{caller}: surrogate must list functions made by jax.custom_vjp or jax.custom_jvp; "
                f"got {came}. Fix: surrogate=[f], f the very function whose defvjp or defjvp was called."
            )
    return functions


def one_line(x):
    """What Python calls a thing, in one line.

    >>> one_line(np.eye(2))
    'array([[1., 0.], [0., 1.]])'
    """
    return " ".join(repr(x).split())


def rules(function):
    """The functions that say the derivative of one made by custom_vjp or custom_jvp: (fwd, bwd) or (jvp,)."""
    names = ("fwd", "bwd") if hasattr(function, "defvjp") else ("jvp",)
    return [getattr(function, name, None) for name in names]


def among(functions, equation):
    """Which of these functions an equation calls, known by its rule, the very object; None for none."""
    found = next((f for f in functions if rule_is(equation, rules(f))), None)
    if found is not None and equation.ctx.cur_abstract_mesh.manual_axes:
        raise Unsupported(
            f"replay takes a declared rule outside of shard_map only ({compat.source(equation)}). "
            "Fix: check the function that shard_map is given.",
            equation,
        )
    return found


def source(function):
    """Where a function was written: " (file:line)"."""
    code = getattr(inspect.unwrap(getattr(function, "fun", function)), "__code__", None)
    return f" ({code.co_filename}:{code.co_firstlineno})" if code else ""


class Rule:
    """The custom rule of one equation of a run.

    function: the equation of its float inputs; inputs: their numbers in the run; outputs: how many floats;
    free: whether its literals are rounded numbers.
    """

    def __init__(self, function, inputs, free=False):
        self._function, self._inputs, self._free = function, inputs, free

    def push(self, engine, numbers, cotangents):
        """What the rule makes of cotangents of the outputs: numbers for the inputs, one after the other.

        engine: `exact` or `floats`; numbers: of the inputs, and cotangents, in its kind.
        """
        outputs = jax.eval_shape(self._function, *self._inputs)

        def pushed(*both):
            given, ct = both[: len(self._inputs)], both[len(self._inputs) :]
            return jax.vjp(self._function, *given)[1](list(ct))

        return self._run(engine, pushed, outputs, [*numbers, *cotangents])

    def pull(self, engine, numbers, tangents):
        """What the rule makes of tangents of the inputs."""

        def pulled(*both):
            given, changes = both[: len(self._inputs)], both[len(self._inputs) :]
            return jax.jvp(self._function, given, changes)[1]

        return self._run(engine, pulled, self._inputs, [*numbers, *tangents])

    def _run(self, engine, function, others, values):
        floats, arrays = np.array([float(x) for x in values]), list(self._inputs)  # those of the run decide
        at = sum(map(np.size, arrays))
        for like in others:
            size = int(np.prod(like.shape, dtype=int))
            arrays.append(floats[at : at + size].reshape(like.shape).astype(like.dtype))
            at += size
        replay = Replay(means="literals" if self._free else False)
        inputs = [replay.input(array) for array in arrays]
        ids = np.concatenate([array.ids.ravel() for array in inputs]).tolist()
        results, _ = walk(replay, compat.jaxpr_of(function, arrays), inputs)
        given = dict(zip(ids, values, strict=True))
        made = engine.forward(replay.tape, None, replay.literals.radii, given)
        return [made[i] for result in results for i in result.ids.ravel().tolist()]


def ruled(replay, equation, inputs, outputs, free=False):
    """The outputs of an equation, with the slopes that its rule says; free: with rounded literals."""
    moving = [k for k, array in enumerate(inputs) if array.floats and replay.live(array)]
    if not moving:
        return outputs
    if any(array.imaginary is not None for array in (*(inputs[k] for k in moving), *outputs)):
        raise Unsupported("replay takes declared rules of real numbers only.", equation)
    numbers = [replay.numbers(array) for array in inputs]
    alone = compat.alone(equation)
    literal = [compat.is_literal(atom) for atom in equation.invars]

    def function(*given):
        at = {k: x for k, x in enumerate(numbers) if not literal[k]} | dict(zip(moving, given, strict=True))
        return [y for y in alone(*(at[k] for k in sorted(at))) if compat.is_float(y.dtype)]

    floats = [array for array in outputs if array.floats]
    made = replay.tape.ruled(
        np.concatenate([array.ids.ravel() for array in floats]),
        np.concatenate([inputs[k].ids.ravel() for k in moving]),
        Rule(function, [numbers[k] for k in moving], free),
    )
    parts = iter(np.split(made, np.cumsum([array.ids.size for array in floats])[:-1]))
    return [
        array.moved(lambda ids: next(parts).reshape(ids.shape)) if array.floats else array
        for array in outputs
    ]


class Believing(Replay):
    """A replay in which the slopes of series that JAX breaks off are those that JAX's own rules say."""

    def equation(self, equation, inputs):
        """As in the run, but for those slopes."""
        outputs, inside = super().equation(equation, inputs)
        if breaks_off(equation):
            outputs = ruled(self, equation, inputs, outputs)
        return outputs, inside
