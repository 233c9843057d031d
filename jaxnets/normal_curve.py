"""The standard normal curve and the share of it below a number, on arrays, with slopes of all orders and all
digits in both tails. x: [...], floats of any size; a: |x|."""

import jax.numpy as jnp
from jax import lax

from .stable import _horner, with_slope

SQRT_TWO_PI = 2.5066282746310002
FAR, FAR_SHORT = 64, 16  # normal_pdf is 0 from 39 on, and from 15 on in types shorter than float64
# (a + 1) * R(a) as a polynomial in u = (a - 4) / (a + 4), where R(a) = (1 - normal_cdf(a)) / normal_pdf(a):
# Mills' ratio, a Chebyshev series summed in 60 digits. The short one is for float32.
MILLS = (
    1.1832619145678034, -0.2423996705218074, 0.035091880234748005, 0.07169048120136096,
    -0.0807080096790523, 0.04495912907942534, -0.01253910362039814, -0.0007159509389343426,
    0.001741848773732585, -0.00023670148962287867, -0.00022021557569575163, 5.3265639600963697e-05,
    3.4158814331838304e-05, -8.601886632345369e-06, -6.553354455258487e-06, 1.010149243523867e-06,
    1.3907627079853225e-06, 1.063398047097877e-08, -2.8692999652122816e-07, -5.844326186466464e-08,
    5.0778441223622434e-08, 2.2205063937463925e-08, -6.562440237066926e-09, -4.779664949172993e-09,
    4.4802333823089844e-10, 4.934984427672993e-10,
)  # fmt: skip
MILLS_SHORT = (
    1.183261905003296, -0.24239965322841212, 0.035092579442418156, 0.0716899901274411,
    -0.0807163453792018, 0.04496313583061264, -0.012502345564494057, -0.0007300993390324564,
    0.0016668794578253972, -0.00021194549193020052, -0.00014561313280773365, 3.150467452294298e-05,
)  # fmt: skip


@with_slope(lambda x, y: -x * y)
def normal_pdf(x):
    """exp(-x**2 / 2) / sqrt(2 * pi): x in two parts, as exp would show the rounding of x**2."""
    bits = jnp.finfo(x.dtype)
    a = jnp.minimum(jnp.abs(x), FAR if x.dtype == jnp.float64 else FAR_SHORT)
    high = lax.reduce_precision(a, bits.nexp, bits.nmant // 2 - 1)
    low = a - high
    most = jnp.exp(-high * high / 2) / SQRT_TWO_PI
    return most * (1 + jnp.expm1(-low * (high + low / 2)))  # of a product of two exp XLA makes one


@with_slope(lambda x, y: normal_pdf(x))
def normal_cdf(x):
    """The probability that a standard normal number is below x; small ones have all their digits."""
    a = jnp.minimum(jnp.abs(x), 64)
    u = (a - 4) / (a + 4)
    ratio = _horner(MILLS if x.dtype == jnp.float64 else MILLS_SHORT, u) / (a + 1)
    tail = normal_pdf(a) * ratio
    return jnp.where(x > 0, 1 - tail, tail)
