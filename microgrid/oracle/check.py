"""check_grads: is the gradient that JAX takes of a function the derivative of that function?"""

import warnings

import jax
import numpy as np

from . import exact, guilt
from .arrays import Unsupported
from .flat import Flat, weights
from .proof import JaxRefuses, Proof
from .verdicts import Report, largest, leaf_of

MODES = ("fwd", "rev")


class GradientError(AssertionError):
    """A gradient that is wrong, or could not be shown to be right; `report` says more."""

    def __init__(self, report):
        super().__init__(str(report))
        self.report = report


def check_grads(f, args, order=1, modes=MODES, atol=None, rtol=None, eps=None, *, seed=0, raises=True):
    """Proves the gradient that JAX takes of a function right or wrong, without a step size or a tolerance.

        truth(f, x, w) - grad(f, x, w) contains 0,  both run in balls of 50 digits

    truth: the program of f at args, differentiated scalar by scalar with the rules of `microgrid`; grad: the
    program that JAX makes of it. f: any function of pytrees of arrays, jitted or not; args: a tuple. What is
    not a float (integers, booleans, random keys) is fixed. order: 1, or 2 for the gradient of the gradient
    too; modes: "fwd", "rev" or both, where a function with a custom_vjp has no forward mode. Outputs are
    contracted with random weights drawn from `seed`. atol, rtol, eps: what jax.test_util.check_grads takes,
    ignored with a warning.

    Returns a `Report`. Raises `GradientError`, an AssertionError that carries it, where report.verdict is
    wrong, nonfinite, unexplained or unsupported and raises=True; warns where it is imprecise.

    >>> print(check_grads(jnp.tanh, (0.5,)).verdict)
    ok
    """
    ignored = [name for name, x in (("atol", atol), ("rtol", rtol), ("eps", eps)) if x is not None]
    if ignored:
        warnings.warn(f"check_grads: {', '.join(ignored)} ignored: nothing is estimated.", stacklevel=2)
    if not isinstance(args, tuple | list):
        raise TypeError(
            f"check_grads: args must be a tuple of arguments; got {type(args).__name__}. Fix: (x,)."
        )
    if order not in (1, 2):
        raise ValueError(f"check_grads: order must be 1 or 2; got {order!r}.")
    report = Report(getattr(f, "__name__", type(f).__name__))
    with exact.precision(exact.BITS):
        _check(report, f, tuple(args), order, _modes(modes), seed)
    if raises and report.failed:
        raise GradientError(report)
    if report.verdict in ("imprecise", "approximate"):
        warnings.warn(str(report), stacklevel=2)
    return report


def _modes(modes):
    modes = (modes,) if isinstance(modes, str) else tuple(modes)
    for mode in modes:
        if mode not in MODES:
            raise ValueError(f"check_grads: modes must be of 'fwd' and 'rev'; got {mode!r}.")
    return modes


def _check(report, f, args, order, modes, seed, prefix=""):
    flat = Flat(f, args)
    if not flat.numbers:
        return report.refuse(f"{report.name} has no float argument to differentiate.")
    draw = np.random.default_rng(seed)
    try:
        proof = Proof(flat)
        if not proof.outputs:
            return report.refuse(f"{report.name} returns no float array, so it has no gradient.")
        if sentence := guilt.not_finite(proof):
            return report.refuse(f"{report.name} {sentence}")
        refused = [mode for mode in modes if not _look(report, proof, mode, draw, prefix)]
        if len(refused) == len(modes):
            return report.refuse(f"JAX does not differentiate {report.name}: {report.notes[-1]}")
        if report.verdict in ("wrong", "nonfinite"):
            report.guilty = guilt.first(proof, report.verdict)
    except Unsupported as error:
        return report.refuse(str(error), error.where)
    if order == 2 and not report.failed:
        _check(report, _gradient(flat, draw), tuple(flat.numbers), 1, modes, seed + 1, "second order, ")
    return None


def _look(report, proof, mode, draw, prefix):
    """Add the leaves of one mode to the report; False where JAX has no derivative in that mode."""
    try:
        answers = proof.answers(mode, draw)
    except JaxRefuses as error:
        note = f"no {'forward' if mode == 'fwd' else 'reverse'} mode: {error}"
        report.notes += [note] if note not in report.notes else []
        return False
    scale = max(map(largest, answers), default=0.0)
    report.leaves += [leaf_of(answer, f"{prefix}{mode}", scale) for answer in answers]
    return True


def _gradient(flat, draw):
    given = weights(draw, jax.eval_shape(flat, *flat.numbers))

    def gradient(*numbers):
        return jax.vjp(flat, *numbers)[1](given)

    return gradient
