"""The layer between windows and neurons that see everything: it forgets where the numbers stood."""

import math

from . import checks
from .layer import Layer


class Flatten(Layer):
    """A layer that puts all numbers of each example into one row: [N, ...] -> [N, features].

    >>> Flatten()([[[1.0, 2.0]], [[3.0, 4.0]]]).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """

    def __call__(self, inputs):
        inputs = checks.array("Flatten", "inputs", inputs)
        if inputs.ndim < 2:
            raise ValueError(
                f"Flatten: inputs must have one row an example, [N, ...]; got shape {inputs.shape}."
            )
        return inputs.reshape(inputs.shape[0], math.prod(inputs.shape[1:]))
