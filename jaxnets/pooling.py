"""Pooling on arrays: what a window of cells has in common, its maximum or its mean, for each channel by
itself.

t, y, x: cells in time or of an image; u: place in the window; c: channel.
The formulas are told for one dimension, and hold for each of two.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp

from . import checks, window_checks, windows
from .fast import pooling as fast
from .layer import Layer
from .precision import rounded_once


def max_pool(inputs, window_shape, strides=None, padding="VALID"):
    """Max pooling: the largest number that a window sees. Padding is never the largest.

        max_pool(inputs)[t][c] = max_u inputs[t * strides + u - low][c]

    inputs: [..., time, channels] or [..., height, width, channels]; window_shape: (width,) or (height,
    width); strides: cells from window to window, the window itself if None (Flax: 1). padding: "VALID"
    (none), "SAME", or pairs (low, high), narrower than the window. Returns [..., time, channels] or
    [..., height, width, channels]. Where several are the largest, the first takes the whole slope.
    Raises ValueError for a window that does not fit. Source: Goodfellow et al. 2016, section 9.3.

    >>> max_pool(jnp.array([[1.0], [4.0], [2.0], [3.0]]), window_shape=(2,)).tolist()
    [[4.0], [3.0]]
    """
    batch, lead, found = _windows("max_pool", inputs, window_shape, strides, padding)
    outputs = fast.max_pool(batch, found.window, found.strides, found.pairs)
    return outputs.reshape(*lead, *outputs.shape[1:])


@rounded_once
def avg_pool(inputs, window_shape, strides=None, padding="VALID", count_include_pad=False):
    """Average pooling: the mean of what a window sees. Padding is not seen, unless it is to be counted.

        avg_pool(inputs)[t][c] = sum_u inputs[t * strides + u - low][c] / count[t]

    inputs: [..., time, channels] or [..., height, width, channels]; window_shape: (width,) or (height,
    width); strides: cells from window to window, the window itself if None. padding: "VALID" (none), "SAME",
    or pairs (low, high), narrower than the window. count: how many cells of the input a window sees; with
    count_include_pad=True all of its places, and padding counts as 0 (Flax, PyTorch). Returns
    [..., time, channels] or [..., height, width, channels]. Raises ValueError for a window that does not fit.
    Source: LeCun et al. 1998, section II.B, without the coefficient and the bias.

    >>> avg_pool(jnp.array([[1.0], [3.0], [5.0]]), window_shape=(2,), padding="SAME").tolist()
    [[2.0], [5.0]]
    """
    window_checks.boolean("avg_pool", "count_include_pad", count_include_pad)
    batch, lead, found = _windows("avg_pool", inputs, window_shape, strides, padding)
    outputs = fast.avg_pool(batch, found.window, found.strides, found.pairs, count_include_pad)
    return outputs.reshape(*lead, *outputs.shape[1:])


def global_max_pool(inputs):
    """Global max pooling: the largest number of each channel, wherever it is.

        global_max_pool(inputs)[c] = max_t inputs[t][c]

    inputs: [time, channels] or [height, width, channels] of one example; `jax.vmap` takes many.
    Returns [channels]. Where several are the largest, the first takes the whole slope. Raises ValueError for
    empty inputs. Source: Goodfellow et al. 2016, section 9.3, with a window as large as the input.

    >>> global_max_pool(jnp.array([[1.0, 5.0], [4.0, 2.0]])).tolist()
    [4.0, 5.0]
    """
    cells = _cells("global_max_pool", inputs)
    first = jnp.argmax(cells, axis=0, keepdims=True)
    return jnp.take_along_axis(cells, first, axis=0).reshape(cells.shape[1:])


@rounded_once
def global_avg_pool(inputs):
    """Global average pooling: the mean of each channel, over all cells.

        global_avg_pool(inputs)[c] = sum_t inputs[t][c] / T

    inputs: [time, channels] or [height, width, channels] of one example, T cells; `jax.vmap` takes many.
    Returns [channels]. Raises ValueError for empty inputs. Source: Lin et al. 2014, section 3.2,
    arXiv:1312.4400.

    >>> global_avg_pool(jnp.array([[1.0, 5.0], [4.0, 2.0]])).tolist()
    [2.5, 3.5]
    """
    return jnp.mean(_cells("global_avg_pool", inputs), axis=0)


def _windows(function, inputs, window_shape, strides, padding):
    """[N, ...cells, channels], the axes in front that N stands for, and the `Slide`."""
    inputs = checks.numbers(function, "inputs", inputs)
    found = windows.pooled(function, inputs.shape, window_shape, strides, padding)
    lead = inputs.shape[: -len(found.window) - 1]
    return inputs.reshape(math.prod(lead), *inputs.shape[len(lead) :]), lead, found


def _cells(function, inputs):
    """[cells, channels] of one example."""
    inputs = checks.numbers(function, "inputs", inputs)
    layer = "".join(word.capitalize() for word in function.split("_"))
    window_checks.cells_given(function, inputs.shape, layer)
    return inputs.reshape(-1, inputs.shape[-1])


class MaxPool(Layer):
    """A layer that calls `max_pool`; it has no parameters.

    >>> MaxPool((2,))(jnp.array([[[1.0], [4.0], [2.0], [3.0]]])).tolist()
    [[[4.0], [3.0]]]
    """

    window_shape: Any
    strides: Any
    padding: Any

    def __init__(self, window_shape, strides=None, padding="VALID"):
        _store(self, window_shape, strides, padding)

    def __call__(self, inputs):
        inputs = window_checks.batched(self, inputs)
        return max_pool(inputs, self.window_shape, self.strides, self.padding)


class AvgPool(Layer):
    """A layer that calls `avg_pool`; it has no parameters.

    >>> AvgPool((2,))(jnp.array([[[1.0], [3.0], [2.0], [4.0]]])).tolist()
    [[[2.0], [3.0]]]
    """

    window_shape: Any
    strides: Any
    padding: Any

    def __init__(self, window_shape, strides=None, padding="VALID", count_include_pad=False):
        _store(self, window_shape, strides, padding)
        window_checks.boolean("AvgPool", "count_include_pad", count_include_pad)
        self.count_include_pad = count_include_pad

    def __call__(self, inputs):
        inputs = window_checks.batched(self, inputs)
        return avg_pool(inputs, self.window_shape, self.strides, self.padding, self.count_include_pad)


class GlobalMaxPool(Layer):
    """A layer that calls `global_max_pool` on each example: [N, ...cells, channels] -> [N, channels].

    >>> GlobalMaxPool()(jnp.array([[[1.0, 5.0], [4.0, 2.0]]])).tolist()
    [[4.0, 5.0]]
    """

    def __call__(self, inputs):
        return jax.vmap(global_max_pool)(_examples(self, inputs))


class GlobalAvgPool(Layer):
    """A layer that calls `global_avg_pool` on each example: [N, ...cells, channels] -> [N, channels].

    >>> GlobalAvgPool()(jnp.array([[[1.0, 5.0], [4.0, 2.0]]])).tolist()
    [[2.5, 3.5]]
    """

    def __call__(self, inputs):
        return jax.vmap(global_avg_pool)(_examples(self, inputs))


def _examples(layer, inputs):
    """[N, ...cells, channels], N at least 1."""
    name = type(layer).__name__
    inputs = checks.numbers(name, "inputs", inputs)
    if inputs.ndim not in (3, 4) or 0 in inputs.shape:
        raise ValueError(
            f"{name}: inputs must be [N, time, channels] or [N, height, width, channels], not empty; "
            f"got {inputs.shape}."
        )
    return inputs


def _store(layer, window_shape, strides, padding):
    name = type(layer).__name__
    layer.window_shape = window = window_checks.shape_of(name, window_shape)
    layer.strides = (
        window if strides is None else window_checks.for_each(name, "strides", strides, len(window))
    )
    layer.padding = window_checks.padding_of(name, padding, len(window), window_checks.PADDINGS[:2])
