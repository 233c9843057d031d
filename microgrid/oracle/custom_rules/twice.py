"""Which custom rule is wrong at the second order: each alone, differentiated twice at the numbers of the run.

Of a gradient program every equation is right where a rule holds fixed what moves, or is the derivative at the
point alone. What is wrong then is the program itself, as `curvature` finds, and one rule of it.
"""

import jax
import numpy as np

from .. import guilt
from ..arrays import Unsupported
from ..cotangents import begun
from ..curvature import Curvature, backwards, forwards, left_out
from ..judgement import leaf_of
from ..loops.limits import Endless
from ..proof import JaxRefuses, Proof
from .alone import Reached, asked, calls, spread

TWICE = "wrong by itself where it is differentiated twice"
ONCE = (
    "the rule that is named is right at the first order, and wrong where it is differentiated once more: it "
    "holds fixed what moves, or is the derivative at the point alone"
)
NONE = "no equation is named: at the second order no rule was found wrong by itself"


def blame(report, proof, backward, given):
    """Name the rule because of which second derivatives of a report are wrong, where no equation of the
    gradient program is wrong by itself. proof: of the first order; backward, given: as for `Curvature`."""
    if report.verdict != "wrong" or (report.guilty and report.guilty.verdict != guilt.CHOSEN):
        return
    found = _first(proof, backward, given, guilt.failed_in(report))
    report.guilty = found or report.guilty
    report.note(ONCE if found else "" if report.guilty else NONE)


def _first(proof, backward, given, modes):
    reached = Reached(proof, "rev" if backward else "fwd", given)
    for step, around in spread(calls(proof, proof.steps, asked)):
        try:
            if _is_wrong(proof.primal, step, backward, reached, modes):
                return guilt.named(step, TWICE, around)
        except (Unsupported, Endless):
            continue
    return None


def _is_wrong(replay, step, backward, reached, modes):
    """Whether JAX's second derivatives of one equation are not those of its function."""
    first, draw = guilt.proof_of(replay, step), np.random.default_rng(0)
    _, given = (backwards if backward else forwards)(first.flat, draw)
    given = reached.masked(replay, step, given)
    if given is None or left_out(first, "ok"):
        return False

    def slopes(*numbers):
        return (
            jax.vjp(first.flat, *numbers)[1](given)
            if backward
            else jax.jvp(first.flat, numbers, tuple(given))[1]
        )

    second, curvature = Proof(first.flat.slopes(slopes)), Curvature(first, given, backward)
    for mode in (*modes, *(mode for mode in ("rev", "fwd") if mode not in modes)):
        try:
            answers = second.answers(mode, begun(second, mode, draw))
        except JaxRefuses:
            continue
        curvature.correct(second, mode, answers)
        if any(leaf_of(answer, mode).verdict == "wrong" for answer in answers):
            return True
    return False
