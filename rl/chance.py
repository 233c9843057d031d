"""All the chance of one iteration, drawn at once: what is needed is said first, then handed out by name.

Each call of jax.random adds a cipher of twenty rounds to a program, and a third of a second to its
compilation; here one stretch of random bits serves them all.
"""

from math import prod
from typing import NamedTuple

import jax
import jax.numpy as jnp


def seeded(seed):
    """The key of a seed, an integer >= 0; all of its bits count, where jax.random.key may take the low 32."""
    key, rest = jax.random.key(seed % 2**32), seed // 2**32
    return jax.random.fold_in(key, rest) if rest else key


class Draw(NamedTuple):
    """What to draw: kind is "uniform" in [0, 1), "normal", "gumbel", "bits" (uint32) or "keys"; its shape."""

    kind: str
    shape: tuple[int, ...]


def _uniform(bits):
    """[0, 1), in steps of 2**-24."""
    return (bits >> 8).astype(jnp.float32) * jnp.float32(2.0**-24)


def _inside(bits):
    """(0, 1): the middle of each of 2**23 cells."""
    return ((bits >> 9).astype(jnp.float32) + 0.5) * jnp.float32(2.0**-23)


def _normal(bits):
    """Standard normal: by the inverse of its distribution function."""
    return jnp.float32(2**0.5) * jax.lax.erf_inv(2 * _inside(bits) - 1)


def _gumbel(bits):
    """Standard Gumbel, likewise."""
    return -jnp.log(-jnp.log(_inside(bits)))


_KINDS = {"uniform": _uniform, "normal": _normal, "gumbel": _gumbel, "bits": lambda bits: bits}


def drawn(key, plan):
    """{name: array} of what a plan, {name: Draw}, asks for.

    >>> plan = dict(lots=Draw("uniform", (3, 2)), keys=Draw("keys", (4,)))
    >>> {name: x.shape for name, x in drawn(jax.random.key(0), plan).items()}
    {'lots': (3, 2), 'keys': (4,)}
    """
    words = jax.eval_shape(jax.random.key_data, key).shape[-1]
    sizes = [prod(draw.shape) * (words if draw.kind == "keys" else 1) for draw in plan.values()]
    bits, start, found = jax.random.bits(key, (sum(sizes),), jnp.uint32), 0, {}
    for (name, draw), size in zip(plan.items(), sizes, strict=True):
        part, start = bits[start : start + size], start + size
        if draw.kind == "keys":
            data = part.reshape(*draw.shape, words)
            found[name] = jax.random.wrap_key_data(data, impl=jax.random.key_impl(key))
        else:
            found[name] = _KINDS[draw.kind](part.reshape(draw.shape))
    return found
