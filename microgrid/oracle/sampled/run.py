"""A program on whole arrays, equation by equation, as JAX computes each; calls and loops are opened.

What comes out is a straight line of records, one for each equation that ran, with every array kept.
"""

import jax
import jax.numpy as jnp
import numpy as np

from .. import compat
from ..arrays import Unsupported
from ..custom_rules.custom_root import is_root
from ..custom_rules.surrogates import among
from ..loops.limits import Watch
from ..programs import OWN_RULE, needed
from ..rules import CONTROL, RULES
from ..rules.elementwise import ROWS
from .records import Moved, Record, Slot

ARITHMETIC = {*ROWS, "dot_general", "conv_general_dilated", "reduce_sum", "integer_pow", "rsqrt", "cumsum"}
CALLS = {name for name, function in CONTROL.items() if function is CONTROL["jit"]}
IMPLICIT = (*OWN_RULE, "call_hi_primitive")  # what may be more than the program that it calls
CALLBACKS = {name for name, function in CONTROL.items() if function is CONTROL["pure_callback"]}


class Run:
    """The run of a closed jaxpr at slots.

    opened: whether functions with a rule of their own, and implementations of a user's primitives, are walked
    through as well; declared: those that are not; change: what is done to every result of arithmetic.
    """

    def __init__(self, closed, inputs, opened=True, declared=(), change=None):
        self.closed, self.records, self.opened, self.declared = closed, [], opened, declared
        self._change = change
        self.inputs = list(inputs)
        self.outputs = self.walk(closed, self.inputs, ())

    @classmethod
    def of(cls, inputs, outputs, records):
        """A run that is known already."""
        run = cls.__new__(cls)
        run.inputs, run.outputs, run.records = inputs, outputs, records
        return run

    def walk(self, closed, inputs, path):
        """The slots of the outputs of a closed jaxpr."""
        jaxpr = closed.jaxpr
        known = dict(zip(jaxpr.constvars, (Slot(c, captured=True) for c in closed.consts), strict=True))
        known.update(zip(jaxpr.invars, inputs, strict=True))

        def read(atom):
            return Slot(atom.val, written=True) if compat.is_literal(atom) else known[atom]

        for equation in needed(jaxpr):
            given = tuple(map(read, equation.invars))
            outputs = self._equation(equation, given, (*path, id(equation)))
            known.update(zip(equation.outvars, outputs, strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def _equation(self, equation, given, path):
        name = equation.primitive.name
        if name in CALLBACKS:
            return CONTROL[name](self, equation)[0]
        if name == "cond":
            branches = equation.params["branches"]
            at = int(np.clip(np.asarray(given[0].value).astype(int), 0, len(branches) - 1))
            return self.walk(branches[at], given[1:], (*path, at))
        if name == "scan":
            return self._scan(equation, given, path)
        if name == "while":
            return self._while(equation, given, path)
        if name in CALLS and (self._opens(equation) if name in IMPLICIT else True):
            return self.walk(compat.call_of(equation), given, path)
        if self.opened and name not in RULES and (inner := compat.implementation(equation)) is not None:
            return self.walk(inner, given, path)
        return self._leaf(equation, given, path)

    def _opens(self, equation):
        return self.opened and not (among(self.declared, equation) or is_root(equation))

    def _leaf(self, equation, given, path):
        values = compat.evaluate(equation, [slot.value for slot in given])
        name, live = equation.primitive.name, any(slot.live for slot in given)
        along = any(slot.along for slot in given)
        bits = any(slot.bits for slot in given) or (name == "bitcast_convert_type" and (live or along))
        if self._change and name in ARITHMETIC:
            values = [self._change(x) if jnp.issubdtype(x.dtype, jnp.inexact) else x for x in values]
        outputs = tuple(map(Slot, values))
        for slot in outputs:
            if bits and slot.floats:
                raise Unsupported(
                    f"replay cannot follow floats through their bits ({compat.source(equation)}). Fix: write "
                    "the function without bitcast_convert_type, frexp, ldexp or nextafter.",
                    equation,
                )
            slot.bits = bits and slot.dtype != bool
            slot.live = live and slot.floats and name != "stop_gradient"
            slot.along = along and slot.floats
        self.records.append(Record(equation, given, outputs, path))
        return outputs

    def _moved(self, name, given, value, path, t=0):
        marks = {mark: any(getattr(slot, mark) for slot in given) for mark in ("live", "along", "bits")}
        made = Slot(value, **marks)
        self.records.append(Record(Moved(name, t), tuple(given), (made,), path))
        return made

    def _scan(self, equation, given, path):
        body, constants, carries, length, reverse = compat.scan_of(equation)
        fixed, carry = given[:constants], list(given[constants : constants + carries])
        arrays, outputs = given[constants + carries :], [[]] * length
        for t in reversed(range(length)) if reverse else range(length):
            rows = [self._moved("row", (a,), a.value[t], path, t) for a in arrays]
            made = self.walk(body, [*fixed, *carry, *rows], path)
            carry, outputs[t] = made[:carries], made[carries:]
        stacked = []
        for k, variable in enumerate(equation.outvars[carries:]):
            rows = [row[k] for row in outputs]
            if rows:
                stacked.append(self._moved("rows", rows, jnp.stack([r.value for r in rows]), path))
            else:
                stacked.append(Slot(jnp.zeros(variable.aval.shape, variable.aval.dtype)))
        return [*carry, *stacked]

    def _while(self, equation, given, path):
        p = equation.params
        few, many = p["cond_nconsts"], p["body_nconsts"]
        of_cond, of_body, carry = given[:few], given[few : few + many], list(given[few + many :])
        watch = Watch(equation, lambda: [slot.value for slot in given])
        while True:
            (go,) = self.walk(p["cond_jaxpr"], [*of_cond, *carry], (*path, "cond"))
            going = np.asarray(go.value)
            if not going.any():
                return carry
            if watch.ends():
                raise watch.refusal()
            made = self.walk(p["body_jaxpr"], [*of_body, *carry], (*path, "body"))
            if not going.all():
                made = [self._chosen(go, *pair, path) for pair in zip(made, carry, strict=True)]
            carry = made

    def _chosen(self, go, new, old, path):
        """The new array where a batch of loops still goes on, the old one where it has stopped."""

        def where(go, new, old):
            return jnp.where(go.reshape(go.shape + (1,) * (new.ndim - go.ndim)), new, old)

        closed = jax.make_jaxpr(where)(go.value, new.value, old.value)
        return self.walk(closed, [go, new, old], (*path, "where"))[0]
