"""Rules that run a loop to a tolerance of their own: what they are off, and nothing else, the type may hide.

Which rule of a run is off is asked of each by itself, at numbers of the run: one that waits for what comes of
its cotangents, or tangents, has to be, by what the type hides, and no other one may be.
"""

from .. import slopes
from ..custom_rules.alone import alone, asked, calls, spread
from ..judgement import leaf_of
from ..programs import OWN_RULE
from .limits import Endless

TOLERANT = (
    "a rule runs a loop to a tolerance of its own, and is not the derivative of the program; at this point "
    "the two are within half a unit in the last place of the dtype"
)


def tolerate(proof, answers, mode, given):
    """Let what the type hides not be wrong where a custom rule, not declared, runs a loop until what comes of
    its cotangents, or tangents, is near enough, and no other rule is off; whether it may be that."""
    off = [answer for answer in answers if answer.open(True)]
    if not off or not _own(proof) or not slopes.along(proof.flat, mode, given)[2]:
        return False
    sole = len(proof.steps) == 1 and asked(proof.steps[0])
    if not (_is_own(proof.steps[0]) if sole else _excused(proof, mode)):
        return False
    for answer in off:
        answer.tolerant = True
    return True


def _excused(proof, mode):
    """Whether of the rules of a run one that waits is off by itself, and none is wrong."""
    waiting = False
    for step, _ in spread(calls(proof, proof.steps, asked)):
        try:
            found = alone(proof.primal, step, mode)
        except Endless:
            return False
        if found is None or any(leaf_of(answer, mode).verdict == "wrong" for answer in found[1]):
            return False
        waiting |= found[0].tolerant or found[0].arrived
    return waiting


def _own(proof):
    """Whether a function with a rule of its own, not declared, came in the run."""
    return any(_is_own(step) for step, _ in calls(proof, proof.steps, asked))


def _is_own(step):
    return step.equation.primitive.name in OWN_RULE
