"""Gradients cut down to size before a step is taken, for the long and steep ones of recurrent networks.

While a network trains, put Optax's transformations of the same names in front of an optimizer:
`compile(optimizer=optax.chain(optax.clip_by_global_norm(1.0), jaxnets.adam(1e-3)))`, or `optax.clip(1.0)`.
"""

import jax
import jax.numpy as jnp

from . import checks
from .precision import wide


def clip_by_value(grads, max_value):
    """Gradient clipping by value: no slope stays steeper than max_value, though the direction may change.

        clip_by_value(grads)[i] = min(max(grads[i], -max_value), max_value)

    grads: an array or any pytree of arrays; max_value: >= 0, in units of a gradient. Returns the same tree,
    in [-max_value, max_value]; in a chain of transformations `optax.clip` says the same. The slope at a bound
    is 1/2. Raises ValueError for a negative max_value. Source: Goodfellow et al. 2016, section 10.11.1.

    >>> clip_by_value(jnp.array([3.0, -0.5, -4.0]), max_value=1.0).tolist()
    [1.0, -0.5, -1.0]
    """
    max_value = checks.non_negative("clip_by_value", "max_value", max_value)
    grads = _floats("clip_by_value", grads)
    return jax.tree.map(lambda g: jnp.clip(g, -max_value, max_value), grads)


def clip_by_global_norm(grads, max_norm):
    """Gradient clipping by global norm: a gradient that is too long is shortened, its direction kept.

        clip_by_global_norm(grads)[i] = grads[i] * (max_norm / norm if norm > max_norm else 1)
        norm = sqrt(sum_i grads[i]**2)

    grads: an array or any pytree of arrays, the norm taken over all of them; max_norm: >= 0, in units of a
    gradient. Returns the same tree; in a chain of transformations `optax.clip_by_global_norm` says the same,
    but for gradients whose squares overflow (1e20 in float32): it makes them 0, here they are shortened. The
    slope is 1 where the norm is max_norm. Raises ValueError for a negative max_norm.
    Source: Pascanu et al. 2013, algorithm 1, arXiv:1211.5063; Goodfellow et al. 2016, eq. 10.48 and 10.49.

    >>> clip_by_global_norm(jnp.array([3.0, 4.0]), max_norm=2.5).tolist()
    [1.5, 2.0]
    """
    max_norm = checks.non_negative("clip_by_global_norm", "max_norm", max_norm)
    grads = _floats("clip_by_global_norm", grads)
    if not sum(leaf.size for leaf in jax.tree.leaves(grads)):
        raise ValueError("clip_by_global_norm: grads must hold at least one number; got none.")
    norm = _norm([wide(leaf) for leaf in jax.tree.leaves(grads)])
    short = norm <= max_norm  # nan is not: it spoils all gradients, so that someone will see it
    scale = jnp.where(short, 1, max_norm / jnp.where(short, 1, norm))  # the length may be 0
    return jax.tree.map(lambda g: (wide(g) * scale.astype(wide(g).dtype)).astype(g.dtype), grads)


def _norm(leaves):
    """The length of all numbers together; their squares do not overflow, and its slope at 0 is 0."""
    sizes = [jnp.max(jnp.abs(leaf), initial=0) for leaf in leaves]
    largest = jax.lax.stop_gradient(jnp.max(jnp.stack(sizes)))
    unit = jnp.where((largest > 0) & jnp.isfinite(largest), largest, 1)
    squares = sum(jnp.sum((leaf / unit) ** 2) for leaf in leaves)
    return jnp.where(squares == 0, 0, unit * jnp.sqrt(jnp.where(squares == 0, 1, squares)))


def _floats(function, grads):
    if grads is None:  # a tree without leaves, for JAX
        raise TypeError(f"{function}: grads must be an array or a pytree of arrays; got None.")
    return jax.tree.map(lambda leaf: checks.numbers(function, "grads", leaf), grads)
