"""What JAX itself does not differentiate."""

import jax
import numpy as np

from .flat import weights

# What JAX, or a user's rule, raises where there is no derivative.
REFUSALS = (TypeError, ValueError, NotImplementedError, AssertionError)


def words(error):
    """The first line of an error, in words."""
    if isinstance(error, AssertionError) and "ValAccum" in str(error):
        return "a custom rule is not linear in its tangents"
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def refusal(flat, mode):
    """What JAX says where it has no derivative of a `Flat` function in a mode; None where it has one.

    >>> from microgrid.oracle.flat import Flat
    >>> refusal(Flat(jnp.nextafter, (1.0, 2.0)), "fwd")
    "Differentiation rule for 'nextafter' not implemented"
    """
    draw = np.random.default_rng(0)
    if mode == "rev":
        given = weights(draw, jax.eval_shape(flat, *flat.numbers))
    else:
        given = weights(draw, flat.numbers)
    try:
        if mode == "rev":
            jax.eval_shape(lambda *numbers: jax.vjp(flat, *numbers)[1](given), *flat.numbers)
        else:
            jax.eval_shape(lambda *numbers: jax.jvp(flat, numbers, tuple(given)), *flat.numbers)
    except REFUSALS as error:
        return words(error)
    return None
