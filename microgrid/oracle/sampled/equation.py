"""One equation of a run, looked at alone: its value, its derivative, and what JAX makes of both."""

from contextlib import suppress
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from .. import compat, exact, floats, rounding
from ..arrays import Unsupported
from ..balls import differ
from ..conditioning import Roundings
from ..custom_rules import linearity
from ..custom_rules.custom_root import is_root, reaching
from ..flat import weights
from ..judgement import leaf_of
from ..loops.limits import ALONG, GIVEN_UP, Endless
from ..programs import OWN_RULE, bends, unproven
from ..proof import SLACK, Answer, taken
from ..tape import rounded
from ..width import tighten
from .comparison import Comparison, part, parts, share, theirs
from .composite import single
from .findings import Findings
from .precision import sharp, sharpened
from .primal import Primal
from .programs import direction
from .registry import TooLarge

AT_RUN = 8  # numbers of each input that are looked at with the cotangents of the run itself


def look(record, outputs, context):
    """The `Findings` at coordinates of a record's outputs, pairs of the number of an output and coordinates.

    Where they read too much to be held at once, one half is looked at after the other; raises Unsupported
    where one coordinate alone does.
    """
    try:
        return _Look(Primal(record, outputs, context.declared), context).all()
    except TooLarge as error:
        if sum(len(at) for _, at in outputs) < 2:
            raise Unsupported(
                f"one number that {record.name} makes depends on too many others to be looked at "
                f"({compat.source(record.equation)}). Fix: check a smaller model.",
                record.equation,
            ) from error
        seen = Findings()
        for half in _halves(outputs):
            seen.add(look(record, half, context))
        return seen


def _halves(outputs):
    if len(outputs) > 1:
        return outputs[: len(outputs) // 2], outputs[len(outputs) // 2 :]
    ((o, at),) = outputs
    return [(o, at[: len(at) // 2])], [(o, at[len(at) // 2 :])]


class _Look:
    """One equation at coordinates that fit on a tape."""

    def __init__(self, primal, context):
        self.primal, self.context, self.seen = primal, context, Findings()
        self.record, self.values = primal.record, primal.forward()
        context.met += primal.replay.declared
        context.notices += primal.replay.notices + reaching(primal.replay, primal.ends)

    def all(self):
        """Compare the value, and the derivative in each mode."""
        for (o, at), array in zip(self.primal.outputs, self.primal.ends, strict=True):
            self._value(array, self.record.outputs[o], at)
        for mode in self.context.modes:
            self._derivative(mode)
        return self.seen

    def _value(self, array, slot, at):
        """JAX's value against that of our rules, within the bound of rounding."""
        ids, tape, got = array.scalars, self.primal.replay.tape, parts(slot.flat[at])
        large = np.isinf(got) & (got == rounded(taken(self.values, ids), part(slot.dtype)))
        ids, got = ids[~large], got[~large]  # what is too large for the type is infinite, and right
        bounds, truths = rounding.bounds(tape, self.values)[ids], taken(self.values, ids)
        slack = SLACK * rounding.bounds(tape, self.values, np.float64)[ids]
        answer = Answer(f"{self.record.name}, value", slot.dtype, truths, truths, slack, got, bounds + slack)
        answer.ids, answer.roundings = ids, Roundings(tape, self.values, [])
        tighten(answer)
        leaf = leaf_of(answer, "value")
        if leaf.verdict != "ok":
            balls = taken(self.primal.forward(exact), ids)
            leaf = leaf_of(replace(answer, truths=balls, theirs=balls), "value")
        self.seen.leaves.append(leaf)
        self.seen.value = max(self.seen.value, share(2 * answer.bounds, truths, slot.dtype))

    def _derivative(self, mode):
        record, own = self.record, self.record.name in OWN_RULE
        derivative = self.context.derivatives.of(record, mode, own)
        if mode == "rev":
            along = self._cotangents(derivative.results)
        else:
            along = [direction(self.context.draw, record.inputs[k]) for k in record.moving]
        wanted = [derivative.results.index(o) for o, _ in self.primal.outputs]
        at_run = self.context.cotangents.get(record) if own and mode == "rev" else None
        try:
            run, made = self._along(derivative, mode, along, wanted)
        except Endless:
            if at_run is None:
                raise
            self.seen.notes.append(GIVEN_UP.format(ALONG[mode]))
            return self._at_run(derivative, at_run)
        if own:
            self._under_differentiation(run, made, mode)
        only, equation = self.context.modes == ["fwd"], single(record.equation)
        if record.name in unproven(mode, only) or bends(equation) or (only and is_root(equation)):
            self._along_others(derivative, mode, along, wanted)
        if at_run is not None:
            self._at_run(derivative, at_run)

    def _along_others(self, derivative, mode, along, wanted):
        """The same along others, of which a rule that is not linear gives itself away."""

        def slopes(given):
            try:
                return derivative.split(derivative.of(self.record, given))[1]
            except Endless:
                return self.seen.notes.append(GIVEN_UP.format(ALONG[mode]))

        for word, given in linearity.others(slopes, along, derivative.waits):
            seen, self.seen = self.seen, Findings()
            with suppress(Endless):
                self._along(derivative, mode, given, wanted)
            self.seen.leaves = [x for x in self.seen.leaves if linearity.counts(word, x.verdict)]
            seen.add(self.seen)
            self.seen = seen

    def _along(self, derivative, mode, along, wanted):
        """Compare slopes along cotangents or tangents; JAX's run, and its slots of the wanted outputs."""
        run = derivative.run(self.record, along)
        made, ends = derivative.split(run.outputs)
        ends = [ends[k] for k in wanted] if mode == "fwd" else ends
        given = along if mode == "fwd" else [along[k] for k in wanted]
        self._judged(Comparison(self.primal, self.values, mode, given, run, ends, self.context.draw), along)
        return run, [made[k] for k in wanted] if made else []

    def _judged(self, comparison, along):
        leaves, slope, lost = comparison.judged()
        leaves, note = self.context.tied_rules.judged(comparison, along, leaves)
        self.seen.notes += [note] if note else []
        self.seen.lost |= lost
        self.seen.leaves += leaves
        self.seen.slope = max(self.seen.slope, slope)
        self.seen.unseen = max(self.seen.unseen, comparison.unseen)

    def _cotangents(self, results):
        """Random numbers at the coordinates that are looked at, and 0 elsewhere."""
        made = {o: np.zeros(self.record.outputs[o].shape, self.record.outputs[o].dtype) for o in results}
        for o, at in self.primal.outputs:
            like = jax.ShapeDtypeStruct(at.shape, made[o].dtype)
            made[o].reshape(-1)[at] = np.asarray(weights(self.context.draw, [like])[0])
        return [jnp.asarray(made[o]) for o in results]

    def _under_differentiation(self, run, slots, mode):
        """A function with a rule of its own must have the same value where it is differentiated."""
        pairs = [(slot, at) for slot, (_, at) in zip(slots, self.primal.outputs, strict=True)]
        other, found = theirs(self.primal, run, pairs)
        rough, radii = floats.forward(other.tape), other.literals.radii
        slack = SLACK * rounding.bounds(other.tape, rough, np.float64, radii)
        for (slot, at), array in zip(pairs, self.primal.ends, strict=True):
            ids, of_rule = array.scalars, found.at(slot, at).scalars
            one, two = taken(self.values, ids), taken(rough, of_rule)
            answer = Answer(
                f"{self.record.name}, value of its rule", slot.dtype, one, two, slack[of_rule],
                parts(slot.flat[at]), np.full(len(one), np.inf),
            )  # fmt: skip
            differs = answer.apart.any() or not (sharp(answer.slack, one) and sharp(answer.slack, two))
            if differs:

                def in_balls(answer=answer, ids=ids, of_rule=of_rule):
                    answer.truths = taken(self.primal.forward(exact), ids)
                    answer.theirs = taken(exact.forward(other.tape, None, radii), of_rule)
                    fresh = replace(answer)
                    return [fresh], [~np.isfinite(fresh.floats)]

                (answer,), _, lost = sharpened(in_balls, mode)
                self.seen.lost |= lost
                differs = any(map(differ, answer.truths, answer.theirs))
            leaf = leaf_of(replace(answer, theirs=answer.truths), mode)
            leaf.verdict = "unexplained" if differs else "ok"
            self.seen.leaves.append(leaf)

    def _at_run(self, derivative, along):
        """The rule at the cotangents of the run, where it need not be what it is at others: at some numbers
        of each input, with all cotangents that the rule reads for those."""
        run = derivative.run(self.record, along)
        ends = derivative.split(run.outputs)[1]
        chosen = [self.context.draw.permutation(slot.size)[:AT_RUN] for slot in ends]
        try:
            primal, given = derivative.behind(self.record, run, along, ends, chosen, self.context.declared)
            values, draw = primal.forward(), self.context.draw
            self._judged(Comparison(primal, values, "rev", given, run, ends, draw, chosen), along)
        except TooLarge:
            where = compat.source(self.record.equation)
            self.seen.notes.append(f"looked at with random cotangents only: {self.record.name}, {where}")
