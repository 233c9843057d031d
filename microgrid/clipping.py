"""Gradients cut down to size before a step is taken: one steep place must not throw the weights far away.

In front of an optimizer, for a net:

>>> from microgrid import adam
>>> optimizer = adam(1e-3)
>>> def update(grads, state, params):
...     return optimizer.update(clip_by_global_norm(grads, 1.0), state, params)
>>> clipped = optimizer._replace(update=update)
"""

from . import checks
from .checks import each, flatten
from .operations import clip, norm, where


def clip_by_value(grads, max_value):
    """Gradient clipping by value: no slope is steeper than max_value; the direction may change.

        clip_by_value(grads)[i] = min(max(grads[i], -max_value), max_value)

    grads: nested lists of numbers; max_value: >= 0, in units of a gradient. Returns the same nesting, in
    [-max_value, max_value]. The slope at a bound is 1/2. Raises ValueError for a negative max_value.
    Source: Goodfellow et al. 2016, section 10.11.1.

    >>> clip_by_value([3.0, [-0.5, -4.0]], max_value=1.0)
    [1.0, [-0.5, -1.0]]
    """
    max_value = checks.non_negative("clip_by_value", "max_value", max_value)
    flatten(grads, "clip_by_value: grads")
    return each(lambda g: clip(g, -max_value, max_value), grads)


def clip_by_global_norm(grads, max_norm):
    """Gradient clipping by global norm: a gradient that is too long is shortened; the direction stays.

        clip_by_global_norm(grads)[i] = grads[i] * (max_norm / norm if norm > max_norm else 1)
        norm = sqrt(sum_i grads[i]**2)

    grads: nested lists of numbers, the norm taken over all of them; max_norm: >= 0, in units of a gradient.
    Returns the same nesting. The slope is 1 where the norm is max_norm. Raises ValueError for a negative
    max_norm. Source: Pascanu et al. 2013, algorithm 1, arXiv:1211.5063; Goodfellow et al. 2016, eq. 10.48 and
    10.49.

    >>> clip_by_global_norm([3.0, [4.0]], max_norm=2.5)
    [1.5, [2.0]]
    """
    max_norm = checks.non_negative("clip_by_global_norm", "max_norm", max_norm)
    numbers = flatten(grads, "clip_by_global_norm: grads")
    if not numbers:
        raise ValueError("clip_by_global_norm: grads must hold at least one number; got none.")
    length = norm(numbers)
    short = length <= max_norm  # not where it is nan: all gradients become nan, and someone will see it
    divisor = where(short, 1, length)  # never 0, as the length may be
    return each(lambda g: where(short, g, g / divisor * max_norm), grads)
