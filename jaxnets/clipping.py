"""Gradients cut down to size before a step is taken, for the long and steep ones of recurrent networks.

While a network trains, put Optax's transformations of the same names in front of an optimizer:
`compile(optimizer=optax.chain(optax.clip_by_global_norm(1.0), jaxnets.adam(1e-3)))`, or `optax.clip(1.0)`.
"""

import jax
import jax.numpy as jnp

from . import checks, stable


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
    leaves, tree = jax.tree.flatten(grads)
    if not sum(leaf.size for leaf in leaves):
        raise ValueError("clip_by_global_norm: grads must hold at least one number; got none.")
    dtype = jnp.result_type(jnp.float32, *(leaf.dtype for leaf in leaves))
    clipped = _shortened([leaf.astype(dtype) for leaf in leaves], jnp.asarray(max_norm, dtype))
    clipped = [new.astype(leaf.dtype) for new, leaf in zip(clipped, leaves, strict=True)]
    return jax.tree.unflatten(tree, clipped)


@jax.custom_jvp
def _shortened(leaves, max_norm):
    _, (first, second), _ = _measured(leaves, max_norm)
    return [leaf * first * second for leaf in leaves]


@_shortened.defjvp
def _shortened_jvp(primals, tangents):
    # What is differentiated step by step has products of two gradients on its way, which may overflow.
    (leaves, max_norm), (moved, d_max_norm) = primals, tangents
    short, (first, second), directions = _measured(leaves, max_norm)
    along = sum(jnp.sum(u * d) for u, d in zip(directions, moved, strict=True))
    slopes = [
        jnp.where(short, d, (d - u * along) * first * second + u * d_max_norm)
        for u, d in zip(directions, moved, strict=True)
    ]
    return _shortened(leaves, max_norm), slopes


def _measured(leaves, max_norm):
    """Whether the length of all numbers together is at most max_norm; two factors that bring it there, whose
    product may be too small for a number; and the direction, where it is not."""
    largest = jnp.max(jnp.stack([jnp.max(jnp.abs(leaf), initial=0) for leaf in leaves]))
    scale = stable.scale(largest)
    ratios = [leaf * scale for leaf in leaves]
    squares = sum(jnp.sum(ratio**2) for ratio in ratios)
    short = jnp.sqrt(squares) <= max_norm * scale  # nan is not: it spoils all, so that someone will see it
    length = jnp.sqrt(jnp.where(short, 1, squares))  # at 0 the root has no slope
    goal = jnp.where(short, 1, max_norm / length)
    first = jnp.where(short, 1, jnp.maximum(goal, 1) * scale)
    return short, (first, jnp.minimum(goal, 1)), [ratio / length for ratio in ratios]


def _floats(function, grads):
    if grads is None:  # a tree without leaves, for JAX
        raise TypeError(f"{function}: grads must be an array or a pytree of arrays; got None.")
    return jax.tree.map(lambda leaf: checks.numbers(function, "grads", leaf), grads)
