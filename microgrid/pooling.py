"""Pooling: what a window of cells has in common, its maximum or its mean, for each channel by itself.

t, y, x: cells in time or of an image; u: place in the window; c: channel.
The formulas are given for one dimension, and hold for each of two.
"""

import math
from typing import Any

from . import window_checks, windows
from .checks import read, shape
from .layer import Layer
from .operations import total, where


def max_pool(inputs, window_shape, strides=None, padding="VALID"):
    """Max pooling: the largest number that a window sees. Padding is never the largest.

        max_pool(inputs)[t][c] = max_u inputs[t * strides + u - low][c]

    inputs: [time][channels] or [height][width][channels] of one example; window_shape: (width,) or (height,
    width); strides: cells from window to window, the window itself if None (Flax: 1). padding: "VALID"
    (none), "SAME", or pairs (low, high), narrower than the window. Returns [time][channels] or
    [height][width][channels]. Where several are the largest, the first takes the whole slope, as in XLA.
    Raises ValueError for a window that does not fit. Source: Goodfellow et al. 2016, section 9.3.

    >>> max_pool([[1.0], [4.0], [2.0], [3.0]], window_shape=(2,))
    [[4.0], [3.0]]
    """
    return _max_pool("max_pool", inputs, window_shape, strides, padding)


def _max_pool(function, inputs, window_shape, strides, padding):
    """`max_pool`; function: who is called, for the sentence of an error."""
    window = window_shape, strides, padding
    return _pooled(function, inputs, window, lambda numbers, _: _first_largest(numbers))


def avg_pool(inputs, window_shape, strides=None, padding="VALID", count_include_pad=False):
    """Average pooling: the mean of what a window sees. Padding is not seen, unless it is to be counted.

        avg_pool(inputs)[t][c] = sum_u inputs[t * strides + u - low][c] / count[t]

    inputs: [time][channels] or [height][width][channels] of one example; window_shape: (width,) or (height,
    width); strides: cells from window to window, the window itself if None. padding: "VALID" (none), "SAME",
    or pairs (low, high), narrower than the window. count: how many cells of the input a window sees; with
    count_include_pad=True all of its places, and padding counts as 0 (Flax, PyTorch). Returns
    [time][channels] or [height][width][channels]. Raises ValueError for a window that does not fit.
    Source: LeCun et al. 1998, section II.B, without the coefficient and the bias.

    >>> avg_pool([[1.0], [3.0], [5.0]], window_shape=(2,), padding="SAME")
    [[2.0], [5.0]]
    """
    window_checks.boolean("avg_pool", "count_include_pad", count_include_pad)
    return _avg_pool("avg_pool", inputs, window_shape, strides, padding, count_include_pad)


def _avg_pool(function, inputs, window_shape, strides, padding, count_include_pad):
    """`avg_pool`; function: who is called, for the sentence of an error."""

    def mean(numbers, places):
        return total(numbers) / (places if count_include_pad else len(numbers))

    return _pooled(function, inputs, (window_shape, strides, padding), mean)


def global_max_pool(inputs):
    """Global max pooling: the largest number of each channel, wherever it is.

        global_max_pool(inputs)[c] = max_t inputs[t][c]

    inputs: [time][channels] or [height][width][channels] of one example. Returns [channels]. Where several
    are the largest, the first takes the whole slope. Raises ValueError for empty inputs.
    Source: Goodfellow et al. 2016, section 9.3, with a window as large as the input.

    >>> global_max_pool([[1.0, 5.0], [4.0, 2.0]])
    [4.0, 5.0]
    """
    return _of_channels("global_max_pool", inputs, _first_largest)


def global_avg_pool(inputs):
    """Global average pooling: the mean of each channel, over all cells.

        global_avg_pool(inputs)[c] = sum_t inputs[t][c] / T

    inputs: [time][channels] or [height][width][channels] of one example; T: how many cells it has.
    Returns [channels]. Raises ValueError for empty inputs. Source: Lin et al. 2014, section 3.2,
    arXiv:1312.4400.

    >>> global_avg_pool([[1.0, 5.0], [4.0, 2.0]])
    [2.5, 3.5]
    """
    return _of_channels("global_avg_pool", inputs, _mean)


def _first_largest(numbers):
    """The largest number, the first of them in a tie; nan where one is."""
    best = numbers[0]
    for x in numbers[1:]:
        best = where(x > best, x, where(x == x, best, x))
    return best


def _mean(numbers):
    return total(numbers) / len(numbers)


def _of_channels(function, inputs, pool):
    """For each channel, pool of the numbers of all cells."""
    layer = "".join(word.capitalize() for word in function.split("_")) if function.islower() else None
    window_checks.cells_given(function, given := shape(inputs, f"{function}: inputs"), layer)
    rows = read(inputs)
    cells = rows if len(given) == 2 else [cell for row in rows for cell in row]
    return [pool(list(numbers)) for numbers in zip(*cells, strict=True)]


def _pooled(function, inputs, window, pool):
    """pool(numbers, places) of the numbers that each window sees of a channel, and of how many it may see.

    window: its window_shape, strides and padding.
    """
    given, inputs = shape(inputs, f"{function}: inputs"), read(inputs)
    slide = windows.pooled(function, given, *window)
    places = math.prod(slide.window)
    seen = slide.cells(function, given[:-1])
    if len(seen) == 1:  # time is an image of one row
        inputs, seen = [inputs], [[[(0, 0)]], *seen]
    rows, columns = seen
    pooled = [
        [
            [pool([inputs[y][x][c] for _, y in row for _, x in column], places) for c in range(given[-1])]
            for column in columns
        ]
        for row in rows
    ]
    return pooled[0] if len(given) == 2 else pooled


class MaxPool(Layer):
    """A layer that calls `max_pool`; it has no parameters.

    >>> MaxPool((2,))([[1.0], [4.0], [2.0], [3.0]])
    [[4.0], [3.0]]
    """

    window_shape: Any
    strides: Any
    padding: Any

    def __init__(self, window_shape, strides=None, padding="VALID"):
        super().__init__()
        _store(self, window_shape, strides, padding)

    def __call__(self, inputs) -> Any:
        """What the windows see at most: [time][channels] or [height][width][channels] of one example."""
        return _max_pool("MaxPool", inputs, self.window_shape, self.strides, self.padding)


class AvgPool(Layer):
    """A layer that calls `avg_pool`; it has no parameters.

    >>> AvgPool((2,))([[1.0], [3.0], [2.0], [4.0]])
    [[2.0], [3.0]]
    """

    window_shape: Any
    strides: Any
    padding: Any

    def __init__(self, window_shape, strides=None, padding="VALID", count_include_pad=False):
        super().__init__()
        _store(self, window_shape, strides, padding)
        window_checks.boolean("AvgPool", "count_include_pad", count_include_pad)
        self.count_include_pad = count_include_pad

    def __call__(self, inputs) -> Any:
        """What the windows see on average: [time][channels] or [height][width][channels] of one example."""
        window = self.window_shape, self.strides, self.padding
        return _avg_pool("AvgPool", inputs, *window, self.count_include_pad)


class GlobalMaxPool(Layer):
    """A layer that calls `global_max_pool`: cells of any number become one number a channel.

    >>> GlobalMaxPool()([[1.0, 5.0], [4.0, 2.0]])
    [4.0, 5.0]
    """

    def __call__(self, inputs) -> Any:
        """[channels] of one example, [time][channels] or [height][width][channels]."""
        return _of_channels("GlobalMaxPool", inputs, _first_largest)


class GlobalAvgPool(Layer):
    """A layer that calls `global_avg_pool`: cells of any number become one number a channel.

    >>> GlobalAvgPool()([[1.0, 5.0], [4.0, 2.0]])
    [2.5, 3.5]
    """

    def __call__(self, inputs) -> Any:
        """[channels] of one example, [time][channels] or [height][width][channels]."""
        return _of_channels("GlobalAvgPool", inputs, _mean)


def _store(layer, window_shape, strides, padding):
    name = type(layer).__name__
    layer.window_shape = window = window_checks.shape_of(name, window_shape)
    layer.strides = (
        window if strides is None else window_checks.for_each(name, "strides", strides, len(window))
    )
    layer.padding = window_checks.padding_of(name, padding, len(window), window_checks.PLAIN)
