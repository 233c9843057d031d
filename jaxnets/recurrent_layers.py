"""Recurrent layers: they hold the parameters of a cell and run its steps over a batch of sequences.

Sequences of unequal lengths are filled up to one length, and a mask tells which steps count.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.core import Tracer

from . import checks, untraced
from .data import whole
from .layer import Layer
from .recurrent import _activation, _carried, _forgetting, gru_step, lstm_step, rnn_step
from .recurrent_loops import gru, lstm, rnn


class RecurrentLayer(Layer):
    """What RNN, LSTM and GRU share.

    gates: how many columns of the kernels a hidden unit has; parts: the names of the parts of a carry.
    """

    parts: Any = None
    gates = 1

    def __init__(self, in_features, hidden_features, return_sequences, reverse, rngs):
        name = type(self).__name__
        self.in_features = whole(name, "in_features", in_features, 1)
        self.hidden_features = whole(name, "hidden_features", hidden_features, 1)
        checks.flag(name, "return_sequences", return_sequences)
        checks.flag(name, "reverse", reverse)
        self.return_sequences, self.reverse = return_sequences, reverse
        for parameter in ("kernel", "recurrent_kernel", *self._zeros()):
            setattr(self, parameter, nnx.Param(None))
        if rngs is not None:
            self.initialize(untraced.generator(name, rngs))

    def initialize(self, generator, dtype="float32"):
        """Draw the weights from a numpy random generator; in numpy, so that nothing is compiled."""
        rows = max(self.in_features, self.hidden_features)
        checks.fits(type(self).__name__, "its weights", (rows, self.gates * self.hidden_features), float)
        kernels = _kernels(generator, self.in_features, self.hidden_features, self.gates)
        drawn = dict(zip(("kernel", "recurrent_kernel"), kernels, strict=True))
        drawn |= {name: np.zeros(shape) for name, shape in self._zeros().items()}
        for name, array in drawn.items():
            setattr(self, name, nnx.Param(jax.device_put(array.astype(dtype))))

    def _zeros(self):
        """name -> shape of the parameters that start at 0."""
        return {"bias": (self.gates * self.hidden_features,)}

    def step(self, carry, inputs):
        """The carry after one more time step, inputs [..., features]."""
        raise NotImplementedError

    def _loop(self, inputs, **parameters):
        raise NotImplementedError

    def unroll(self, inputs, carry=None, mask=None):
        """(carry, outputs): what is in mind in the end, and the hidden state of each time step.

        inputs: [batch, time, features]; carry: what is in mind at first, 0 if None; mask: [batch, time], 0
        where there is no input: that step repeats the carry, so its output is the hidden state before it.
        Returns the carry and [batch, time, hidden]; a layer in reverse reads from the end, and its output
        still stands at the time of the input. Raises ValueError for shapes that do not meet.
        """
        name = type(self).__name__
        parameters = self._drawn()
        inputs = checks.numbers(name, "inputs", inputs)
        mask = self._check(name, inputs, mask)
        shape = inputs.shape[0], self.hidden_features
        if carry is None:
            nothing = jnp.zeros(shape, inputs.dtype)
            carry = nothing if self.parts is None else (nothing,) * len(self.parts)
        carry = _carried(name, carry, shape, self.parts)
        carry = carry if self.parts is None else tuple(carry)
        return self._loop(inputs, carry=carry, mask=mask, reverse=self.reverse, **parameters)

    def __call__(self, inputs, carry=None, mask=None):
        """[batch, time, hidden], or only the state after the last step, [batch, hidden]."""
        carry, outputs = self.unroll(inputs, carry, mask)
        if self.return_sequences:
            return outputs
        return carry if self.parts is None else carry[-1]  # `outputs` would need a slope of each

    def _drawn(self):
        if not self.parameters:
            raise ValueError(
                f"{type(self).__name__}: weights must be drawn before the layer is called; "
                "give rngs=nnx.Rngs(0), or put the layer into a NeuralNet."
            )
        return self.parameters

    def _check(self, name, inputs, mask):
        """The mask as an array, if it and the inputs are as they must be."""
        given = inputs.shape
        if len(given) != 3:
            fix = " Fix: inputs[None] for one example." if len(given) == 2 else ""
            raise ValueError(f"{name}: inputs must be [batch, time, features]; got {given}.{fix}")
        if given[1] == 0:
            raise ValueError(f"{name}: inputs must have at least one time step; got {given}.")
        if given[-1] != self.in_features:
            raise ValueError(f"{name}: inputs must end in the {self.in_features} in_features; got {given}.")
        if mask is None:
            return None
        mask = checks.array(name, "mask", mask)
        if mask.shape != given[:2]:
            fix = " Fix: mask[..., 0]." if mask.shape == (*given[:2], 1) else ""
            if mask.shape == given[:1]:
                fix = f" Fix: for lengths, jnp.arange({given[1]}) < mask[:, None]."
            raise ValueError(
                f"{name}: mask must have the shape {given[:2]} to meet inputs {given}; got {mask.shape}.{fix}"
            )
        if not isinstance(mask, Tracer):
            marks = np.asarray(mask)
            for x in marks[(marks != 0) & (marks != 1)][:1]:
                raise ValueError(f"{name}: mask must be 1 for a time step that counts, else 0; got {x}.")
        return mask


class RNN(RecurrentLayer):
    """The vanilla recurrent layer: `rnn_step` at each time step. The carry is h, [batch, hidden].

    kernel: [in, hidden], drawn as `Linear` draws it; recurrent_kernel: [hidden, hidden], a random orthogonal
    one; bias: [hidden], 0. return_sequences: the outputs are [batch, time, hidden], or only the last,
    [batch, hidden]. reverse: from the end to the start.

    >>> layer = RNN(2, 3)
    >>> layer.initialize(np.random.default_rng(0))
    >>> jax.eval_shape(layer, jnp.ones((5, 4, 2))).shape
    (5, 4, 3)
    """

    def __init__(
        self, in_features, hidden_features, activation="tanh", return_sequences=True, reverse=False, rngs=None
    ):
        _activation("RNN", activation)
        self.activation = activation
        super().__init__(in_features, hidden_features, return_sequences, reverse, rngs)

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
        rngs=None,
    ):
        checks.flag("LSTM", "use_peephole", use_peephole)
        checks.finite("LSTM", "forget_bias", forget_bias)
        self.use_peephole, self.forget_bias = use_peephole, float(forget_bias)
        super().__init__(in_features, hidden_features, return_sequences, reverse, rngs)

    def _zeros(self):
        return super()._zeros() | ({"peephole": (3, self.hidden_features)} if self.use_peephole else {})

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

    >>> layer = GRU(2, 3)
    >>> layer.initialize(np.random.default_rng(0))
    >>> jax.eval_shape(layer, jnp.ones((5, 4, 2))).shape
    (5, 4, 3)
    """

    gates = 3

    def __init__(
        self, in_features, hidden_features, return_sequences=True, reverse=False, reset_after=True, rngs=None
    ):
        checks.flag("GRU", "reset_after", reset_after)
        self.reset_after = reset_after
        super().__init__(in_features, hidden_features, return_sequences, reverse, rngs)

    def _zeros(self):
        zeros = super()._zeros()
        return zeros | ({"recurrent_bias": zeros["bias"]} if self.reset_after else {})

    def step(self, carry, inputs):
        """h[t], [..., hidden], from h[t-1] and inputs [..., features]."""
        return gru_step(carry, inputs, **self._drawn(), reset_after=self.reset_after)

    def _loop(self, inputs, recurrent_bias=None, **parameters):
        return gru(inputs, recurrent_bias=recurrent_bias, reset_after=self.reset_after, **parameters)


def _kernels(generator, in_features, hidden, gates):
    """The kernel, normal and cut at two standard deviations as that of `Linear`, and the recurrent kernel, a
    random orthogonal matrix for each gate, which keeps the length of what it is given."""
    draws = generator.standard_normal((in_features, gates * hidden))
    while (far := np.abs(draws) > 2).any():
        draws[far] = generator.standard_normal(int(far.sum()))
    scale = 0.87962566103423978 * np.sqrt(in_features)  # standard deviation of the cut normal
    q, r = np.linalg.qr(generator.standard_normal((gates, hidden, hidden)))
    q = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None]  # without a preferred sign
    return draws / scale, np.concatenate(q, axis=1)
