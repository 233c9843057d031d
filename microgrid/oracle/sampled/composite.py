"""Equations that mean something only together with what they are called with.

A Cholesky factor and an eigenvalue problem are given symmetric matrices, and JAX's rules count on that: their
derivatives are those at the symmetric part of a matrix. A linear solve comes with factors of its matrix,
which are rounded in the run: it is looked at together with the equations that made them.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import jaxpr_as_fun

from .. import compat
from ..arrays import Unsupported
from .records import Record, Slot

SYMMETRIC = ("cholesky", "eigh")
SOLVE = "custom_linear_solve"
MOST = 64  # equations that make the factors of one solve


@dataclass(frozen=True)
class Composite:
    """An equation of several. equation: the one that it stands for; closed: the jaxpr of all."""

    equation: Any
    closed: Any

    @property
    def primitive(self):
        """That of the equation."""
        return self.equation.primitive

    @property
    def params(self):
        """The jaxpr, which tells it from others."""
        return {"closed": self.closed}

    @property
    def source_info(self):
        """Where the user wrote the equation."""
        return self.equation.source_info

    def compute(self, *numbers):
        """The outputs."""
        return jaxpr_as_fun(self.closed)(*numbers)


def single(equation):
    """The equation that one stands for, or itself."""
    return equation.equation if isinstance(equation, Composite) else equation


def composed(record, records):
    """The record that is looked at in the place of one. records: those of the whole run."""
    if record.name in SYMMETRIC:
        matrix = np.asarray(record.inputs[0].value)
        return _at_symmetric_part(record) if np.array_equal(matrix, matrix.swapaxes(-1, -2)) else record
    return _with_factors(record, records) if record.name == SOLVE else record


def _at_symmetric_part(record):
    def function(a):
        made = record.compute((a + jnp.swapaxes(a, -1, -2)) / 2)
        return [jnp.tril(made[0])] if record.name == "cholesky" else made  # above its diagonal is anything

    closed = jax.make_jaxpr(function)(record.inputs[0].value)
    outputs = record.outputs
    if record.name == "cholesky":
        outputs = (Slot(jnp.tril(outputs[0].value), live=True),)
    return Record(Composite(record.equation, closed), record.inputs, outputs, record.path)


def _with_factors(record, records):
    counts = record.equation.params["const_lengths"]
    before = counts.matvec + counts.vecmat
    factors = set(record.inputs[before : before + counts.solve + counts.transpose_solve])
    ends = set(record.inputs) - factors
    makers = {slot: one for one in records for slot in one.outputs}
    group, wanted = {}, [slot for slot in factors if slot in makers]
    while wanted:
        maker = makers[wanted.pop()]
        group[id(maker)] = maker
        wanted += [s for s in maker.inputs if s in makers and s not in ends and id(makers[s]) not in group]
        if len(group) > MOST:
            raise Unsupported(
                "the factors of a linear solve are made by too many equations "
                f"({compat.source(record.equation)}). Fix: check without sample=.",
                record.equation,
            )
    chain = [*(one for one in records if id(one) in group), record]
    made = {slot for one in chain for slot in one.outputs}
    inputs = list(dict.fromkeys(slot for one in chain for slot in one.variables if slot not in made))

    def function(*numbers):
        known = dict(zip(inputs, numbers, strict=True))
        for one in chain:
            outputs = one.compute(*(known[slot] for slot in one.variables))
            known.update(zip(one.outputs, outputs, strict=True))
        return [known[slot] for slot in record.outputs]

    closed = jax.make_jaxpr(function)(*(slot.value for slot in inputs))
    return Record(Composite(record.equation, closed), tuple(inputs), record.outputs, record.path)
