"""Two recurrent layers that read a sequence from both ends."""

from typing import Any

from .layer import Layer
from .recurrent_base import RecurrentLayer
from .telling import shown


class Bidirectional(Layer):
    """Two recurrent layers on one sequence, one of them in reverse; their outputs stand side by side.

    parameters: those of both, by names such as "forward_rnn.kernel". Outputs [time][forward hidden + backward
    hidden], or of the last steps only, as both layers were told.

    >>> import random
    >>> from microgrid import LSTM
    >>> layer = Bidirectional(LSTM(2, 3), LSTM(2, 3, reverse=True))
    >>> layer.initialize(random.Random(0))
    >>> [len(output) for output in layer([[1.0, 2.0], [3.0, 4.0]])]
    [6, 6]
    """

    SIDES = ("forward_rnn", "backward_rnn")

    def __init__(self, forward_rnn, backward_rnn):
        _pair(forward_rnn, backward_rnn)
        self.forward_rnn, self.backward_rnn = forward_rnn, backward_rnn
        super().__init__()

    @property
    def parameters(self) -> Any:
        """What is learnt: "forward_rnn.kernel" and so on -> nested lists of Values."""
        sides = {side: getattr(self, side).parameters for side in self.SIDES}
        return {f"{side}.{name}": values for side in sides for name, values in sides[side].items()}

    @parameters.setter
    def parameters(self, named):
        for name, values in named.items():
            side, _, own = name.partition(".")
            getattr(self, side).parameters[own] = values

    def initialize(self, draw):
        """Draws the weights of both layers from a `random.Random`, unless they are there."""
        self.forward_rnn.initialize(draw)
        self.backward_rnn.initialize(draw)

    def unroll(self, inputs, carry: Any = None, mask=None):
        """(carry, outputs): what both layers have in mind in the end, and their hidden states of each step.

        inputs: [time][features]; carry: the pair of what the forward and the backward layer have in mind at
        first, each None for 0, or None; mask: [time], as that of the layers. Returns the pair of carries,
        which the forward layer ends with at the last time step, the backward layer at the first, and
        [time][both hidden].
        """
        one, other = _carries(carry)
        one, ahead = self.forward_rnn.unroll(inputs, one, mask)
        other, back = self.backward_rnn.unroll(inputs, other, mask)
        return (one, other), [[*x, *y] for x, y in zip(ahead, back, strict=True)]

    def __call__(self, inputs, carry=None, mask=None):
        """[time][both hidden] of one example, or of the last steps only, [both hidden]; see `unroll`."""
        if self.forward_rnn.return_sequences:
            return self.unroll(inputs, carry, mask)[1]
        one, other = _carries(carry)
        return [*self.forward_rnn(inputs, one, mask), *self.backward_rnn(inputs, other, mask)]


def _carries(carry):
    """The carries of the forward and the backward layer, or None for each."""
    if carry is None:
        return None, None
    if not isinstance(carry, list | tuple) or len(carry) != 2:
        raise ValueError(
            f"Bidirectional: carry must be the pair of both layers' carries; got {shown(carry)}."
        )
    return carry


def _pair(forward_rnn, backward_rnn):
    """Raises TypeError or ValueError for what are no two layers that can read one sequence."""
    sides = {"forward_rnn": forward_rnn, "backward_rnn": backward_rnn}
    for name, layer in sides.items():
        if not isinstance(layer, RecurrentLayer):
            raise TypeError(f"Bidirectional: {name} must be an RNN, LSTM or GRU; got {shown(layer)}.")
        if layer.reverse != (name == "backward_rnn"):
            raise ValueError(
                f"Bidirectional: {name} must have reverse={not layer.reverse}; got {layer.reverse}. "
                f"Fix: {type(layer).__name__}(..., reverse={not layer.reverse})."
            )
    for rule in ("in_features", "return_sequences"):
        one, other = getattr(forward_rnn, rule), getattr(backward_rnn, rule)
        if one != other:
            raise ValueError(f"Bidirectional: {rule} of both layers must be the same; got {one} and {other}.")
