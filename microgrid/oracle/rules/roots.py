"""`jax.lax.custom_root`: x with f(x, a) = 0. Only that defines its slopes, whatever the solver does.

    dx / da = -J^-1 df / da,  J = df / dx

x is what the solver found, held fixed; with c = f(x, a), held fixed too, x + J^-1 (c - f(x, a)) is x, and has
these slopes. J is made of f by our own rules, so neither tangent_solve nor a rule inside f is trusted.

Whether x is a root is seen by J^-1 f(x, a), how far it is from one.

n: numbers of x.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from .. import compat, exact, floats, rounding
from ..arrays import Array, Unsupported
from ..fields import Field
from .elementwise import stopped

REACH = 4  # times the bound of rounding


class Inverse:
    """A maker, as those of `factors`, of the n * n numbers of J^-1 from those that f takes, the last n x."""

    def __init__(self, replay, numbers, inputs, outputs):
        self._tape, self._numbers = replay.tape, numbers
        self._ids = np.concatenate([array.ids.ravel() for array in inputs]).tolist()
        self._ends = np.concatenate([array.ids.ravel() for array in outputs])
        self.run = self.floats(numbers)
        self.size = self.run.size

    def floats(self, numbers):
        """[n * n] from [m] numbers."""
        slopes = self._slopes(floats, numbers)
        try:
            return np.linalg.inv(np.array(slopes, float)).ravel()
        except np.linalg.LinAlgError:
            return np.full(len(self._ends) ** 2, np.nan)

    def balls(self, numbers):
        """The same in balls; raises ZeroDivisionError where J has no inverse."""
        import flint

        slopes = self._slopes(exact, numbers)
        return flint.arb_mat([[flint.arb(x) for x in row] for row in slopes]).inv().entries()

    def error(self, numbers, unit):
        """How far rounding may move each."""
        n, inverse = len(self._ends), np.abs(self.run.reshape(len(self._ends), -1))
        slopes = np.abs(np.array(self._slopes(floats, numbers), float))
        return 32 * n * unit * (inverse @ slopes @ inverse).ravel()

    def away(self):
        """([n] f, [n] how far x is from a root in first order, [n] how far rounding may have kept it)."""
        values, inverse = floats.forward(self._tape), self.run.reshape(len(self._ends), -1)
        bounds = rounding.bounds(self._tape, values)[self._ends]
        f = values[self._ends]
        return f, np.abs(inverse @ f), np.abs(inverse) @ bounds

    def _slopes(self, engine, numbers):
        """The rows of J in the numbers of an engine."""
        values = engine.forward(self._tape, given=dict(zip(self._ids, numbers, strict=True)))
        unknown = self._ids[-len(self._ends) :]
        rows = (engine.adjoints(self._tape, values, [(end[None], np.ones(1))]) for end in self._ends)
        return [[row[i] for i in unknown] for row in rows]


def root(replay, equation, arrays, f, given, guess):
    """(outputs, steps inside) of a `custom_root`. f: its function of given arrays and of x, closed."""
    from ..interpreter import Replay, walk

    found, steps = walk(replay, compat.call_of(equation), [stopped(replay, array) for array in arrays])
    x = found[: len(f.out_avals)]
    if any(a.imaginary is not None for a in (*given, *x)):
        raise Unsupported("replay takes custom_root of real numbers only.", equation)
    if not any(map(replay.live, given)):
        return found, steps
    f = _batched(equation, f, [*given, *x])
    alone = Replay(surrogates=replay.surrogates)
    inputs = [alone.input(replay.numbers(array)) for array in (*given, *x)]
    outputs, _ = walk(alone, f, inputs)
    inputs = [array for array in inputs if array.floats]
    held = None
    for _ in range(replay.refined):
        values, _ = walk(replay, f, [*given, *x])
        ids = np.concatenate([array.ids.ravel() for array in (*given, *x) if array.floats])
        maker = Inverse(alone, replay.tape.run[ids], inputs, outputs)
        if held is None:
            held = [stopped(replay, value) for value in values]
            for array in held:
                replay.hold(array)
            if type(replay) is Replay and not replay.hull:
                replay.notices += _notices(
                    equation, maker, _numbers(replay, x), _numbers(replay, guess), x[0].dtype
                )
        x = _refined(replay, x, maker, ids, [*zip(held, values, strict=True)])
    aux = [_apart(replay, array) for array in found[len(x) :]]
    said = f"custom_root: JAX takes what has_aux returns for constant ({compat.source(equation)})"
    replay.aux += [(array.scalars, said) for array in aux if array.floats]
    return [*x, *aux], steps


def _apart(replay, array):
    """An array of scalars of its own, so that what comes of it is told from what comes of x."""
    return (
        array.moved(lambda ids: replay.tape.apply("stop", ids, dtype=array.dtype)) if array.floats else array
    )


def _refined(replay, x, maker, ids, pairs):
    """x + J^-1 (c - f), of pairs of c and f."""
    n, field = sum(array.ids.size for array in x), Field(replay.tape, x[0].dtype)
    inverse = replay.tape.factor(ids, maker, x[0].dtype).reshape(1, n, n)
    rest = [replay.apply("sub", *pair).ids.ravel() for pair in pairs]
    moved = field.dot(inverse, np.concatenate(rest)[None, :, None]).ravel()
    parts = np.split(moved, np.cumsum([array.ids.size for array in x])[:-1])
    pairs = [(a, Array(a.dtype, part.reshape(a.shape))) for a, part in zip(x, parts, strict=True)]
    return [replay.apply("add", *pair) for pair in pairs]


def _numbers(replay, arrays):
    return np.concatenate([np.ravel(replay.numbers(array)).astype(float) for array in arrays])


def _notices(equation, maker, x, guess, dtype):
    """What `custom_root.tell` is to say where x, [n], is further from a root than rounding explains. guess:
    its numbers tell how large x may be where it is near 0."""
    f, away, rounded = maker.away()
    eps = float(jnp.finfo(dtype).eps)
    most = REACH * (rounded + eps * np.abs(x))
    if not (away > most).any():
        return []
    at = int(np.argmax(np.where(away > most, away / most, 0.0)))
    told = f"{away[at]:.2g} from a root, where f is {f[np.argmax(np.abs(f))]:.3g} ({compat.source(equation)})"
    if away[at] > eps**0.5 * np.max(np.abs([*x, *guess])):
        fix = "solve this equation, in as many steps as it takes"
        return [("unsupported", away[at], f"custom_root: solve must return a root; got {told}. Fix: {fix}.")]
    return [("approximate", away[at], f"custom_root: solve broke off {told}; the slopes are those there")]


def _batched(equation, f, arrays):
    """f as a function of arrays that may have a first axis more than it takes, under vmap."""
    more = [len(array.shape) - len(aval.shape) for array, aval in zip(arrays, f.in_avals, strict=True)]
    if not any(more):
        return f
    known = [a.shape[m:] == v.shape for a, v, m in zip(arrays, f.in_avals, more, strict=True)]
    if not ({*more} <= {0, 1} and all(known)):
        raise Unsupported(
            f"replay takes custom_root under one vmap, along first axes ({compat.source(equation)}). Fix: "
            "call check_grads with one example.",
            equation,
        )
    axes = [0 if m else None for m in more]
    shaped = [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in arrays]
    return jax.make_jaxpr(jax.vmap(core.jaxpr_as_fun(f), axes))(*shaped)
