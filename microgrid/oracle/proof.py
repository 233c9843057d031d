"""Exact against exact: a program differentiated by our rules, and JAX's program of its gradient, in balls.

Rounding has vanished from both, so a right rule leaves a difference that contains 0, and a wrong one does
not. What rounding did to JAX's answer is judged apart, against a bound of the program that computed it.
"""

import jax
import numpy as np

from . import compat, exact, floats, rounding
from .answer import Answer
from .balls import disagree, finite, rounded
from .conditioning import Roundings
from .custom_rules import declared
from .custom_rules.custom_root import seeks
from .custom_rules.surrogates import Believing
from .flat import unit
from .interpreter import Replay, walk
from .kinks.limits import Sides
from .kinks.rounded_ties import moved_by_ties
from .kinks.settled import settle
from .literals import excuse
from .loops import iterations, tolerances
from .meanings import explanations
from .meanings.meaning import comes
from .programs import bends, followed, same, unproven
from .refusals import REFUSALS, mistyped
from .slopes import as_floats, seeds, slopes_along, slopes_back
from .tracing import refused
from .values import misread
from .width import tighten, tighten_wide, unsaid

SLACK = 4  # both programs round in float64, and the bound of one stands for both


class JaxRefuses(Exception):
    """JAX has no derivative of a function in this mode; its own words."""


class Proof:
    """One function of float arrays at one point. Balls are those of the precision around it.

    steps: the run, equation by equation; own: how many scalars it has; coarsest: the unit of the narrowest
    type in it, as a gradient program has no business with a narrower one; walked: the steps, and those of the
    gradient programs that came; arrived: whether rules were right where iterations had arrived; tolerant:
    whether rules that iterate were not off by what a type shows; dim: whether slopes differed by less than
    any number of their type; hasty: whether all is looked at once more where these balls say nothing of
    JAX's program; around: the points near by that were looked at last; excused: whether JAX's programs meant
    other numbers, and no kink was why; slopes: by the mode, how far numbers of JAX's program are free, the
    ids of its slopes, the truths of these and what that program means, as first found.
    """

    def __init__(self, flat, engine=exact, surrogates=(), hasty=False):
        self.flat, self.engine, self.surrogates, self.hasty = flat, engine, surrogates, hasty
        self.program = followed(compat.jaxpr_of(flat, flat.numbers), engine.MOST)
        self.primal = Replay(surrogates=self.surrogates)
        self.inputs = [self.primal.input(x) for x in flat.numbers]
        self.outputs, self.steps = walk(self.primal, self.program, self.inputs)
        self.walked, self.own, self.misread, self.around = self.steps, self.primal.tape.size, None, None
        self.arrived = self.tolerant = self.dim = self.excused = False
        self.values, self._replays, self.alone, self.slopes = engine.forward(self.primal.tape), {}, {}, {}
        dtypes = [array.dtype for array in (*self.inputs, *self.outputs)]
        self.coarsest = self.primal.tape.coarsest = rounding.coarsest(self.primal.tape, dtypes, self.own)

    def repeats(self):
        """Whether the function has the same program when it is traced once more."""
        other = compat.jaxpr_of(lambda *numbers: self.flat(*numbers), self.flat.numbers)  # not a cached trace
        return same(self.program, other)

    def turns(self, mode, only):
        """Whether a custom rule or a solver came that nothing shows to be linear: see `unproven`."""
        roots = mode == "fwd" and only and any(map(seeks, self.steps))
        return self.uses(unproven(mode, only)) or roots or any(map(_bends, self.walked))

    def uses(self, names):
        """Whether a primitive of one of these names came in the run."""
        return any(_calls(step, names) for step in self.steps)

    def answers(self, mode, given):
        """The `Answer` for every array of a gradient ("rev") or of a change of the outputs ("fwd"). given:
        the weights of the outputs, or the direction of the inputs, arrays like them (`cotangents.begun` draws
        some). Then `given` are those, and `strays` answers about values that are not the function's own when
        it is differentiated; `misread` is what the replay of JAX's program computes otherwise than JAX, or
        None. Raises JaxRefuses where JAX has no derivative."""
        backward = mode == "rev"
        self.given = given
        function = slopes_back(self.flat, given) if backward else slopes_along(self.flat, given)
        try:
            got, values = jax.jit(function)(*self.flat.numbers)
        except REFUSALS as error:
            raise JaxRefuses(refused(self.flat, mode, error)) from error
        program = declared.program(self, function, backward)
        truths = self.truths(self.primal, self.inputs, self.outputs, self.values, backward, given)
        tape = self.primal.tape
        other = Replay(tape, exact=self.primal.literals.known(given))
        results, steps = walk(other, program, self.inputs)
        self.values = self.engine.forward(tape, self.values, other.literals.radii)
        rough = self.values if self.engine is floats else floats.forward(tape)
        bounds, slack = declared.bounds(tape, rough), np.zeros(tape.size)
        self.walked += steps
        roundings = Roundings(tape, rough, self.inputs, self.walked)
        if self.engine is floats:
            slack = SLACK * rounding.bounds(tape, rough, np.float64, other.literals.radii)
        self.misread = self.misread or misread(other, steps, results, [*got, *values], bounds)
        results, others = results[: len(got)], results[len(got) :]
        for path, array, own in zip(self.flat.paths, results, self.inputs, strict=False) if backward else ():
            if not array.floats or (array.imaginary is not None) > (own.imaginary is not None):
                raise JaxRefuses(mistyped(array.dtype, own.dtype, path))
        self.strays = list(self._strays(others, values, bounds, slack))
        paths = self.flat.paths if backward else self.flat.names(len(results))
        made = []
        for path, truth, result, answer in zip(paths, truths, results, got, strict=True):
            ids = result.scalars
            theirs, numbers = taken(self.values, ids), as_floats(answer, result)
            made.append(
                Answer(
                    path, answer.dtype, truth, theirs, slack[ids], numbers, bounds[ids],
                    ids=ids, roundings=roundings, shape=np.shape(answer), unit=unit(given),
                    free=bool(other.literals.radii),
                )
            )  # fmt: skip
            tighten(made[-1])
        kept = made if self.engine is exact else ()  # of floats constants ask for none
        columns = ([x for a in kept for x in getattr(a, key)] for key in ("ids", "truths", "theirs"))
        self.slopes[mode] = other.literals.radii, *columns
        if self.primal.series and any(answer.apart.any() for answer in made):
            for answer, truth in zip(made, self.believed(False, backward, given), strict=True):
                answer.series = ~disagree(truth, answer.theirs, answer.slack)
        if self.engine is floats or (self.hasty and any(map(unsaid, made))):
            return made
        self._open(made, other, program, mode, given)
        if any(answer.apart.any() for answer in made):
            self.arrived |= iterations.settle(self, made, program, backward, given)
            if self.primal.series or any(map(excuse, made)) or any(map(comes, self.steps)):
                explanations.explain(self, made, program, mode, given)
            self.tolerant |= tolerances.tolerate(self, made, mode, given)
        return made

    def believed(self, means, backward, given):
        """The truths with the slopes of series as JAX's own rules have them, broken off."""
        primal = Believing(means=means, surrogates=self.surrogates)
        inputs = [primal.input(x) for x in self.flat.numbers]
        outputs, _ = walk(primal, self.program, inputs)
        told = (None, primal.literals.radii) if means else ()
        values = self.engine.forward(primal.tape, *told)
        return self.truths(primal, inputs, outputs, values, backward, given)

    def _strays(self, results, got, bounds, slack):
        """Answers about outputs that are proven to be others under differentiation, beyond rounding."""
        names = self.flat.names(len(results))
        for name, output, result, value in zip(names, self.outputs, results, got, strict=True):
            ids, own = result.scalars, output.scalars
            if np.array_equal(ids, own):
                continue
            truths, theirs = taken(self.values, own), taken(self.values, ids)
            slacks, reach = (x[ids] + x[own] for x in (slack, bounds))
            name, numbers = f"value of {name}", as_floats(value, result)
            answer = Answer(name, value.dtype, truths, theirs, slacks, numbers, reach, shape=np.shape(value))
            known = np.array([finite(x - y) for x, y in zip(truths, theirs, strict=True)], bool)
            if (known & answer.apart & ~answer.near).any():
                yield answer

    def again(self, **told):
        """(another replay of the function, its inputs, its outputs, its values, how long its tape is without
        a gradient program): made once for what is told, and shared by the modes."""
        key = (*told.items(), exact.bits())
        if key not in self._replays:
            replay = Replay(surrogates=self.surrogates, **told)
            inputs = [replay.input(x) for x in self.flat.numbers]
            outputs, _ = walk(replay, self.program, inputs)
            self._replays[key] = replay, inputs, outputs, [], replay.tape.size
        replay, _, _, values, _ = self._replays[key]
        exact.forward(replay.tape, values, replay.literals.radii if replay.means else None)
        return self._replays[key]

    def truths(self, replay, inputs, outputs, values, backward, given):
        """The truth for each array: a list of balls, behind one another the real and imaginary parts."""
        ends = outputs if backward else inputs
        start = [pair for array, w in zip(ends, given, strict=True) for pair in seeds(array, w, backward)]
        walked = (self.engine.adjoints if backward else self.engine.tangents)(replay.tape, values, start)
        made = []
        for array in inputs if backward else outputs:
            balls = taken(walked, array.scalars)
            if backward and array.imaginary is not None:
                half = len(balls) // 2
                balls[half:] = [-x for x in balls[half:]]  # JAX's cotangents are conjugates
            made.append(balls)
        return made

    def _open(self, answers, other, program, mode, given):
        """Where the point is at a tie or singular, or nothing else explains an answer: the truths around."""
        singular = any(not finite(a.truths[k]) for a in answers for k in np.flatnonzero(a.apart))
        found = sides = None
        if singular or self.primal.ties or not all(finite(x) for a in answers for x in a.theirs):
            truths = [x for answer in answers for x in answer.truths]
            theirs = [x for answer in answers for x in answer.theirs]
            got = [x for a in answers for x in rounded(a.got, a.bounds, a.theirs)]
            sides = Sides(self, mode == "rev", given, truths, theirs, got, singular)
            self.around = sides.around
            said = sides.limits, sides.settled, sides.agreed, sides.poles, sides.strict
            found = zip(*said, moved_by_ties(self, mode == "rev", given, truths), strict=True)
        if self.primal.ties or other.ties:
            for answer, hull in zip(answers, self._hulls("ties", mode, given)[0], strict=True):
                answer.hulls = hull
        if sides is not None:
            for answer in answers:
                settle(answer, found)
        if any(map(_doubtful, answers)):
            hulls, opened, inputs = self._hulls("near", mode, given)
            results, _ = walk(opened, program, inputs)
            tape, rough = opened.tape, floats.forward(opened.tape)
            bounds, roundings = declared.bounds(tape, rough), Roundings(tape, rough, inputs)
            for answer, hull, result in zip(answers, hulls, results, strict=False):  # and values behind
                answer.loose, answer.late, answer.wide = hull, opened.late, bounds[result.scalars]
                tighten_wide(answer, roundings, result.scalars)

    def _hulls(self, hull, mode, given):
        """The truths with both sides of what is in doubt followed at once, their replay and its inputs."""
        opened, inputs, outputs, values, size = self.again(hull=hull)
        opened.mark, opened.late, opened.tape.coarsest = size, False, self.coarsest
        return self.truths(opened, inputs, outputs, values, mode == "rev", given), opened, inputs


def _calls(step, names):
    return step.equation.primitive.name in names or any(_calls(inner, names) for inner in step.inside)


def _bends(step):
    return bends(step.equation) or any(map(_bends, step.inside))


def taken(values, ids):
    """The values of scalars: a list of balls, or [n] floats."""
    return [values[i] for i in ids.tolist()] if isinstance(values, list) else values[ids]


def _doubtful(answer):
    strange = np.flatnonzero(~answer.near | answer.apart)
    return any(not answer.within(answer.hulls[k], k) for k in strange.tolist())
