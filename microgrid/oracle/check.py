"""check_grads: is the gradient that JAX takes of a function the derivative of that function?"""

from dataclasses import replace

import jax
import numpy as np

from . import constants, exact, guilt, sample as sampling, width
from .arrays import Unsupported
from .call import MODES, call, check_pair
from .curvature import Alone, Curvature, backwards, forwards, left_out, one_program
from .custom_rules import twice
from .flat import Flat
from .levels import warn
from .proof import Proof
from .refusals import refusal, refuse
from .report import Report, told
from .tracing import untraced
from .whole_program import prove


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
    program that JAX makes of it. Outputs are contracted with random weights.

    f: any function of pytrees of arrays, jitted or not.
    args: a tuple. What is not a float (integers, booleans, random keys) is fixed.
    order: 1, or 2 for the gradient of the gradient too: what each mode makes of f is differentiated in each.
    modes: "fwd", "rev" or both, where a function with a custom_vjp has no forward mode.
    seed: of the weights.
    engine: "exact" runs both in balls; "float64" in float64 with a bound of rounding instead, for large
        programs: quick, but no proof, which the report says.
    surrogate: functions made by custom_vjp or custom_jvp whose rules are declared to be the truth, such as a
        straight-through estimator or a reversal of gradients; the report lists them.
    sample: for models too large to replay, how many random coordinates of each equation to look at instead,
        32 say; the best verdict is then "sampled", and report.tally says how much was looked at and what
        would have been found.
    raises: whether a verdict that fails is an error.
    atol, rtol, eps: what jax.test_util.check_grads takes, ignored with a warning.

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
    if flat.hollow:
        return report.refuse(f"{report.name} is given {flat.hollow}. Fix: {flat.fix}.")
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
            refused = prove(report, proof, modes, draw, prefix, curvature)
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
        first = [mode for mode in ("rev", "fwd") if mode in modes and mode not in refused]
        with constants.meant(constants.found(proof) if proof else {}):
            _check_twice(report, flat, asked, proof, draw, first)


def _check_twice(report, flat, asked, proof, draw, first):
    """Add the second order to the report: the slopes of each first mode, differentiated in all modes. Of the
    later first mode only what is worse than all before has lines: the others would say the same twice."""
    report.note(reason := left_out(proof, report.verdict))
    asked = replace(asked, order=1, seed=asked.seed + 1)
    levels = [(mode, *(backwards if mode == "rev" else forwards)(flat, draw)) for mode in first]
    if len(levels) == 2 and one_program(levels[0][1], levels[1][1]):
        levels.pop()
    for later, (mode, made, given) in enumerate(levels):
        found = Report(report.name, tally=report.tally)
        curvature = Alone() if reason else Curvature(proof, given, mode == "rev")
        _check(found, made, asked, f"second order of {mode}, " if later else "second order, ", curvature)
        if curvature:
            twice.blame(found, proof, mode == "rev", given)
        if later and report.verdict == "kink" and found.guilty and found.guilty.verdict == guilt.CHOSEN:
            continue  # where slopes jump, forwards over forwards multiplies means of sides: of no side
        if later and found.refused:
            found.note('met where forward mode is differentiated once more. Fix: modes="rev" leaves that out')
        report.join(found, worse=later > 0)
        if report.verdict in ("wrong", "unsupported") or width.again(report):
            return
