"""Recurrent layers: a step of recurrent.py for each time step of a sequence, one after the other."""

from . import checks
from .recurrent import _activation, gru_step, lstm_step, rnn_step
from .recurrent_base import RecurrentLayer
from .value import Value


class RNN(RecurrentLayer):
    """The vanilla recurrent layer: `rnn_step` at each time step. The carry is h, [hidden].

    parameters: kernel [in][hidden], drawn as `Linear` draws it; recurrent_kernel [hidden][hidden], a random
    orthogonal one; bias [hidden], 0. return_sequences: the outputs are [time][hidden], or only the last,
    [hidden]. reverse: from the end to the start.
    kernel_init, recurrent_init, bias_init: of kernel, recurrent_kernel and bias, as in `Linear`.
    activation: a name of `rnn_step`, or one of its functions.

    >>> import random
    >>> layer = RNN(2, 3)
    >>> layer.initialize(random.Random(0))
    >>> checks.shape(layer([[1.0, 2.0], [3.0, 4.0]]))
    (2, 3)
    """

    def __init__(
        self,
        in_features,
        hidden_features,
        activation="tanh",
        return_sequences=True,
        reverse=False,
        kernel_init="lecun_normal",
        recurrent_init="orthogonal",
        bias_init="zeros",
    ):
        inits = kernel_init, recurrent_init, bias_init
        super().__init__(in_features, hidden_features, return_sequences, reverse, inits)
        self.activation = _activation("RNN", activation)

    def step(self, carry, inputs):
        """h[t] of one example, [hidden], from h[t-1] and inputs [features]."""
        return rnn_step(carry, inputs, **self._drawn(), activation=self.activation)


class LSTM(RecurrentLayer):
    """The long short-term memory layer: `lstm_step` at each time step. The carry is (c, h), each [hidden].

    parameters: kernel [in][4 * hidden], drawn as `Linear` draws it; recurrent_kernel [hidden][4 * hidden], a
    random orthogonal one for each gate; bias [4 * hidden], 0; peephole [3][hidden], 0, with use_peephole.
    return_sequences: the outputs are [time][hidden], or only the last, [hidden]. reverse: from the end to the
    start. forget_bias: is added to the bias of the forget gate, and not learnt.
    kernel_init, recurrent_init, bias_init: of kernel, recurrent_kernel and bias, as in `Linear`. Each draws
    the kernel of a gate, [in, hidden] or [hidden, hidden], at a time, but the bias as a whole; forget_bias is
    added whatever they say, and a peephole starts at 0.

    >>> import random
    >>> layer = LSTM(2, 3, return_sequences=False)
    >>> layer.initialize(random.Random(0))
    >>> checks.shape(layer([[1.0, 2.0], [3.0, 4.0]]))
    (3,)
    """

    parts, gates = ("c", "h"), 4

    def __init__(
        self,
        in_features,
        hidden_features,
        return_sequences=True,
        reverse=False,
        use_peephole=False,
        forget_bias=1.0,
        kernel_init="lecun_normal",
        recurrent_init="orthogonal",
        bias_init="zeros",
    ):
        inits = kernel_init, recurrent_init, bias_init
        super().__init__(in_features, hidden_features, return_sequences, reverse, inits)
        checks.flag("LSTM", "use_peephole", use_peephole)
        forget_bias = checks.finite("LSTM", "forget_bias", forget_bias)
        self.use_peephole, self.forget_bias = use_peephole, forget_bias

    def _zeros(self):
        peephole = [[Value(0.0) for _ in range(self.hidden_features)] for _ in range(3)]
        return {"peephole": peephole} if self.use_peephole else {}

    def step(self, carry, inputs):
        """(c[t], h[t]) of one example, each [hidden], from (c[t-1], h[t-1]) and inputs [features]."""
        return lstm_step(carry, inputs, **self._drawn(), forget_bias=self.forget_bias)


class GRU(RecurrentLayer):
    """The gated recurrent layer: `gru_step` at each time step. The carry is h, [hidden].

    parameters: kernel [in][3 * hidden], drawn as `Linear` draws it; recurrent_kernel [hidden][3 * hidden], a
    random orthogonal one for each gate; bias [3 * hidden], 0; with reset_after recurrent_bias, the same.
    return_sequences: the outputs are [time][hidden], or only the last, [hidden]. reverse: from the end to the
    start.
    kernel_init, recurrent_init, bias_init: of kernel, recurrent_kernel and bias, as in `Linear`. Each draws
    the kernel of a gate, [in, hidden] or [hidden, hidden], at a time, but the bias as a whole; recurrent_bias
    starts at 0, for it is added to the bias.

    >>> import random
    >>> layer = GRU(2, 3)
    >>> layer.initialize(random.Random(0))
    >>> checks.shape(layer([[1.0, 2.0], [3.0, 4.0]], mask=[1, 0]))
    (2, 3)
    """

    gates = 3

    def __init__(
        self,
        in_features,
        hidden_features,
        return_sequences=True,
        reverse=False,
        reset_after=True,
        kernel_init="lecun_normal",
        recurrent_init="orthogonal",
        bias_init="zeros",
    ):
        inits = kernel_init, recurrent_init, bias_init
        super().__init__(in_features, hidden_features, return_sequences, reverse, inits)
        checks.flag("GRU", "reset_after", reset_after)
        self.reset_after = reset_after

    def _zeros(self):
        zeros = [Value(0.0) for _ in range(3 * self.hidden_features)]
        return {"recurrent_bias": zeros} if self.reset_after else {}

    def step(self, carry, inputs):
        """h[t] of one example, [hidden], from h[t-1] and inputs [features]."""
        return gru_step(carry, inputs, **self._drawn(), reset_after=self.reset_after)
