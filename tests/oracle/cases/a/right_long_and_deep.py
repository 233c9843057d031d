"""Right: long sums and deep chains."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.oracle.cases.case import array, normal, right
from tests.oracle.cases.exact import Gradient, mp


@right(
    kind="long sum", roundings=50, proof=Gradient(lambda a, u: [2 * np.asarray(a[0], float) * float(u[0])])
)
def sum_of_a_hundred_thousand_squares():
    """2x for each of 1e5 terms."""
    return lambda x: jnp.sum(x * x), (array(normal(100_000, seed=1).astype(np.float32)),)


@right(
    kind="long sum", proof=Gradient(lambda a, u: [-np.sin(np.asarray(a[0], float)) / 100_000 * float(u[0])])
)
def mean_of_a_hundred_thousand_cosines():
    """-sin(x)/n, a sum far larger than any one slope."""
    return lambda x: jnp.mean(jnp.cos(x)), (array(normal(100_000, seed=2).astype(np.float32)),)


def _soft(x):
    """softmax in float64."""
    e = np.exp(x - x.max())
    return e / e.sum()


@right(
    kind="long sum",
    roundings=400,
    proof=Gradient(lambda a, u: [_soft(np.asarray(a[0], float)) * float(u[0])]),
)
def log_of_a_sum_over_a_hundred_thousand_terms():
    """softmax over 1e5 entries."""
    return jax.nn.logsumexp, (array(normal(100_000, seed=3).astype(np.float32)),)


@right(
    kind="long sum",
    roundings=3000,
    proof=Gradient(
        lambda a, u: [float(u[0]) * np.sum(np.exp(-np.abs(np.arange(50_000) / 5e4 + float(a[0])))) * -1]
    ),
)
def one_shift_of_a_long_sum():
    """-sum exp(-(t + x)): every term has one sign, the summation order sets the error."""
    t = np.arange(50_000, dtype=np.float32) / 5e4
    return lambda x: jnp.sum(jnp.exp(-(t + x))), (array(0.5),)


def _chain(x):
    """Two hundred sines."""
    for _ in range(200):
        x = mp.sin(x)
    return x


@right(kind="deep chain", roundings=400, proof=lambda x: _chain(x))
def chain_of_two_hundred_sines():
    """A product of two hundred cosines."""
    return lambda x: lax.fori_loop(0, 200, lambda _, y: jnp.sin(y), x), (array(0.75),)


@right(kind="deep chain", roundings=600, proof=lambda x: np.prod(x))
def product_of_two_hundred_factors():
    """The product over the others, no division."""
    return jnp.prod, (array((1 + 0.05 * normal(200, seed=4)).astype(np.float32)),)


def _decay(a):
    """Three hundred steps of a linear recurrence."""
    h = mp.mpf(1)
    for _ in range(300):
        h = a * h + mp.mpf(0.125)
    return h


@right(kind="deep chain", roundings=900, proof=lambda a: _decay(a))
def recurrence_of_three_hundred_steps():
    """d/da of a linear recurrence, a sum over three hundred steps."""
    return lambda a: lax.scan(lambda h, _: (a * h + 0.125, None), jnp.ones_like(a), None, 300)[0], (
        array(0.75),
    )
