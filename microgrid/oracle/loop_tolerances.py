"""Rules that run a loop to a tolerance of their own: what they are off, and nothing else, the type may hide.

Which rule of a run is off is asked of each by itself, at numbers of the run: one that waits for what comes of
its cotangents, or tangents, has to be, by what the type hides, and no other one may be.
"""

import numpy as np

from . import exact, slopes, width
from .arrays import Unsupported
from .judgement import leaf_of
from .loop_limits import Endless
from .programs import OWN_RULE, bends, moves
from .surrogates import among
from .user_rules import is_own

MOST = 32  # calls of one equation, spread over the run
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
    sole = len(proof.steps) == 1 and _asked(proof.steps[0])
    if not (_is_own(proof.steps[0]) if sole else _excused(proof, mode)):
        return False
    for answer in off:
        answer.tolerant = True
    return True


def alone(replay, step, mode):
    """(one equation as a `Proof` of its own, its answers), with as many digits as tell what is true; None
    where none do. Raises Endless where a loop of its rule never ends."""
    from .cotangents import begun
    from .guilt import proof_of
    from .proof import JaxRefuses

    for bits in exact.PRECISIONS:
        with exact.precision(bits):
            try:
                proof = proof_of(replay, step)
                answers = proof.answers(mode, begun(proof, mode, np.random.default_rng(0)))
            except Endless:
                raise
            except (Unsupported, JaxRefuses):
                return None
            if not any(map(width.vague, answers)):
                return proof, answers
    return None


def _excused(proof, mode):
    """Whether of the rules of a run one that waits is off by itself, and none is wrong."""
    calls, waiting = {}, False
    for step in _calls(proof, proof.steps):
        calls.setdefault(id(step.equation), []).append(step)
    for steps in calls.values():
        for k in dict.fromkeys(np.linspace(0, len(steps) - 1, MOST).astype(int).tolist()):
            try:
                found = alone(proof.primal, steps[k], mode)
            except Endless:
                return False
            if found is None or any(leaf_of(answer, mode).verdict == "wrong" for answer in found[1]):
                return False
            waiting |= found[0].tolerant or found[0].arrived
    return waiting


def _own(proof):
    """Whether a function with a rule of its own, not declared, came in the run."""
    return any(map(_is_own, _calls(proof, proof.steps)))


def _is_own(step):
    return step.equation.primitive.name in OWN_RULE


def _calls(proof, steps):
    """The steps whose slopes are said by a rule that is not of JAX and not declared, the outer ones."""
    for step in steps:
        if not _asked(step):
            yield from _calls(proof, step.inside)
        elif not among(proof.surrogates, step.equation) and moves(proof.primal, step):
            yield step


def _asked(step):
    from .rules import RULES

    rule = RULES.get(step.equation.primitive.name)
    return _is_own(step) or bends(step.equation) or not (rule is None or is_own(rule))
