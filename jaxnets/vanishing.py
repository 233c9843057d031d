"""How much of a gradient is left after it has travelled back in time through a recurrent network."""

import jax
import jax.numpy as jnp
from jax import lax
from jax.flatten_util import ravel_pytree

from . import checks, stable
from .precision import wide


def gradient_norms(step, carry, inputs):
    """By what factor a gradient grows or shrinks on its way back from the last carry to each one before it.

        gradient_norms[t] = sqrt(sum_ij (d carry[T][i] / d carry[t][j])**2 / n)

    step: a function (carry[t-1], x[t]) -> carry[t], such as the `step` of a recurrent layer; carry: the first
    one, a pytree of n numbers; inputs: [T, ...], one x[t] for each step. Returns [T + 1] numbers >= 0 for
    t = 0 to T; the last is 1. It is the root mean square over all directions: where every step multiplies by
    radius times an orthogonal matrix, it is radius**(T - t); the largest singular value is at most sqrt(n)
    times as large. Raises ValueError for no inputs.
    Source: Pascanu et al. 2013, eq. 5, arXiv:1211.5063; Goodfellow et al. 2016, section 10.7.

    >>> gradient_norms(lambda h, x: h / 2 + x, jnp.ones(1), jnp.zeros(2)).tolist()
    [0.25, 0.5, 1.0]
    """
    inputs = checks.numbers("gradient_norms", "inputs", inputs)
    if inputs.ndim == 0 or len(inputs) == 0:
        raise ValueError(f"gradient_norms: inputs must hold at least one time step; got {inputs.tolist()}.")
    if not callable(step):
        raise TypeError(
            f"gradient_norms: step must be a function (carry, input) -> carry; got {checks.told(step)}."
        )
    carry = jax.tree.map(lambda x: checks.numbers("gradient_norms", "carry", x), carry)
    start, whole = ravel_pytree(carry)
    if start.size == 0:
        raise ValueError("gradient_norms: carry must hold at least one number; got none.")

    def flat(carry, x):
        return ravel_pytree(step(whole(carry), x))[0]

    try:
        end = jax.eval_shape(flat, start, inputs[0])
    except Exception as error:  # a step may raise anything
        told = "gradient_norms: step must take a carry and one of the inputs as they are given"
        raise ValueError(f"{told}; {checks.why(error)}") from error
    if end.size != start.size:
        raise ValueError(
            f"gradient_norms: step must return a carry of {start.size} numbers, as it takes; got {end.size}."
        )
    if not jnp.issubdtype(end.dtype, jnp.floating):
        raise TypeError(f"gradient_norms: step must return real numbers, floats; got {end.dtype}.")
    start = start.astype(end.dtype)

    def forward(carry, x):
        return flat(carry, x), jax.jacobian(flat)(carry, x)

    def backward(so_far, slope):
        (product, exponent), (slope, more) = so_far, _scaled(slope)
        product, most = _scaled(jnp.matmul(product, slope, precision="highest"))
        exponent = exponent + more + most
        norm = jnp.sqrt(jnp.mean(jnp.sum(product**2, axis=1)))
        return (product, exponent), jnp.ldexp(norm, exponent)

    @jax.jit
    def run(start, inputs):
        _, slopes = lax.scan(forward, start, inputs)
        slopes = wide(slopes)
        end = jnp.eye(start.size, dtype=slopes.dtype), jnp.int32(0)
        _, norms = lax.scan(backward, end, slopes, reverse=True)
        return jnp.append(norms, 1).astype(start.dtype)

    return run(start, inputs)


def _scaled(matrix):
    """A matrix whose largest number is brought near 1, and the power of two that it is to be multiplied by:
    a product of many would be infinite, and infinity times 0 is no number."""
    scale = stable.scale(jnp.max(jnp.abs(matrix)))
    return matrix * scale, 1 - jnp.frexp(scale)[1]
