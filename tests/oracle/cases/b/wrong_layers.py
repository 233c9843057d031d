"""Wrong: backward passes of layers and losses written by hand."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.oracle.cases import exact
from tests.oracle.cases.case import VJP, array, normal, wrong
from tests.oracle.cases.exact import mp


def _layernorm():
    """Arguments of a layer norm."""
    x = array(normal(3, 4, seed=3))
    return x, array(1 + 0.25 * normal(4, seed=4)), array(0.5 * normal(4, seed=5))


def _ln(x, gamma, beta):
    """Layer norm with scale and shift."""
    return exact.normalise(x) * gamma + beta


def _stats(x):
    """Normalised rows, and one over their deviations."""
    m = jnp.mean(x, -1, keepdims=True)
    r = lax.rsqrt(jnp.mean((x - m) ** 2, -1, keepdims=True) + 1e-6)
    return (x - m) * r, r


def _lnbase(x, gamma, beta):
    """Layer norm with scale and shift, in JAX."""
    return _stats(x)[0] * gamma + beta


@wrong(
    "https://github.com/tenstorrent/tt-metal/issues/53204",
    kind="custom rule",
    roundings=100,
    **VJP,
    proof=_ln,
)
def layer_norm_that_subtracts_a_mean_twice():
    """dx = r (h - mean h - x^ mean(h x^)); the rule subtracts mean h twice."""
    f = jax.custom_vjp(lambda x, gamma, beta: _lnbase(x, gamma, beta))

    def bwd(r, g):
        x, gamma = r
        xh, rs = _stats(x)
        h = g * gamma
        dx = rs * (h - 2 * h.mean(-1, keepdims=True) - xh * (h * xh).mean(-1, keepdims=True))
        return dx, (g * xh).sum(0), g.sum(0)

    f.defvjp(lambda x, c, b: (f(x, c, b), (x, c)), bwd)
    return f, _layernorm()


@wrong(
    "https://github.com/Oneflow-Inc/oneflow/pull/6149",
    kind="wrong in two leaves",
    roundings=100,
    **VJP,
    proof=_ln,
)
def layer_norm_with_scale_and_shift_gradients_swapped():
    """The gradients of gamma and beta come back in each other's place (x is right)."""
    f = jax.custom_vjp(lambda x, gamma, beta: _lnbase(x, gamma, beta))

    def bwd(r, g):
        x, gamma = r
        xh, rs = _stats(x)
        h = g * gamma
        dx = rs * (h - h.mean(-1, keepdims=True) - xh * (h * xh).mean(-1, keepdims=True))
        return dx, g.sum(0), (g * xh).sum(0)

    f.defvjp(lambda x, c, b: (f(x, c, b), (x, c)), bwd)
    return f, _layernorm()


@wrong(
    "https://github.com/flagos-ai/FlagGems/issues/5392",
    kind="wrong axis",
    roundings=100,
    **VJP,
    proof=lambda x: exact.normalise(x),
)
def layer_norm_that_flattens_a_rank_3_input():
    """The backward pass averages over the last two axes, the forward pass over the last only."""

    @jax.custom_vjp
    def f(x):
        return _stats(x)[0]

    def bwd(x, g):
        xh, rs = _stats(x)

        def mean(a):
            return a.mean((-2, -1), keepdims=True)

        return (rs * (g - mean(g) - xh * mean(g * xh)),)

    f.defvjp(lambda x: (f(x), x), bwd)
    return f, (array(normal(2, 2, 3, seed=6)),)


@wrong(
    "https://github.com/apache/mxnet/pull/11466",
    kind="custom rule",
    **VJP,
    proof=lambda z: exact.softmax(z / mp.mpf(2.5)),
)
def softmax_with_a_forgotten_temperature():
    """softmax(z/t) has a factor 1/t in its derivative; the rule leaves it out."""

    @jax.custom_vjp
    def f(z):
        return jax.nn.softmax(z / 2.5)

    f.defvjp(lambda z: (f(z),) * 2, lambda p, g: (p * (g - jnp.sum(g * p)),))
    return f, (array([0.5, -1.0, 2.0]),)


@wrong(
    "https://github.com/NVIDIA-NeMo/Automodel/pull/2428",
    kind="custom rule",
    **VJP,
    proof=lambda x: mp.mpf(1.375) * exact.logsumexp(x) - x @ np.array([0.5, 0.25, 0.625]),
)
def soft_cross_entropy_with_unnormalised_targets():
    """The gradient is sum(p) softmax(x) - p; the rule assumes sum(p) = 1 (here 1.3)."""
    p = np.array([0.5, 0.25, 0.625])

    @jax.custom_vjp
    def f(x):
        return jax.nn.logsumexp(x) * p.sum() - x @ p

    f.defvjp(lambda x: (f(x), x), lambda x, g: (g * (jax.nn.softmax(x) - p),))
    return f, (array([0.5, -1.0, 0.25]),)


def _attn(q, k, v):
    """Causal attention."""
    s = q @ k.T / mp.sqrt(2)
    e = exact.exp(s) * np.tril(np.ones((3, 3), int))
    return (e / np.sum(e, 1, keepdims=True)) @ v


@wrong(
    "https://github.com/triton-lang/triton/issues/7216", kind="custom rule", roundings=100, **VJP, proof=_attn
)
def causal_attention_whose_backward_forgets_the_mask():
    """The forward pass masks future keys; the backward pass recomputes the weights without the mask."""
    mask = np.tril(np.ones((3, 3), bool))

    def weights(q, k, m):
        return jax.nn.softmax(jnp.where(m, q @ k.T / np.sqrt(2.0), -1e9))

    f = jax.custom_vjp(lambda q, k, v: weights(q, k, mask) @ v)

    def bwd(r, g):
        q, k, v = r
        p = weights(q, k, True)
        ds = p * (g @ v.T - jnp.sum((g @ v.T) * p, 1, keepdims=True)) / np.sqrt(2.0)
        return ds @ k, ds.T @ q, p.T @ g

    f.defvjp(lambda q, k, v: (f(q, k, v), (q, k, v)), bwd)
    return f, (array(normal(3, 2, seed=7)), array(normal(3, 2, seed=8)), array(normal(3, 2, seed=9)))


@wrong(kind="wrong axis", **VJP, proof=lambda z: exact.softmax(z))
def softmax_backward_summed_over_the_wrong_axis():
    """The correction term must be summed over the softmax axis; the rule sums over the batch."""

    @jax.custom_vjp
    def f(z):
        return jax.nn.softmax(z, -1)

    f.defvjp(lambda z: (f(z),) * 2, lambda p, g: (p * (g - jnp.sum(g * p, 0, keepdims=True)),))
    return f, (array(normal(3, 3, seed=4)),)


@wrong(kind="transposed weights", **VJP, proof=lambda x, w: x @ w)
def dense_layer_with_transposed_weights():
    """dx = g W'; the rule uses g W, which a square W does not reveal by shape."""

    @jax.custom_vjp
    def f(x, w):
        return x @ w

    f.defvjp(lambda x, w: (f(x, w), (x, w)), lambda r, g: (g @ r[1], r[0].T @ g))
    return f, (array(normal(2, 3, seed=5)), array(normal(3, 3, seed=6)))


@wrong(kind="wrong in one leaf", **VJP, proof=lambda p: p["x"] / p["t"])
def temperature_leaf_without_a_gradient():
    """f = x/t; the rule returns 0 for t instead of -x/t^2."""

    @jax.custom_vjp
    def f(p):
        return p["x"] / p["t"]

    f.defvjp(lambda p: (f(p), p), lambda p, g: ({"x": g / p["t"], "t": 0 * p["t"]},))
    return f, ({"x": array([1.0, -2.0]), "t": array(0.75)},)


@wrong(kind="detached residual", roundings=100, **VJP, proof=lambda x: exact.normalise(x, 0, "1e-3"))
def batch_norm_with_its_statistics_held_fixed():
    """The batch mean and variance depend on x; the rule treats them as constants."""

    def stat(x):
        return (x.mean(0), lax.rsqrt(x.var(0) + 1e-3))

    f = jax.custom_vjp(lambda x: (x - stat(x)[0]) * stat(x)[1])
    f.defvjp(lambda x: (f(x), stat(x)[1]), lambda r, g: (g * r,))
    return f, (array(normal(4, 2, seed=9)),)
