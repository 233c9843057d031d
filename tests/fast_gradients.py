"""What the tests of fast gradients share."""

import re

import jax
import jax.numpy as jnp
import numpy as np
from jax import export, lax


def drawn(*shapes, seed=0, dtype=float):
    rng = np.random.default_rng(seed)
    return [jnp.asarray(rng.standard_normal(shape), dtype) for shape in shapes]


def pulled(function, arguments, slopes):
    """Value, and slopes of <slopes, function> for each argument."""

    @jax.jit
    def run(arguments, slopes):
        value, pull = jax.vjp(function, *arguments)
        return value, pull(slopes)

    return run(arguments, slopes)


def descent(gradient, steps):
    """Gradient descent inside a compiled loop."""

    def step(arguments, _):
        moved = [a - 0.01 * g for a, g in zip(arguments, gradient(*arguments), strict=True)]
        return moved, None

    return jax.jit(lambda *arguments: lax.scan(step, list(arguments), None, length=steps)[0])


def lowered(function, arguments, *platforms):
    module = export.export(jax.jit(function), platforms=platforms)(*arguments).mlir_module()
    return re.sub(r"loc\([^)]*\)|#loc[^\n]*", "", module)


def operations(text):
    return sorted(
        re.findall(r"stablehlo\.(convolution|dot_general|optimization_barrier|select_and_scatter)", text)
    )
