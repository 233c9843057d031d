"""check_grads: is the gradient that JAX takes of a function the derivative of that function?"""

from dataclasses import replace

import jax
import numpy as np

from . import (
    cancellation,
    exact,
    floats,
    guilt,
    iterations,
    linearity,
    loop_tolerances,
    rule_by_rule,
    sample as sampling,
    slopes,
    width,
)
from .arrays import Unsupported
from .call import MODES, call, check_pair
from .cotangents import begun
from .curvature import Curvature, backwards, forwards, left_out
from .custom_root import reaching, tell
from .flat import Flat
from .judgement import largest, leaf_of, narrower
from .levels import warn
from .loop_limits import ALONG, GIVEN_UP, Endless
from .not_finite import finite
from .programs import unproven
from .proof import JaxRefuses, Proof
from .refusals import changing, refusal, refuse, returns
from .report import Report, told
from .tracing import untraced


class GradientError(AssertionError):
    """A gradient that is wrong, or could not be shown to be right; `report` says more."""

    def __init__(self, report):
        super().__init__(str(report))
        self.report = report


def check_grads(
    f,
    args,
    order=1,
    modes=MODES,
    atol=None,
    rtol=None,
    eps=None,
    *,
    seed=0,
    engine="exact",
    surrogate=(),
    sample=None,
    raises=True,
):
    """Proves the gradient that JAX takes of a function right or wrong, without a step size or a tolerance.

        truth(f, x, w) - grad(f, x, w) contains 0,  both run in balls of 50 digits

    truth: the program of f at args, differentiated scalar by scalar with the rules of `microgrid`; grad: the
    program that JAX makes of it. f: any function of pytrees of arrays, jitted or not; args: a tuple. What is
    not a float (integers, booleans, random keys) is fixed. order: 1, or 2 for the gradient of the gradient
    too; modes: "fwd", "rev" or both, where a function with a custom_vjp has no forward mode. Outputs are
    contracted with random weights drawn from `seed`. engine: "exact" runs both in balls; "float64" in float64
    with a bound of rounding instead, for large programs: quick, but no proof, which the report says.
    surrogate: functions made by custom_vjp or custom_jvp whose rules are declared to be the truth, such as a
    straight-through estimator or a reversal of gradients; the report lists them. sample: for models too large
    to replay, how many random coordinates of each equation to look at instead, 32 say; the best verdict is
    then "sampled", and report.tally says how much was looked at and what would have been found. atol, rtol,
    eps: what jax.test_util.check_grads takes, ignored with a warning.

    Returns a `Report`. Raises `GradientError`, an AssertionError that carries it, where report.verdict is
    wrong, nonfinite, unexplained or unsupported and raises=True; warns where it is imprecise.

    >>> print(check_grads(jnp.tanh, (0.5,)).verdict)
    ok
    """
    __tracebackhide__ = True
    ignored = [name for name, x in (("atol", atol), ("rtol", rtol), ("eps", eps)) if x is not None]
    if ignored:
        warn(f"check_grads: {', '.join(ignored)} ignored: nothing is estimated.")
    check_pair("check_grads", f, args)
    asked = call("check_grads", order, modes, seed, engine, surrogate, sample, raises)
    return concluded(examined(f, args, asked), asked, raises)


def examined(f, args, asked):
    """The `Report` on f at args, as asked by a `Call`."""
    for engine, bits in asked.attempts:
        report = Report(told(f))
        with exact.precision(bits), np.errstate(all="ignore"), jax.debug_nans(False), jax.debug_infs(False):
            _check(report, Flat(f, args), replace(asked, engine=engine))
        if not report.vague:
            break
    width.refuse(report)
    return report


def concluded(report, asked, raises):
    """The report, with what was declared in vain; raises, or warns, where its verdict asks for it."""
    __tracebackhide__ = True
    report.missed(asked.declared)
    if raises and report.failed:
        raise GradientError(report)
    if report.verdict in ("imprecise", "approximate"):
        warn(str(report))
    return report


def _check(report, flat, asked, prefix="", curvature=None):
    """Fill the report, as asked by a `Call`; curvature: of the function whose gradient program this is."""
    if not flat.numbers:
        sentence = f"{report.name} has no float argument to differentiate: {flat.kinds}"
        return report.refuse(f"{sentence}. Fix: {flat.fix}.")
    if flat.closed:
        return report.refuse(
            f"{report.name} takes floats inside {flat.closed}, which is no pytree, so that nothing in it can "
            "be differentiated. Fix: jax.tree_util.register_dataclass, or arrays as arguments."
        )
    draw, modes, proof = np.random.default_rng(asked.seed), asked.modes, None
    try:
        if asked.sample:
            refused = sampling.check(report, flat, modes, draw, asked.declared, asked.sample, prefix)
        else:
            proof = Proof(flat, asked.engine, asked.declared, hasty=exact.bits() < exact.PRECISIONS[-1])
            refused = _prove(report, proof, modes, draw, prefix, curvature)
    except Unsupported as error:
        refused = [said for mode in modes if (said := refusal(flat, mode))]
        if len(refused) == len(modes):
            return refuse(report, flat, refused[0])
        return report.refuse(str(error))
    except Exception as error:
        if not (sentence := untraced(report.name, flat, error)):
            raise
        return report.refuse(sentence)
    if asked.order == 2 and not report.failed and not width.again(report):
        backward = not ("rev" in refused or modes == ("fwd",))
        made, given = (backwards if backward else forwards)(flat, draw)
        reason = left_out(proof, report.verdict)
        report.note(reason)
        curvature = None if reason else Curvature(proof, given, backward)
        _check(report, made, replace(asked, order=1, seed=asked.seed + 1), "second order, ", curvature)


def _prove(report, proof, modes, draw, prefix, curvature):
    """Fill the report with what the replay of the whole program proves; the modes that JAX refuses."""
    report.declare(proof.primal.declared)
    if not (returns(report, proof.flat, proof.outputs) and finite(report, proof)):
        return []
    refused, along = [], {}
    for mode in modes:
        refused += [] if _look(report, proof, mode, draw, prefix, curvature) else [mode]
        along[mode] = proof.given
        if width.again(report):
            return refused
    if proof.engine is floats:
        report.note("run in float64 only: what rounding there could hide is not seen")
        if proof.primal.ties:
            report.note("it chose between equal numbers: float64 does not look at their other sides")
    if proof.dim and not prefix and not report.failed:  # a gradient's rules may be right only together
        guilt.look_alone(report, proof, report.leaves, guilt.TOO_SMALL, plainly=True)
    seen = [mode for mode in modes if mode not in refused]
    for mode in seen if not report.failed else ():
        only = seen == ["fwd"]
        _one_by_one(report, proof, (mode, prefix), unproven(mode, only), along[mode])
        if proof.turns(mode, only) and not report.failed:
            for word, given in linearity.others(*slopes.along(proof.flat, mode, along[mode], report.note)):
                _turn_round(report, proof, mode, given, (prefix, word), curvature)
    if not report.failed:
        report.note(iterations.ARRIVED if proof.arrived else "")
        report.note(loop_tolerances.TOLERANT if proof.tolerant else "")
    if proof.misread and report.failed:
        report.note(proof.misread)
    elif proof.misread:  # nothing that passes rests on a number that is in doubt
        report.refuse(proof.misread)
    tell(report, [*proof.primal.notices, *reaching(proof.primal, proof.outputs)])
    if len(refused) == len(modes):
        refuse(report, proof.flat)
    elif report.verdict in ("wrong", "nonfinite", "unexplained"):
        if not proof.repeats():
            report.refuse(changing(report.name))
            return refused
        report.guilty = report.guilty or guilt.first(proof, report.verdict, guilt.failed_in(report))
        report.note(guilt.narrowed(proof) if report.verdict == "unexplained" else "")
        report.note(iterations.advice(proof.steps, proof.surrogates) if report.verdict == "wrong" else "")
    elif kinks := [leaf for leaf in report.leaves if leaf.verdict == "kink"]:
        guilt.look_alone(report, proof, kinks, guilt.AT_A_KINK)
    return refused


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
        curvature.correct(answers, proof.given)
    width.look(report, answers)
    proof.dim |= any(answer.dim for answer in answers)
    if proof.engine is floats and proof.primal.ties:  # which float64 cannot open
        report.vague |= any(answer.apart.any() for answer in answers)
    scale = max(map(largest, answers), default=0.0)
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
    report.leaves += [leaf_of(stray, f"{prefix}{mode}") for stray in proof.strays]
    return True
