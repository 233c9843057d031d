"""The layers of flax.linen, flax.nnx and equinox, each as a function of its parameters and its inputs.

A row is how to make the layer from its library, and its inputs. Its parameters are drawn with a fixed key.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from tests.oracle.arrays import U, V, X, grid

ROWS = grid(2, 3, low=-1, seed=80)  # two examples of three features
SERIES = grid(1, 3, 2, low=-1, seed=81)  # an example of three steps of two features
IMAGE = grid(1, 3, 3, 2, low=-1, seed=82)
HEADS = grid(1, 3, 4, low=-1, seed=83)
CELL, OTHER_CELL = grid(2, 2, low=-1, seed=84), grid(2, 2, low=-1, seed=85)  # hidden states of two examples
CHANNELS = {n: grid(*shape, low=-1, seed=86) for n, shape in ((1, (2, 5)), (2, (2, 3, 3)), (3, (2, 3, 2, 2)))}
INTEGERS = np.array([2, 0, 1])
PRODUCT = (((1,), (0,)), ((), ()))

LINEN = {
    "BatchApply": (lambda nn: nn.BatchApply(partial(jnp.cumsum, axis=-1)), IMAGE),
    "BatchNorm": (lambda nn: nn.BatchNorm(use_running_average=False), ROWS),
    "Bidirectional": (lambda nn: nn.Bidirectional(nn.RNN(nn.GRUCell(2)), nn.RNN(nn.GRUCell(2))), SERIES),
    "Conv": (lambda nn: nn.Conv(2, (2,)), SERIES),
    "ConvLSTMCell": (lambda nn: nn.ConvLSTMCell(2, (2, 2)), (IMAGE, IMAGE[:, ::-1].copy()), IMAGE),
    "ConvLocal": (lambda nn: nn.ConvLocal(2, (2,)), SERIES),
    "ConvTranspose": (lambda nn: nn.ConvTranspose(2, (2,)), SERIES),
    "Dense": (lambda nn: nn.Dense(2), ROWS),
    "DenseGeneral": (lambda nn: nn.DenseGeneral((2, 2)), ROWS),
    "Dropout": (lambda nn: nn.Dropout(0.5, deterministic=False), ROWS),
    "Einsum": (lambda nn: nn.Einsum((3, 2), "bi,ij->bj"), ROWS),
    "Embed": (lambda nn: nn.Embed(4, 3), INTEGERS),
    "Fp8DotGeneral": (lambda nn: nn.Fp8DotGeneral(), ROWS, ROWS.T.copy(), PRODUCT),
    "Fp8DotGeneralOp": (lambda nn: nn.Fp8DotGeneralOp(), ROWS, ROWS.T.copy(), PRODUCT),
    "Fp8Einsum": (lambda nn: nn.Fp8Einsum(), "bi,ij->bj", ROWS, ROWS.T.copy()),
    "GRUCell": (lambda nn: nn.GRUCell(2), CELL, ROWS),
    "GroupNorm": (lambda nn: nn.GroupNorm(num_groups=2), IMAGE),
    "InstanceNorm": (lambda nn: nn.InstanceNorm(), IMAGE),
    "LSTMCell": (lambda nn: nn.LSTMCell(2), (CELL, OTHER_CELL), ROWS),
    "LayerNorm": (lambda nn: nn.LayerNorm(), ROWS),
    "MGUCell": (lambda nn: nn.MGUCell(2), CELL, ROWS),
    "MultiHeadAttention": (lambda nn: nn.MultiHeadAttention(2), HEADS),
    "MultiHeadDotProductAttention": (lambda nn: nn.MultiHeadDotProductAttention(2), HEADS),
    "NANOOFp8DotGeneralOp": (lambda nn: nn.NANOOFp8DotGeneralOp(), ROWS, ROWS.T.copy(), PRODUCT),
    "OptimizedLSTMCell": (lambda nn: nn.OptimizedLSTMCell(2), (CELL, OTHER_CELL), ROWS),
    "PReLU": (lambda nn: nn.PReLU(), ROWS),
    "RMSNorm": (lambda nn: nn.RMSNorm(), ROWS),
    "RNN": (lambda nn: nn.RNN(nn.LSTMCell(2)), SERIES),
    "SelfAttention": (lambda nn: nn.SelfAttention(2), HEADS),
    "Sequential": (lambda nn: nn.Sequential([nn.Dense(2), jnp.tanh, nn.Dense(2)]), ROWS),
    "SimpleCell": (lambda nn: nn.SimpleCell(2), CELL, ROWS),
    "SpectralNorm": (lambda nn: nn.SpectralNorm(nn.Dense(2)), ROWS, dict(update_stats=True)),
    "WeightNorm": (lambda nn: nn.WeightNorm(nn.Dense(2)), ROWS),
}
NNX = {
    "BatchNorm": (lambda nnx, rngs: nnx.BatchNorm(3, rngs=rngs), ROWS),
    "Bidirectional": (
        lambda nnx, rngs: nnx.Bidirectional(
            *(nnx.RNN(nnx.GRUCell(2, 2, rngs=rngs), rngs=rngs) for _ in range(2)), rngs=rngs
        ),
        SERIES,
    ),
    "Conv": (lambda nnx, rngs: nnx.Conv(2, 2, (2,), rngs=rngs), SERIES),
    "ConvTranspose": (lambda nnx, rngs: nnx.ConvTranspose(2, 2, (2,), rngs=rngs), SERIES),
    "Dropout": (lambda nnx, rngs: nnx.Dropout(0.5, deterministic=False, rngs=rngs), ROWS),
    "Einsum": (lambda nnx, rngs: nnx.Einsum("bi,ij->bj", (3, 2), rngs=rngs), ROWS),
    "Embed": (lambda nnx, rngs: nnx.Embed(4, 3, rngs=rngs), INTEGERS),
    "GRUCell": (lambda nnx, rngs: nnx.GRUCell(3, 2, rngs=rngs), CELL, ROWS),
    "GroupNorm": (lambda nnx, rngs: nnx.GroupNorm(2, num_groups=2, rngs=rngs), IMAGE),
    "InstanceNorm": (lambda nnx, rngs: nnx.InstanceNorm(2, rngs=rngs), IMAGE),
    "LSTMCell": (lambda nnx, rngs: nnx.LSTMCell(3, 2, rngs=rngs), (CELL, OTHER_CELL), ROWS),
    "LayerNorm": (lambda nnx, rngs: nnx.LayerNorm(3, rngs=rngs), ROWS),
    "Linear": (lambda nnx, rngs: nnx.Linear(3, 2, rngs=rngs), ROWS),
    "LinearGeneral": (lambda nnx, rngs: nnx.LinearGeneral(3, (2, 2), rngs=rngs), ROWS),
    "LoRA": (lambda nnx, rngs: nnx.LoRA(3, 2, 2, rngs=rngs), ROWS),
    "LoRALinear": (lambda nnx, rngs: nnx.LoRALinear(3, 2, lora_rank=2, rngs=rngs), ROWS),
    "MultiHeadAttention": (lambda nnx, rngs: nnx.MultiHeadAttention(2, 4, decode=False, rngs=rngs), HEADS),
    "OptimizedLSTMCell": (lambda nnx, rngs: nnx.OptimizedLSTMCell(3, 2, rngs=rngs), (CELL, OTHER_CELL), ROWS),
    "PReLU": (lambda nnx, rngs: nnx.PReLU(), ROWS),
    "RMSNorm": (lambda nnx, rngs: nnx.RMSNorm(3, rngs=rngs), ROWS),
    "RNN": (lambda nnx, rngs: nnx.RNN(nnx.LSTMCell(2, 2, rngs=rngs), rngs=rngs), SERIES),
    "Sequential": (lambda nnx, rngs: nnx.Sequential(nnx.Linear(3, 2, rngs=rngs), jnp.tanh), ROWS),
    "SimpleCell": (lambda nnx, rngs: nnx.SimpleCell(3, 2, rngs=rngs), CELL, ROWS),
    "SpectralNorm": (lambda nnx, rngs: nnx.SpectralNorm(nnx.Linear(3, 2, rngs=rngs), rngs=rngs), ROWS),
    "WeightNorm": (lambda nnx, rngs: nnx.WeightNorm(nnx.Linear(3, 2, rngs=rngs), rngs=rngs), ROWS),
}
EQUINOX = {
    **{
        f"AdaptiveAvgPool{n}d": (lambda nn, _, n=n: getattr(nn, f"AdaptiveAvgPool{n}d")(2), x)
        for n, x in CHANNELS.items()
    },
    **{
        f"AdaptiveMaxPool{n}d": (lambda nn, _, n=n: getattr(nn, f"AdaptiveMaxPool{n}d")(2), x)
        for n, x in CHANNELS.items()
    },
    **{f"AvgPool{n}d": (lambda nn, _, n=n: getattr(nn, f"AvgPool{n}d")(2), x) for n, x in CHANNELS.items()},
    **{f"MaxPool{n}d": (lambda nn, _, n=n: getattr(nn, f"MaxPool{n}d")(2), x) for n, x in CHANNELS.items()},
    **{
        f"Conv{n}d": (lambda nn, key, n=n: getattr(nn, f"Conv{n}d")(2, 2, 2, key=key), x)
        for n, x in CHANNELS.items()
    },
    **{
        f"ConvTranspose{n}d": (lambda nn, key, n=n: getattr(nn, f"ConvTranspose{n}d")(2, 1, 2, key=key), x)
        for n, x in CHANNELS.items()
    },
    "AdaptivePool": (lambda nn, _: nn.AdaptivePool(2, 1, jnp.mean), CHANNELS[1]),
    "BatchNorm": (lambda nn, _: nn.BatchNorm(3, "batch", mode="batch"), ROWS),
    "Conv": (lambda nn, key: nn.Conv(1, 2, 2, 2, key=key), CHANNELS[1]),
    "ConvTranspose": (lambda nn, key: nn.ConvTranspose(1, 2, 2, 2, key=key), CHANNELS[1]),
    "Dropout": (lambda nn, _: nn.Dropout(0.5), X, dict(key=True)),
    "Embedding": (lambda nn, key: nn.Embedding(4, 3, key=key), np.int32(2)),
    "GRUCell": (lambda nn, key: nn.GRUCell(3, 2, key=key), U, V[:2]),
    "GroupNorm": (lambda nn, _: nn.GroupNorm(1, 2), CHANNELS[1]),
    "Identity": (lambda nn, _: nn.Identity(), X),
    "LSTMCell": (lambda nn, key: nn.LSTMCell(3, 2, key=key), U, (V[:2], V[1:])),
    "Lambda": (lambda nn, _: nn.Lambda(jnp.tanh), X),
    "LayerNorm": (lambda nn, _: nn.LayerNorm(5), X),
    "Linear": (lambda nn, key: nn.Linear(5, 2, key=key), X),
    "MLP": (lambda nn, key: nn.MLP(3, 2, 3, 1, activation=jnp.tanh, key=key), U),
    "MultiheadAttention": (lambda nn, key: nn.MultiheadAttention(2, 4, key=key), *([HEADS[0]] * 3)),
    "PReLU": (lambda nn, _: nn.PReLU(), ROWS),
    "Pool": (lambda nn, _: nn.Pool(-jnp.inf, jax.lax.max, 1, 2), CHANNELS[1]),
    "RMSNorm": (lambda nn, _: nn.RMSNorm(5), X),
    "RotaryPositionalEmbedding": (lambda nn, _: nn.RotaryPositionalEmbedding(4), HEADS[0]),
    "Sequential": (lambda nn, key: nn.Sequential([nn.Linear(5, 2, key=key), nn.Lambda(jnp.tanh)]), X),
    "Shared": (
        lambda nn, key: nn.Shared(
            nn.Sequential([nn.Linear(3, 3, key=key), nn.Linear(3, 3, key=key)]),
            lambda pair: pair[1].weight,
            lambda pair: pair[0].weight,
        ),
        U,
    ),
    "SpectralNorm": (lambda nn, key: nn.SpectralNorm(nn.Linear(5, 3, key=key), "weight", key=key), X),
    "WeightNorm": (lambda nn, key: nn.WeightNorm(nn.Linear(5, 2, key=key)), X),
}
