"""The layer between windows and neurons that see everything: it forgets where the numbers stood."""

from . import checks
from .layer import Layer


class Flatten(Layer):
    """A layer that puts all numbers of an example into one row, the last axis running fastest.

    >>> Flatten()([[[1.0, 2.0]], [[3.0, 4.0]]])
    [1.0, 2.0, 3.0, 4.0]
    """

    def __call__(self, inputs):
        """[features] of one example of any shape."""
        return _in_order(inputs)


def _in_order(inputs):
    return [x for row in inputs for x in (_in_order(row) if checks.nested(row) else [row])]
