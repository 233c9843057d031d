"""What `jax.export` writes down once, for batches and sequences of any size."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export

import jaxnets as jn

SIZES = dict(b=4, t=6)
LAYERS = [  # layer, shape of its inputs
    (jn.Conv(2, 3, (3,)), ("b", 9, 2)),
    (jn.Conv(2, 4, (3, 3), strides=2, padding="SAME", groups=2), ("b", 8, 8, 2)),
    (jn.Conv(2, 3, (3,), padding="REFLECT"), ("b", 9, 2)),
    (jn.ConvTranspose(2, 3, (3,), strides=2), ("b", 9, 2)),
    (jn.MaxPool((2, 2)), ("b", 8, 8, 2)),
    (jn.MaxPool((65,), strides=1), ("b", 70, 1)),
    (jn.AvgPool((3,), strides=1, padding="SAME"), ("b", 9, 2)),
    (jn.GlobalMaxPool(), ("b", "t", 2)),
    (jn.GlobalAvgPool(), ("b", "t", 2)),
    (jn.RNN(2, 3), ("b", "t", 2)),
    (jn.LSTM(2, 3), ("b", "t", 2)),
    (jn.LSTM(2, 3, use_peephole=True), ("b", "t", 2)),
    (jn.GRU(2, 3, reverse=True), ("b", "t", 2)),
    (jn.GRU(2, 3, reset_after=False), ("b", "t", 2)),
]


def named(shape, dtype=jnp.float32, scope=None):
    """A shape whose sizes by name are left open."""
    sizes = dict(zip(SIZES, export.symbolic_shape(", ".join(SIZES), scope=scope), strict=True))
    return jax.ShapeDtypeStruct([sizes.get(n, n) for n in shape], dtype)


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=lambda x: type(x).__name__)
def test_layers_and_their_slopes_are_exported_for_batches_of_any_size(layer, shape):
    if hasattr(layer, "initialize"):
        layer.initialize(np.random.default_rng(0))
    x = np.random.default_rng(1).normal(size=[SIZES.get(n, n) for n in shape]).astype("float32")

    def forward(x):
        return layer(x)

    def slopes(x):
        return jax.grad(lambda x: jnp.sum(jnp.sin(layer(x))))(x)

    for function in (forward, slopes):
        exported = export.export(jax.jit(function))(named(shape))
        np.testing.assert_allclose(exported.call(x), function(x), rtol=1e-5, atol=1e-6)


def test_a_net_that_convolves_is_exported_for_batches_of_any_size():
    net = jn.NeuralNet([jn.Conv(1, 2, (3, 3)), jn.relu, jn.MaxPool((2, 2)), jn.Flatten(), jn.Linear(32, 1)])
    x = np.random.default_rng(1).normal(size=(4, 8, 8, 1)).astype("float32")
    exported = export.export(jax.jit(net.forward))(named(("b", 8, 8, 1)))
    np.testing.assert_allclose(exported.call(x), net.forward(x), rtol=1e-5, atol=1e-6)


def test_masked_sequences_are_exported_for_any_length():
    layer, scope = jn.LSTM(2, 3), export.SymbolicScope()
    layer.initialize(np.random.default_rng(0))
    mask = np.arange(6) < np.array([[6], [2], [4], [1]])
    x = np.random.default_rng(1).normal(size=(4, 6, 2)).astype("float32")
    given = named(("b", "t", 2), scope=scope), named(("b", "t"), jnp.bool_, scope)
    exported = export.export(jax.jit(lambda x, mask: layer(x, mask=mask)))(*given)
    np.testing.assert_allclose(exported.call(x, mask), layer(x, mask=mask), rtol=1e-5, atol=1e-6)
