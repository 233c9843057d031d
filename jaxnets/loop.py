"""Training steps as pure functions, and the loop that runs many of them in one compiled call.

A network is split once into its parameters and the rest (batch statistics, counts of random streams), both
nested dicts of plain arrays. A step merges them back into a module, with fresh leaves, inside the loss, and
returns what the module left behind, so the rest travels in the carry like the parameters do.

K: steps a chunk can hold, B: examples in a batch, N: examples, M: metrics.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax import lax

from . import compiler, sharding


class Carry(NamedTuple):
    """What one step hands to the next: parameters, other variables, state of the optimizer."""

    params: Any
    rest: Any
    opt_state: Any


class Batch(NamedTuple):
    """inputs [B, ...], targets [B, ...], weights [B] or None."""

    inputs: Any
    targets: Any
    weights: Any = None


def split(module):
    """The graph of a module, its parameters and its other variables; the last two as nested dicts of arrays.

    The dicts are keyed as the module is: attribute names, and numbers in lists. Nothing is computed.
    """
    graphdef, params, rest = nnx.split(module, nnx.Param, ...)
    return graphdef, nnx.to_pure_dict(params), nnx.to_pure_dict(rest)


def like(tree, template):
    """The branches of tree that template has: intermediates that a module sowed do not join the carry."""
    if isinstance(template, dict):
        return {key: like(tree[key], value) for key, value in template.items()}
    return tree


def _keys(path):
    return tuple(entry.key for entry in path)


def paths(tree):
    """The path of each leaf of a nested dict, a tuple of names and numbers, to the leaf."""
    return {_keys(path): leaf for path, leaf in jax.tree_util.tree_leaves_with_path(tree)}


def merged(graphdef, params, rest, training, frozen=()):
    """A module to call inside a traced function, in training or inference mode.

    A part whose parameters are all frozen normalises with its stored batch statistics: they do not move
    either.
    """
    module = nnx.merge(graphdef, params, rest)
    if not training:
        module.eval()
        return module
    module.train()
    for where, part in nnx.iter_modules(module) if frozen else ():
        inside = [path for path in paths(params) if path[: len(where)] == where]
        if inside and frozen.issuperset(inside):
            part.set_attributes(use_running_average=True, raise_if_not_found=False)
    return module


def loss_and_grads(graphdef, objective, frozen=(), training=True):
    """The function (params, rest, batch) -> (loss, metrics, rest, grads) of one batch.

    objective(module, batch) returns the loss and a list of metrics. Gradients of what is frozen are 0, and
    cost nothing: they are cut off before they are computed.
    """

    def value_and_grads(params, rest, batch):
        def loss_of(params):
            if frozen:
                params = jax.tree_util.tree_map_with_path(
                    lambda path, leaf: lax.stop_gradient(leaf) if _keys(path) in frozen else leaf,
                    params,
                )
            module = merged(graphdef, params, rest, training, frozen)
            loss, metrics = objective(module, batch)
            new_rest = nnx.to_pure_dict(nnx.state(module, nnx.Not(nnx.Param)))
            return loss, (metrics, like(new_rest, rest))

        (loss, (metrics, new_rest)), grads = jax.value_and_grad(loss_of, has_aux=True)(params)
        return loss, metrics, new_rest, grads

    return value_and_grads


def train_step(graphdef, objective, optimizer, frozen=()):
    """The pure function (carry, batch) -> (carry, figures [1 + M]): the loss of the batch, then its metrics.

    graphdef: from `split`; objective(module, batch) -> (loss, metrics); optimizer: an Optax transformation,
    also one that asks for value, grad or value_fn; frozen: a frozenset of paths (`paths`) of parameters that
    stay, whatever momentum or weight decay would do to them.
    """
    value_and_grads = loss_and_grads(graphdef, objective, frozen)
    update = optax.with_extra_args_support(optimizer).update

    def step(carry, batch):
        params, rest, opt_state = carry
        loss, metrics, new_rest, grads = value_and_grads(params, rest, batch)

        def value_fn(params):
            return value_and_grads(params, rest, batch)[0]

        updates, opt_state = update(grads, opt_state, params, value=loss, grad=grads, value_fn=value_fn)
        new_params = optax.apply_updates(params, updates)
        if frozen:
            new_params = jax.tree_util.tree_map_with_path(
                lambda path, old, new: old if _keys(path) in frozen else new, params, new_params
            )
        return Carry(new_params, new_rest, opt_state), _figures(loss, metrics)

    return step


def _figures(loss, metrics):
    return jnp.stack([loss, *(jnp.asarray(metric).astype(loss.dtype) for metric in metrics)])


def chunk(step, capacity, width, dtype, remainder=0, devices=sharding.ONE):
    """Many steps in one compiled call: (carry, data, table, short, count) -> (carry, figures [K, 1 + M]).

    data: a Batch of whole arrays [N, ...]; table: [K, B] row numbers, one batch a line, or None when every
    batch is all the data; short: [K], true where a line holds only `remainder` rows; count: how many lines to
    run, a traced number, so a chunk of another length is the same program and changes no bit of the result.
    devices: a `sharding.Devices`, which splits every batch.

    The short last batch of an epoch is a program of its own beside the full one: none of its rows is dropped,
    and no padding enters its statistics. Both are bodies of while loops, which update the carry in place,
    where the branches of a conditional would copy it at every step. Nothing is donated: the carry that came
    in stays valid until the new one is there, so an interrupted call loses only its own steps.
    """

    def batch_of(data, table, k, size):
        if table is None:
            return devices.split(data)
        rows = lax.dynamic_index_in_dim(table, k, keepdims=False)[:size]
        batch = jax.tree.map(lambda array: array.at[rows].get(mode="promise_in_bounds"), data)
        return devices.split(batch)

    @compiler.jit
    def run(carry, data, table, short, count):
        size = None if table is None else table.shape[1]

        def body(size):
            def one(state):
                k, carry, figures = state
                with devices.known():
                    carry, row = devices.same(step(carry, batch_of(data, table, k, size)))
                return k + 1, carry, lax.dynamic_update_index_in_dim(figures, row.astype(dtype), k, 0)

            return one

        state = (jnp.int32(0), carry, jnp.zeros((capacity, width), dtype))
        if not remainder:
            state = lax.while_loop(lambda state: state[0] < count, body(size), state)
            return state[1], state[2]

        def full_then_short(state):
            state = lax.while_loop(lambda s: (s[0] < count) & ~short[s[0]], body(size), state)
            return lax.while_loop(lambda s: (s[0] < count) & short[s[0]], body(remainder), state)

        state = lax.while_loop(lambda state: state[0] < count, full_then_short, state)
        return state[1], state[2]

    return run


def evaluation(graphdef, objective, batch_size):
    """The compiled function (params, rest, data) -> figures [batches, 2 + M] in inference mode, data in
    order: the loss, the metrics, and how much the loss is a mean of."""

    def one(params, rest, batch):
        loss, metrics, size = objective.sized(merged(graphdef, params, rest, training=False), batch)
        return _figures(loss, [*metrics, size])

    @compiler.jit
    def run(params, rest, data):
        examples = data.inputs.shape[0]
        full = examples // batch_size

        def slice_at(k):
            return jax.tree.map(lambda a: lax.dynamic_slice_in_dim(a, k * batch_size, batch_size), data)

        _, figures = lax.scan(lambda _, k: (None, one(params, rest, slice_at(k))), None, jnp.arange(full))
        if examples % batch_size == 0:
            return figures
        last = one(params, rest, jax.tree.map(lambda a: a[full * batch_size :], data))
        return jnp.concatenate([figures, last[None]]) if full else last[None]

    return run


def inference(graphdef):
    """The compiled function (params, rest, inputs) -> outputs in inference mode."""

    @jax.jit
    def run(params, rest, inputs):
        return merged(graphdef, params, rest, training=False)(inputs)

    return run


def initial_state(optimizer, params):
    """The optimizer's first state, by one compiled call; scalars are made strongly typed, so that the second
    chunk finds the types of the first."""
    strong = jax.jit(
        lambda p: jax.tree.map(lambda a: lax.convert_element_type(a, a.dtype), optimizer.init(p))
    )
    return strong(params)
