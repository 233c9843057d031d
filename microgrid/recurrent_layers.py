"""Recurrent layers: a step of recurrent.py for each time step of a sequence, one after the other.

t: time step. An example is [time][features]; sequences of unequal lengths are filled up, and a mask tells so.
"""

from typing import Any

from . import checks
from .layer import Layer
from .operations import dot, norm
from .recurrent import _activation, _carried, gru_step, lstm_step, rnn_step
from .value import Value


class RecurrentLayer(Layer):
    """What RNN, LSTM and GRU share.

    gates: how many columns of the kernels a hidden unit has; parts: the names of the parts of a carry.
    """

    parts: Any = None
    gates = 1

    def __init__(self, in_features, hidden_features, return_sequences, reverse):
        super().__init__()
        name = type(self).__name__
        self.in_features = checks.whole(name, "in_features", in_features, 1)
        self.hidden_features = checks.whole(name, "hidden_features", hidden_features, 1)
        checks.flag(name, "return_sequences", return_sequences)
        checks.flag(name, "reverse", reverse)
        self.return_sequences, self.reverse = return_sequences, reverse

    def initialize(self, draw):
        """Draws the weights from a `random.Random`, unless they are there."""
        if not self.parameters:
            kernels = _kernels(draw, self.in_features, self.hidden_features, self.gates)
            self.parameters.update(zip(("kernel", "recurrent_kernel"), kernels, strict=True))
            for name, rows in self._zeros().items():
                self.parameters[name] = rows

    def _zeros(self):
        return {"bias": [Value(0.0) for _ in range(self.gates * self.hidden_features)]}

    def step(self, carry, inputs):
        """The carry after one more time step of one example, inputs [features]."""
        raise NotImplementedError

    def unroll(self, inputs, carry: Any = None, mask=None):
        """(carry, outputs): what is in mind in the end, and the hidden state of each time step.

        inputs: [time][features]; carry: what is in mind at first, 0 if None; mask: [time], 0 where there is
        no input: that step repeats the carry, so its output is the hidden state before it. Returns the carry
        and [time][hidden]; a layer in reverse reads from the end, and its output still stands at the time of
        the input. Raises ValueError for shapes that do not meet.
        """
        name = type(self).__name__
        self._drawn()
        mask = self._check(name, inputs, mask)
        if carry is None:
            nothing = [0.0] * self.hidden_features
            carry = nothing if self.parts is None else (nothing,) * len(self.parts)
        _carried(name, carry, self.hidden_features, self.parts)
        outputs = list(inputs)
        order = range(len(inputs))
        for t in reversed(order) if self.reverse else order:
            carry = self.step(carry, inputs[t]) if mask[t] else carry
            outputs[t] = list(carry if self.parts is None else carry[-1])
        return carry, outputs

    def __call__(self, inputs, carry=None, mask=None):
        """[time][hidden] of one example [time][features], or only the state after the last step, [hidden]."""
        _, outputs = self.unroll(inputs, carry, mask)
        return outputs if self.return_sequences else outputs[0 if self.reverse else -1]

    def _drawn(self):
        if not self.parameters:
            raise ValueError(
                f"{type(self).__name__}: weights must be drawn before the layer is called; "
                "call initialize(random.Random(0)), or put the layer into a NeuralNet."
            )
        return self.parameters

    def _check(self, name, inputs, mask):
        """The mask, one entry for each time step of inputs that are as they must be."""
        given = checks.shape(inputs, f"{name}: inputs")
        if given[:1] == (0,):
            raise ValueError(f"{name}: inputs must have at least one time step; got {given}.")
        if len(given) != 2:
            raise ValueError(f"{name}: inputs must be [time][features] of one example; got {given}.")
        if given[-1] != self.in_features:
            raise ValueError(f"{name}: inputs must end in the {self.in_features} in_features; got {given}.")
        if mask is None:
            return [1] * given[0]
        if (marks := checks.shape(mask, f"{name}: mask")) != given[:1]:
            raise ValueError(
                f"{name}: mask must have the shape {given[:1]} to meet inputs {given}; got {marks}."
            )
        mask = checks.flatten(mask)
        for x in mask:
            if x not in (0, 1):
                raise ValueError(f"{name}: mask must be 1 for a time step that counts, else 0; got {x}.")
        return mask


class RNN(RecurrentLayer):
    """The vanilla recurrent layer: `rnn_step` at each time step. The carry is h, [hidden].

    parameters: kernel [in][hidden], drawn as `Linear` draws it; recurrent_kernel [hidden][hidden], a random
    orthogonal one; bias [hidden], 0. return_sequences: the outputs are [time][hidden], or only the last,
    [hidden]. reverse: from the end to the start.

    >>> import random
    >>> layer = RNN(2, 3)
    >>> layer.initialize(random.Random(0))
    >>> checks.shape(layer([[1.0, 2.0], [3.0, 4.0]]))
    (2, 3)
    """

    def __init__(self, in_features, hidden_features, activation="tanh", return_sequences=True, reverse=False):
        super().__init__(in_features, hidden_features, return_sequences, reverse)
        _activation("RNN", activation)
        self.activation = activation

    def step(self, carry, inputs):
        """h[t] of one example, [hidden], from h[t-1] and inputs [features]."""
        return rnn_step(carry, inputs, **self._drawn(), activation=self.activation)


class LSTM(RecurrentLayer):
    """The long short-term memory layer: `lstm_step` at each time step. The carry is (c, h), each [hidden].

    parameters: kernel [in][4 * hidden], drawn as `Linear` draws it; recurrent_kernel [hidden][4 * hidden], a
    random orthogonal one for each gate; bias [4 * hidden], 0; peephole [3][hidden], 0, with use_peephole.
    return_sequences: the outputs are [time][hidden], or only the last, [hidden]. reverse: from the end to the
    start. forget_bias: is added to the bias of the forget gate, and not learnt.

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
    ):
        super().__init__(in_features, hidden_features, return_sequences, reverse)
        checks.flag("LSTM", "use_peephole", use_peephole)
        forget_bias = checks.finite("LSTM", "forget_bias", forget_bias)
        self.use_peephole, self.forget_bias = use_peephole, forget_bias

    def _zeros(self):
        peephole = [[Value(0.0) for _ in range(self.hidden_features)] for _ in range(3)]
        return super()._zeros() | ({"peephole": peephole} if self.use_peephole else {})

    def step(self, carry, inputs):
        """(c[t], h[t]) of one example, each [hidden], from (c[t-1], h[t-1]) and inputs [features]."""
        return lstm_step(carry, inputs, **self._drawn(), forget_bias=self.forget_bias)


class GRU(RecurrentLayer):
    """The gated recurrent layer: `gru_step` at each time step. The carry is h, [hidden].

    parameters: kernel [in][3 * hidden], drawn as `Linear` draws it; recurrent_kernel [hidden][3 * hidden], a
    random orthogonal one for each gate; bias [3 * hidden], 0; with reset_after recurrent_bias, the same.
    return_sequences: the outputs are [time][hidden], or only the last, [hidden]. reverse: from the end to the
    start.

    >>> import random
    >>> layer = GRU(2, 3)
    >>> layer.initialize(random.Random(0))
    >>> checks.shape(layer([[1.0, 2.0], [3.0, 4.0]], mask=[1, 0]))
    (2, 3)
    """

    gates = 3

    def __init__(self, in_features, hidden_features, return_sequences=True, reverse=False, reset_after=True):
        super().__init__(in_features, hidden_features, return_sequences, reverse)
        checks.flag("GRU", "reset_after", reset_after)
        self.reset_after = reset_after

    def _zeros(self):
        zeros = super()._zeros()
        return zeros | ({"recurrent_bias": super()._zeros()["bias"]} if self.reset_after else {})

    def step(self, carry, inputs):
        """h[t] of one example, [hidden], from h[t-1] and inputs [features]."""
        return gru_step(carry, inputs, **self._drawn(), reset_after=self.reset_after)


def _kernels(draw, in_features, hidden, gates):
    """The kernel, normal and cut at two standard deviations as that of `Linear`, and the recurrent kernel, a
    random orthogonal matrix for each gate, which keeps the length of what it is given."""
    scale = 0.87962566103423978 * in_features**0.5  # standard deviation of the cut normal

    def weight():
        while abs(size := draw.gauss(0, 1)) > 2:
            continue
        return Value(size / scale)

    kernel = [[weight() for _ in range(gates * hidden)] for _ in range(in_features)]
    matrices = [_orthogonal(draw, hidden) for _ in range(gates)]
    return kernel, [[Value(x) for matrix in matrices for x in matrix[row]] for row in range(hidden)]


def _orthogonal(draw, size):
    """Rows of random numbers, each made orthogonal to those before it: Gram-Schmidt, twice for the digits."""
    rows = []
    for _ in range(size):
        row = [draw.gauss(0, 1) for _ in range(size)]
        for other in [*rows, *rows]:
            along = dot(row, other)
            row = [x - along * y for x, y in zip(row, other, strict=True)]
        length = norm(row)
        rows.append([x / length for x in row])
    return rows
