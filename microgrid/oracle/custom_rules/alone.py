"""Rules one by one, at the numbers of the run: is each the derivative of its own function?

Where a whole is explained by what functions mean, or by literals that are rounded, a small part of it may be
wrong all the same: next to 0.3 sin(x) in bfloat16 half a unit of 0.3 is more than 1e-5 g(x). So the freedom
of literals counts only where every rule is right with those of its own function, and where nothing else is
left to explain.
"""

import numpy as np

from .. import compat, exact, floats, width
from ..arrays import Unsupported
from ..balls import differ, finite, radius
from ..flat import weights
from ..interpreter import walk
from ..judgement import leaf_of
from ..literals import reach
from ..meanings.meaning import known
from ..programs import OWN_RULE, bends, differentiated, moves
from ..slopes import seeds
from ..user_rules import is_own
from .surrogates import Believing, among, ruled

MOST = 32  # calls of one equation, spread over the run


class Reached:
    """Which numbers of a run matter: those that a cotangent comes to and that a tangent comes to. What a mask
    takes away a rule may say anything of. given: the weights of the outputs, or the direction of the inputs;
    the others are random."""

    def __init__(self, proof, mode, given):
        self._backward, tape = mode == "rev", proof.primal.tape
        ends = [proof.inputs, proof.outputs] if self._backward else [proof.outputs, proof.inputs]
        other = weights(np.random.default_rng(0), [proof.primal.numbers(array) for array in ends[0]])
        values, self._along = floats.forward(tape), {}
        for backward, arrays, ws in ((not self._backward, ends[0], other), (self._backward, ends[1], given)):
            start = [pair for array, w in zip(arrays, ws, strict=True) for pair in seeds(array, w, backward)]
            self._along[backward] = (floats.adjoints if backward else floats.tangents)(tape, values, start)

    def masks(self, replay, step):
        """(of the outputs of a step that are floats, of its inputs that are differentiated) which numbers
        matter: a boolean array for each."""
        outputs = [self._comes(array, True) for array in step.outputs if array.floats]
        return outputs, [self._comes(step.inputs[k], False) for k in differentiated(replay, step)]

    def key(self, replay, step):
        """What of it the verdict on a step depends on."""
        return self._backward, *(mask.tobytes() for masks in self.masks(replay, step) for mask in masks)

    def masked(self, replay, step, given):
        """Weights of the outputs of a step, or directions of its inputs, 0 where nothing comes; None where
        nothing comes at all."""
        masks = self.masks(replay, step)[not self._backward]
        if not any(mask.any() for mask in masks):
            return None
        return [w if mask.all() else w * mask.astype(w.dtype) for w, mask in zip(given, masks, strict=True)]

    def forget(self, replay, step, answers):
        """Take the numbers of answers that do not matter for right."""
        for answer, mask in zip(answers, self.masks(replay, step)[self._backward], strict=True):
            dropped = np.flatnonzero(~np.resize(mask.ravel(), len(answer.got)))  # and imaginary parts behind
            for k in dropped.tolist():
                answer.replace(k, answer.theirs[k] if finite(answer.theirs[k]) else 0 * answer.bounds[k])
                answer.theirs[k], answer.got[k], answer.apart[k] = answer.truths[k], answer.floats[k], False

    def _comes(self, array, backward):
        comes = self._along[backward][array.ids] != 0
        return comes if array.imaginary is None else comes | (self._along[backward][array.imaginary] != 0)


def calls(proof, steps, wanted, around=""):
    """(step, the user's line of what it is part of) for the steps of a run, the outer ones, that are wanted
    and that something is differentiated through; those of rules that are declared are not."""
    for step in steps:
        around = compat.line_of(step.equation) or around
        if not wanted(step):
            if not asked(step):
                yield from calls(proof, step.inside, wanted, around)
        elif not among(proof.surrogates, step.equation) and moves(proof.primal, step):
            yield step, around


def spread(found):
    """(step, line) of the first, the last and others between of the calls of each equation."""
    by_equation = {}
    for step, around in found:
        by_equation.setdefault(id(step.equation), []).append((step, around))
    for some in by_equation.values():
        for k in dict.fromkeys(np.linspace(0, len(some) - 1, MOST).astype(int).tolist()):
            yield some[k]


def asked(step):
    """Whether the slopes of a step are said by a rule that is not of JAX."""
    from ..rules import RULES

    rule = RULES.get(step.equation.primitive.name)
    return (
        step.equation.primitive.name in OWN_RULE or bends(step.equation) or not (rule is None or is_own(rule))
    )


def alone(replay, step, mode, reached=None):
    """(one equation as a `Proof` of its own, its answers), with as many digits as tell what is true; None
    where none do. reached: along numbers that are. Raises Endless where a loop of its rule never ends."""
    from ..cotangents import begun
    from ..guilt import proof_of
    from ..loops.limits import Endless
    from ..proof import JaxRefuses

    for bits in exact.PRECISIONS:
        with exact.precision(bits):
            try:
                proof = proof_of(replay, step)
                given = begun(proof, mode, np.random.default_rng(0))
                given = reached.masked(replay, step, given) if reached else given
                if given is None:
                    return None
                answers = proof.answers(mode, given)
                if reached:
                    reached.forget(replay, step, answers)
            except Endless:
                raise
            except (Unsupported, JaxRefuses):
                return None
            if not any(map(width.vague, answers)):
                return proof, answers
    return None


def hold(proof, answers, mode, given):
    """Whether the numbers of answers that what functions mean, or literals, explain may be so. No rule of the
    run is wrong with the literals of its own function alone, or such are right together; and with the custom
    rules for the truth the rest is exact, or the same is so of all other equations."""
    off = [
        (n, k) for n, answer in enumerate(answers) for k in np.flatnonzero(answer.apart).tolist()
        if answer.meant[k] is not None and not answer.arrived[k] and not answer.unseen(k)
    ]  # fmt: skip
    if not off or (len(proof.steps) == 1 and asked(proof.steps[0])):
        return True
    reached, backward = Reached(proof, mode, given), mode == "rev"

    def right(wanted):
        wrong = _wrong(proof, wanted, mode, reached)
        return not wrong or _together(proof, answers, off, wrong, backward, given)

    if not right(_unmeant):
        return False
    truths = _trusted(proof, backward, given, Trusting(proof.surrogates))
    pairs = [(truths[n][k], answers[n].theirs[k], answers[n].slack[k]) for n, k in off] if truths else ()
    exactly = truths and all(finite(x - y) and not differ(x, y, slack) for x, y, slack in pairs)
    return exactly or right(_plain)


def _wrong(proof, wanted, mode, reached):
    """The ids of the equations of a run that are wrong by themselves."""
    found = set()
    for step, _ in spread(calls(proof, proof.steps, wanted)):
        key = id(step), reached.key(proof.primal, step)
        if key not in proof.alone:
            proof.alone[key] = _is_wrong(proof, step, mode, reached)
        if proof.alone[key]:
            found.add(id(step.equation))
    return found


def _is_wrong(proof, step, mode, reached):
    from ..loops.limits import Endless

    try:
        found = alone(proof.primal, step, mode, reached)
    except Endless:
        return False
    return found is not None and any(leaf_of(answer, mode).verdict == "wrong" for answer in found[1])


def _together(proof, answers, off, wrong, backward, given):
    """Whether rules that are wrong by themselves make up for each other, as far as the literals of their own
    functions say: two factors of a product may divide its slope between them as they like."""
    own, theirs = Trusting(proof.surrogates, (), wrong), Trusting(proof.surrogates, wrong, wrong)
    ours, made = (_trusted(proof, backward, given, replay) for replay in (own, theirs))
    if ours is None or made is None or theirs.took != wrong:
        return False
    pairs = ((answers[n], ours[n][k] - made[n][k]) for n, k in off)
    return all(finite(x) and not differ(x, 0.0) and radius(x) <= reach(answer) for answer, x in pairs)


def _unmeant(step):
    return asked(step) and known(step.equation, step.inputs) is None  # what it means is known beside it


def _plain(step):
    return not asked(step) and not step.inside


def _trusted(proof, backward, given, replay):
    """The truths of a replay of the function of a proof; None where it cannot be replayed."""
    try:
        inputs = [replay.input(x) for x in proof.flat.numbers]
        outputs, _ = walk(replay, proof.program, inputs)
        values = proof.engine.forward(replay.tape, None, replay.literals.radii)
        return proof.truths(replay, inputs, outputs, values, backward, given)
    except Unsupported:
        return None


class Trusting(Believing):
    """A replay in which the slopes of some equations are those that JAX's own rules say.

    believed: the ids of these equations, None for every function with a rule of its own; free: the ids of
    those in whose functions and rules literals are rounded numbers, and no others; took: which were believed.
    """

    def __init__(self, surrogates, believed=None, free=()):
        super().__init__(surrogates=surrogates)
        self._believed, self._free, self._inside, self.took = believed, free, False, set()

    def literal(self, number):
        """As in the run; one that is free is another number than one of its size that is not."""
        if not self._inside or id(self._inside) not in self._free:
            return super().literal(number)
        array = self._of(number, self.tape.fresh)
        self.literals.written(array, loose=True)
        return array

    def equation(self, equation, inputs):
        """As in the run, but for those slopes."""
        if self._inside or not self._is_meant(equation):
            return super().equation(equation, inputs)
        self._inside = equation
        outputs, inside = super().equation(equation, inputs)
        self._inside = False
        if self._believed is None or id(equation) in self._believed:
            self.took.add(id(equation))
            outputs = ruled(self, equation, inputs, outputs, id(equation) in self._free)
        return outputs, inside

    def _is_meant(self, equation):
        if self._believed is None:
            return equation.primitive.name in OWN_RULE and not among(self.surrogates, equation)
        return id(equation) in self._free
