"""Wrong: windows, lookups, sums over a batch, random masks, loops."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.oracle.cases.case import VJP, array, normal, wrong
from tests.oracle.cases.exact import mp


def _pool5(x):
    """Means of two, two and one entries."""
    return np.array([(x[0] + x[1]) / 2, (x[2] + x[3]) / 2, x[4]])


@wrong("https://github.com/tracel-ai/burn/issues/5604", kind="window", **VJP, proof=_pool5)
def average_pool_with_a_short_last_window():
    """The last window holds one entry, slope 1; the backward pass divides by the full window, 1/2."""

    @jax.custom_vjp
    def pool(x):
        s = jnp.concatenate([x, jnp.zeros(1)]).reshape(3, 2).sum(1)
        return s / array([2.0, 2.0, 1.0])

    pool.defvjp(lambda x: (pool(x), None), lambda _, g: (jnp.repeat(g / 2, 2)[:5],))
    return pool, (array(normal(5, seed=1)),)


@wrong(
    "https://github.com/pytorch/pytorch/pull/188345",
    kind="window",
    **VJP,
    proof=lambda x: np.array([x[0], x[1] + x[2], x[3]]) / mp.mpf(2),
)
def average_pool_whose_backward_forgets_the_padding_offset():
    """With one zero padded on each side entry i lies in windows (i+1)//2; the rule uses i//2."""

    @jax.custom_vjp
    def pool(x):
        return jnp.pad(x, 1).reshape(3, 2).sum(1) / 2

    pool.defvjp(lambda x: (pool(x), None), lambda _, g: (g[np.arange(4) // 2] / 2,))
    return pool, (array(normal(4, seed=2)),)


@wrong(kind="window", **VJP, proof=lambda x: np.array([x[i] + x[i + 1] + x[i + 2] for i in range(4)]))
def moving_sum_with_a_window_off_by_one():
    """Each entry feeds three windows; the backward pass adds only two of them."""

    @jax.custom_vjp
    def f(x):
        return x[:-2] + x[1:-1] + x[2:]

    f.defvjp(lambda x: (f(x), None), lambda _, g: (jnp.pad(g, (0, 2)) + jnp.pad(g, (1, 1)),))
    return f, (array(normal(6, seed=1)),)


@wrong(kind="broadcasting", **VJP, proof=lambda x, b: x + b)
def bias_gradient_averaged_over_the_batch():
    """A broadcast bias collects the sum over the batch; the rule takes the mean."""

    @jax.custom_vjp
    def f(x, b):
        return x + b

    f.defvjp(lambda x, b: (f(x, b), None), lambda _, g: (g, g.mean(0)))
    return f, (array(normal(5, 3, seed=2)), array(normal(3, seed=3)))


@wrong(kind="window", **VJP, proof=lambda x: np.array([x[1], x[1]]))
def overlapping_max_pool_that_overwrites():
    """One entry is the maximum of two windows and should collect both; the rule keeps the last."""

    def arg(x):
        return jnp.stack([jnp.argmax(x[:3]), 1 + jnp.argmax(x[1:])])

    f = jax.custom_vjp(lambda x: x[arg(x)])
    f.defvjp(lambda x: (f(x), x), lambda x, g: (jnp.zeros_like(x).at[arg(x)].set(g),))
    return f, (array([0.5, 2.0, -1.0, 1.0]),)


@cache
def _mask():
    """What the key keeps."""
    return [int(b) for b in np.asarray(jax.random.bernoulli(jax.random.key(0), 0.5, (8,)))]


@wrong(kind="stale residual", **VJP, proof=lambda x: x * np.array(_mask()) * 2)
def recomputed_dropout_with_another_key():
    """The backward pass draws a new mask instead of the one the forward pass used."""

    def mask(seed):
        return jax.random.bernoulli(jax.random.key(seed), 0.5, (8,))

    f = jax.custom_vjp(lambda x: jnp.where(mask(0), 2 * x, 0))
    f.defvjp(lambda x: (f(x), None), lambda _, g: (jnp.where(mask(1), 2 * g, 0),))
    return f, (array(normal(8, seed=8)),)


def _rnn(w):
    """Three steps of a tanh cell."""
    h = mp.mpf(0.5)
    for x in (0.25, -0.5, 0.75):
        h = mp.tanh(w * h + x)
    return h


@wrong(kind="detached residual", **VJP, proof=lambda w: _rnn(w))
def recurrence_truncated_to_its_last_step():
    """h depends on the weight through every step; the rule keeps the last step only."""

    def run(w):
        return lax.scan(lambda h, x: (jnp.tanh(w * h + x), None), array(0.5), array([0.25, -0.5, 0.75]))[0]

    f = jax.custom_vjp(run)

    def bwd(w, g):
        h = lax.scan(lambda h, x: (jnp.tanh(w * h + x), None), array(0.5), array([0.25, -0.5]))[0]
        return (g * (1 - jnp.tanh(w * h + 0.75) ** 2) * h,)

    f.defvjp(lambda w: (f(w), w), bwd)
    return f, (array(1.5),)


@wrong(kind="window", **VJP, proof=lambda y: (np.sum(y) - y[0] / 2 - y[-1] / 2) / 8)
def trapezoid_rule_with_full_end_weights():
    """The two ends have weight h/2; the rule gives every sample h."""

    @jax.custom_vjp
    def f(y):
        return (jnp.sum(y) - 0.5 * (y[0] + y[-1])) / 8

    f.defvjp(lambda y: (f(y), None), lambda _, g: (jnp.full(9, g / 8),))
    return f, (array(normal(9, seed=3)),)


@wrong(kind="double counting", **VJP, proof=lambda t, i: t[np.asarray(i)])
def embedding_rows_overwritten_by_their_last_use():
    """A row looked up twice collects both cotangents; the rule keeps one of them."""
    f = jax.custom_vjp(lambda t, i: t[i])
    f.defvjp(lambda t, i: (t[i], (t, i)), lambda r, g: (jnp.zeros_like(r[0]).at[r[1]].set(g), None))
    return f, (array(normal(4, 2, seed=1)), array(np.array([0, 2, 2])))
