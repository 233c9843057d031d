"""Exact against exact: a program differentiated by our rules, and JAX's program of its gradient, in balls.

Rounding has vanished from both, so a right rule leaves a difference that contains 0, and a wrong one does
not. What rounding did to JAX's answer is judged apart, against a bound of the program that computed it.
"""

import math
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from . import compat, exact, floats, rounding
from .flat import weights
from .interpreter import Replay, walk

NUDGES = 3  # directions in which a singular point is approached
NUDGE = 2.0**-67  # about 1e-20
SLACK = 4  # both programs round in float64, and the bound of one stands for both


class JaxRefuses(Exception):
    """JAX has no derivative of a function in this mode; its own words."""


@dataclass(eq=False)
class Answer:
    """A gradient array: what is true, what JAX's program means, what JAX returned.

    path: whose it is; dtype; truths, theirs: lists of balls, or [n] float64; floats: the truths as those;
    slack: [n] how far truths and theirs may be apart all the same, 0 for balls; got: [n] float64; bounds: [n]
    how far rounding may have moved it; series: whether JAX breaks off a series for a slope in it; hulls: the
    truths with ties open, or None; meant: the slopes of what functions mean, where JAX's rules are right for
    them and else None, or None.
    """

    path: str
    dtype: Any
    truths: Any
    theirs: Any
    slack: Any
    got: Any
    bounds: Any
    series: bool = False
    hulls: Any = None
    meant: Any = None

    @property
    def floats(self):
        """[n] the truths as float64."""
        return np.array([float(x) for x in self.truths]) if isinstance(self.truths, list) else self.truths

    def differ(self):
        """[n] whether truth and JAX's program are proven to differ, or one of them is not finite."""
        if isinstance(self.truths, list):
            pairs = zip(self.truths, self.theirs, strict=True)
            return np.array([not finite(x) or not finite(y) or differ(x, y) for x, y in pairs], bool)
        return ~(np.abs(self.truths - self.theirs) <= self.slack)


class Proof:
    """One function of float arrays at one point. Balls are those of the precision around it.

    steps: the run, equation by equation.
    """

    def __init__(self, flat, engine=exact, surrogates=None):
        self.flat, self.engine, self.surrogates = flat, engine, surrogates or {}
        self.program = compat.jaxpr_of(flat, flat.numbers)
        self.primal = Replay(surrogates=self.surrogates)
        self.inputs = [self.primal.input(x) for x in flat.numbers]
        self.outputs, self.steps = walk(self.primal, self.program, self.inputs)
        self.values = engine.forward(self.primal.tape)

    def answers(self, mode, draw):
        """The `Answer` for every array of a gradient ("rev") or of a change of the outputs ("fwd")."""
        backward = mode == "rev"
        given = weights(draw, self.program.out_avals if backward else self.program.in_avals)
        function = _vjp(self.flat, given) if backward else _jvp(self.flat, given)
        try:
            got = jax.jit(function)(*self.flat.numbers)
        except (TypeError, ValueError, NotImplementedError) as error:
            raise JaxRefuses(str(error).strip().splitlines()[0]) from error
        program = compat.jaxpr_of(function, self.flat.numbers)
        truths = self._truths(self.primal, self.inputs, self.outputs, self.values, backward, given)
        tape = self.primal.tape
        other = Replay(tape, exact=self.primal.literals.known(given))
        results, _ = walk(other, program, self.inputs)
        self.values = self.engine.forward(tape, self.values, other.literals.radii)
        rough = self.values if self.engine is floats else floats.forward(tape)
        bounds, slack = rounding.bounds(tape, rough), np.zeros(tape.size)
        if self.engine is floats:
            slack = SLACK * rounding.bounds(tape, rough, np.float64, other.literals.radii)
        if backward:
            paths = self.flat.paths
        else:
            paths = [f"output[{k}]" if len(results) > 1 else "output" for k in range(len(results))]
        made = []
        for path, truth, result, answer in zip(paths, truths, results, got, strict=True):
            ids = _ids(result)
            theirs = taken(self.values, ids)
            numbers = np.asarray(answer)
            if result.imaginary is not None:
                numbers = np.concatenate([np.real(numbers).ravel(), np.imag(numbers).ravel()])
            numbers = numbers.ravel().astype(np.float64)
            made.append(
                Answer(
                    path, answer.dtype, truth, theirs, slack[ids], numbers, bounds[ids], self.primal.series
                )
            )
        if self.engine is floats:
            return made
        self._open(made, other, mode, given)
        if any(answer.differ().any() for answer in made):
            self._mean(made, program, backward, given)
        return made

    def _mean(self, answers, program, backward, given):
        """The truths and JAX's numbers with the meaning of functions in the place of their programs, and with
        every literal, also of the function itself, known to half a unit in its last place only."""
        primal = Replay(means=True, surrogates=self.surrogates)
        inputs = [primal.input(x) for x in self.flat.numbers]
        outputs, _ = walk(primal, self.program, inputs)
        values = exact.forward(primal.tape, None, primal.literals.radii)
        truths = self._truths(primal, inputs, outputs, values, backward, given)
        other = Replay(primal.tape, exact=primal.literals.known(given), means=True)
        results, _ = walk(other, program, inputs)
        exact.forward(primal.tape, values, other.literals.radii)
        for answer, truth, result in zip(answers, truths, results, strict=True):
            pairs = zip(truth, (values[i] for i in _ids(result).tolist()), strict=True)
            answer.meant = [None if differ(x, y) else x for x, y in pairs]

    def _truths(self, replay, inputs, outputs, values, backward, given):
        """The truth for each array: a list of balls, behind one another the real and imaginary parts."""
        ends = outputs if backward else inputs
        seeds = [pair for array, w in zip(ends, given, strict=True) for pair in _seeds(array, w, backward)]
        walked = (self.engine.adjoints if backward else self.engine.tangents)(replay.tape, values, seeds)
        made = []
        for array in inputs if backward else outputs:
            balls = taken(walked, _ids(array))
            if backward and array.imaginary is not None:
                half = len(balls) // 2
                balls[half:] = [-x for x in balls[half:]]  # JAX's cotangents are conjugates
            made.append(balls)
        return made

    def _open(self, answers, other, mode, given):
        """Where the point is at a tie or singular, or nothing else explains an answer: the truths around."""
        singular = any(not finite(x) for answer in answers for x in answer.truths)
        if singular:
            for answer, truths in zip(answers, self._around(mode == "rev", given), strict=True):
                answer.truths = [x if finite(x) else y for x, y in zip(answer.truths, truths, strict=True)]
        if self.primal.ties or other.ties or any(map(_doubtful, answers)):
            opened = Replay(hull=True, surrogates=self.surrogates)
            inputs = [opened.input(x) for x in self.flat.numbers]
            outputs, _ = walk(opened, self.program, inputs)
            values = exact.forward(opened.tape)
            hulls = self._truths(opened, inputs, outputs, values, mode == "rev", given)
            for answer, hull in zip(answers, hulls, strict=True):
                answer.hulls = hull

    def _around(self, backward, given):
        """The hull of the truths at points very near this one, in several directions."""
        found: Any = None
        for k in range(NUDGES):
            draw = np.random.default_rng(k)
            tape, nudges = self.primal.tape, {}
            for array in self.inputs:
                for i in _ids(array).tolist():
                    sign = (1, -1)[k] if k < 2 else draw.choice((-1, 1))
                    nudges[i] = self.values[i] + sign * draw.uniform(0.5, 1) * NUDGE
            values = exact.forward(tape, given=nudges)
            truths = self._truths(self.primal, self.inputs, self.outputs, values, backward, given)
            found = truths if found is None else [
                [_union(x, y) for x, y in zip(one, other, strict=True)]
                for one, other in zip(found, truths, strict=True)
            ]  # fmt: skip
        return found


def _vjp(flat, given):
    return lambda *numbers: jax.vjp(flat, *numbers)[1](given)


def _jvp(flat, given):
    return lambda *numbers: jax.jvp(flat, numbers, tuple(given))[1]


def _ids(array):
    """[n] the ids of an array, of a complex one the real parts and behind them the imaginary ones."""
    if array.imaginary is None:
        return array.ids.ravel()
    return np.concatenate([array.ids.ravel(), array.imaginary.ravel()])


def _seeds(array, given, backward):
    given = np.asarray(given)
    if array.imaginary is None:
        return [(array.ids, given.astype(np.float64))]
    sign = -1 if backward else 1
    return [
        (array.ids, np.real(given).astype(np.float64)),
        (array.imaginary, sign * np.imag(given).astype(np.float64)),
    ]


def taken(values, ids):
    """The values of scalars: a list of balls, or [n] floats."""
    return [values[i] for i in ids.tolist()] if isinstance(values, list) else values[ids]


def finite(x):
    """Whether a ball, or a number for what is exactly so, is finite."""
    return math.isfinite(x) if isinstance(x, int | float) else x.is_finite()


def _union(x, y):
    import flint

    return flint.arb(x).union(flint.arb(y))


def _doubtful(answer):
    return (~(np.abs(answer.got - answer.floats) <= answer.bounds)).any() or answer.differ().any()


def differ(x, y, slack=0.0):
    """Whether two balls, or numbers for what is exactly so, are proven to be different numbers."""
    difference = x - y
    if isinstance(difference, int | float):
        return abs(difference) > slack
    return difference.is_finite() and not difference.contains(0)
