"""Right: slopes that stop_gradient holds back on purpose."""

import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.oracle.cases import exact
from tests.oracle.cases.case import array, right
from tests.oracle.cases.exact import mp


@right(kind="declared by stop_gradient", proof=lambda x: x * mp.mpf(1.75))
def stop_gradient_on_one_factor():
    """One factor is held fixed on purpose: slope x, not 2x."""
    return lambda x: x * lax.stop_gradient(x), (array(1.75),)


@right(kind="stop_gradient without effect", proof=lambda x: exact.logsumexp(x))
def logsumexp_shifted_by_a_stopped_maximum():
    """The shift cancels, so stopping its gradient changes nothing: softmax."""

    def f(x):
        m = lax.stop_gradient(jnp.max(x))
        return m + jnp.log(jnp.sum(jnp.exp(x - m)))

    return f, (array([500.0, 499.0, 498.5]),)


@right(
    kind="declared by stop_gradient",
    proof=lambda w: (mp.mpf(2) * w[0] - (1 + mp.mpf(1.5) * mp.mpf(0.5))) ** 2 + 0 * w[1],
)
def squared_error_to_a_stopped_target_network():
    """The bootstrap target is held fixed on purpose."""

    def f(w):
        target = 1.0 + 1.5 * lax.stop_gradient(w[1])
        return (2.0 * w[0] - target) ** 2

    return f, (array([0.25, 0.5]),)


SHIFT = np.array([mp.mpf(0.25), mp.mpf(0.25)])


@right(kind="declared by stop_gradient", proof=lambda x: (x + SHIFT) ** 2)
def vector_quantisation_pass_through():
    """x + stop(round(x) - x): the value is rounded, the slope of the inner map is 1 by intention."""
    return lambda x: (x + lax.stop_gradient(jnp.round(x) - x)) ** 2, (array([0.75, -1.25]),)
