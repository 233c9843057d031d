"""JAX's own derivative of one equation, as a program of the numbers that went into it."""

from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import jaxpr_as_fun

from .. import compat
from ..flat import weights
from ..interpreter import Replay
from ..loops.conditions import waits
from ..loops.limits import Capped, Watch
from .primal import Primal
from .records import Slot
from .run import Run
from .slices import Slice

BLOCK = 8191  # random numbers of a direction, again and again: a prime, so that no axis repeats them


def direction(draw, slot):
    """Random numbers between 0.5 and 1, of random sign, of a slot's shape and type."""
    like = jax.ShapeDtypeStruct((min(slot.size, BLOCK),), slot.dtype)
    return jnp.asarray(np.resize(np.asarray(weights(draw, [like])[0]), slot.shape))


class Derivative:
    """What JAX makes of an equation.

    mode: "rev", cotangents of the float outputs to those of the moving inputs, or "fwd", tangents of the
    moving inputs to those of the float outputs; moving: which inputs those are; results: the float outputs,
    or those that are wanted where some are told; closed: the jaxpr. Its arguments are the moving inputs, the
    other ones and the cotangents or tangents; its results those outputs, where `values`, and what the mode
    gives.
    """

    def __init__(self, record, mode, values=False, results=None):
        self.mode, self.moving, self.values = mode, record.moving, values
        literal = record.literal
        self.fixed = [k for k in range(len(literal)) if k not in self.moving and not literal[k]]
        self.results = record.ends if results is None else list(results)
        moving, fixed, ends = self.moving, self.fixed, self.results

        def function(given, others):
            at = dict(zip([*moving, *fixed], [*given, *others], strict=True))
            made = record.compute(*(at[k] for k in sorted(at)))
            return [made[o] for o in ends]

        def derivative(given, others, along):
            if mode == "rev":
                made, pull = jax.vjp(lambda *x: function(x, others), *given)
                pushed = pull(along)
            else:
                made, pushed = jax.jvp(lambda *x: function(x, others), tuple(given), tuple(along))
            return [*(made if values else ()), *pushed]

        along = [record.outputs[o] for o in ends] if mode == "rev" else self._given(record)
        arguments = self._given(record), self._others(record), along
        shapes = jax.tree.map(_like, arguments, is_leaf=lambda x: isinstance(x, Slot))
        self.closed = jax.make_jaxpr(derivative)(*shapes)

    @cached_property
    def waits(self):
        """Whether a loop waits for what comes of the cotangents or tangents."""
        count = len(self.closed.in_avals) - len(self.results if self.mode == "rev" else self.moving)
        return waits(self.closed, [k >= count for k in range(len(self.closed.in_avals))])

    @cached_property
    def _capped(self):
        return Capped(self.closed, self.mode)

    def _given(self, record):
        return [record.inputs[k] for k in self.moving]

    def _others(self, record):
        return [record.inputs[k] for k in self.fixed]

    def run(self, record, along):
        """The run of it at the numbers of a record; along: the cotangents or tangents."""
        given = [Slot(slot.value, live=True) for slot in self._given(record)]
        others = [Slot(slot.value) for slot in self._others(record)]
        return Run(self.closed, [*given, *others, *(Slot(x, along=True) for x in along)])

    def split(self, outputs):
        """(the values, what the mode gives) of its results."""
        count = len(self.results) if self.values else 0
        return outputs[:count], outputs[count:]

    def behind(self, record, run, along, ends, chosen, declared):
        """(the `Primal` of all coordinates whose cotangents JAX reads for chosen ones of the ends, those).

        run: of this in mode "rev"; ends: the slots of what it gives.
        """
        read = Slice(Replay(), run, list(zip(ends, chosen, strict=True)))
        slots = run.inputs[len(run.inputs) - len(along) :]
        known = zip(self.results, map(read.coordinates, slots), along, strict=True)
        known = [(o, at, cotangents) for o, at, cotangents in known if len(at)]
        return Primal(record, [(o, at) for o, at, _ in known], declared), [ct for *_, ct in known]

    def of(self, record, along):
        """The numbers alone; Endless where a loop that waits for what comes of `along` was given up."""
        values = [slot.value for slot in (*self._given(record), *self._others(record))]
        if self.waits:
            if (made := self._capped(*values, *along)) is None:
                raise Watch(record.equation, list).refusal()
            return made
        function = jaxpr_as_fun(self.closed)
        try:
            return function(*values, *along)
        except NotImplementedError:  # a primitive that is only compiled
            return jax.jit(function)(*values, *along)


class Derivatives:
    """Those of all equations of a run, each kind made once."""

    def __init__(self):
        self._made = {}

    def of(self, record, mode, values=False, results=None):
        """The `Derivative` of a record; results: the outputs that have cotangents, a tuple, None for all."""
        equation = record.equation
        atoms = tuple(
            (slot.shape, str(slot.dtype), np.asarray(slot.value).tobytes() if literal else b"")
            for slot, literal in zip(record.inputs, record.literal, strict=True)
        )
        key = equation.primitive, _hashable(equation), atoms, tuple(record.moving), mode, values, results
        if key not in self._made:
            made = Derivative(record, mode, values, results)
            self._made[key] = equation, made  # the equation: its id stays its own
        return self._made[key][1]


def _hashable(equation):
    params = tuple(sorted(equation.params.items()))
    try:
        hash(params)
    except TypeError:
        return id(equation)
    return params


def _like(slot):
    if compat.is_key(slot.dtype):
        return slot.value
    return jax.ShapeDtypeStruct(slot.shape, slot.dtype)
