"""Iterations that have not arrived: is a custom rule the derivative of what its function tends to?

    x = g(x, a), over and over: dx / da of the n-th x is not yet -(dg / dx - 1)^-1 dg / da

A rule of the implicit function says the second, at the x that came out. Both tend to one number, so the loops
of the function are replayed further, in balls, until they move no more. What a rule is then still off is its
own mistake; what is gone was the distance that the iteration had left.
"""

import sys

from jax.extend import core

from .. import compat, exact
from ..balls import finite, hidden
from ..custom_rules.custom_root import is_root
from ..custom_rules.surrogates import among, rules
from ..interpreter import Replay, walk
from ..programs import OWN_RULE, holds
from .conditions import repeats

MOST = 2000  # steps further
SCALARS = 2_000_000  # of the tape
NEAR = 2.0**-6  # of its largest number: how far one more step may move an iteration that is nearly there
STILL = 2.0**-110  # how far it moves where it has arrived
SAME = 2.0**-60  # how far a right rule may then be off, relative to the slope
LEAST = 2.0**-90  # the same relative to the largest slope
LOOPS = ("while", "scan")
ARRIVED = "a rule is the derivative of what an iteration tends to, and right where it has arrived"
ITERATION = (
    "a function with a rule of its own is an iteration, and is taken at its steps; what a loop of the rule "
    "leaves by a tolerance of its own counts as wrong, and a rule for what the function tends to, where its "
    "steps do not lead there smoothly, is to be declared: "
)


class ConvergedReplay(Replay):
    """A replay whose iterations go on until they have arrived: those of the function, and in a gradient
    program those that its function did already; with `every` also those of its rules. went: whether one
    did, until it had arrived."""

    def __init__(self, tape=None, exact=None, surrogates=(), every=False):
        super().__init__(tape, exact=exact, surrogates=surrogates)
        self._every, self._values, self.went = every or tape is None, [], False

    def equation(self, equation, inputs):
        """As in the run; a loop goes on with what is carried, where nothing else goes in."""
        start = self.tape.size
        outputs, inside = super().equation(equation, inputs)
        if equation.primitive.name in LOOPS and (self._every or self.tape.size == start):
            outputs = self._arrived(*_parts(equation, inputs), list(outputs))
        return outputs, inside

    def _arrived(self, body, constants, carries, outputs):
        """The outputs of a loop, of which the first so many are carried, when it moves no more."""
        carry, most = outputs[:carries], NEAR
        if body is None or not any(array.floats and self.live(array) for array in carry):
            return outputs
        for _ in range(MOST):
            made, _ = walk(self, body, [*constants, *carry])
            moved = self._moved(made, carry)
            if moved > most or self.tape.size > SCALARS:
                return outputs
            carry = made
            if moved <= STILL:
                self.went = True
                return [*carry, *outputs[carries:]]
        return outputs

    def _moved(self, arrays, others):
        """How far the floats of some arrays are from those of others, relative to the largest of each."""
        self._values, most = exact.forward(self.tape, self._values), 0.0
        for one, other in zip(arrays, others, strict=True):
            if one.floats and self.live(one) and one.shape == other.shape:
                pairs = [[self._values[i] for i in x.scalars.tolist()] for x in (one, other)]
                off = max((abs(float(x - y)) for x, y in zip(*pairs, strict=True)), default=0.0)
                size = max((abs(float(x)) for x in pairs[0]), default=0.0)
                most = max(most, off / size if size else off)
        return most


def _parts(equation, inputs):
    """(body, what does not change, how many arrays are carried) of a loop; no body where more goes in."""
    if equation.primitive.name == "while":
        few, many = equation.params["cond_nconsts"], equation.params["body_nconsts"]
        return equation.params["body_jaxpr"], inputs[few : few + many], len(inputs) - few - many
    body, constants, carries, *_ = compat.scan_of(equation)
    more = len(inputs) > constants + carries
    return (None if more else _carried(body, carries)), inputs[:constants], carries


def _carried(body, carries):
    """A closed jaxpr without the outputs that are not carried on."""
    known = body.jaxpr.debug_info.with_unknown_names()  # without one JAX warns
    fewer = body.jaxpr.replace(outvars=body.jaxpr.outvars[:carries], debug_info=known)
    return core.ClosedJaxpr(fewer, body.consts)


def iterates(step, surrogates=()):
    """Whether in a step of a run a function with a rule of its own, not declared, runs a loop."""
    return _iterating(step, surrogates) is not None


def _iterating(step, surrogates):
    """The equation of that function, None where there is none."""
    if is_root(step.equation):  # held fixed, whatever its solver does
        return None
    if step.equation.primitive.name not in OWN_RULE:
        found = (_iterating(inner, surrogates) for inner in step.inside)
        return next((equation for equation in found if equation is not None), None)
    inner = compat.call_of(step.equation)
    iterating = inner is not None and not among(surrogates, step.equation) and holds(inner.jaxpr, LOOPS)
    return step.equation if iterating else None


def declaration(steps, surrogates=()):
    """How the first function that `iterates` is declared, by its name where it has one that can be
    imported."""
    equation = next(filter(None, (_iterating(step, surrogates) for step in steps)))
    name, place = compat.origin(equation)
    file = place.rpartition(":")[0]
    for module in [x for x in [*sys.modules.values()] if getattr(x, "__file__", None) == file]:
        made = getattr(module, name, None)
        if all(rules(made)):
            return f"surrogate=[{name if module.__name__ == '__main__' else f'{module.__name__}.{name}'}]"
    return "surrogate=[f]"


def advice(steps, surrogates=()):
    """What to say of a wrong gradient that may be the derivative of what an iteration tends to: of the first
    function of a run with a rule of its own, not declared, whose loop does one thing over and over; "" where
    there is none. A loop over blocks of an array is no iteration."""
    for step in steps:
        if is_root(step.equation) or among(surrogates, step.equation):
            continue
        if step.equation.primitive.name not in OWN_RULE:
            if found := advice(step.inside, surrogates):
                return found
        elif (inner := compat.call_of(step.equation)) is not None and repeats(inner.jaxpr):
            return ITERATION + _declared(step)
    return ""


def _declared(step):
    """How the function is declared, with its place where it has no name that can be imported."""
    said, (name, place) = declaration([step]), compat.origin(step.equation)
    named = f"{name} at {place}" if name.isidentifier() else place
    return f"{said}, f the function made of {named}" if said == "surrogate=[f]" and place else said


def settle(proof, answers, program, backward, given):
    """Take the slopes where iterations have arrived for what answers mean, where JAX's program says the same
    there; whether any were taken. What a rule iterates itself counts only where the type hides what that
    leaves."""
    if not any(iterates(step, proof.surrogates) for step in proof.steps):
        return False
    primal, took = ConvergedReplay(surrogates=proof.surrogates), False
    inputs = [primal.input(x) for x in proof.flat.numbers]
    outputs, _ = walk(primal, proof.program, inputs)
    values = exact.forward(primal.tape)
    truths = proof.truths(primal, inputs, outputs, values, backward, given)
    said = [answer.theirs for answer in answers]

    def further(every):
        other = ConvergedReplay(primal.tape, primal.literals.known(given), proof.surrogates, every)
        results, _ = walk(other, program, inputs)
        exact.forward(primal.tape, values, other.literals.radii)
        return [[values[i] for i in result.scalars.tolist()] for result in results[: len(answers)]]

    if primal.went:
        said = further(False)
        took = any([answer.arrive(_same(*pair)) for answer, *pair in zip(answers, truths, said, strict=True)])
    left = [
        {k for k in answer.open(False) if hidden(truth[k], own[k], answer.dtype)}
        for answer, truth, own in zip(answers, truths, said, strict=True)
    ]
    rows = zip(answers, truths, further(True), left, strict=True) if any(left) else ()
    for answer, truth, own, at in rows:
        known = _same(truth, own)
        took |= answer.arrive([x if k in at else None for k, x in enumerate(known)])
    return took


def _same(truths, theirs):
    """The slopes of an array where iterations have arrived, None for a number where JAX's program says
    another one there."""
    largest = max((abs(float(x)) for x in truths if finite(x)), default=0.0)
    return [
        x if finite(x - y) and abs(float(x - y)) <= SAME * abs(float(x)) + LEAST * largest else None
        for x, y in zip(truths, theirs, strict=True)
    ]
