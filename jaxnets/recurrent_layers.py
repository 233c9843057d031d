"""Recurrent layers: they hold the parameters of a cell and run its steps over a batch of sequences."""

from . import checks
from .recurrent import _activation, _forgetting, gru_step, lstm_step, rnn_step
from .recurrent_base import RecurrentLayer
from .recurrent_loops import gru, lstm, rnn


class RNN(RecurrentLayer):
    """The vanilla recurrent layer: `rnn_step` at each time step. The carry is h, [batch, hidden].

    kernel: [in, hidden], drawn as `Linear` draws it; recurrent_kernel: [hidden, hidden], a random orthogonal
    one; bias: [hidden], 0. return_sequences: the outputs are [batch, time, hidden], or only the last,
    [batch, hidden]. reverse: from the end to the start.
    kernel_init, recurrent_init, bias_init: of kernel, recurrent_kernel and bias, as in `Linear`.
    activation: a name of `rnn_step`, or one of its functions.

    >>> import jax
    >>> layer = RNN(2, 3)
    >>> layer.initialize(np.random.default_rng(0))
    >>> jax.eval_shape(layer, jnp.ones((5, 4, 2))).shape
    (5, 4, 3)
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
        rngs=None,
    ):
        self.activation = _activation("RNN", activation)
        inits = kernel_init, recurrent_init, bias_init
        super().__init__(in_features, hidden_features, return_sequences, reverse, inits, rngs)

    def step(self, carry, inputs):
        """h[t], [..., hidden], from h[t-1] and inputs [..., features]."""
        return rnn_step(carry, inputs, **self._drawn(), activation=self.activation)

    def _loop(self, inputs, **parameters):
        return rnn(inputs, activation=self.activation, **parameters)


class LSTM(RecurrentLayer):
    """The long short-term memory layer: `lstm_step` at each time step. The carry is (c, h), [batch, hidden].

    kernel: [in, 4 * hidden], drawn as `Linear` draws it; recurrent_kernel: [hidden, 4 * hidden], a random
    orthogonal one for each gate; bias: [4 * hidden], 0; peephole: [3, hidden], 0, with use_peephole.
    return_sequences: the outputs are [batch, time, hidden], or only the last, [batch, hidden]. reverse: from
    the end to the start. forget_bias: is added to the bias of the forget gate, and not learnt.
    kernel_init, recurrent_init, bias_init: of kernel, recurrent_kernel and bias, as in `Linear`. Each draws
    the kernel of a gate, [in, hidden] or [hidden, hidden], at a time, but the bias as a whole; forget_bias is
    added whatever they say, and a peephole starts at 0.

    >>> import jax
    >>> layer = LSTM(2, 3, return_sequences=False)
    >>> layer.initialize(np.random.default_rng(0))
    >>> jax.eval_shape(layer, jnp.ones((5, 4, 2))).shape
    (5, 3)
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
        rngs=None,
    ):
        checks.flag("LSTM", "use_peephole", use_peephole)
        checks.finite("LSTM", "forget_bias", forget_bias)
        self.use_peephole, self.forget_bias = use_peephole, float(forget_bias)
        inits = kernel_init, recurrent_init, bias_init
        super().__init__(in_features, hidden_features, return_sequences, reverse, inits, rngs)

    def _zeros(self):
        return {"peephole": (3, self.hidden_features)} if self.use_peephole else {}

    def step(self, carry, inputs):
        """(c[t], h[t]), each [..., hidden], from (c[t-1], h[t-1]) and inputs [..., features]."""
        return lstm_step(carry, inputs, **self._drawn(), forget_bias=self.forget_bias)

    def _loop(self, inputs, bias, **parameters):
        return lstm(inputs, bias=_forgetting(bias, self.forget_bias), **parameters)


class GRU(RecurrentLayer):
    """The gated recurrent layer: `gru_step` at each time step. The carry is h, [batch, hidden].

    kernel: [in, 3 * hidden], drawn as `Linear` draws it; recurrent_kernel: [hidden, 3 * hidden], a random
    orthogonal one for each gate; bias: [3 * hidden], 0; recurrent_bias: [3 * hidden], 0, with reset_after.
    return_sequences: the outputs are [batch, time, hidden], or only the last, [batch, hidden]. reverse: from
    the end to the start.
    kernel_init, recurrent_init, bias_init: of kernel, recurrent_kernel and bias, as in `Linear`. Each draws
    the kernel of a gate, [in, hidden] or [hidden, hidden], at a time, but the bias as a whole; recurrent_bias
    starts at 0, for it is added to the bias.

    >>> import jax
    >>> layer = GRU(2, 3)
    >>> layer.initialize(np.random.default_rng(0))
    >>> jax.eval_shape(layer, jnp.ones((5, 4, 2))).shape
    (5, 4, 3)
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
        rngs=None,
    ):
        checks.flag("GRU", "reset_after", reset_after)
        self.reset_after = reset_after
        inits = kernel_init, recurrent_init, bias_init
        super().__init__(in_features, hidden_features, return_sequences, reverse, inits, rngs)

    def _zeros(self):
        return {"recurrent_bias": (3 * self.hidden_features,)} if self.reset_after else {}

    def step(self, carry, inputs):
        """h[t], [..., hidden], from h[t-1] and inputs [..., features]."""
        return gru_step(carry, inputs, **self._drawn(), reset_after=self.reset_after)

    def _loop(self, inputs, recurrent_bias=None, **parameters):
        return gru(inputs, recurrent_bias=recurrent_bias, reset_after=self.reset_after, **parameters)
