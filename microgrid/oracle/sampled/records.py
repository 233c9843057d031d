"""What a run on whole arrays is made of: its arrays, and the equations that ran."""

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from .. import compat


@dataclass(eq=False)
class Slot:
    """One array of a run.

    value: as JAX has it; live: whether it depends on the inputs that are differentiated; along: whether on
    the cotangents or tangents; bits: whether its integers were made of the bits of floats that depend on any
    of these; written: whether it is a number in the program; captured: whether the program holds on to it.
    """

    value: Any
    live: bool = False
    along: bool = False
    bits: bool = False
    written: bool = False
    captured: bool = False

    @property
    def shape(self):
        """Its shape."""
        return np.shape(self.value)

    @property
    def size(self):
        """How many numbers it has."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def dtype(self):
        """Its type."""
        return compat.dtype(self.value)

    @property
    def floats(self):
        """Whether it could have slopes."""
        return bool(jnp.issubdtype(self.dtype, jnp.inexact))

    @property
    def flat(self):
        """[size] its numbers, as numpy has them."""
        return compat.as_numpy(self.value).reshape(-1)


@dataclass(frozen=True)
class Moved:
    """What a loop does between two equations: takes row t of an array ("row"), or stacks rows ("rows")."""

    name: str
    t: int = 0

    @property
    def primitive(self):
        """Itself, with a name as primitives have it."""
        return self

    def compute(self, *rows):
        """The outputs."""
        return [rows[0][self.t] if self.name == "row" else jnp.stack(rows)]


@dataclass(frozen=True, eq=False)
class Record:
    """One equation that ran. path: which one it is in the program, the same for every step of a loop."""

    equation: Any
    inputs: tuple
    outputs: tuple
    path: tuple

    @property
    def name(self):
        """The name of its primitive."""
        return self.equation.primitive.name

    @property
    def literal(self):
        """For each input whether it is a number written into the equation."""
        atoms = getattr(self.equation, "invars", None)
        return [compat.is_literal(a) for a in atoms] if atoms is not None else [False] * len(self.inputs)

    @property
    def variables(self):
        """The inputs that are not."""
        return [slot for slot, number in zip(self.inputs, self.literal, strict=True) if not number]

    def compute(self, *numbers):
        """The outputs, as JAX computes them from the numbers of the variables."""
        own = getattr(self.equation, "compute", None)
        return (own or compat.alone(self.equation))(*numbers)

    @property
    def is_equation(self):
        """Whether it is one of the program's, and not what a loop does between two of them."""
        return not isinstance(self.equation, Moved)

    @property
    def ends(self):
        """The numbers of its outputs that are floats."""
        return [o for o, slot in enumerate(self.outputs) if slot.floats]

    @property
    def moving(self):
        """The numbers of its inputs that are differentiated."""
        return [k for k, slot in enumerate(self.inputs) if slot.live and slot.floats]


def beginning(records, test):
    """(the first record that makes numbers for which test holds out of numbers for which it does not, what it
    does); where there is none, the first that keeps such a constant among what is differentiated."""
    for record in records:
        made, given = (
            any(bool(test(slot.value).any()) for slot in slots if slot.floats)
            for slots in (record.outputs, record.inputs)
        )
        if made and not given and record.is_equation:
            return record, "makes it"
    for record in records:
        live = (slot.value for slot in record.outputs if slot.live and slot.floats and record.is_equation)
        if found := next((at for x in live for at in np.argwhere(test(x)).tolist()), None):
            return record, f"keeps one at {found} that is so from the start"
    return None, ""
