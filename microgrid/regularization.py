"""What keeps a net from learning its examples by heart: penalties on large weights, and dropout."""

from typing import Any, cast

from . import checks
from .checks import flatten
from .layer import Layer
from .operations import sign, total


def l1_penalty(params, rate):
    """L1 penalty: every weight pays for its size, so the useless ones go to 0 and stay there.

        l1_penalty(params) = rate * sum_i |params[i]|

    params: nested lists of numbers; rate: >= 0, in units of loss per weight. Returns a number >= 0.
    The slope is 0 at 0. Raises ValueError for a negative rate. Source: Goodfellow et al. 2016, eq. 7.18.

    >>> l1_penalty([1.0, -2.0], rate=0.5)
    1.5
    """
    rate = checks.non_negative("l1_penalty", "rate", rate)
    return rate * total([w * sign(w) for w in flatten(params, "l1_penalty: params")])


def l2_penalty(params, rate):
    """L2 penalty: every weight pays for its square, so large ones shrink first and none quite vanishes.

        l2_penalty(params) = rate * sum_i params[i]**2 / 2

    params: nested lists of numbers; rate: >= 0. Returns a number >= 0; its slope is rate * params[i].
    (Keras leaves out the half. Decoupled weight decay, as in AdamW, is something else.)
    Raises ValueError for a negative rate. Source: Goodfellow et al. 2016, eq. 7.2.

    >>> l2_penalty([1.0, -2.0], rate=0.5)
    1.25
    """
    rate = checks.non_negative("l2_penalty", "rate", rate)
    return rate * (total([w**2 for w in flatten(params, "l2_penalty: params")]) / 2)


def dropout(inputs, mask, rate=0.5):
    """Inverted dropout: some neurons are silenced, and the others speak up so that the expected sum stays.

        dropout(inputs)[i] = inputs[i] * mask[i] / (1 - rate)

    inputs: [n] numbers, mask: [n], 1 where the neuron stays (drawn with probability 1 - rate), 0 where not.
    rate: in [0, 1). Returns [n]. Raises ValueError for a rate outside [0, 1) or unequal lengths.
    Source: Srivastava et al. 2014, section 4, in the scaled form of section 10.

    >>> dropout([1.0, 2.0], [1, 0], rate=0.5)
    [2.0, 0.0]
    """
    rate = checks.fraction("dropout", "rate", rate)
    checks.same_shape("dropout", ("inputs", "mask"), inputs, mask)
    inputs, mask = checks.read(inputs), checks.read(mask)
    for keep in mask:
        if keep != 0 and keep != 1:
            raise ValueError(f"dropout: mask must be 1 where the neuron stays, else 0; got {keep}.")
    return [x * keep / (1 - rate) for x, keep in zip(inputs, mask, strict=True)]


class Dropout(Layer):
    """A layer that draws a mask for each example while the net learns, and does nothing when it predicts.

    >>> layer = Dropout(0.5)
    >>> layer([1.0, 2.0])
    [1.0, 2.0]
    """

    def __init__(self, rate):
        super().__init__()
        rate = checks.fraction("Dropout", "rate", rate)
        self.rate, self._draw = float(rate), cast(Any, None)

    def initialize(self, draw):
        """Takes the `random.Random` that the masks are drawn from."""
        self._draw = draw

    def __call__(self, inputs):
        """The [..., features] of one example, some of them silenced while the net learns."""
        checks.fraction("Dropout", "rate", self.rate)  # it may have been set since
        if not self.training or self.rate == 0:
            return inputs
        if self._draw is None:
            raise ValueError(
                "Dropout: its random numbers must be seeded before training; "
                "call initialize(random.Random(0)), or put the layer into a NeuralNet."
            )
        return self._thinned(inputs)

    def _thinned(self, inputs):
        if checks.nested(inputs) and any(map(checks.nested, inputs)):
            return [self._thinned(row) for row in inputs]
        mask = [1 if self._draw.random() >= self.rate else 0 for _ in inputs]
        return dropout(inputs, mask, self.rate)
