"""Loops of small operations as one piece of machine code on CPU.

XLA on CPU runs a loop operation by operation, some 50 ns each in front of the work itself: for sixty-four
poles that is most of the time of a step. A computation marked as small it compiles to one function, loop and
all. That compiler knows fewer operations and no threads, so what is marked is chosen by what is in it.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.experimental.xla_metadata import set_xla_metadata
from jax.extend import core

from .compiler import inner_programs

# Bytes that an operation in a loop makes, or all outside of loops together: of more, threads and vectors make
# up for the pauses. XLA shares twice as much among threads, and cannot do that within a kernel.
LARGEST = 2**17
_MARK = dict(xla_cpu_small_call="true", inlineable="false")
_LOOPS = "while scan cond jit pjit closed_call core_call custom_jvp_call custom_vjp_call"
_MOVES = """bitcast_convert_type broadcast_in_dim clamp concatenate convert_element_type copy dynamic_slice
    dynamic_update_slice expand_dims iota pad reshape rev select_n slice squeeze stack transpose"""
_MATHS = """abs add and atan2 ceil cos div eq exp exp2 expm1 floor ge gt integer_pow is_finite le log log1p
    logistic lt max min mul ne neg not or pow rem round rsqrt shift_left shift_right_arithmetic
    shift_right_logical sign sin sqrt square sub tan tanh xor"""
_CHANCE = "random_bits random_fold_in random_split random_unwrap random_wrap threefry2x32"
ALLOWED = frozenset(f"{_LOOPS} {_MOVES} {_MATHS} {_CHANCE}".split())


def one_kernel(function):
    """The same function; on CPU it is compiled to one piece of machine code if its operations allow it.

    They do if all of them are in ALLOWED (arithmetic, moving numbers, loops, random numbers of JAX's default
    kind; no products of matrices, sums, scatter), none inside a loop makes more than LARGEST bytes, and those
    outside of loops together make no more. Otherwise, and on other platforms, nothing changes. Derivatives
    are compiled as ever.

    >>> import jax.numpy as jnp
    >>> halve = lambda x: lax.scan(lambda c, _: (c / 2, c), x, length=3)
    >>> jax.jit(one_kernel(halve))(jnp.ones(2))[1].tolist()
    [[1.0, 1.0], [0.5, 0.5], [0.25, 0.25]]
    """
    plain = jax.jit(function)

    @functools.wraps(function)
    def chosen(*arguments):
        (call,) = jax.make_jaxpr(plain)(*arguments).jaxpr.eqns
        jaxpr = call.params["jaxpr"].jaxpr
        computed = {v for equation in jaxpr.eqns for v in equation.outvars}
        made = [i for i, v in enumerate(jaxpr.outvars) if isinstance(v, core.Var) and v in computed]
        if not made or not _small(jaxpr) or _outside(jaxpr) > LARGEST:
            return plain(*arguments)

        def marked(*arguments):
            leaves, tree = jax.tree.flatten(plain(*arguments))
            leaves[made[0]] = set_xla_metadata(leaves[made[0]], **_MARK)  # reaches the call that made it
            return jax.tree.unflatten(tree, leaves)

        return lax.platform_dependent(*arguments, cpu=marked, default=plain)

    return chosen


def uniform(key, shape, dtype, low: Any = 0, high: Any = 1):
    """`jax.random.uniform`, to the bit. On CPU its cipher is one kernel: a loop of sixty small operations,
    whose starts take longer than the numbers.

    key: of JAX's random numbers, shape: of the result, a tuple; dtype: a float's; low, high: the results are
    in [low, high). Raises what `jax.random.uniform` raises. Source of the cipher: Salmon et al. 2011,
    Parallel random numbers, section 3.3 (Threefry, 2 words of 32 bits in 20 rounds).

    >>> key = jax.random.key(0)
    >>> bool(uniform(key, (), "float32") == jax.random.uniform(key, (), "float32"))
    True
    """
    return one_kernel(lambda key: jax.random.uniform(key, shape, dtype, low, high))(key)


def normal(key, shape, dtype):
    """`jax.random.normal`, likewise: the inverse of its distribution function at uniform numbers.

        normal = sqrt(2) * erf_inv(u),  u uniform in (-1, 1)

    key, shape, dtype: as for `uniform`; raises what `jax.random.normal` raises.

    >>> key = jax.random.key(0)
    >>> bool(normal(key, (), "float32") == jax.random.normal(key, (), "float32"))
    True
    """
    dtype = jnp.dtype(dtype)
    lowest = np.nextafter(np.array(-1, dtype), np.array(0, dtype), dtype=dtype)
    return np.array(2**0.5, dtype) * lax.erf_inv(uniform(key, shape, dtype, lowest))


def _small(jaxpr, looped=False):
    """Whether all equations, in loops and calls too, are of the small kind."""
    for equation in jaxpr.eqns:
        name, made = equation.primitive.name, [v.aval for v in equation.outvars]
        large = looped and any(_bytes(x) > LARGEST for x in made)
        if large or name not in ALLOWED or not all(map(_common, made)):
            return False
        if not all(_small(inner, looped or name in ("scan", "while")) for inner in inner_programs(equation)):
            return False
    return True


def _outside(jaxpr):
    """How many bytes the equations outside of loops make."""
    count = 0
    for equation in jaxpr.eqns:
        if equation.primitive.name not in ("scan", "while"):
            within = [_outside(inner) for inner in inner_programs(equation)]
            count += sum(within) if within else sum(_bytes(v.aval) for v in equation.outvars)
    return count


def _bytes(aval):
    return aval.size * max(aval.dtype.itemsize, 4)  # a smaller number is no less work


def _common(aval):
    """Not a key of another kind of random numbers than JAX's default."""
    return not jnp.issubdtype(aval.dtype, jax.dtypes.extended) or str(aval.dtype) == "key<fry>"
