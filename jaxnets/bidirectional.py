"""Two recurrent layers that read a batch of sequences from both ends."""

import jax.numpy as jnp

from . import checks
from .layer import Layer
from .recurrent_base import RecurrentLayer


class Bidirectional(Layer):
    """Two recurrent layers on one batch, one of them in reverse; their outputs stand side by side.

    forward_rnn, backward_rnn: the layers, whose parameters have names such as "forward_rnn.kernel". Outputs
    [batch, time, forward hidden + backward hidden], or of the last steps only, as both layers were told.

    >>> import jax
    >>> from jaxnets import LSTM
    >>> layer = Bidirectional(LSTM(2, 3), LSTM(2, 3, reverse=True))
    >>> layer.initialize(np.random.default_rng(0))
    >>> jax.eval_shape(layer, jnp.ones((5, 4, 2))).shape
    (5, 4, 6)
    """

    def __init__(self, forward_rnn, backward_rnn):
        _pair(forward_rnn, backward_rnn)
        self.forward_rnn, self.backward_rnn = forward_rnn, backward_rnn

    @property
    def parameters(self):
        """What is learnt: "forward_rnn.kernel" and so on -> array."""
        sides = {"forward_rnn": self.forward_rnn, "backward_rnn": self.backward_rnn}
        return {f"{side}.{name}": x for side, rnn in sides.items() for name, x in rnn.parameters.items()}

    def initialize(self, generator, dtype="float32"):
        """Draw the weights of both layers from a numpy random generator."""
        self.forward_rnn.initialize(generator, dtype)
        self.backward_rnn.initialize(generator, dtype)

    def unroll(self, inputs, carry=None, mask=None):
        """(carry, outputs): what both layers have in mind in the end, and their hidden states of each step.

        inputs: [batch, time, features]; carry: the pair of what the forward and the backward layer have in
        mind at first, each None for 0, or None; mask: [batch, time], as that of the layers. Returns the pair
        of carries, which the forward layer ends with at the last time step, the backward layer at the first,
        and [batch, time, both hidden].
        """
        one, other = _carries(carry)
        one, ahead = self.forward_rnn.unroll(inputs, one, mask)
        other, back = self.backward_rnn.unroll(inputs, other, mask)
        return (one, other), jnp.concatenate([ahead, back], axis=-1)

    def __call__(self, inputs, carry=None, mask=None):
        """[batch, time, both hidden], or of the last steps only, [batch, both hidden]; see `unroll`."""
        one, other = _carries(carry)
        ahead = self.forward_rnn(inputs, one, mask)
        return jnp.concatenate([ahead, self.backward_rnn(inputs, other, mask)], axis=-1)


def _carries(carry):
    """The carries of the forward and the backward layer, or None for each."""
    if carry is None:
        return None, None
    if not isinstance(carry, list | tuple) or len(carry) != 2:
        raise ValueError(
            f"Bidirectional: carry must be the pair of both layers' carries; got {checks.told(carry)}."
        )
    return carry


def _pair(forward_rnn, backward_rnn):
    """Raises TypeError or ValueError for what are no two layers that can read one sequence."""
    sides = {"forward_rnn": forward_rnn, "backward_rnn": backward_rnn}
    for name, layer in sides.items():
        if not isinstance(layer, RecurrentLayer):
            raise TypeError(f"Bidirectional: {name} must be an RNN, LSTM or GRU; got {checks.told(layer)}.")
        if layer.reverse != (name == "backward_rnn"):
            raise ValueError(
                f"Bidirectional: {name} must have reverse={not layer.reverse}; got {layer.reverse}. "
                f"Fix: {type(layer).__name__}(..., reverse={not layer.reverse})."
            )
    for rule in ("in_features", "return_sequences"):
        one, other = getattr(forward_rnn, rule), getattr(backward_rnn, rule)
        if one != other:
            raise ValueError(f"Bidirectional: {rule} of both layers must be the same; got {one} and {other}.")
