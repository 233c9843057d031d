"""Custom rules one by one: whether each is linear, at cotangents that the whole does not bring to it.

Behind a factor of 1e-7 a rule gets cotangents that are small, whatever the weights of the outputs are. So
each is asked by itself, at the numbers of the run and with cotangents, or tangents, of the run as well as
larger and smaller ones: is what it says of one the sum of what it says of others, in balls?
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import jaxpr_as_fun

from .. import compat, exact, floats, guilt
from ..answer import Answer
from ..arrays import Unsupported
from ..interpreter import Replay, walk
from ..judgement import leaf_of
from ..loops.limits import Capped
from ..programs import OWN_RULE
from ..proof import taken
from ..sampled.programs import Derivatives
from ..sampled.records import Record, Slot
from ..slopes import as_floats, seeds
from .linearity import allowed, breaches
from .surrogates import among

MOST = 32  # calls of one equation, spread over the run


def first(proof, mode, names, given, note):
    """(a `Leaf`, who is guilty) of the first custom rule that is proven not to be linear; None where there is
    none.

    names: of the primitives to look at; given: the weights of the outputs, or the direction; note: what is
    called with a sentence where one was not asked about some, see `loops.limits`.
    """
    calls = {}
    for step, around in _calls(proof.steps, names, proof.surrogates):
        calls.setdefault(id(step.equation), []).append((step, around))
    if not calls:
        return None
    ends, walked = (proof.outputs, floats.adjoints) if mode == "rev" else (proof.inputs, floats.tangents)
    start = [pair for array, w in zip(ends, given, strict=True) for pair in seeds(array, w, mode == "rev")]
    tape, derivatives, programs = proof.primal.tape, Derivatives(), {}
    along = walked(tape, floats.forward(tape), start)
    for steps in calls.values():
        for k in dict.fromkeys(np.linspace(0, len(steps) - 1, MOST).astype(int).tolist()):
            step, around = steps[k]
            call = _Call(proof.primal, step, mode, along, derivatives, programs, note)
            if leaf := call.leaf():
                return leaf, guilt.named(step, "wrong by itself", around)
    return None


def _calls(steps, names, declared, around=""):
    for step in steps:
        around = compat.line_of(step.equation) or around
        if step.equation.primitive.name not in OWN_RULE:
            yield from _calls(step.inside, names, declared, around)
        elif step.equation.primitive.name in names and not among(declared, step.equation):
            yield step, around


class _Call:
    """One call of a custom rule. along: [size] the slopes of every scalar of the run."""

    def __init__(self, replay, step, mode, along, derivatives, programs, note):
        inputs, outputs = (
            tuple(Slot(replay.numbers(x), live=x.floats and replay.live(x)) for x in arrays)
            for arrays in (step.inputs, step.outputs)
        )
        self.record, self.mode = Record(step.equation, inputs, outputs, ()), mode
        self.given = []
        if not self.record.moving or not any(slot.floats for slot in self.record.outputs):
            return
        self.derivative = derivatives.of(self.record, mode)
        arrays = step.outputs if mode == "rev" else [step.inputs[k] for k in self.record.moving]
        self.given = [_met(x, along, mode) for x in arrays if x.floats]
        self.places = self.record.moving if mode == "rev" else self.derivative.results
        self.values = [self.record.inputs[k].value for k in (*self.record.moving, *self.derivative.fixed)]
        key = id(self.derivative)
        if key not in programs:
            closed, waits = self.derivative.closed, self.derivative.waits
            programs[key] = Capped(closed, mode, note) if waits else jax.jit(jaxpr_as_fun(closed)), waits
        self.program, self.waits = programs[key]

    def leaf(self):
        """The `Leaf` of what is proven not to be linear, None where nothing is."""
        if not any(np.any(np.asarray(w) != 0) for w in self.given):
            return None
        for asked in breaches(lambda ct: self.program(*self.values, *ct), self.given, self.waits, True):
            try:
                if leaf := self._proven(asked):
                    return leaf
            except Unsupported:
                continue
        return None

    def _proven(self, asked):
        replay, cts = Replay(), [asked.given, *(ct for _, ct in asked.terms)]
        fixed = [replay.array(x) for x in self.values]
        results = [walk(replay, self.derivative.closed, [*fixed, *map(replay.input, ct)])[0] for ct in cts]
        values, got = exact.forward(replay.tape), self.program(*self.values, *asked.given)
        leaves = [self._leaf(asked, values, *one) for one in enumerate(zip(got, *results, strict=True))]
        return next((leaf for leaf in leaves if leaf.verdict == "wrong"), None)

    def _leaf(self, asked, values, j, arrays):
        got, array, *others = arrays
        factors = [factor for factor, _ in asked.terms]
        rows = [[f * x for x in taken(values, y.scalars)] for f, y in zip(factors, others, strict=True)]
        truths = [sum(terms[1:], terms[0]) for terms in zip(*rows, strict=True)]
        theirs = taken(values, array.scalars)
        numbers = np.abs([list(map(float, row)) for row in [theirs, *rows]])
        slack = allowed(np.max(numbers, axis=0), got.dtype, asked.word)
        path = f"{self.record.name}, {'input' if self.mode == 'rev' else 'output'} {self.places[j]}"
        unbound = np.full(len(truths), np.inf)
        answer = Answer(
            path, got.dtype, truths, theirs, slack, as_floats(got, array), unbound, shape=np.shape(got)
        )
        leaf = leaf_of(answer, self.mode)
        leaf.label = "linear"
        return leaf


def _met(array, along, mode):
    """The cotangents, or tangents, of an array of the run, 0 where they are not finite."""
    numbers = along[array.ids]
    if array.imaginary is not None:  # JAX's cotangents are conjugates
        numbers = numbers + (-1j if mode == "rev" else 1j) * along[array.imaginary]
    with np.errstate(all="ignore"):
        numbers = numbers.astype(array.dtype)
    return jnp.asarray(np.where(np.isfinite(numbers), numbers, 0).astype(array.dtype))
