"""Wrong: nan, inf or 0 where the derivative is finite."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.oracle.cases import exact
from tests.oracle.cases.case import JAX, array, wrong
from tests.oracle.cases.exact import mp


@wrong(JAX + "issues/23649", kind="nan", guilty="acos", proof=lambda x: x * 0)
def arccos_after_a_clip():
    """Outside [-1, 1] the clip makes f constant; arccos'(1) is infinite and 0 * inf = nan."""
    return lambda x: jnp.arccos(jnp.clip(x, -1, 1)), (array(10.0),)


def _arc(x):
    """The arc-cosine kernel of x and (3, 4)."""
    y = np.array([3, 4])
    c = mp.mpf(x @ y) / (5 * exact.norm(x))
    t = mp.acos(c) if c < 1 else mp.mpf(0)
    return mp.sin(t) + (mp.pi - t) * c


@wrong("https://github.com/GPflow/GPflow/issues/409", kind="nan", guilty="acos", proof=_arc)
def arc_cosine_kernel_on_its_diagonal():
    """The kernel is smooth where both inputs agree (slope 0); arccos'(1) gives inf * 0 = nan."""

    def f(x):
        c = x @ array([3.0, 4.0]) / (5.0 * jnp.sqrt(x @ x))
        t = jnp.arccos(c)
        return jnp.sin(t) + (jnp.pi - t) * c

    return f, (array([3.0, 4.0]),)


@wrong(kind="infinite slope", guilty="cbrt", proof=lambda x: x)
def cube_of_a_cube_root():
    """cbrt(x)^3 = x, slope 1; at 0 the rules give inf * 0 = nan."""
    return lambda x: jnp.cbrt(x) ** 3, (array([0.0, 8.0]),)


@wrong(kind="infinite slope", guilty="sqrt", proof=lambda x: x**2)
def root_of_a_fourth_power():
    """sqrt(x^4) = x^2 has slope 0 at 0; JAX gives nan."""
    return lambda x: jnp.sqrt(x**4), (array([0.0, 1.5]),)


@wrong(kind="nan", guilty="log", modes=("rev",), proof=lambda x: x * 0)
def x_log_x_below_a_threshold():
    """Below 1e-3 f is the constant 0, slope 0; log'(0) is infinite and gives nan."""
    return lambda x: jnp.where(x > 1e-3, x * jnp.log(x), 0.0), (array(0.0),)


@wrong(kind="overflow", guilty="div", x64=True, proof=lambda x, y: mp.sqrt(x**2 + y**2))
def hypotenuse_of_two_huge_sides():
    """The slopes are the sines of the angles; in the rule of the inner quotient y^-2 underflows to 0."""
    return jnp.hypot, (array(1e200), array(1.25e200))


@wrong(kind="overflow", guilty="div", proof=lambda x, y: x / y)
def quotient_of_huge_numbers():
    """d(x/y)/dy = -x/y^2 = -1e-25; JAX forms y^-2 first, which underflows to 0."""
    return lambda x, y: x / y, (array(1e25), array(2e25))


@wrong(kind="overflow", guilty="atan2", proof=lambda y, x: mp.atan2(y, x))
def angle_of_a_tiny_vector():
    """The slopes are about 1e25; x^2 + y^2 underflows to 0 and JAX returns inf or nan."""
    return jnp.arctan2, (array(1e-25), array(2e-25))


@wrong(kind="nan", guilty="log", modes=("rev",), x64=True, proof=lambda z: mp.polylog(2, 1 - z).real)
def dilogarithm_between_one_and_two():
    """spence'(z) = log z/(1 - z); the branch not taken holds log(1 - z), nan for z > 1."""
    return jax.scipy.special.spence, (array(1.25),)


@wrong(kind="kink that is none", guilty="ceil", proof=lambda p: 1 + 2 * p)
def quantile_at_a_sample():
    """The samples are equally spaced, slope 2 on both sides; floor and ceil coincide and JAX returns 0."""
    return lambda p: jnp.quantile(array([1.0, 2.0, 3.0]), p), (array(0.5),)
