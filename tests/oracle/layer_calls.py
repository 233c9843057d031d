"""Layers as functions: of a tree of parameters, and of the float arrays among the inputs."""

import jax
import jax.numpy as jnp

from tests.oracle.arrays import KEY, bind
from tests.oracle.layers import EQUINOX, LINEN, NNX

STATEFUL = ("BatchNorm", "SpectralNorm")  # of equinox


def linen(make, *inputs, **options):
    """A layer of flax.linen; what it keeps besides its parameters is set up with the same key and bound."""
    from flax import linen as nn

    layer, key = make(nn), jnp.asarray(KEY)
    rngs = dict(params=key, dropout=key)
    if not isinstance(layer, nn.Module):  # nn.BatchApply wraps a plain function
        call, floats = bind(layer, inputs, options)
        return lambda params, *xs: call(*xs), ({}, *floats)
    state = dict(layer.init(rngs, *inputs, **options))
    params = state.pop("params", {})

    def apply(params, *args, **kwargs):
        return layer.apply(dict(state, params=params), *args, rngs=rngs, mutable=True, **kwargs)[0]

    call, floats = bind(apply, inputs, options, leading=1)
    return call, (params, *floats)


def nnx(make, *inputs):
    """A layer of flax.nnx; its other variables are bound."""
    from flax import nnx

    layer = make(nnx, nnx.Rngs(7))
    graph, params, rest = nnx.split(layer, nnx.Any(nnx.Param, nnx.LoRAParam), ...)

    def apply(params, *args):
        return nnx.merge(graph, params, rest, copy=True)(*args)

    call, floats = bind(apply, inputs, {}, leading=1)
    return call, (nnx.to_pure_dict(params), *floats)


def equinox(make, *inputs, **options):
    """A layer of equinox; one that keeps a state starts from a fresh one."""
    import equinox as eqx

    key = jnp.asarray(KEY)
    layer, state = eqx.nn.make_with_state(make)(eqx.nn, key)
    params, rest = eqx.partition(layer, eqx.is_inexact_array)
    numbers, shape = jax.tree.flatten(state)
    kind = type(layer).__name__
    extra = dict(key=key) if options else {}

    def apply(params, *args):
        layer, state = eqx.combine(params, rest), jax.tree.unflatten(shape, numbers)  # a state serves once
        if kind == "Shared":
            return layer()(*args)
        if kind == "BatchNorm":
            return jax.vmap(layer, axis_name="batch", in_axes=(0, None), out_axes=(0, None))(*args, state)[0]
        return layer(*args, state)[0] if kind in STATEFUL else layer(*args, **extra)

    call, floats = bind(apply, inputs, {}, leading=1)
    return call, (params, *floats)


LIBRARIES = {"flax.linen": (linen, LINEN), "flax.nnx": (nnx, NNX), "equinox.nn": (equinox, EQUINOX)}


def rows():
    """The dotted names of all layers."""
    return {f"{module}.{name}" for module, (_, table) in LIBRARIES.items() for name in table}


def layer(name):
    """A layer as a function of its parameters and inputs, with both."""
    module, short = name.rsplit(".", 1)
    build, table = LIBRARIES[module]
    make, *inputs = table[short]
    options = inputs.pop() if isinstance(inputs[-1], dict) else {}
    return build(make, *inputs, **options)
