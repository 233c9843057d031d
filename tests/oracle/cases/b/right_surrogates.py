"""Right by declaration: straight-through, reversal, clipping and scaling of gradients."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.oracle.cases import exact
from tests.oracle.cases.case import array, right
from tests.oracle.cases.exact import Gradient, mp


def numbers(*xs):
    """Numbers in 80 digits."""
    """Numbers as mpmath arrays."""
    return np.array([mp.mpf(x) for x in xs])


@right(
    kind="surrogate", modes=("rev",), proof=lambda x: (numbers(1, -1) + (x - numbers("0.75", "-1.25"))) ** 2
)
def straight_through_rounding():
    """Declared slope one for round: 2 round(x)."""
    ste_round = jax.custom_vjp(lambda x: jnp.round(x))
    ste_round.defvjp(lambda x: (jnp.round(x), None), lambda _, g: (g,))
    return lambda x: ste_round(x) ** 2, (array([0.75, -1.25]),), [ste_round]


@right(kind="surrogate", proof=lambda x: 3 * (numbers(1, -1) + numbers(1, 0) * (x - numbers("0.5", "-2.5"))))
def sign_with_a_clipped_straight_through_slope():
    """Declared slope 1 for |x| <= 1 and 0 beyond."""
    ste_sign = jax.custom_jvp(lambda x: jnp.sign(x))
    ste_sign.defjvp(lambda p, t: (ste_sign(p[0]), jnp.where(jnp.abs(p[0]) <= 1, t[0], 0.0)))
    return lambda x: 3 * ste_sign(x), (array([0.5, -2.5]),), [ste_sign]


@right(kind="surrogate", modes=("rev",), proof=lambda x: exact.sin(2 * numbers("0.5", "1.5") - x))
def gradient_reversal():
    """Identity forwards, minus one backwards, by declaration."""
    reverse = jax.custom_vjp(lambda x: x)
    reverse.defvjp(lambda x: (x, None), lambda _, g: (-g,))
    return lambda x: jnp.sin(reverse(x)), (array([0.5, 1.5]),), [reverse]


@right(
    kind="surrogate",
    modes=("rev",),
    proof=Gradient(lambda a, u: [np.clip(6 * np.asarray(a[0], float) * np.asarray(u[0], float), -1, 1)]),
)
def gradient_clipping_in_the_backward_pass():
    """The cotangent is clipped to [-1, 1] by declaration."""
    clip_grad = jax.custom_vjp(lambda x: x)
    clip_grad.defvjp(lambda x: (x, None), lambda _, g: (jnp.clip(g, -1, 1),))
    return lambda x: 3 * clip_grad(x) ** 2, (array([0.0625, 2.0, -3.0]),), [clip_grad]


@right(kind="surrogate", proof=lambda x: exact.exp(numbers("0.5", "-1") + (x - numbers("0.5", "-1")) / 4))
def gradient_scaling():
    """A quarter of the slope, by declaration."""
    scale_grad = jax.custom_jvp(lambda x: x)
    scale_grad.defjvp(lambda p, t: (p[0], 0.25 * t[0]))
    return lambda x: jnp.exp(scale_grad(x)), (array([0.5, -1.0]),), [scale_grad]


@right(
    kind="surrogate",
    proof=lambda v: (
        numbers(1, 0) * 2 + 2 * (v - numbers("0.5", "-1")) / (1 + exact.absolute(numbers("0.5", "-1"))) ** 2
    ),
)
def spiking_neuron_with_a_surrogate_slope():
    """A step forwards; the declared slope is 1/(1 + |v|)^2."""
    spike = jax.custom_jvp(lambda v: (v > 0).astype(v.dtype))
    spike.defjvp(lambda p, t: (spike(p[0]), t[0] / (1 + jnp.abs(p[0])) ** 2))
    return lambda v: 2 * spike(v), (array([0.5, -1.0]),), [spike]
