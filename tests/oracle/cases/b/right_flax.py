"""Right: layers of Flax."""

import jax
import numpy as np

from tests.oracle.cases import exact
from tests.oracle.cases.case import array, normal, right
from tests.oracle.cases.exact import mp


@right(kind="flax", proof=lambda k, b, x: x @ k + b)
def nnx_linear_layer():
    """The usual products."""
    from flax import nnx

    def f(k, b, x):
        layer = nnx.Linear(3, 2, rngs=nnx.Rngs(0))
        layer.kernel, layer.bias = nnx.Param(k), nnx.Param(b)
        return layer(x)

    return f, (array(normal(3, 2, seed=1)), array(normal(2, seed=2)), array(normal(4, 3, seed=3)))


@right(kind="flax", roundings=300, proof=lambda x: exact.normalise(x))
def nnx_layer_norm():
    """The layer-norm Jacobian; the fast variance E x^2 - (E x)^2 costs digits."""
    from flax import nnx

    return lambda x: nnx.LayerNorm(4, rngs=nnx.Rngs(0))(x), (array(normal(2, 4, seed=4)),)


@right(kind="flax", roundings=300, proof=lambda x: exact.normalise(x, 0, "1e-5"))
def nnx_batch_norm_in_training():
    """The statistics depend on the batch."""
    from flax import nnx

    return lambda x: nnx.BatchNorm(2, use_running_average=False, rngs=nnx.Rngs(0))(x), (
        array(normal(5, 2, seed=5)),
    )


@right(kind="flax", roundings=100, proof=lambda p, x: exact.gelu_tanh(x @ p["kernel"] + p["bias"]))
def linen_dense_and_gelu():
    """Chain rule through gelu."""
    from flax import linen as nn

    def f(p, x):
        return nn.gelu(nn.Dense(2).apply({"params": p}, x))

    return f, (
        {"kernel": array(normal(3, 2, seed=6)), "bias": array(normal(2, seed=7))},
        array(normal(2, 3, seed=8)),
    )


def _conv(k, x):
    """Correlation of three taps with zeros at both ends."""
    z = np.concatenate([np.zeros((1, 2), object), x[0], np.zeros((1, 2), object)])
    return np.array([np.sum(z[i : i + 3] * k[:, :, 0]) for i in range(5)])


@right(kind="flax", roundings=100, proof=lambda k, x: _conv(k, x))
def linen_convolution_with_same_padding():
    """A correlation with zeros at both ends."""
    from flax import linen as nn

    def f(k, x):
        return nn.Conv(1, (3,), use_bias=False).apply({"params": {"kernel": k}}, x)

    return f, (array(normal(3, 2, 1, seed=9)), array(normal(1, 5, 2, seed=10)))


def _gru(p, h, x):
    """A gated recurrent unit."""

    def d(n, a):
        return a @ p[n]["kernel"] + (p[n]["bias"] if "bias" in p[n] else 0)

    r, z = exact.sigmoid(d("ir", x) + d("hr", h)), exact.sigmoid(d("iz", x) + d("hz", h))
    return (1 - z) * exact.tanh(d("in", x) + r * d("hn", h)) + z * h


@right(kind="flax", roundings=150, proof=lambda p, h, x: _gru(p, h, x))
def linen_gated_recurrent_unit():
    """Chain rule through the three gates."""
    from flax import linen as nn

    cell = nn.GRUCell(2)
    h, x = array(normal(2, seed=11)), array(normal(3, seed=12))
    p = cell.init(jax.random.key(0), h, x)["params"]
    return lambda p, h, x: cell.apply({"params": p}, h, x)[0], (p, h, x)


@right(
    kind="flax",
    roundings=150,
    proof=lambda a, b, c: exact.softmax(a[:, 0] @ b[:, 0].T / mp.sqrt(2)) @ c[:, 0],
)
def dot_product_attention():
    """Softmax attention with one head."""
    from flax import linen as nn

    return nn.dot_product_attention, tuple(array(normal(3, 1, 2, seed=s)) for s in (13, 14, 15))
