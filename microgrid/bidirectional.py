"""Two recurrent layers that read a sequence from both ends."""

from typing import Any

from .layer import Layer
from .recurrent_layers import RecurrentLayer


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

    def __call__(self, inputs, carry=None, mask=None):
        """[time][both hidden] of one example [time][features]; carry: those of both layers, or None."""
        if carry is None:
            carry = None, None
        if not isinstance(carry, list | tuple) or len(carry) != 2:
            raise ValueError(f"Bidirectional: carry must be the pair of both layers' carries; got {carry!r}.")
        ahead = self.forward_rnn(inputs, carry[0], mask)
        back = self.backward_rnn(inputs, carry[1], mask)
        if self.forward_rnn.return_sequences:
            return [[*x, *y] for x, y in zip(ahead, back, strict=True)]
        return [*ahead, *back]


def _pair(forward_rnn, backward_rnn):
    """Raises TypeError or ValueError for what are no two layers that can read one sequence."""
    sides = {"forward_rnn": forward_rnn, "backward_rnn": backward_rnn}
    for name, layer in sides.items():
        if not isinstance(layer, RecurrentLayer):
            raise TypeError(f"Bidirectional: {name} must be an RNN, LSTM or GRU; got {layer!r}.")
        if layer.reverse != (name == "backward_rnn"):
            raise ValueError(
                f"Bidirectional: {name} must have reverse={not layer.reverse}; got {layer.reverse}. "
                f"Fix: {type(layer).__name__}(..., reverse={not layer.reverse})."
            )
    for rule in ("in_features", "return_sequences"):
        one, other = getattr(forward_rnn, rule), getattr(backward_rnn, rule)
        if one != other:
            raise ValueError(f"Bidirectional: {rule} of both layers must be the same; got {one} and {other}.")
