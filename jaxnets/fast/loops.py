"""Loops over time that spare a CPU its memory.

`lax.scan` writes what it keeps of each step to new arrays, which XLA fills with zeros first, and so does
its transpose. A training step of an LSTM moves more memory than the caches hold, and that, not arithmetic,
is half of its time. Here results take the place of the arrays that their steps have read.

T: time step.
"""

import functools

import jax
import jax.numpy as jnp
from jax import lax
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir


def in_place(step, carry, steps, others=(), more=0, reverse=False):
    """A loop over time whose results take the place of what it reads.

    step: (carry, what belongs to the step, what else does) -> (carry, results); steps: a list of arrays
    [T, ...], read and written over by the first results; others: a tree of arrays [T, ...], only read; more:
    how many results there are beyond `steps`. All results have one shape and dtype. Returns (the last carry,
    the results of all steps).

    >>> double = lambda total, now, _: (total + now[0], [2 * now[0]])
    >>> total, (doubled,) = in_place(double, 0.0, [jnp.array([1.0, 2.0])])
    >>> float(total), doubled.tolist()
    (3.0, [2.0, 4.0])
    """
    length = steps[0].shape[0]

    def now(state, time_and_others):
        (carry, arrays), (t, others) = state, time_and_others
        read = [lax.dynamic_index_in_dim(array, t, keepdims=False) for array in arrays[: len(steps)]]
        carry, results = step(carry, read, others)
        places = zip(arrays, results, strict=False)
        kept = [lax.dynamic_update_index_in_dim(array, result, t, 0) for array, result in places]
        return (carry, kept + arrays[len(kept) :]), None

    arrays = [*steps, *(jnp.zeros_like(steps[0]) for _ in range(more))]
    times = jnp.arange(length, dtype=jnp.int32)
    (carry, arrays), _ = lax.scan(now, (carry, arrays), (times, others), reverse=reverse)
    return carry, arrays


def linear(forward, transpose):
    """A function that is linear in its second argument, and whose transpose is written out.

    forward: (fixed, moving) -> a list of arrays, linear in those of the list `moving`; transpose: (fixed, a
    cotangent for each result) -> a cotangent for each array of `moving`. fixed: a tree of arrays of floats.
    JAX would derive the transpose, but not in the form that is fast. Slopes by what is fixed are those that
    JAX derives of `forward`, and so is everything under a `vmap` of the function itself.
    """

    def computed(*arrays, tree):
        fixed = arrays[: tree.num_leaves]
        return list(forward(jax.tree.unflatten(tree, fixed), list(arrays[tree.num_leaves :])))

    def shapes(*arrays, tree):
        return jax.make_jaxpr(functools.partial(computed, tree=tree))(*arrays).out_avals

    def tangent(primals, tangents, tree):
        fixed, moving = primals[: tree.num_leaves], primals[tree.num_leaves :]
        of_fixed, of_moving = tangents[: tree.num_leaves], tangents[tree.num_leaves :]
        results = primitive.bind(*primals, tree=tree)
        total = primitive.bind(*fixed, *map(ad.instantiate_zeros, of_moving), tree=tree)
        if not all(isinstance(t, ad.Zero) for t in of_fixed):
            _, more = jax.jvp(
                lambda *fixed: computed(*fixed, *moving, tree=tree),
                fixed,
                tuple(map(ad.instantiate_zeros, of_fixed)),
            )
            total = [one + other for one, other in zip(total, more, strict=True)]
        return results, total

    def transposed(cotangents, *arrays, tree):
        fixed, moving = arrays[: tree.num_leaves], arrays[tree.num_leaves :]
        cotangents = [ad.instantiate_zeros(ct) for ct in cotangents]
        slopes = transpose(jax.tree.unflatten(tree, fixed), cotangents)
        kept = [s if ad.is_undefined_primal(m) else None for s, m in zip(slopes, moving, strict=True)]
        return [None] * len(fixed) + kept

    def batched(arrays, axes, tree):
        results = jax.vmap(functools.partial(computed, tree=tree), axes)(*arrays)
        return results, [0] * len(results)

    primitive = Primitive(forward.__name__)
    primitive.multiple_results = True
    primitive.def_impl(jax.jit(computed, static_argnames="tree"))
    primitive.def_abstract_eval(shapes)
    ad.primitive_jvps[primitive] = tangent
    ad.primitive_transposes[primitive] = transposed
    batching.primitive_batchers[primitive] = batched
    mlir.register_lowering(primitive, mlir.lower_fun(computed, multiple_results=True))

    @functools.wraps(forward)
    def call(fixed, moving):
        arrays, tree = jax.tree.flatten(fixed)
        return primitive.bind(*arrays, *moving, tree=tree)

    return call
