"""Wrong: rules of JAX, or of programs, that fail at a point."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.oracle.cases import exact
from tests.oracle.cases.case import JAX, array, wrong
from tests.oracle.cases.exact import mp


@wrong(
    JAX + "pull/37729",
    kind="branch at a point",
    guilty="select_n",
    proof=lambda b: exact.log(np.sum(b * exact.exp(np.array([mp.mpf(0.5), mp.mpf(1), mp.mpf(-0.25)])))),
)
def logsumexp_with_a_zero_weight():
    """d/db log(sum b exp a) at b_i = 0 is exp(a_i)/sum; JAX replaces a by -inf there and returns 0."""
    return lambda b: jax.scipy.special.logsumexp(array([0.5, 1.0, -0.25]), b=b), (array([2.0, 0.0, 5.0]),)


@wrong(JAX + "issues/40629", kind="cancellation", guilty="div", x64=True, proof=lambda x: exact.sinc(x))
def sinc_next_to_zero():
    """sinc'(x) is -pi^2 x/3 near 0, about -4e-16 here; JAX subtracts two numbers near 1 and divides by x."""
    return jnp.sinc, (array(-1.1102230246251565e-16),)


@wrong(JAX + "issues/11467", kind="zero rule", guilty="bitcast_convert_type", proof=lambda x: 2 * x)
def doubling_by_the_exponent_bits():
    """Adding one to the exponent doubles x, slope 2; JAX returns 0."""

    def f(x):
        bits = lax.bitcast_convert_type(x, jnp.int32) + (1 << 23)
        return lax.bitcast_convert_type(bits, jnp.float32)

    return f, (array([1.5, -3.25]),)


@wrong(
    JAX + "issues/37635",
    kind="special function",
    guilty="digamma",
    x64=True,
    proof=lambda x: exact.digamma(x),
)
def digamma_at_a_negative_half_integer():
    """digamma'(-16.5) = 9.81; JAX's polygamma returns -0.0588."""
    return lax.digamma, (array(-16.5),)


@wrong(JAX + "issues/2107", kind="kink that is none", guilty="abs", proof=lambda x: exact.softplus(x))
def softplus_from_relu_and_abs():
    """softplus has slope 1/2 at 0; relu takes 0 and abs takes 1 there, so JAX returns -1/2."""
    return lambda x: jax.nn.relu(x) + jnp.log1p(jnp.exp(-jnp.abs(x))), (array(0.0),)


@wrong(
    JAX + "issues/15598",
    kind="branch at a point",
    guilty="select_n",
    x64=True,
    proof=lambda a: (a - 1) * mp.log(mp.mpf(0.25)) + mp.log(mp.mpf(0.75)) - mp.log(mp.beta(a, 2)),
)
def beta_log_density_at_a_equal_to_1():
    """d/da of (a-1) log x + ... includes log x at a = 1; the where at a - 1 = 0 drops it."""

    def xlogy(x, y):
        return jnp.where(x == 0, 0.0, x * jnp.log(y))

    def f(a):
        lbeta = lax.lgamma(a) + lax.lgamma(2.0) - lax.lgamma(a + 2)
        return xlogy(a - 1, 0.25) + jnp.log(0.75) - lbeta

    return f, (array(1.0),)


@wrong(
    JAX + "issues/40634", kind="overflow", guilty="asinh", proof=lambda x: exact.log(x + exact.sqrt(x**2 + 1))
)
def inverse_hyperbolic_sine_of_a_huge_number():
    """asinh'(1e22) = 1e-22; JAX squares x in float32, overflows and returns 0."""
    return jnp.arcsinh, (array(1e22),)


@wrong(
    JAX + "issues/40626",
    kind="double counting",
    guilty="scatter-max",
    proof=lambda u: np.array([mp.mpf(0), mp.mpf(0.5), u]),
)
def scatter_max_with_a_clipped_index():
    """The index 7 clips to the last entry, which u replaces: slope 1; JAX gives inf."""
    dims = lax.ScatterDimensionNumbers(
        update_window_dims=(), inserted_window_dims=(0,), scatter_dims_to_operand_dims=(0,)
    )
    x, i = np.array([0.0, 0.5, 1.0], np.float32), np.array([[7]])
    return lambda u: lax.scatter_max(array(x), i, u[None], dims, mode="clip"), (array(5.0),)


@wrong(
    JAX + "issues/40421",
    kind="linear algebra",
    guilty="cholesky",
    roundings=200,
    proof=lambda a: exact.cholesky(np.triu(a) + np.triu(a, 1).T).T,
)
def upper_Cholesky_factor():
    """Only the upper triangle is read; JAX puts part of the slope into the lower one."""
    return lambda a: jax.scipy.linalg.cholesky(a, lower=False), (array([[4.0, 1.0], [1.0, 3.0]]),)


@wrong(JAX + "issues/40628", kind="kink that is none", guilty="abs", proof=lambda x: mp.besseli(0, x))
def scipys_Bessel_i0_at_zero():
    """I0 is even and smooth, slope 0 at 0; in exp|x| i0e(x) JAX takes slope 1 for |x| and 0 for i0e: 1."""
    return jax.scipy.special.i0, (array(0.0),)


@wrong(JAX + "issues/3024", kind="kink that is none", guilty="ceil", proof=lambda x: 2 * x)
def linear_resampling_at_a_grid_point():
    """The samples lie on a line of slope 2; floor and ceil coincide at the grid point and the slope comes
    out 0.
    """
    a = array([0.0, 2.0, 4.0])

    def f(x):
        lo, hi = jnp.floor(x), jnp.ceil(x)
        return (1 - (x - lo)) * a[lo.astype(int)] + (x - lo) * a[hi.astype(int)]

    return f, (array(1.0),)
