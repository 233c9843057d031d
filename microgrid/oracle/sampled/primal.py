"""The truth of one equation: some coordinates of its outputs by our rules, and their slopes."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import compat, floats
from ..custom_rules.custom_root import is_root
from ..custom_rules.surrogates import among
from ..interpreter import Replay
from ..meanings import meaning
from ..meanings.pseudo_inverse import is_pinv
from ..meanings.special_functions import breaks_off
from ..programs import OWN_RULE
from ..proof import taken
from ..rules import CONTROL, RULES
from ..slopes import seeds
from .movement import beside
from .records import Record, Slot
from .registry import Reads, reads, whole
from .run import Run
from .slices import Slice


class Primal:
    """One equation at some coordinates of its outputs.

    outputs: pairs of the number of an output and its coordinates [n]; declared: functions whose rules are the
    truth; told: what else the `Replay` takes, such as hull=True. run: of the equation, or of its function;
    replay, found: the replay and its slice; ends: the array of each output's coordinates.
    """

    def __init__(self, record, outputs, declared, **told):
        self.record, self.outputs, self.declared = record, outputs, declared
        self.run = run = _alone(record, declared, told.get("means") is True and means_something(record))
        self.replay = Replay(surrogates=declared, **told)
        self.replay.series = record.is_equation and breaks_off(record.equation)
        wanted = [(run.outputs[o], at) for o, at in outputs]
        self.found = Slice(self.replay, run, wanted)
        self.ends = [self.found.at(slot, at) for slot, at in wanted]
        self.moving = [run.inputs[k] for k in record.moving]

    def again(self, **told):
        """The same coordinates of another `Replay`."""
        return Primal(self.record, self.outputs, self.declared, **told)

    def forward(self, engine=floats, **told):
        """The value of every scalar."""
        return engine.forward(self.replay.tape, **told)

    def slopes(self, mode, along, values, engine=floats):
        """Pairs of coordinates [n] and slopes: for each moving input in mode "rev", for each end in "fwd".

        along: whole arrays, cotangents of the outputs or tangents of the moving inputs. Of complex numbers
        the imaginary parts are behind the real ones.
        """
        sides = [(self.found.coordinates(slot), self.found.array(slot)) for slot in self.moving]
        ends = [(at, array) for (_, at), array in zip(self.outputs, self.ends, strict=True)]
        given, asked = (ends, sides) if mode == "rev" else (sides, ends)
        start = []
        for (at, array), numbers in zip(given, along, strict=True):
            if len(at):
                start += seeds(array, flat(numbers)[at], mode == "rev")
        walked = (engine.adjoints if mode == "rev" else engine.tangents)(self.replay.tape, values, start)
        empty = [] if isinstance(walked, list) else np.zeros(0)
        return [(at, _taken(walked, array, mode) if len(at) else empty) for at, array in asked]


def _taken(walked, array, mode):
    numbers = taken(walked, array.scalars)
    if mode == "rev" and array.imaginary is not None:
        half = len(numbers) // 2
        numbers[half:] = [-x for x in numbers[half:]]  # JAX's cotangents are conjugates
    return numbers


def flat(numbers):
    """[size] of any array."""
    return np.asarray(numbers).reshape(-1)


@dataclass(frozen=True)
class Meant:
    """An equation whose function has a `meaning.meaning`, in whose place that is taken."""

    equation: Any
    name: str = "meaning"

    @property
    def primitive(self):
        """Itself, with a name as primitives have it."""
        return self


@reads("meaning")
def _meaning(equation, slots, at, o):
    if is_pinv(equation.equation):
        return whole(equation.equation, slots, at, o)
    return Reads(beside(at, slots), lambda replay, arrays: replay.equation(equation.equation, arrays)[0][o])


def means_something(record):
    """Whether a record calls a function that has a meaning, number by number, or an inverse of lower rank."""
    if record.name not in OWN_RULE or not record.is_equation:
        return False
    if is_pinv(record.equation):
        return True
    return meaning.known(record.equation, record.inputs) is not None and all(
        slot.shape in ((), record.outputs[0].shape) for slot in record.inputs
    )


def _alone(record, declared, means):
    """The run of one equation, of its function where it has a rule of its own, or an implementation."""
    moving = record.moving
    inputs = [
        Slot(slot.value, live=k in moving, written=slot.written, captured=slot.captured)
        for k, slot in enumerate(record.inputs)
    ]
    equation, inner = record.equation, getattr(record.equation, "closed", None)
    if inner is None and record.name in OWN_RULE and not among(declared, equation) and not means:
        inner = None if is_root(equation) else compat.call_of(equation)
    if inner is None and record.name not in RULES and record.name not in CONTROL:
        inner = compat.implementation(equation)
    if inner is not None:
        return Run(inner, inputs, declared=declared)
    outputs = tuple(Slot(slot.value, live=slot.live) for slot in record.outputs)
    equation = Meant(equation) if means else equation
    return Run.of(inputs, outputs, [Record(equation, tuple(inputs), outputs, ())])
