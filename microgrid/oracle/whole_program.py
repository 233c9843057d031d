"""What the replay of a whole program proves of the gradient that JAX takes of it, told to a report."""

import numpy as np

from . import cancellation, floats, guilt, overflow, slopes, width
from .cotangents import begun
from .custom_rules import linearity, rule_by_rule
from .custom_rules.custom_root import reaching, tell
from .judgement import largest, leaf_of, narrower, too_large
from .loops import iterations, tolerances
from .loops.limits import ALONG, GIVEN_UP, Endless
from .not_finite import finite
from .programs import unproven
from .proof import JaxRefuses
from .refusals import changing, refuse, returns
from .report import Report

ROUNDED = (
    "rounding made the numbers of a choice equal: what JAX makes of them lies between the slopes of its sides"
)


def prove(report, proof, modes, draw, prefix, curvature):
    """Fill the report with what the replay of the whole program proves; the modes that JAX refuses. prefix:
    what stands before a mode; curvature: of the function whose gradient program this is, or None."""
    report.declare(proof.primal.declared)
    if not (returns(report, proof.flat, proof.outputs) and finite(report, proof)):
        return []
    refused, given = [], {}
    for mode in modes:
        refused += [] if _look(report, proof, mode, draw, prefix, curvature) else [mode]
        given[mode] = proof.given
        if width.again(report):
            return refused
    if proof.engine is floats:
        report.note("run in float64 only: what rounding there could hide is not seen")
        if proof.primal.ties:
            report.note("it chose between equal numbers: float64 does not look at their other sides")
    if proof.dim and not prefix and not report.failed:  # a gradient's rules may be right only together
        guilt.look_alone(report, proof, report.leaves, guilt.TOO_SMALL, plainly=True)
    if not report.failed:
        _ask_rules(report, proof, {m: given[m] for m in modes if m not in refused}, prefix, curvature)
    if not report.failed:
        report.note(iterations.ARRIVED if proof.arrived else "")
        report.note(tolerances.TOLERANT if proof.tolerant else "")
    if proof.misread and report.failed:
        report.note(proof.misread)
    elif proof.misread:  # nothing that passes rests on a number that is in doubt
        report.refuse(proof.misread)
    tell(report, [*proof.primal.notices, *reaching(proof.primal, proof.outputs)])
    if len(refused) == len(modes):
        refuse(report, proof.flat)
    elif report.verdict in ("wrong", "nonfinite", "unexplained"):
        _blame(report, proof)
    elif kinks := [leaf for leaf in report.leaves if leaf.verdict == "kink"]:
        guilt.look_alone(report, proof, kinks, guilt.AT_A_KINK)
    return refused


def _ask_rules(report, proof, given, prefix, curvature):
    """Ask the custom rules of a run for more than they were: each by itself whether it is linear, and then
    the whole with other weights, or in other directions. given: what each mode was asked for first."""
    for mode, first in given.items():
        only = [*given] == ["fwd"]
        _one_by_one(report, proof, (mode, prefix), unproven(mode, only), first)
        if proof.turns(mode, only) and not report.failed:
            for word, other in linearity.others(*slopes.along(proof.flat, mode, first, report.note)):
                _turn_round(report, proof, mode, other, (prefix, word), curvature)


def _blame(report, proof):
    """Say which equation makes a report fail, and what may be meant by it; refuse a function that changes
    from call to call."""
    if not proof.repeats():
        return report.refuse(changing(report.name))
    report.guilty = report.guilty or guilt.first(proof, report.verdict, guilt.failed_in(report))
    report.note(guilt.narrowed(proof) if report.verdict == "unexplained" else "")
    report.note(iterations.advice(proof.steps, proof.surrogates) if report.verdict == "wrong" else "")


def _one_by_one(report, proof, mode, names, given):
    """Add the first custom rule that is not linear to the report. mode: with what stands before it."""
    if found := rule_by_rule.first(proof, mode[0], names, given, report.note):
        leaf, report.guilty = found
        leaf.mode = f"{mode[1]}{mode[0]}"
        report.leaves.append(leaf)
        report.note(linearity.BROKEN.format(ALONG[mode[0]]))


def _turn_round(report, proof, mode, given, words, curvature):
    """Add what is wrong in one mode with other weights, or in another direction, to the report. words: what
    stands before the mode, and how these differ from the first."""
    turned = Report(report.name)
    try:
        _look(turned, proof, mode, None, "".join(words) + " ", curvature, given)
    except Endless:
        return report.note(GIVEN_UP.format(ALONG[mode]))
    report.vague, report.lost = report.vague or turned.vague, report.lost or turned.lost
    if turned.failed and linearity.counts(words[1], turned.verdict) and not report.failed:
        report.leaves, report.refused = report.leaves + turned.leaves, turned.refused
        report.note(linearity.BROKEN.format(ALONG[mode]))


def _look(report, proof, mode, draw, prefix, curvature, given=None):
    """Add the leaves of one mode to the report; False where JAX has no derivative in that mode."""
    try:
        answers = proof.answers(mode, given or begun(proof, mode, draw))
    except JaxRefuses as error:
        report.note(f"no {'forward' if mode == 'fwd' else 'reverse'} mode: {error}")
        return False
    if curvature is not None:
        curvature.correct(proof, mode, answers)
    width.look(report, answers)
    proof.dim |= any(answer.dim for answer in answers)
    proof.excused |= any(map(_excused, answers))
    if proof.engine is floats and proof.primal.ties:  # which float64 cannot open
        report.vague |= any(answer.apart.any() for answer in answers)
    scale = max(map(largest, answers), default=0.0)
    report.note(ROUNDED if any(answer.rounded for answer in answers) else "")
    for answer in answers:
        report.note(narrower(answer))
        leaf = leaf_of(answer, f"{prefix}{mode}", scale)
        report.leaves.append(leaf)
        if len(answer.got):
            leaf.condition = answer.condition(leaf.at)
        underflow = leaf.verdict == "unexplained" and answer.underflows(scale)[leaf.at]
        far = np.flatnonzero(~answer.near & ~answer.apart).tolist()
        if hanging := [answer.vague(k) for k in far if answer.hangs(k)]:
            note = "a choice hangs on rounding: what JAX took the other side of is "
            note += "not known to be right there" if any(hanging) else "right there, to rounding"
            report.note(note)
        if leaf.verdict == "imprecise" or underflow:
            leaf.cancelled = (cancellation.flushed if underflow else cancellation.found)(answer, leaf.at)
    if given is None and any(leaf.verdict == "nonfinite" for leaf in report.leaves[-len(answers) :]):
        large = dict.fromkeys(answer.dtype for answer in answers if too_large(answer))
        for note in overflow.notes(proof.flat, mode, proof.given, large):
            report.note(note)
    report.leaves += [leaf_of(stray, f"{prefix}{mode}") for stray in proof.strays]
    return True


def _excused(answer):
    """Whether a number of JAX's program is proven to be another one than the truth, and no kink is why."""
    return any(not answer.within(answer.hulls[k], k) for k in np.flatnonzero(answer.apart).tolist())
