"""Right at large and small scales, and where functions saturate."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.oracle.cases import exact
from tests.oracle.cases.case import array, right


@right(kind="small scale", proof=lambda x: x**3)
def cube_of_numbers_near_1e_minus_10():
    """3x^2, about 3e-20."""
    return lambda x: x**3, (array([1e-10, -3e-10]),)


@right(kind="large scale", x64=True, proof=lambda x: np.sum(x**2))
def squares_of_numbers_near_1e20():
    """2x; the value 1e40 dwarfs any step of size one."""
    return lambda x: jnp.sum(x**2), (array([1e20, -2e20]),)


@right(kind="small scale", proof=lambda x: exact.log(x))
def logarithm_near_1e_minus_30():
    """1/x = 1e30."""
    return jnp.log, (array([1e-30, 5e-25]),)


@right(kind="large scale", proof=lambda x: 1 / x)
def reciprocal_of_1e10():
    """-1/x^2 = -1e-20."""
    return lambda x: 1 / x, (array([1e10, -4e9]),)


@right(kind="mixed scale", x64=True, proof=lambda x: x[0] / x[1] + x[2] * x[0])
def inputs_of_very_different_scales():
    """The partials span forty orders of magnitude."""
    return lambda x: x[0] / x[1] + x[2] * x[0], (array([1e-20, 1e20, 3.0]),)


@right(kind="small scale", x64=True, proof=lambda x: exact.norm(x))
def norm_of_a_vector_near_1e_minus_18():
    """x/|x|, size one."""
    return lambda x: jnp.sqrt(x @ x), (array([3e-18, -4e-18]),)


@right(kind="saturated", proof=lambda x: exact.logsumexp(x))
def logsumexp_at_a_thousand():
    """softmax of (0, -1, -1000)."""
    return jax.nn.logsumexp, (array([1000.0, 999.0, 0.0]),)


@right(kind="saturated", proof=lambda x: exact.softmax(x))
def saturated_softmax():
    """All slopes are below the smallest float32 number: exactly zero."""
    return jax.nn.softmax, (array([1000.0, 0.0, -1000.0]),)


@right(kind="saturated", proof=lambda x: exact.sigmoid(x))
def sigmoid_far_to_the_left():
    """Slope e^-60 and e^-80."""
    return jax.nn.sigmoid, (array([-60.0, -80.0]),)


@right(kind="saturated", proof=lambda x: -exact.softplus(-x))
def log_sigmoid_far_to_the_left():
    """Slope 1 - e^-500."""
    return jax.nn.log_sigmoid, (array([-500.0, 3.0]),)


@right(kind="saturated", proof=lambda x: exact.softplus(x))
def softplus_at_six_hundred():
    """Slope one and e^-50."""
    return jax.nn.softplus, (array([600.0, -50.0]),)


@right(kind="saturated", proof=lambda x: exact.log_softmax(x))
def log_softmax_with_a_huge_gap():
    """e_i - softmax."""
    return jax.nn.log_softmax, (array([300.0, 0.0, -300.0]),)


@right(kind="saturated", proof=lambda x, y: exact.log(exact.exp(x) + exact.exp(y)))
def logaddexp_of_a_thousand():
    """sigmoid(1) and sigmoid(-1); exp alone would overflow."""
    return jnp.logaddexp, (array(1000.0), array(999.0))


@right(kind="saturated", x64=True, proof=lambda x: exact.erfc(x))
def complementary_error_function_at_ten():
    """-2/sqrt(pi) e^-100."""
    return jax.scipy.special.erfc, (array([10.0, 5.0]),)


@right(kind="saturated", proof=lambda x: exact.erf(x))
def error_function_at_three():
    """2/sqrt(pi) e^-9."""
    return jax.scipy.special.erf, (array([3.0, -0.5]),)
