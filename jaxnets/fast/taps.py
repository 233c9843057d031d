"""What the taps of a window see: the copies that the forms of convolution.py are made of."""

import math
from itertools import product

import jax.numpy as jnp
from jax import lax

_MOST_TAPS = 32  # that are written out one by one


def written_out(inputs, kernel):
    """Whether our forms are for these arrays; lax keeps half precision and large windows."""
    return inputs.dtype in (jnp.float32, jnp.float64) and math.prod(kernel.shape[:-2]) <= _MOST_TAPS


def taps(array, first, window, strides, padding, dilation):
    """What each tap sees of an array whose spatial axes start at `first`; `cells` take their place."""
    last = first + len(window)
    array = padded(array, first, padding)
    before, spatial, after = array.shape[:first], array.shape[first:last], array.shape[last:]
    dims = list(zip(window, strides, dilation, strict=True))
    cells = [(size - d * (w - 1) - 1) // s + 1 for size, (w, s, d) in zip(spatial, dims, strict=True)]
    steps = (1,) * first + tuple(strides) + (1,) * len(after)
    for tap in product(*map(range, window)):
        start = [t * d for t, d in zip(tap, dilation, strict=True)]
        stop = [a + (count - 1) * s + 1 for a, count, s in zip(start, cells, strides, strict=True)]
        yield lax.slice(array, (0,) * first + (*start,) + (0,) * len(after), (*before, *stop, *after), steps)


def padded(array, first, padding):
    """With zeros around the spatial axes, which start at `first`; written to memory once."""
    nothing = [(0, 0, 0)]
    after = array.ndim - first - len(padding)
    config = nothing * first + [(*pair, 0) for pair in padding] + nothing * after
    return lax.optimization_barrier(lax.pad(array, jnp.zeros((), array.dtype), config))
