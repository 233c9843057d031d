"""Pooling whose gradients are fast inside a compiled loop on CPU.

XLA:CPU looks for the maximum of each window once more on the way back, one cell at a time. Here the tap
that won is remembered on the way forward, and the slope goes where it points. As in `convolution`, the
tangents are linear forms, so forward mode, `vmap` and higher orders are as they were.

n: example, c: channel, tap: cell of the window, counted row by row.
"""

import functools
import math
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .. import sharding

_MOST_TAPS = 64  # of a window; a larger one is left to lax


def max_pool(inputs, window_shape, strides, padding):
    """The largest cell of each window; the first of several equal ones takes the whole slope, and nan wins.

    inputs: [n, *spatial, c]; window_shape, strides: a tuple of ints, one for each dimension; padding: a tuple
    of pairs (low, high), cells that never win. Returns [n, *cells, c]; -inf where a window sees only padding.
    """

    def pooled(inputs):
        return _max_pool(inputs, window_shape, strides, padding)

    return sharding.split_by_xla(pooled, inputs)(inputs)


def avg_pool(inputs, window_shape, strides, padding, count_include_pad=False):
    """The mean of each window: over all its cells with count_include_pad, over those of the image without.

    inputs: [n, *spatial, c]; window_shape, strides: a tuple of ints, one for each dimension; padding: a tuple
    of pairs (low, high), cells of zeros. Returns [n, *cells, c]; 0 where a window sees padding alone.
    """
    options = (window_shape, strides, padding)

    def stock(inputs):
        return lax.reduce_window(inputs, np.zeros((), inputs.dtype), lax.add, *_in_all_axes(*options))

    def fast(inputs):
        return _summed(_padded(inputs, 0, padding), window_shape, strides)

    def summed(inputs):
        short = math.prod(window_shape) <= _MOST_TAPS
        return lax.platform_dependent(inputs, cpu=fast, default=stock) if short else stock(inputs)

    sums = sharding.split_by_xla(summed, inputs)(inputs)
    if count_include_pad:
        return sums / math.prod(window_shape)
    counts = _outer(seen.sum(0) for seen in _seen(inputs.shape[1:-1], *options))
    return sums / np.maximum(counts, 1).astype(inputs.dtype)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3))
def _max_pool(inputs, window_shape, strides, padding):
    options = (window_shape, strides, padding)
    if math.prod(window_shape) > _MOST_TAPS:
        return _stock_max(inputs, *options)
    return lax.platform_dependent(
        inputs,
        cpu=sharding.on_each_device(lambda inputs: _by_itself(_winner(inputs, *options)[0]), 0),
        default=lambda inputs: _stock_max(inputs, *options),
    )


@_max_pool.defjvp
def _max_pool_tangent(window_shape, strides, padding, primals, tangents):
    options = (window_shape, strides, padding)

    def stock(tangent, inputs):
        ranked = _ranked(lax.stop_gradient(inputs))
        return jax.jvp(lambda inputs: _stock_max(inputs, *options), (ranked,), (tangent,))[1]

    def fast(tangent, inputs):
        won = lax.optimization_barrier(_winner(lax.stop_gradient(inputs), *options)[1].astype(np.int8))
        return _summed(_padded(tangent, 0, padding), window_shape, strides, won)

    short = math.prod(window_shape) <= _MOST_TAPS
    inputs, tangent = primals[0], tangents[0]
    slope = (
        lax.platform_dependent(tangent, inputs, cpu=fast, default=stock) if short else stock(tangent, inputs)
    )
    return _max_pool(inputs, *options), slope


def _by_itself(array):
    """The array, computed by a loop of its own: one that also flattened it would take six times as long.

    An optimization_barrier is gone by the time that XLA merges loops. A choice is not, and XLA does not know
    that this one, on a number or nan, has always the same end.
    """
    if not array.size:
        return array
    probe = lax.slice(array, (0,) * array.ndim, (1,) * array.ndim).reshape(())
    return lax.cond((probe <= probe) | (probe != probe), lambda array: array, lax.neg, array)


def _stock_max(inputs, window_shape, strides, padding):
    return lax.reduce_window(
        inputs, _least(inputs.dtype), lax.max, *_in_all_axes(window_shape, strides, padding)
    )


def _ranked(inputs):
    """Numbers in the order of the inputs, nan above all, and padding, -inf, below them: `lax` would give the
    slope of nan to what comes after it, and that of -inf to padding. Only the largest finite numbers rank as
    the infinite ones."""
    most = jnp.finfo(inputs.dtype).max
    return jnp.where(jnp.isnan(inputs), jnp.inf, jnp.clip(inputs, -most, most))


def _least(dtype):
    return np.array(-np.inf if jnp.issubdtype(dtype, jnp.floating) else jnp.iinfo(dtype).min, dtype)


def _in_all_axes(window_shape, strides, padding):
    return (1, *window_shape, 1), (1, *strides, 1), ((0, 0), *padding, (0, 0))


def _padded(array, fill, padding):
    return lax.pad(
        array, jnp.asarray(fill, array.dtype), [(0, 0, 0), *((*pair, 0) for pair in padding), (0, 0, 0)]
    )


def _cells(padded, window_shape, strides):
    """How many windows there are along each dimension."""
    return [(size - w) // s + 1 for size, w, s in zip(padded.shape[1:-1], window_shape, strides, strict=True)]


def _taps(padded, window_shape, strides):
    """What each tap sees: an array [n, *cells, c] a tap."""
    cells = _cells(padded, window_shape, strides)
    for tap in product(*map(range, window_shape)):
        stop = [t + (count - 1) * s + 1 for t, count, s in zip(tap, cells, strides, strict=True)]
        yield lax.slice(padded, (0, *tap, 0), (padded.shape[0], *stop, padded.shape[-1]), (1, *strides, 1))


def _seen(spatial, window_shape, strides, padding):
    """For each dimension, whether a cell of a window lies on the image: [w, cells]."""
    for size, w, s, (low, high) in zip(spatial, window_shape, strides, padding, strict=True):
        starts = np.arange((size + low + high - w) // s + 1) * s - low
        places = np.arange(w)[:, None] + starts[None]
        yield (places >= 0) & (places < size)


def _outer(rows):
    """The product of what is known for each dimension: [1, *cells, 1]."""
    return functools.reduce(np.multiply.outer, rows)[None, ..., None]


def _winner(inputs, window_shape, strides, padding):
    """The largest cell of each window and its tap, both [n, *cells, c]; tap -1 where all is padding."""
    least = _least(inputs.dtype)
    padded = _padded(inputs, least, padding)
    seen = list(_seen(inputs.shape[1:-1], window_shape, strides, padding))
    best: Any = None
    won: Any = None
    for number, cells in enumerate(_taps(padded, window_shape, strides)):
        tap = np.unravel_index(number, window_shape)
        on_image = _outer(rows[t] for rows, t in zip(seen, tap, strict=True))
        if best is None:
            best, won = cells, jnp.broadcast_to(np.where(on_image, 0, -1).astype(np.int32), cells.shape)
            continue
        wins = ~(cells <= best) & (best == best)  # nan wins, and keeps what it has won
        if not all(rows.all() for rows in seen):
            wins = (wins | (won < 0)) & on_image
        best, won = jnp.where(wins, cells, best), jnp.where(wins, np.int32(number), won)
    return best, won


def _summed(padded, window_shape, strides, won=None):
    """The sum of each window, or of the tap that won there alone."""
    cells = _cells(padded, window_shape, strides)
    if all(w == s or count == 1 for w, s, count in zip(window_shape, strides, cells, strict=True)):
        return _summed_apart(padded, window_shape, cells, won)
    taps = enumerate(_taps(padded, window_shape, strides))
    return functools.reduce(lax.add, (x if won is None else jnp.where(won == tap, x, 0) for tap, x in taps))


def _summed_apart(padded, window_shape, cells, won):
    """The same where no cell lies in two windows: one pass, also on the way back."""
    limits = [w * count for w, count in zip(window_shape, cells, strict=True)]
    apart = [size for pair in zip(cells, window_shape, strict=True) for size in pair]
    cut = lax.slice(padded, (0,) * padded.ndim, (padded.shape[0], *limits, padded.shape[-1]))
    windows = cut.reshape(padded.shape[0], *apart, padded.shape[-1])
    axes = tuple(range(2, windows.ndim, 2))
    if won is not None:
        taps = np.arange(math.prod(window_shape), dtype=won.dtype).reshape(window_shape)
        taps = np.expand_dims(taps, (0, *(axis - 1 for axis in axes), windows.ndim - 1))
        windows = jnp.where(jnp.expand_dims(won, axes) == taps, windows, 0)
    return jnp.sum(windows, axes)
