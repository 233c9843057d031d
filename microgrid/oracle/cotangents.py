"""The cotangents, or tangents, that JAX's slopes are taken along first."""

import jax.numpy as jnp

from . import slopes
from .flat import weights, whole
from .programs import VJP_RULE
from .proof import JaxRefuses
from .refusals import REFUSALS

ENDLESS = (
    "a loop of a rule waits until it is near enough, and does not end. Fix: a tolerance that the dtype "
    "reaches, or a limit of its steps"
)


def begun(proof, mode, draw):
    """Random weights of the outputs of a `Proof`, or a direction of its inputs, as `ended` has them."""
    avals = proof.program.out_avals if mode == "rev" else proof.program.in_avals
    given = whole(weights(draw, avals), mode == "rev")
    proof.given = given
    return ended(proof.flat, given) if mode == "rev" and proof.uses(VJP_RULE) else given


def ended(flat, given):
    """Weights of the outputs of a `Flat` function with custom rules; weights of 1 where one runs a loop that
    does not end for those. Raises JaxRefuses where it does not for these either."""
    for one in (given, [jnp.ones_like(w) for w in given]):
        try:
            run, _, waits = slopes.along(flat, "rev", one)
        except REFUSALS:  # said where the slopes are taken
            return given
        if not waits or run(one) is not None:
            return one
    raise JaxRefuses(ENDLESS)
