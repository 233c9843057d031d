"""Right: integer arguments, loops, branches, batches."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.oracle.cases import exact
from tests.oracle.cases.case import array, normal, right
from tests.oracle.cases.exact import mp


@right(kind="integer argument", proof=lambda t, i: t[np.asarray(i)] ** 2)
def embedding_lookup_with_repeated_ids():
    """Rows used twice collect both slopes, an unused row gets zero."""
    return lambda t, i: t[i] ** 2, (array(normal(4, 2, seed=1)), array(np.array([0, 2, 2])))


@right(
    kind="integer argument",
    roundings=60,
    proof=lambda z, y: -exact.log_softmax(z)[np.arange(3), np.asarray(y)],
)
def cross_entropy_with_integer_labels():
    """softmax - one hot."""
    import optax

    return optax.softmax_cross_entropy_with_integer_labels, (
        array(normal(3, 4, seed=2)),
        array(np.array([0, 3, 1])),
    )


@right(kind="integer argument", proof=lambda x, n: x ** int(n))
def integer_power_given_as_an_argument():
    """n x^(n-1)."""
    return lambda x, n: x**n, (array([1.5, -2.0]), array(np.int32(3)))


@right(kind="integer argument", proof=lambda x, i: np.array([x[0] ** 2 + x[2] ** 2, x[1] ** 2, mp.mpf(0)]))
def segment_sum_with_integer_ids():
    """2x, one empty segment."""
    return lambda x, i: jax.ops.segment_sum(x**2, i, 3), (
        array(normal(3, seed=3)),
        array(np.array([0, 1, 0])),
    )


def _rnn(w, xs):
    """A tanh cell over a sequence."""
    h = np.array([mp.mpf(0), mp.mpf(0)])
    for x in xs:
        h = exact.tanh(w @ h + x)
    return h


@right(kind="control flow", roundings=100, proof=_rnn)
def recurrent_cell_in_a_scan():
    """Backpropagation through time."""
    return lambda w, xs: lax.scan(lambda h, x: (jnp.tanh(w @ h + x), None), jnp.zeros(2), xs)[0], (
        array(normal(2, 2, seed=4)),
        array(normal(5, 2, seed=5)),
    )


def _newton(a):
    """Five Newton steps towards a root."""
    x = mp.mpf(1)
    for _ in range(5):
        x = (x + a / x) / 2
    return x


@right(kind="control flow", modes=("fwd",), roundings=60, proof=_newton)
def Newtons_root_by_a_while_loop():
    """Forward mode through five Newton steps: the slope of the iterate, near 1/(2 sqrt a)."""

    def f(a):
        def step(c):
            return (c[0] + 1, (c[1] + a / c[1]) / 2)

        return lax.while_loop(lambda c: c[0] < 5, step, (0, jnp.ones_like(a)))[1]

    return f, (array(3.0),)


@right(kind="control flow", roundings=60, proof=lambda x: np.array([x[0], x[0] * x[1], x[0] * x[1] * x[2]]))
def fixed_loop_with_an_indexed_update():
    """Running products by array updates."""
    return lambda x: lax.fori_loop(1, 3, lambda i, y: y.at[i].multiply(y[i - 1]), x), (
        array([1.5, -0.5, 2.0]),
    )


@right(kind="control flow", proof=lambda x: exact.sin(x) * x**3)
def cond_and_switch():
    """The taken branches are sin x and x^3."""

    def f(x):
        a = lax.cond(x > 0, jnp.sin, jnp.cos, x)
        return a * lax.switch(2, [lambda x: x, lambda x: x**2, lambda x: x**3], x)

    return f, (array(0.75),)


def _affine(a, b):
    """The recurrence, step by step."""
    out, h = [], mp.mpf(0)
    for p, q in zip(a, b, strict=True):
        h = p * h + q
        out.append(h)
    return np.array(out)


@right(kind="control flow", roundings=100, proof=lambda a, b: _affine(a, b))
def associative_scan_of_affine_maps():
    """The same derivatives as the sequential recurrence."""

    def f(a, b):
        return lax.associative_scan(lambda p, q: (p[0] * q[0], p[1] * q[0] + q[1]), (a, b))[1]

    return f, (array(normal(6, seed=6)), array(normal(6, seed=7)))


@right(kind="control flow", roundings=60, proof=lambda x: exact.tanh(exact.sin(exact.exp(x))))
def checkpointed_layers():
    """Recomputation must not change the derivative."""
    return jax.checkpoint(lambda x: jnp.tanh(jnp.sin(jnp.exp(x)))), (array([0.25, -1.0]),)


@right(kind="control flow", roundings=100, proof=lambda x: (x**2 + x) ** 2 + 2 * x)
def nested_scans_under_vmap():
    """The batch runs through a scan within a scan."""

    def inner(c, x):
        return lax.scan(lambda c, _: (c + x * c, None), c, None, 1)[0]

    def f(x):
        y = lax.scan(lambda c, _: (inner(c, x), None), x, None, 1)[0]
        return y**2 + 2 * x

    return jax.vmap(f), (array([0.5, -1.5, 2.0]),)


@right(kind="control flow", proof=lambda x: np.sum(x**2, axis=1))
def map_over_rows():
    """2x for each row."""
    return lambda x: lax.map(lambda r: r @ r, x), (array(normal(3, 2, seed=8)),)
