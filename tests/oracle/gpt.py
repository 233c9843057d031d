"""The training loss of a transformer of the size of GPT-2 small, in plain JAX, and its check.

    python -m tests.oracle.gpt [coordinates] [modes]

Prints the verdict, the seconds on the clock and of all processors, and the most memory that was used, in GiB.
"""

import resource
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np

VOCABULARY, WIDTH, HEADS, LAYERS, CONTEXT = 50257, 768, 12, 12, 128


def parameters(seed=0):
    """124 million random parameters, float32."""
    draw = np.random.default_rng(seed)

    def normal(*shape):
        return draw.standard_normal(shape, dtype=np.float32) * np.float32(0.02)

    def norm():
        return dict(scale=np.ones(WIDTH, np.float32), bias=np.zeros(WIDTH, np.float32))

    def linear(i, o):
        return dict(kernel=normal(i, o), bias=np.zeros(o, np.float32))

    def block():
        return dict(
            before=norm(), queries=linear(WIDTH, 3 * WIDTH), out=linear(WIDTH, WIDTH),
            after=norm(), up=linear(WIDTH, 4 * WIDTH), down=linear(4 * WIDTH, WIDTH),
        )  # fmt: skip

    tokens, places = normal(VOCABULARY, WIDTH), normal(CONTEXT, WIDTH)
    made = dict(tokens=tokens, places=places, blocks=[block() for _ in range(LAYERS)], last=norm())
    return jax.tree.map(jnp.asarray, made)


def normalized(p, x):
    """Layer normalization."""
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return scaled * p["scale"][None, None] + p["bias"][None, None]


def linear(p, x):
    """A linear layer."""
    return x @ p["kernel"] + p["bias"][None, None]


def attention(p, x):
    """Causal self-attention."""
    b, t, _ = x.shape
    parts = jnp.split(linear(p["queries"], x), 3, axis=-1)
    q, k, v = (part.reshape(b, t, HEADS, -1).transpose(0, 2, 1, 3) for part in parts)
    scores = q @ k.transpose(0, 1, 3, 2) / np.float32(np.sqrt(WIDTH / HEADS))
    seen = jnp.tril(jnp.ones((t, t), bool))[None, None]
    mixed = jax.nn.softmax(jnp.where(seen, scores, -1e9)) @ v
    return linear(p["out"], mixed.transpose(0, 2, 1, 3).reshape(b, t, WIDTH))


def loss(p, tokens):
    """The mean cross-entropy of the next token."""
    x = p["tokens"][tokens[:, :-1]] + p["places"][None, : tokens.shape[1] - 1]
    for block in p["blocks"]:
        x = x + attention(block, normalized(block["before"], x))
        x = x + linear(block["down"], jax.nn.gelu(linear(block["up"], normalized(block["after"], x))))
    logits = normalized(p["last"], x) @ p["tokens"].T
    right = jnp.take_along_axis(jax.nn.log_softmax(logits), tokens[:, 1:, None], axis=-1)
    return -right.mean()


def main(coordinates="32", modes="fwd,rev"):
    """Checks the gradient of the loss, and prints what that took."""
    from microgrid.oracle import check_grads

    tokens = np.random.default_rng(1).integers(0, VOCABULARY, (1, CONTEXT + 1)).astype(np.int32)
    point, start, spent = (parameters(), jnp.asarray(tokens)), time.perf_counter(), time.process_time()
    report = check_grads(loss, point, modes=modes.split(","), sample=int(coordinates), raises=False)
    seconds, spent = time.perf_counter() - start, time.process_time() - spent
    print(report.tally, file=sys.stderr)
    print(report.verdict, seconds, spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


if __name__ == "__main__":
    main(*sys.argv[1:])
