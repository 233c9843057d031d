"""A jaxpr, equation by equation, onto a tape of scalars.

What is traced is an `Array`: floats as ids of scalars, everything else (integers, booleans, random keys) as
the numbers of the run itself. So branches are those that JAX took, indices are those that it used, and only
floats are differentiated.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from . import compat
from .arrays import Array, Step, Unsupported, ruleless
from .fields import Field, packed, parts, unpacked
from .literals import Literals
from .programs import OWN_RULE, holds, makes_floats, needed
from .tape import FLOAT64, Tape
from .user_rules import applied, checked, is_own


class Replay:
    """A program on a tape.

    hull: "ties" makes what JAX decided at a tie the hull of both sides, "near" also what it decided nearer to
    one than rounding reaches; else a tie of a maximum is the mean, and a branch the one that was taken.
    exact: see `Literals`. means: takes every literal for a rounded number and, unless it is "literals",
    functions with a `meanings.meaning` for that; `meant` is whether one came. surrogates: functions whose
    rules are the truth; `declared` are those that came. series: whether JAX sums up, and breaks off, a series
    for the slope of something that came; ties: whether it chose between equal numbers, and pairs: arrays
    [n, 2] of them; held: the scalars whose slopes the program stops; late: whether between such as came
    behind the scalar `mark` of the tape; notices, aux: see `custom_root`. refined: the steps of Newton's
    method that a solution is given.
    """

    def __init__(self, tape=None, hull: bool | str = False, exact=None, means: Any = False, surrogates=()):
        self.tape, self.hull = tape or Tape(errors=hull == "near"), hull
        self.ties, self.means, self.pairs, self.held, self.refined = False, means, [], [], 1
        self.literals = Literals(self.tape, exact, bool(means))
        self.surrogates, self.declared, self.notices, self.aux = surrogates, [], [], []
        self.series, self.meant, self.late, self.mark = False, False, False, self.tape.size

    def array(self, numbers):
        """The constant array of some numbers."""
        return self._of(numbers, self.tape.constants)

    def input(self, numbers):
        """The array of an argument that is differentiated."""
        return self._of(numbers, lambda x: self.tape.inputs(x, compat.dtype(numbers)))

    @staticmethod
    def _of(numbers, leaf):
        """The array of some numbers, of ids that `leaf` makes where they are floats."""
        dtype = compat.dtype(numbers)
        if compat.is_ref(numbers):  # refused where it is read
            return Array(dtype, given=numbers)
        if compat.is_float(dtype):
            return Array(dtype, leaf(np.asarray(numbers).astype(dtype).astype(np.float64)))
        if compat.is_complex(dtype):
            numbers = np.asarray(numbers).astype(dtype)
            return Array(dtype, leaf(np.real(numbers)), leaf(np.imag(numbers)))
        return Array(dtype, given=numbers if compat.is_key(dtype) else np.asarray(numbers))

    def literal(self, number):
        """The constant array of a number that is written into the program."""
        array = self.array(number)
        self.literals.written(array)
        return array

    def captured(self, numbers):
        """The constant array that a program holds on to."""
        array = self.array(numbers)
        self.literals.captured(array)
        return array

    def numbers(self, array):
        """The numbers of an array in the run, as JAX has them."""
        if not array.floats:
            return array.given
        real = self.tape.run[array.ids]
        whole = real if array.imaginary is None else real + 1j * self.tape.run[array.imaginary]
        return whole.astype(array.dtype)

    def constant(self, number, like):
        """The constant array of one number, of the shape and dtype of another array."""
        return unpacked(like.dtype, Field(self.tape, like.dtype).full(like.shape, number))

    def as_floats(self, array):
        """The constant float array of integers."""
        return Array(FLOAT64, self.tape.constants(np.asarray(array.given, np.float64)))

    def apply(self, op, *arrays, dtype=None):
        """The array op(*arrays), elementwise, by a row of the table of derivatives or of `specials`, of the
        dtype of the first one unless another is given."""
        checked(op, arrays)
        field = Field(self.tape, dtype := dtype or arrays[0].dtype)
        return unpacked(dtype, field.whole(field.apply(op, *map(packed, arrays))))

    def ranked(self, ids):
        """[..., n] numbers that decide the order along the last axis of ids [..., n]: those of the run."""
        return self.tape.run[ids]

    def beside(self, ids, numbers):
        """-1, 0 or 1, as scalars are below, at or above given numbers."""
        points = self.tape.constants(np.asarray(numbers, np.float64))
        self.meet(self.at(ids, numbers), ids, points)
        ranks = self.ranked(np.stack(np.broadcast_arrays(ids, points), -1))
        with np.errstate(invalid="ignore"):
            return np.nan_to_num(np.sign(ranks[..., 0] - ranks[..., 1]))

    def meet(self, where, one, other):
        """Note where scalars of the same number meet at a choice."""
        if where.any():
            both = np.broadcast_arrays(one, other, where)
            self.pairs.append(np.stack([ids[both[2]] for ids in both[:2]], axis=-1))
            self.ties = True

    def hold(self, array):
        """Note what the program holds fixed by stop_gradient."""
        self.held += array.scalars.tolist()

    def at(self, ids, numbers):
        """Which scalars that depend on the inputs are given numbers, in a hull of both sides to rounding."""
        return self.tape.live[ids] & self._meets(self.tape.run[ids], numbers, self.tape.error[ids])

    def _meets(self, x, y, reach):
        """Where numbers are the same, in the hull of both sides also where rounding that reaches so far may
        make them so."""
        with np.errstate(invalid="ignore"):
            return np.logical_or(x == y, np.abs(x - y) <= (reach if self.hull == "near" else 0.0))

    def tied(self, one, other):
        """Where two arrays of ids are different scalars of the same number, in the hull of both sides also of
        numbers that rounding may exchange; None where nowhere, or where nothing depends on the inputs."""
        different = one != other
        if not different.any():
            return None
        run, error = self.tape.run, self.tape.error
        near = self._meets(run[one], run[other], error[one] + error[other])
        doubt = different & near & np.logical_or(self.tape.live[one], self.tape.live[other])
        if not doubt.any():
            return None
        self.meet(doubt, one, other)
        self.late |= bool((np.maximum(one, other)[doubt] >= self.mark).any())
        return doubt

    def doubted(self, doubt, ids, one, other):
        """ids, and where the choice between two arrays of ids is in doubt the hull of both, if wanted."""
        if not self.hull:
            return ids
        ids, one, other = np.array(ids), *np.broadcast_arrays(one, other)
        ids[doubt] = self.tape.apply("hull", one[doubt], other[doubt])
        return ids

    def live(self, array):
        """Whether any of it depends on an input."""
        return any(self.tape.live[ids].any() for ids in parts(array))

    def walk(self, jaxpr, constants, arguments):
        """(output arrays, steps) of an open jaxpr."""
        variables = [*jaxpr.constvars, *jaxpr.invars]
        known = dict(zip(variables, [*constants, *arguments], strict=True))

        def read(atom):
            return self.literal(atom.val) if compat.is_literal(atom) else known[atom]

        steps = []
        for equation in needed(jaxpr):
            inputs = tuple(map(read, equation.invars))
            before, self.ties, start = self.ties, False, self.tape.size
            outputs, inside = self.equation(equation, inputs)
            steps.append(Step(equation, inputs, tuple(outputs), inside, self.ties, start, self.tape.size))
            self.ties |= before
            known.update(zip(equation.outvars, outputs, strict=True))
        return [read(atom) for atom in jaxpr.outvars], tuple(steps)

    def equation(self, equation, inputs):
        """(output arrays, steps inside) of one equation."""
        from .custom_rules.surrogates import among, ruled
        from .meanings.meaning import meant
        from .meanings.special_functions import breaks_off
        from .rules import CONTROL, RULES

        name = equation.primitive.name
        self.series |= breaks_off(equation)
        if name in OWN_RULE:
            if (self.means is True or compat.by_bits(equation)) and (made := meant(self, equation, inputs)):
                return made, ()
        if name in CONTROL:
            outputs, inside = CONTROL[name](self, equation, *inputs)
            if name in OWN_RULE and (function := among(self.surrogates, equation)):
                self.declared.append(function)
                outputs = ruled(self, equation, inputs, outputs)
            return outputs, inside
        inner = None if name in RULES else compat.implementation(equation)
        if inner is not None and not holds(inner.jaxpr, (name,)):
            return walk(self, inner, inputs)  # of constants too: a direction is one
        if not any(array.floats for array in inputs) and not makes_floats(equation):
            return self.concrete(equation, inputs), ()
        if name in RULES:
            if not is_own(RULES[name]):
                in_run = type(self) is Replay and not self.hull  # and not on one side of a tie
                return applied(self, RULES[name], equation, inputs, compared=in_run), ()
            made = RULES[name](self, equation, *inputs)
            return [made] if isinstance(made, Array) else list(made), ()
        if self.settled(equation, inputs):
            return self.concrete(equation, inputs), ()
        raise ruleless(equation)

    def settled(self, equation, inputs):
        """Whether what JAX computes of some inputs may be taken as exact: they are constants, and where this
        is JAX's gradient program the function itself computes the same of them. Else they may come of a
        direction or a cotangent, and the truth knows nothing of that rounding."""
        numbers = map(self.numbers, inputs)
        return not any(map(self.live, inputs)) and self.literals.computed(equation, list(numbers))

    def guide(self, equation, inputs):
        """What JAX itself makes of the numbers of the run, as constants: to decide by, not to go on with."""
        return [self.array(x) for x in compat.evaluate(equation, [self.numbers(array) for array in inputs])]

    def concrete(self, equation, inputs):
        """The outputs as constants; raises Unsupported where a slope would be lost."""
        made = self.guide(equation, inputs)
        rounded = any(array.floats for array in inputs) and any(array.floats for array in made)
        if rounded and not self.settled(equation, inputs):
            raise ruleless(equation)
        return [self.of_bits(equation, x) for x in made] if any(x.bits for x in inputs) else made

    def of_bits(self, equation, array):
        """An array that was made of bits of floats: as a float again it would have lost its slopes."""
        if array.floats:
            raise Unsupported(
                f"replay cannot follow floats through their bits ({compat.source(equation)}). Fix: write the "
                "function without bitcast_convert_type and nextafter.",
                equation,
            )
        return replace(array, bits=array.dtype != bool)


def walk(replay, closed, inputs):
    """(outputs, steps) of a closed jaxpr at replayed arrays."""
    return replay.walk(closed.jaxpr, [replay.captured(c) for c in closed.consts], inputs)
