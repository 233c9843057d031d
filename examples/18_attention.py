"""Attention: one layer learns to write a sequence of digits backwards, which it can only do by position.

Shows: sequences it has never seen come out right, at least 99% of all digits; and the attention weights form
a line from corner to corner: the first position reads the last one, the second the last but one.
"""

from pathlib import Path

import jax.numpy as jnp
import numpy as np

import jaxnets
from jaxnets import positional_encoding, scaled_dot_product_attention
from jaxnets.linear import linear
from jaxnets.plots_learning import attention_map

DIGITS, LENGTH, FEATURES = 10, 8, 32


def with_positions(x):
    """The same digit at another place becomes another vector."""
    return x + positional_encoding(jnp.arange(LENGTH), FEATURES)[None]


def sequences(count, seed):
    """(digits, the same backwards), each [count, LENGTH]."""
    digits = np.random.default_rng(seed).integers(0, DIGITS, (count, LENGTH))
    return digits, digits[:, ::-1]


def train(x, y, verbose=0):
    """A net that has learnt to say y to x."""
    attention = jaxnets.MultiHeadAttention(FEATURES, num_heads=1, out_features=DIGITS)
    net = jaxnets.NeuralNet([jaxnets.Embedding(DIGITS, FEATURES), with_positions, attention], seed=0)
    net.compile(jaxnets.adam(3e-3), "softmax_cross_entropy", metrics=["accuracy"])
    net.fit(x, y, epochs=30, batch_size=64, verbose=verbose)
    return net


def who_reads_whom(net, x):
    """The mean weights [LENGTH, LENGTH] of the attention: what it would return for values that are the
    positions themselves."""
    table, held = net.params[0]["table"], net.params[2]
    inputs = with_positions(table[x])
    query, key = (linear(inputs, held[f"{name}_kernel"], held[f"{name}_bias"]) for name in ("query", "key"))
    places = jnp.broadcast_to(jnp.eye(LENGTH), (len(x), LENGTH, LENGTH))
    return np.asarray(scaled_dot_product_attention(query, key, places).mean(axis=0))


def main(folder="demo_output"):
    """Trains, writes unseen sequences backwards, draws the weights. Returns accuracy and weights."""
    net = train(*sequences(2000, seed=1), verbose=1)
    x, y = sequences(500, seed=2)
    written = net.predict(x).argmax(axis=-1)
    accuracy = float((written == y).mean())
    print("\nSequences it has never seen, and what it makes of them:\n")
    for row, backwards in zip(x[:3], written[:3], strict=True):
        print(f"  {' '.join(map(str, row))}  ->  {' '.join(map(str, backwards))}")
    weights = who_reads_whom(net, x)
    path = attention_map(weights, Path(folder, "attention.png"), "Who reads whom")
    print(f"\n{accuracy:.2%} of {written.size:,} digits are right. Who reads whom: {path}")
    return accuracy, weights


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
